"""More tables on which the rules were made: an emergency room, payments, a payroll office, a school, homes and others."""

from __future__ import annotations

import json

from tests.benchmarks.columns import pools
from tests.benchmarks.columns.spec import (
    ACCOUNT,
    ADDRESS,
    AGENT,
    CONTACT,
    DATE,
    HEALTH,
    IDENTITY,
    INSURED,
    MONEY,
    ONLINE,
    PERSONAL,
    PLACE,
    TEXT,
    THING,
    Column,
    Make,
    one,
)


def emergency_room(rows: int) -> list[Column]:
    make = Make(rows, 111)
    return [
        one("visit_id", IDENTITY, make.form("V99999999")),
        one("arrival_datetime", DATE, make.times(2022, 2025)),
        one("triage_level", HEALTH, make.whole(1, 5), speaks=False, also=THING),
        one("pt_first_name", IDENTITY, make.given()),
        one("pt_last_name", IDENTITY, make.family()),
        one("pt_dob", DATE, make.days(1930, 2022)),
        one("chief_complaint", TEXT, make.prose(pools.NOTES)),
        one("heart_rate", HEALTH, make.whole(50, 150), speaks=False),
        one("discharge_diagnosis", HEALTH, make.of("S52.501A", "R07.9", "J18.9", "N20.0", "K35.80")),
        one("insurance_member_id", INSURED, make.form("XYZ999999999"), speaks=False),
        one("attending", IDENTITY, make.full("{family}, {given}")),
        one("room", THING, make.of("T1", "T2", "12", "14"), speaks=False),
    ]


def card_payments(rows: int) -> list[Column]:
    make = Make(rows, 112)
    return [
        one("txn_id", IDENTITY, make.uuids()),
        one("card_pan", ACCOUNT, make.each(lambda: make.fake.credit_card_number("visa16"))),
        one("cardholder_name", IDENTITY, make.full("{given} {family}")),
        one("txn_amount", MONEY, make.real(1, 900), speaks=False),
        one("txn_currency", THING, make.of("EUR", "USD", "GBP")),
        one("merchant_name", THING, make.each(lambda: f"{make.draw.choice(['Corner', 'Metro', 'Prime'])} Market Ltd"),
            speaks=False),
        one("merchant_city", PLACE, make.of(*pools.CITIES), speaks=False, also=THING),
        one("mcc", THING, make.codes("9999", 9), speaks=False),
        one("auth_code", THING, make.form("999999"), speaks=False, also=IDENTITY),
        one("terminal_id", THING, make.codes("T9999999", 8), speaks=False),
        one("txn_timestamp", DATE, make.times(2024, 2025)),
        one("is_chargeback", THING, make.yes_or_no(), speaks=False),
    ]


def workforce(rows: int) -> list[Column]:
    make = Make(rows, 113, "de_DE")
    return [
        one("PersonalNr", IDENTITY, make.form("9999999"), speaks=False),
        one("Nachname", IDENTITY, make.family()),
        one("Vorname", IDENTITY, make.given()),
        one("GebDatum", DATE, make.days(1958, 2004, "%d.%m.%Y")),
        one("Geschlecht", PERSONAL, make.of("m", "w", "d")),
        one("Steuerklasse", PERSONAL, make.of(1, 3, 4, 5), speaks=False, also=MONEY),
        one("Kirchensteuer", ("sensitive", "demographic"), make.of("rk", "ev", "keine"), speaks=False, also=MONEY),
        one("Bruttogehalt", MONEY, make.real(1800, 9000), speaks=False),
        one("Abteilung", THING, make.of("Vertrieb", "Einkauf", "Technik"), speaks=False),
        one("Email_dienstlich", CONTACT, make.mail()),
        one("Krankheitstage", HEALTH, make.whole(0, 30), speaks=False),
        one("Eintrittsdatum", DATE, make.days(2000, 2025, "%d.%m.%Y")),
    ]


def web_shop(rows: int) -> list[Column]:
    make = Make(rows, 114)
    address = make.each(lambda: json.dumps({"street": make.fake.street_address(), "city": make.draw.choice(pools.CITIES)}))
    return [
        one("cart_id", IDENTITY, make.form("hhhhhhhhhhhh"), also=ONLINE),
        one("buyerEmail", CONTACT, make.mail()),
        one("buyerPhone", CONTACT, make.form("+1 617-555-9999")),
        one("shipTo", ADDRESS, address),
        one("itemTitle", THING, make.of("Blue mug", "Oak shelf", "Running socks", "Tea towel"), speaks=False),
        one("itemPrice", THING, make.real(3, 90), speaks=False, also=MONEY),
        one("orderTotal", MONEY, make.real(3, 400), speaks=False),
        one("couponCode", THING, make.of("SAVE10", "FREESHIP", "BDAY"), speaks=False),
        one("orderedAt", DATE, make.times(2023, 2025)),
        one("ipAddr", ONLINE, make.each(make.fake.ipv4_public)),
        one("userAgent", AGENT, make.of(*pools.AGENTS)),
        one("reviewText", TEXT, make.prose(pools.POSTS)),
    ]


def secondary_school(rows: int) -> list[Column]:
    make = Make(rows, 115, "fr_FR")
    return [
        one("ine", IDENTITY, make.form("999999999AA"), speaks=False),
        one("nom_eleve", IDENTITY, make.family()),
        one("prenom_eleve", IDENTITY, make.given()),
        one("date_naissance", DATE, make.days(2006, 2013, "%d/%m/%Y")),
        one("classe", THING, make.of("6A", "5B", "4C"), speaks=False),
        one("adresse_responsable", ADDRESS, make.each(make.fake.street_address)),
        one("commune", PLACE, make.of(*pools.FRENCH_CITIES)),
        one("telephone_responsable", CONTACT, make.form("+33 6 99 99 99 99")),
        one("email_responsable", CONTACT, make.mail()),
        one("moyenne_generale", PERSONAL, make.real(5, 19, 1), speaks=False, also=THING),
        one("handicap", HEALTH, make.yes_or_no(), speaks=False),
        one("appreciation", TEXT, make.prose(pools.FRENCH_NOTES)),
    ]


def smart_home(rows: int) -> list[Column]:
    make = Make(rows, 116)
    return [
        one("hub_serial", ONLINE, make.form("HB9999999999"), speaks=False, also=IDENTITY),
        one("wifi_mac", ONLINE, make.each(make.fake.mac_address)),
        one("account_email", CONTACT, make.mail()),
        one("home_lat", PLACE, make.real(30, 60, 6), speaks=False),
        one("home_lon", PLACE, make.real(-120, 20, 6), speaks=False),
        one("room_name", THING, make.of("kitchen", "bedroom", "garage"), speaks=False),
        one("motion_detected", THING, make.yes_or_no(), speaks=False),
        one("lux", THING, make.real(0, 900)),
        one("battery_pct", THING, make.whole(0, 100), speaks=False),
        one("event_ts", DATE, make.times(2024, 2025)),
        one("fw_version", THING, make.of("1.0.4", "1.1.0"), speaks=False),
        one("state", THING, make.of("online", "offline", "error")),
    ]


def life_insurance(rows: int) -> list[Column]:
    make = Make(rows, 117)
    return [
        one("POLICY_NO", INSURED, make.form("LF99999999"), speaks=False),
        one("INSURED_FULL_NAME", IDENTITY, make.full()),
        one("INSURED_SSN", IDENTITY, make.each(make.fake.ssn)),
        one("INSURED_BIRTH_DT", DATE, make.days(1940, 2005)),
        one("SMOKER_FLG", HEALTH, make.of("Y", "N"), speaks=False),
        one("OCCUPATION_DESC", PERSONAL, make.of(*pools.TRADES)),
        one("ANNUAL_PREMIUM_AMT", MONEY, make.real(100, 5000), speaks=False),
        one("BENEFICIARY_NM", IDENTITY, make.full()),
        one("MAILING_ADDR_LINE1", ADDRESS, make.each(make.fake.street_address)),
        one("MAILING_ZIP", PLACE, make.form("99999-9999")),
        one("AGENT_CD", THING, make.codes("A9999", 6), speaks=False, also=IDENTITY),
        one("REC_UPD_TS", THING, make.loads(), speaks=False),
    ]


def freight(rows: int) -> list[Column]:
    make = Make(rows, 118)
    return [
        one("waybill_no", IDENTITY, make.form("WB999999999")),
        one("shipper_name", IDENTITY, make.full(), also=THING),
        one("receiver_phone", CONTACT, make.form("(646) 555-9999")),
        one("receiver_address", ADDRESS, make.each(make.fake.street_address)),
        one("origin_country", PLACE, make.of("CN", "VN", "IN", "DE", "US")),
        one("pieces", THING, make.whole(1, 20), speaks=False),
        one("chargeable_weight", THING, make.real(1, 400), speaks=False),
        one("cod_amount", MONEY, make.real(0, 500), speaks=False),
        one("driver_name", IDENTITY, make.full()),
        one("truck_plate", IDENTITY, make.form("AAA-9999"), speaks=False),
        one("eta", DATE, make.times(2025, 2026)),
        one("delivery_status", THING, make.of("in transit", "delivered", "returned")),
    ]


def citizens(rows: int) -> list[Column]:
    make = Make(rows, 119, "es_ES")
    return [
        one("num_documento", IDENTITY, make.each(make.fake.nif)),
        one("primer_apellido", IDENTITY, make.family()),
        one("nombre", IDENTITY, make.given()),
        one("fecha_nac", DATE, make.days(1935, 2020)),
        one("sexo", PERSONAL, make.of("hombre", "mujer")),
        one("estado_civil", PERSONAL, make.of("soltero", "casado", "viudo", "divorciado")),
        one("pais_nacimiento", PLACE, make.of("España", "Marruecos", "Colombia", "Rumanía"), speaks=False),
        one("municipio", PLACE, make.of(*pools.SPANISH_CITIES)),
        one("renta_anual", MONEY, make.whole(5000, 60000), speaks=False),
        one("nivel_estudios", PERSONAL, make.of("primaria", "bachillerato", "universidad"), speaks=False),
        one("telefono", CONTACT, make.form("+34 699 999 999")),
        one("fecha_actualizacion", THING, make.loads(), speaks=False),
    ]


def messenger(rows: int) -> list[Column]:
    make = Make(rows, 120)
    return [
        one("message_id", IDENTITY, make.uuids()),
        one("sender_username", ONLINE, make.each(make.fake.user_name), speaks=False),
        one("recipient_phone", CONTACT, make.form("+44 7911 123999")),
        one("message_body", TEXT, make.prose(pools.POSTS)),
        one("sent_at", DATE, make.times(2024, 2025)),
        one("read_receipt", THING, make.yes_or_no(), speaks=False),
        one("client_version", THING, make.of("7.1.2", "7.2.0"), speaks=False),
        one("sender_location", PLACE, make.each(lambda: f"{make.draw.uniform(40, 50):.6f}, {make.draw.uniform(-5, 15):.6f}")),
        one("attachment_type", THING, make.of("image", "video", "none"), speaks=False),
        one("profile_bio", TEXT, make.prose(pools.POSTS)),
        one("sender_dob", DATE, make.days(1960, 2010)),
    ]


def fleet(rows: int) -> list[Column]:
    make = Make(rows, 121, "it_IT")
    return [
        one("id_prenotazione", IDENTITY, make.form("PR-999999")),
        one("nome_cliente", IDENTITY, make.full()),
        one("cod_fiscale", IDENTITY, make.each(make.fake.ssn)),
        one("email_cliente", CONTACT, make.mail()),
        one("data_inizio", DATE, make.days(2023, 2025)),
        one("stazione_ritiro", THING, make.of("Aeroporto", "Centro", "Fiera"), speaks=False, also=PLACE),
        one("targa", IDENTITY, make.form("AA999AA"), speaks=False),
        one("km_iniziali", THING, make.whole(10, 90000), speaks=False),
        one("prezzo_totale", MONEY, make.real(30, 1200), speaks=False),
        one("numero_patente", IDENTITY, make.form("AA9999999A"), speaks=False),
        one("carburante", THING, make.of("benzina", "diesel", "elettrico"), speaks=False),
        one("annotazioni", TEXT, make.prose(pools.CALLS)),
    ]


def trial(rows: int) -> list[Column]:
    make = Make(rows, 122)
    return [
        one("subject_number", IDENTITY, make.form("001-9999")),
        one("initials", IDENTITY, make.form("AAA"), speaks=False),
        one("year_of_birth", DATE, make.whole(1935, 2005), speaks=False),
        one("sex_at_birth", PERSONAL, make.of("Male", "Female")),
        one("ethnic_group", PERSONAL, make.of("Hispanic or Latino", "Not Hispanic or Latino", "Unknown")),
        one("randomization_arm", THING, make.of("A", "B"), speaks=False, also=HEALTH),
        one("systolic_bp", HEALTH, make.whole(90, 180), speaks=False),
        one("adverse_event", TEXT, make.prose(pools.NOTES), also=HEALTH),
        one("concomitant_medication", HEALTH, make.of("Metformin", "Lisinopril", "Aspirin", "Atorvastatin")),
        one("site_investigator", IDENTITY, make.full("Dr. {given} {family}")),
        one("visit_date", DATE, make.days(2022, 2025)),
        one("consent_signed", THING, make.yes_or_no(), speaks=False),
    ]


LATEST = {made.__name__: made for made in (
    emergency_room, card_payments, workforce, web_shop, secondary_school, smart_home, life_insurance, freight, citizens,
        messenger,
    fleet, trial)}
