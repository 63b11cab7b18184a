"""The tier that finds names: what it finds and what it leaves, alone and among others, beside what is settled and known."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.detect.block import Block, Claims
from engine.detect.config import BY_EVIDENCE
from engine.detect.names import NameTier, spans, tier
from engine.detect.names.tokens import tokens_of
from engine.detect.registry import Registry


def found(texts, settled=None, known=None, types=()):
    block = Block(pa.array(texts, pa.string()))
    names = NameTier.default()
    claims = names.find(block, settled, known, settled_types=types)
    values, starts, ends = block.value_of(claims.start), block.characters(claims.start), block.characters(claims.end)
    out = [set() for _ in texts]
    for value, start, end, kind, source in zip(values, starts, ends, claims.kind, claims.source, strict=True):
        if names.types[kind] != "TITLE" and names.sources[source] != "AgeUpTo89":
            out[value].add((texts[value][start:end], names.types[kind]))
    return out


@pytest.mark.parametrize(("text", "what", "entity_type"), [
    ("Seen by Dr. Mary Poe today", "Mary Poe", "PERSON"),
    ("Patient: Doe, John", "Doe, John", "PERSON"),
    ("Patient John Doe was admitted", "John Doe", "PERSON"),
    ("his daughter Anna called", "Anna", "PERSON"),
    ("accompanied by wife Ana-María O'Neill", "Ana-María O'Neill", "PERSON"),
    ("Mr Berg", "Berg", "PERSON"),
    ("Dr. House", "House", "PERSON"),
    ("Mrs. Green saw her", "Green", "PERSON"),
    ("Frau König rief an", "König", "PERSON"),
    ("de heer Jan van der Berg", "Jan van der Berg", "PERSON"),
    ("Nom: DUPONT Prénom: Marie", "DUPONT", "PERSON"),
    ("Nachname: MÜLLER Vorname: Anna", "MÜLLER", "PERSON"),
    ("Apellidos: GARCÍA LÓPEZ Nombre: José", "GARCÍA LÓPEZ", "PERSON"),
    ("Cognome: ROSSI Nome: Maria", "ROSSI", "PERSON"),
    ("Sobrenome: SILVA Nome: João", "SILVA", "PERSON"),
    ("Achternaam: DE VRIES Voornaam: Jan", "DE VRIES", "PERSON"),
    ("Name des Patienten: Fuchs", "Fuchs", "PERSON"),
    ("GARCÍA, JOSÉ", "GARCÍA, JOSÉ", "PERSON"),
    ("O'Brien, Pat", "O'Brien", "PERSON"),
    ("O'Brien, Pat", "Pat", "PERSON"),
    ("氏名: 山田 太郎", "山田 太郎", "PERSON"),
    ("山田太郎様", "山田太郎", "PERSON"),
    ("田中さんが来ました", "田中", "PERSON"),
    ("姓名：王小明", "王小明", "PERSON"),
    ("李先生你好", "李", "PERSON"),
    ("성명: 김민수", "김민수", "PERSON"),
    ("김민수 씨", "김민수", "PERSON"),
    ("नाम: राहुल शर्मा", "राहुल शर्मा", "PERSON"),
    ("الاسم: محمد أحمد", "محمد أحمد", "PERSON"),
    ("вчера был г-н Иванов", "Иванов", "PERSON"),
    ("Επώνυμο: Παπαδόπουλος", "Παπαδόπουλος", "PERSON"),
    ("seen by Dr.Smith today", "Smith", "PERSON"),
    ("My name is Željko", "Željko", "PERSON"),
    ("Kind regards,\nJane Roe", "Jane Roe", "PERSON"),
    ("James Smith, MD", "James Smith", "PERSON"),
    ("then James Q. Miller left", "James Q. Miller", "PERSON"),
    ("a message from E. Blair about it", "E. Blair", "PERSON"),
    ("it was J. R. Smith who left", "J. R. Smith", "PERSON"),
    ("Sehr geehrte Frau Müller, wir danken", "Müller", "PERSON"),
    ("my name is john smith", "john smith", "PERSON"),
    ("MARIA GARCIA was reviewed by the team", "MARIA GARCIA", "PERSON"),
    ("We met Jennifer Anderson's brother", "Jennifer Anderson", "PERSON"),
    ("lives at 12 Old Mill Road, Apt 4B now", "12 Old Mill Road, Apt 4B", "STREET_ADDRESS"),
    ("9 Elm St, Springfield, IL 62704", "9 Elm St, Springfield, IL 62704", "STREET_ADDRESS"),
    ("Please send it to 77 Hill Street\n Suite 4\n Dover\n England 20431", "77 Hill Street\n Suite 4\n Dover\n England 20431",
     "STREET_ADDRESS"),
    ("Hauptstraße 12", "Hauptstraße 12", "STREET_ADDRESS"),
    ("We flew from Paris to New York", "New York", "LOCATION"),
    ("She was born in Norway", "Norway", "LOCATION"),
    ("He works for Acme Systems Ltd in sales", "Acme Systems Ltd", "ORGANIZATION"),
    ("I am Norwegian", "Norwegian", "NRP"),
    ("on March 3, 1931", "March 3, 1931", "DATE_TIME"),
    ("the 3rd of May 2020", "3rd of May 2020", "DATE_TIME"),
    ("in Oct 2019", "Oct 2019", "DATE_TIME"),
    ("a 93 year old man", "93", "AGE"),
    ("aged 101", "101", "AGE"),
])
def test_found(text, what, entity_type):
    assert (what, entity_type) in found([text])[0]


@pytest.mark.parametrize("text", [
    "The patient was stable overnight", "a 45 year old man", "Ward 4, bed 12", "Blood pressure 120/80", "code E11.9", "", " ",
    "card 4111 1111 1111 1112 1", "Title VII applies", "the second week of treatment", "1234", "Mr. and so on",
    "Foley catheter in place, Babinski negative, Wells score 1", "9f1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d",
    "Mr. Speaker, the vote is closed", "Office for MS Windows", "Product name: Kettle",
    "この商品は昨日の朝に届きました。同様の仕様です。", "这个产品昨天早上送到了，老师很高兴。",
    "이 제품은 어제 아침에 도착했습니다. 고객님께 감사드립니다.",
    "यह सामान कल सुबह पहुँच गया।", "وصل الطرد صباح أمس وكان كل شيء على ما يرام.", "Посылка пришла вчера утром, всё в порядке.",
    "Το δέμα έφτασε χθες το πρωί και όλα είναι καλά.",
    "return len(rows), np.isin(a, b)", "Please check the settings and try again.", "Thank you very much for your help!",
])
def test_not_found(text):
    assert found([text])[0] == set()


def test_what_stands_beside_names_is_no_part_of_one():
    known = pa.array([["Vandreth"], []], pa.list_(pa.string()))
    assert found(["pt vandreth zqxolm denies pain", "김민수 씨"], known=known) == [
        {("vandreth zqxolm", "PERSON")}, {("김민수", "PERSON")}]


def test_particles_are_no_names_alone():
    assert not any(what == "van" for what, _ in found(["reviewed with Mr. van der Berg"])[0])


def test_titles_and_ages_are_told_apart():
    names = NameTier.default()
    claims = names.find(Block(pa.array(["Dr. Mary Poe is 47 years old, Mr. Lee is 97 years old"])))
    kinds = [(names.types[kind], names.sources[source]) for kind, source in zip(claims.kind, claims.source, strict=True)]
    assert kinds.count(("TITLE", "NameEvidence")) == 2
    assert kinds.count(("AGE", "AgeUpTo89")) == kinds.count(("AGE", "NameEvidence")) == 1


WORDS = st.sampled_from([
    "Mary", "Smith", "Dr.", "in", "London", "lives", "at", "12", "Elm", "Street,", "\n", "the", "Bank", "of", "é", "😀", "García",
    "93", "years", "old", "on", "Monday", "MARY", "x", "'s", "-", "Berlin", "Москва", "\u00a0", "E11.9",
])
TEXTS = st.lists(st.lists(WORDS, max_size=30).map(" ".join), min_size=1, max_size=6)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(TEXTS)
@example(["93 in", "93"])
def test_what_is_found_in_a_value_depends_on_the_value_alone(texts):
    together = found(texts)
    assert together == [found([text])[0] for text in texts]


@settings(deadline=None, max_examples=25)
@given(TEXTS)
def test_claims_lie_in_values_and_begin_and_end_with_something(texts):
    block = Block(pa.array(texts))
    claims = NameTier.default().find(block)
    assert (block.value_of(claims.start) == block.value_of(claims.end - 1)).all()
    assert (claims.start < claims.end).all()
    assert ((claims.score > 0) & (claims.score <= 1)).all()
    for start, end in zip(claims.start, claims.end, strict=True):
        written = block.data[start:end].decode()
        assert written == written.strip(" \n,;:")
        assert "\0" not in written


def test_blocks_are_read_in_parts(monkeypatch):
    texts = ["E11.9", "Seen by Dr. Mary Poe", "", "12345", "lives in London", "Dear John Smith,"] * 5
    whole = found(texts)
    monkeypatch.setattr(tier, "_BLOCK", 20)
    assert found(texts) == whole
    assert whole[1] == {("Mary Poe", "PERSON")}


@pytest.mark.parametrize("gap", [" ", "é"])
def test_long_values_are_read_in_pieces(monkeypatch, gap):
    monkeypatch.setattr(tier, "_LONGEST", 64)
    text = gap.join(["Seen by Dr. Mary Poe today.", "x" * 300, "é" * 70, "Dear John Smith, "] * 4)
    first, second = found([text, "12", text])[::2]
    assert first == second
    assert {("Mary Poe", "PERSON"), ("John Smith", "PERSON")} <= first
    settled = claim(Block(pa.array(["1", text])), 1, text, "Dr. Mary Poe")
    places = found(["1", text], settled, types=("CREDIT_CARD",))
    assert ("Mary Poe", "PERSON") in places[1]  # the other three


def claim(block, value, text, what, kinds=1):
    start = int(block.starts[value]) + len(text[:text.index(what)].encode())
    return Claims(np.array([start]), np.array([start + len(what.encode())]), np.array([0]), np.ones(1), np.zeros(1, np.int64))


def test_nothing_is_claimed_in_what_is_settled():
    text = "é write to mary.smith@example.org or Mary Smith"
    texts = ["12345", text]
    settled = claim(Block(pa.array(texts)), 1, text, "mary.smith@example.org")
    assert found(texts, settled, types=("EMAIL_ADDRESS",))[1] == {("Mary Smith", "PERSON")}
    text = "on 12 March 1999 we met"
    assert found([text], claim(Block(pa.array([text])), 0, text, "12 March 1999"), types=("DATE_TIME",)) == [set()]


@pytest.mark.parametrize("text", ["ISIN 44871230915 ABA 021000021", "Taj: 123456788", "taj 123456788"])
def test_what_labels_an_identifier_is_no_name(text):
    numbers = [claim(Block(pa.array([text])), 0, text, word) for word in text.split() if word.isdigit()]
    settled = Claims.joined(numbers)
    assert found([text], settled, types=("HU_TAJ", "HU_TAJ"))[0] == set()
    assert found(["Taj Patel 123456788"], claim(Block(pa.array(["Taj Patel 123456788"])), 0, "Taj Patel 123456788", "123456788"),
                 types=("HU_TAJ", "HU_TAJ"))[0] == {("Taj Patel", "PERSON")}


def test_settled_addresses_are_extended():
    text = "Please send it to 77 Hill Street\n Suite 4\n Dover\n England 20431"
    settled = claim(Block(pa.array([text])), 0, text, "77 Hill Street")
    assert any(what.endswith("England 20431") for what, _ in found([text], settled, types=("STREET_ADDRESS",))[0])


@pytest.mark.parametrize("text", [
    pytest.param("Jane Marsh\n12 Elm Street\nSuite 4\nSpringfield\nCanada 20431", marks=pytest.mark.xfail(
        strict=True, reason="known to be wrong: after a unit, lines of an address are read as one")),
    "- Jane Marsh\n- 12 Elm Street\n- Suite 4\n- Springfield\n- Canada 20431",
])
def test_lines_of_an_address_say_a_thing_each(text):
    kinds = {kind: what for what, kind in found([text])[0]}
    assert kinds["STREET_ADDRESS"] == text[text.index("12"):text.index("4") + 1]
    assert kinds["ZIP_CODE"] == "20431"
    assert kinds["LOCATION"] in {"Springfield", "Canada"}


def test_a_number_far_from_places_is_no_postal_code():
    types = ("PERSON", "LOCATION", "STREET_ADDRESS", "TITLE", "ZIP_CODE")
    tokens = tokens_of(Block(pa.array(["Poe said 20431", "a b c d Dover 20431"])))
    label, most = np.zeros(len(tokens.start), np.int64), np.full(len(tokens.start), .6, np.float32)
    label[[2, 8, 9]] = 2
    runs = spans.runs_of(tokens, label, most, types, np.zeros(len(label), bool))
    kinds = [types[kind - 1] for kind in runs.label]
    assert list(zip(kinds, runs.begin, strict=True)) == [("LOCATION", 8), ("ZIP_CODE", 9)]


def test_an_address_that_is_announced_is_one():
    text = "Address:\n12 Elm Street\nSuite 4\nSpringfield\nCanada 20431"
    assert found([text])[0] == {(text.removeprefix("Address:\n"), "STREET_ADDRESS")}


def test_organizations_have_to_be_likelier_than_not():
    types = ("PERSON", "ORGANIZATION")
    likely = np.array([[.5, .42, .0, .08], [.5, .0, .42, .08], [.4, .0, .55, .05], [.7, .3, .0, .0]], np.float32)
    label, most = spans.labelled(likely, spans.least(types))
    assert label.tolist() == [1, 0, 2, 0]
    assert most[:3].tolist() == pytest.approx([.42, .42, .55])


def test_words_that_the_row_knows_are_names():
    text = "the walk made Brook tired"
    assert ("Brook", "PERSON") not in found([text.lower()])[0]
    known = pa.array([None, ["Xqz Brook"], [], ["Berlin"]], pa.list_(pa.string()))
    texts = ["1", text.lower(), text.lower(), text.lower()]
    assert [("brook", "PERSON") in one for one in found(texts, known=known)] == [False, True, False, False]


def test_names_are_known_again_in_long_texts():
    text = "Patient: Mrs. Ottilie Xandruv, admitted for observation. " + "The wound was clean and the pulse regular. " * 12
    assert ("Xandruv", "PERSON") in found([text + "Xandruv was alert."])[0]


def test_null_and_empty_arrays():
    names = NameTier.default()
    assert len(names.find(Block(pa.array([], pa.string()))).start) == 0
    assert len(names.find(Block(pa.nulls(3, pa.string()))).start) == 0


def test_a_place_of_another_value_is_not_near():
    flags, value = np.array([True, False, False, False, False, True]), np.array([0, 1, 1, 1, 1, 1])
    assert spans.near(flags, value).tolist() == [True, False, True, True, True, True]


def test_types_by_evidence_are_those_that_the_registry_does_not_know():
    registered = {one.type for one in Registry.default().types}
    assert set(NameTier.default().types) - registered == set(BY_EVIDENCE)
