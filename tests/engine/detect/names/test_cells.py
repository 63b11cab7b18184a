"""Values that are a cell of their own: codes and entries of catalogues are nobody, one word says too little unless announced."""

import pyarrow as pa
import pytest

from engine.detect.block import Block
from engine.detect.names import NameTier
from engine.detect.scanner import Scanner

CODES = [
    "STUDY1-123-45678", "EK-377408-GRN-56", "CL-28167-NAT-43", "AB-1234-XYZ", "SITE04/SUBJ0012", "INV-2023-000417", "PO-88213-B",
    "SKU-0042-BLK-XL", "A1B2-C3D4-E5F6", "MTR-220V-50HZ", "LOT#A4471B", "QX-19-7731-R2", "BA.B8FB.1834/6", "REF_2201_ZK_9",
    "3M-2200-EU", "M8x40-A2", "CAB/HDMI/2M0", "RX7-TURBO-91",
    "TCGA-02-0001-01C", "chr7:55249071", "rs7903146", "NM_000546.6",
    "HLA-B*27:05", "COVID-19", "E11.9", "Z87.891", "I10", "0x1F4B", "v2.13.4-rc1", "12/3-B", "N12-77-QZ", "KX54-PLM", "UN1993",
    "H-10432-C",
]
ONE_WORD = {
    "makes": "Ford Toyota Honda Mercedes Audi Kia Skoda Seat Opel Fiat Lancia Volvo Saab Tesla Dacia Renault Peugeot Porsche "
             "Lexus Mazda Subaru Suzuki Nissan Jaguar Bentley Ferrari Maserati Lotus Rover Jeep Dodge Chrysler Lincoln Cadillac "
             "Chevrolet Austin Hyundai Rolls-Royce Mercedes-Benz",
    "laboratory": "AST ALT CRP TSH LDL HDL GGT Albumin Sodium Glucose Urea Bilirubin Lipase Ferritin Troponin INR PSA",
    "drugs": "Aspirin Lisinopril Metformin Insulin Prozac Xanax Valium Lipitor Warfarin Ibuprofen Heparin Tramadol Ramipril",
    "status": "Active Closed Pending Open Paid Draft New Done Failed Shipped Approved Rejected Single Married Unknown Other",
    "colours": "Red Green Blue Amber Olive Violet Ruby Rose Ivory Indigo Scarlet Jade Coral Sienna Hazel Magenta Navy Khaki",
    "months": "January February March April May June July August September October November December Jan Sept",
    "days": "Monday Tuesday Sunday Sat Sun",
    "countries": "DE FR US AL MA CA GB NOR SWE JOR TUR CHE",
    "sizes": "Small Medium Large XL Mini Pro",
    "plants": "Ivy Basil Rosemary Sage Ginger Clementine Valencia Merlot Chardonnay Riesling Apple Cherry",
    "units": "Newton Watt Joule Tesla Hertz Volt Ampere",
}
PHRASES = [
    "In Progress", "Out of Stock", "Not Applicable", "Dark Green", "Light Blue", "Extra Large", "Credit Card", "Vitamin B12",
    "Complete Blood Count", "Blood Urea Nitrogen", "Total Cholesterol", "Alkaline Phosphatase", "Insulin Glargine 100 units/mL",
    "Amoxicillin 250 mg", "Type 1 Diabetes", "Acute Sinusitis", "Full Time", "First Class", "Next Day Delivery",
    "Steel Hex Bolt M6", "USB Cable 2 m", "Wireless Keyboard", "Paper Towels (6 pack)",
    "Quarter 3",
    "Cotton Shirt (white)", "Front Brake Pad", "High School Diploma",
    "Customer Service", "Quality Assurance", "Rear Wheel Drive", "Diesel, Manual", "Cotton T-Shirt, White, M",
]

def found(texts, *, announced=False):
    block = Block(pa.array(texts, pa.string()))
    names = NameTier.default()
    claims = names.find(block, announced=announced)
    return [(texts[value], names.types[kind]) for value, kind in zip(block.value_of(claims.start), claims.kind, strict=True)]


def test_codes_are_nobody():
    assert found(CODES) == []


@pytest.mark.parametrize("kind", ONE_WORD)
def test_one_word_is_nobody(kind):
    assert found(ONE_WORD[kind].split()) == []


def test_entries_of_catalogues_are_nobody():
    assert found(PHRASES) == []


def test_codes_in_sentences_are_nobody():
    codes = [code for code in CODES if code not in {"COVID-19", "BA.B8FB.1834/6"}]
    assert found([f"Please ship {code} with the next order." for code in codes]) == []


@pytest.mark.xfail(strict=True, reason="known false claims: names of many countries")
@pytest.mark.parametrize("text", ["Max", "Kelvin", "Pascal"])
def test_what_is_still_claimed(text):
    assert found([text]) == []


def test_a_header_announces_names():
    names = pa.array(["Ford", "Schneider"])
    assert Scanner.default().find(names, header="make").num_rows == 0
    rows = Scanner.default().find(names, header="last_name").to_pylist()
    assert [(row["row"], row["entity_type"]) for row in rows] == [(0, "PERSON"), (1, "PERSON")]
    rows = Scanner.default().find(pa.array(["Norway"]), header="country").to_pylist()
    assert [row["entity_type"] for row in rows] == ["LOCATION"]


def test_titles_in_a_column_of_people_are_no_names():
    texts = ["Mr. Alan Lam", "Dr. Hans Müller", "Prof. Dr. Anna Weber", "Herr Weber", "Dr"]
    rows = Scanner.default().find(pa.array(texts), header="patient_name").to_pylist()
    assert [texts[row["row"]][row["start"]:row["end"]] for row in rows] == ["Alan Lam", "Hans Müller", "Anna Weber", "Weber"]


def test_given_names_of_many_countries_say_enough():
    assert ("Carla", "PERSON") in found(["Carla"])
    assert found(["Ford"]) == []


def test_names_of_several_words_need_no_header():
    assert found(["Jane Marsh", "Smith, John"]) == [("Jane Marsh", "PERSON"), ("Smith, John", "PERSON")]


def test_a_country_before_a_postal_code_is_no_code():
    assert any(kind in {"STREET_ADDRESS", "LOCATION", "ZIP_CODE"} for _, kind in found(["Storgatan 12, SE-41138 Göteborg"]))
