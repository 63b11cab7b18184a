"""The default scanner: what it finds in notes, in rows, with headers; what it does not need; how it fails."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from engine.detect.config import Budget, RecognizerConfig
from engine.detect.plugins import load_yaml
from engine.detect.redaction import Styles
from engine.detect.scanner import FINDINGS, UNSCANNABLE, Scanner
from engine.errors import InputError, PolicyError

ROOT = Path(__file__).resolve().parents[3]


def spans(text, header=""):
    table = Scanner.default().find(pa.array([text]), header=header)
    return {(text[row["start"]:row["end"]], row["entity_type"]) for row in table.to_pylist()}


@pytest.mark.parametrize(("text", "what", "entity_type"), [
    ("Seen by Dr. Mary Poe today", "Mary Poe", "PERSON"),
    ("Patient: Doe, John", "Doe, John", "PERSON"),
    ("Patient John Doe was admitted", "John Doe", "PERSON"),
    ("his daughter Anna called", "Anna", "PERSON"),
    ("accompanied by wife Ana-María O'Neill", "Ana-María O'Neill", "PERSON"),
    ("reviewed with Mr. van der Berg", "van der Berg", None),
    ("Mr Berg", "Berg", "PERSON"),
    ("My name is Željko", "Željko", "PERSON"),
    ("Kind regards,\nJane Roe", "Jane Roe", "PERSON"),
    ("James Smith, MD", "James Smith", "PERSON"),
    ("then James Q. Miller left", "James Q. Miller", "PERSON"),
    ("MRN 1234567", "1234567", "MEDICAL_RECORD_NUMBER"),
    ("mrn: A-123456", "A-123456", "MEDICAL_RECORD_NUMBER"),
    ("Medical record number: 00123456", "00123456", "MEDICAL_RECORD_NUMBER"),
    ("lives at 12 Old Mill Road, Apt 4B now", "12 Old Mill Road, Apt 4B", "STREET_ADDRESS"),
    ("9 Elm St, Springfield, IL 62704", "9 Elm St, Springfield, IL 62704", "STREET_ADDRESS"),
    ("P.O. Box 104", "P.O. Box 104", "PO_BOX"),
    ("Hauptstraße 12", "Hauptstraße 12", "STREET_ADDRESS"),
    ("on March 3, 1931", "March 3, 1931", "DATE_TIME"),
    ("the 3rd of May 2020", "3rd of May 2020", "DATE_TIME"),
    ("in Oct 2019", "Oct 2019", "DATE_TIME"),
    ("a 93 year old man", "93", "AGE"),
    ("aged 101", "101", "AGE"),
    ("card 4111 1111 1111 1111", "4111 1111 1111 1111", "CREDIT_CARD"),
    ("IBAN GB82WEST12345698765432.", "GB82WEST12345698765432", "IBAN_CODE"),
    ("jane@example.com", "jane@example.com", "EMAIL_ADDRESS"),
    ("write to j.doe@ward3.hospital.local now", "j.doe@ward3.hospital.local", "EMAIL_ADDRESS"),
    ("call (415) 555-2671 ext. 9", "(415) 555-2671 ext. 9", "PHONE_NUMBER"),
    ("SSN 219-09-9999", "219-09-9999", "US_SSN"),
    ("4539 57876362 1486", "4539 57876362 1486", "CREDIT_CARD"),
    ("am 4. März 1931", "4. März 1931", "DATE_TIME"),
    ("el 4 de marzo de 1931", "4 de marzo de 1931", "DATE_TIME"),
    ("1931年3月4日生まれ", "1931年3月4日", "DATE_TIME"),
    ("1931년 3월 4일", "1931년 3월 4일", "DATE_TIME"),
    ("a 93yo man", "93yo", "AGE"),
    ("93 y/o", "93 y/o", "AGE"),
    (r"jane\u0040example.com", r"jane\u0040example.com", "EMAIL_ADDRESS"),
    ('"jane doe"@example.com', '"jane doe"@example.com', "EMAIL_ADDRESS"),
])
def test_found(text, what, entity_type):
    found = spans(text)
    if entity_type is None:  # a particle in front of a name is not announced by a capital
        assert not any(kind == "PERSON" and span == "van" for span, kind in found)
    else:
        assert (what, entity_type) in found


@pytest.mark.parametrize("text", [
    "The patient was stable overnight", "a 45 year old man", "Ward 4, bed 12", "Blood pressure 120/80", "code E11.9", "", " ",
    "card 4111 1111 1111 1112 1", "Title VII applies", "the second week of treatment", "1234", "Mr. and so on",
    "a 45yo man", "4 mars", "4539 57876362 1487",
])
def test_not_found(text):
    assert spans(text) == set()


def test_table_of_findings():
    text = "Dr. Mary Poe"
    array = pa.array([None, text, "nothing", text, "🙂 " + text, None])
    for given in (array, array.dictionary_encode(), pa.chunked_array([array[:3], array[3:]]), array.cast(pa.large_string()),
                  array.cast(pa.string_view())):
        table = Scanner.default().find(given)
        assert table.schema == FINDINGS
        assert table["row"].to_pylist() == [1, 3, 4]
        assert table["start"].to_pylist() == [4, 4, 6]  # code points, not bytes
        assert set(table["recognizer"].to_pylist()) == {"NameEvidence"}
    assert Scanner.default().find(pa.array([], pa.string())).num_rows == 0
    assert Scanner.default().find(pa.nulls(3, pa.string())).num_rows == 0


def test_whole_numbers_are_read_as_written():
    table = Scanner.default().find(pa.array([4111111111111111, None, 7]))
    assert table.select(["row", "entity_type"]).to_pylist() == [{"row": 0, "entity_type": "CREDIT_CARD"}]


def test_headers_and_words_before_make_weak_recognizers_count():
    assert ("219099999", "US_SSN") not in spans("219099999")
    assert ("219099999", "US_SSN") in spans("219099999", header="patient.SSN")
    assert ("219099999", "US_SSN") in spans("her ssn is 219099999")
    assert ("9434765919", "UK_NHS") not in spans("ref 9434765919")
    assert ("9434765919", "UK_NHS") in spans("NHS 9434765919")
    assert ("9434765919", "UK_NHS") not in spans("NHS is what one says, and then after many a word 9434765919")


def test_context_raises_scores():
    def score(text, header=""):
        return max(Scanner.default().find(pa.array([text]), header=header)["score"].to_pylist())

    alone = score("SSN1 219-09-9999")
    assert alone < score("219-09-9999", "patient.ssn") == score("ssn 219-09-9999") <= 1


@pytest.mark.slow
def test_long_cells_and_cells_beyond_the_budget():
    config = RecognizerConfig.default().model_copy(update={"budget": Budget(bytes=3 << 20)})
    filler = "lorem ipsum dolor sit amet " * 48_000
    texts = ["jane@example.com", filler + "bob@example.com " + filler + "4111 1111 1111 1111",
             "x" * (3 << 20) + "y", "eve@example.org"]
    rows = Scanner(config).find(pa.array(texts)).to_pylist()
    found = [(row["row"], row["entity_type"], texts[row["row"]][row["start"]:row["end"]]) for row in rows]
    assert found == [(0, "EMAIL_ADDRESS", "jane@example.com"), (1, "EMAIL_ADDRESS", "bob@example.com"),
                     (1, "CREDIT_CARD", "4111 1111 1111 1111"), (2, UNSCANNABLE, texts[2]),
                     (3, "EMAIL_ADDRESS", "eve@example.org")]


@pytest.mark.slow
@pytest.mark.parametrize(("slow_times", "entity_type"), [(1, "EMAIL_ADDRESS"), (2, UNSCANNABLE)])
def test_the_first_value_of_a_process_is_given_up_when_it_is_slow_twice(slow_times, entity_type, monkeypatch):
    scanner = Scanner(RecognizerConfig.default().model_copy(update={"budget": Budget(seconds=0.4)}))
    looked = []

    def look(self, *given, whole=Scanner._as_written_and_read):
        looked.append(given)
        time.sleep(0.5 if len(looked) <= slow_times else 0)
        return whole(self, *given)

    Scanner.default().find(pa.array(["jane@example.com"]))  # what is made once a process is made
    monkeypatch.setattr(Scanner, "_as_written_and_read", look)
    assert scanner.find(pa.array(["jane@example.com"]))["entity_type"].to_pylist() == [entity_type]
    assert len(looked) == 2
    looked.clear()
    assert scanner.find(pa.array(["jane@example.com"]))["entity_type"].to_pylist() == [UNSCANNABLE]
    assert len(looked) == 1


def test_what_is_not_utf8_is_unscannable_and_its_neighbours_are_scanned():
    values = pa.array([b"jane@example.com", b"\xff\xfebob@example.com", b"eve@example.org"]).view(pa.string())
    rows = Scanner.default().find(values).to_pylist()
    assert [(row["row"], row["entity_type"]) for row in rows] == [(0, "EMAIL_ADDRESS"), (1, UNSCANNABLE), (2, "EMAIL_ADDRESS")]


def test_configuration_errors(tmp_path):
    with pytest.raises(InputError):
        Scanner.load(tmp_path / "none.yaml")
    for text, said in (("leave_out: [US_SSM]", "did you mean 'US_SSN'"), ("regions: [xx]", "allowed: ad, "),
                       ("regimes: [hippa]", "did you mean 'hipaa'"), ("budget: {seconds: 0}", "budget.seconds"),
                       ("recognizers: [x]", "recognizers"), ("plugins: [{pat: x}]", "plugins.0"), ("a: [", "not valid YAML"),
                       ("version: 1", "'version' stands twice"),
                       ("regions: [Germany]", "write a region as it is listed"),
                       ("version: 2", "version"), ("threshold: 2", "threshold")):
        (tmp_path / "a.yaml").write_text(text if text[0] == "a" or text == "version: 2" else f"version: 1\n{text}\n")
        with pytest.raises(PolicyError, match=re.escape(said)) as refused:
            Scanner.load(str(tmp_path / "a.yaml"))
        assert str(tmp_path / "a.yaml") in refused.value.where


def test_regions_and_regimes_choose_types():
    config = RecognizerConfig.default()
    assert {"US_SSN", "ZA_ID_NUMBER"} <= {one.type for one in config.types()}
    only = config.model_copy(update={"regions": ("za",)})
    assert {one.country for one in only.types()} == {"any", "za"}
    cards = config.model_copy(update={"regimes": ("pci",)})
    assert "CREDIT_CARD" in {one.type for one in cards.types()}
    assert "US_SSN" not in {one.type for one in cards.types()}
    without = config.model_copy(update={"leave_out": ("US_SSN",)})
    assert "US_SSN" not in {one.type for one in without.types()}


@pytest.mark.slow
@pytest.mark.parametrize("left_out", [("AGE",), ("DATE_TIME",), ("PERSON",), ("LOCATION", "STREET_ADDRESS")])
def test_a_type_that_is_left_out_is_not_found_by_any_tier(left_out):
    texts = pa.array(["Dr. Jane Roe, aged 93, came on Monday, 4 March 2024, to 12 Main Street, Springfield; SSN 219-09-9999"])
    config = RecognizerConfig.default()
    every = set(Scanner(config).find(texts)["entity_type"].to_pylist())
    assert set(left_out) <= every
    left = Scanner(config.model_copy(update={"leave_out": left_out}))
    found = set(left.find(texts)["entity_type"].to_pylist())
    assert found >= every - set(left_out)
    assert found.isdisjoint(left_out)
    assert set(left_out).isdisjoint(left.entity_types)


@pytest.mark.slow
def test_streets_are_found_without_names_too():
    config = RecognizerConfig.default().model_copy(update={"names": "off"})
    assert "STREET_ADDRESS" in Scanner(config).find(pa.array(["He lives at 12 Main Street."]))["entity_type"].to_pylist()


OFFLINE = """
import os, socket, sys, warnings
def refuse(*a, **k): raise AssertionError("network")
socket.socket.connect = socket.socket.connect_ex = refuse
socket.create_connection = socket.getaddrinfo = refuse
import pyarrow as pa
from engine.detect.scanner import Scanner
table = Scanner.default().find(pa.array(["jane@example.co.uk and www.example.org", "GB00QQQQİ", "x@example.nosuchsuffix"]))
found = sorted(zip(table["row"].to_pylist(), table["entity_type"].to_pylist(), table["score"].to_pylist()))
assert [one[:2] for one in found] == [(0, "EMAIL_ADDRESS"), (0, "URL"), (2, "EMAIL_ADDRESS")], found
assert not [m for m in sys.modules if m.startswith("presidio_analyzer")]
assert not {"spacy", "torch", "pyspark", "ray"} & set(sys.modules)
"""


@pytest.mark.slow
def test_no_network_no_log_no_language_model(tmp_path):
    """The suffix list comes from the package: no socket, no cache on disk, nothing said."""
    done = subprocess.run([sys.executable, "-c", OFFLINE], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
                          env={"PATH": "", "HOME": str(tmp_path), "TLDEXTRACT_CACHE": str(tmp_path / "cache")})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.rglob("*"))


@pytest.mark.slow
def test_the_real_package_can_be_imported_afterwards():
    code = ("from engine.detect.plugins.presidio_classes import recognizer_classes; import sys\n"
            "own = recognizer_classes()['EmailRecognizer']\n"
            "assert 'presidio_analyzer' not in sys.modules and own.__module__.startswith('presidio_analyzer.')\n"
            "import importlib.util as u; found = u.find_spec('presidio_analyzer').origin\n"
            "assert found.endswith('presidio_analyzer/__init__.py')")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_plug_ins_run_beside_the_types(tmp_path):
    (tmp_path / "own.yaml").write_text(
        "version: 1\npatterns:\n  - {name: badge, type: BADGE, regex: '\\bB-(?P<entity>[0-9]{7})\\b', score: 0.8}\n")
    scanner = Scanner.load(RecognizerConfig.default(), load_yaml(tmp_path / "own.yaml"))
    text = "Badge B-1234567 of jane@example.com, badge Ｂ-7654321"
    rows = scanner.find(pa.array([text])).to_pylist()
    found = {(text[row["start"]:row["end"]], row["entity_type"], row["recognizer"]) for row in rows}
    assert {("1234567", "BADGE", "badge"), ("7654321", "BADGE", "badge")} <= found
    assert any(kind == "EMAIL_ADDRESS" for _, kind, _ in found)
    assert "BADGE" in scanner.entity_types
    assert "badge" in scanner.recognizers


def test_redact():
    scanner = Scanner.default()
    texts = pa.array(["write to jane@example.com", None, "nothing", "card 4111 1111 1111 1111"])
    assert scanner.redact(texts).to_pylist() == ["write to [EMAIL_ADDRESS]", None, "nothing", "card [CREDIT_CARD]"]
    assert scanner.redact(texts, entities=["CREDIT_CARD"]).to_pylist()[0] == "write to jane@example.com"
    hidden = scanner.redact(texts, styles=Styles("keep_format", key=bytes(32))).to_pylist()
    assert hidden[3] != texts[3].as_py()
    assert len(hidden[3]) == len(texts[3].as_py())


def test_one_person_in_many_forms_is_one_invented_person():
    text = "Dr. John Smith called. Smith, John; J. Smith; JOHN SMITH wrote from john.smith@acme.com, jsmith@acme.com"
    (made,) = Scanner.default().redact(pa.array([text]), styles=Styles("surrogate", key=bytes(range(32)))).to_pylist()
    given, family = made.removeprefix("Dr. ").split()[:2]
    mailbox, short = re.findall(r"\S+(?=@example)", made)
    forms = f"{family}, {given}; {given[0]}. {family}; {given.upper()} {family.upper()}"
    assert made.startswith(f"Dr. {given} {family} called. {forms} wrote")
    assert (mailbox, short) == (f"{given}.{family}".lower(), f"{given[0]}{family}".lower())
    assert {given, family}.isdisjoint({"John", "Smith"})


@pytest.mark.parametrize("day", [
    "20-May-2021", "15-JAN-24", "15JAN2024", "04-JAN-1954", "2021-May-20", "Jan-15-2024", "20/may/2021", "20 мая 2021",
    "3 stycznia 1999", "令和3年5月20日", "昭和 元年 1月 7日"])
@pytest.mark.parametrize("text", ["{}", "seen {} again", "({})"])
def test_days_with_the_name_of_their_month(day, text):
    written = text.format(day)
    rows = Scanner.default().find(pa.array([written])).to_pylist()
    assert [(written[row["start"]:row["end"]], row["entity_type"]) for row in rows] == [(day, "DATE_TIME")]


@pytest.mark.parametrize("text", ["may-2021", "MAR20", "1-may-be", "12345may2021", "20-mayor-21", "DEC10", "Badge B-5803578."])
def test_what_only_looks_like_a_month_is_no_day(text):
    assert Scanner.default().find(pa.array([text])).num_rows == 0
