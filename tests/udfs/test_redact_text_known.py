"""Looking is left out only where nothing would be found; what rows know of names decides their role."""

from __future__ import annotations

import re
import time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.redaction import Styles
from udfs.redact_text import redact_cells, redact_text
from udfs.redact_text.known import Search
from udfs.redact_text.needles import Needles, plain_signs
from udfs.redact_text.rows import KnownValues

KEY = bytes(range(32))
VALUES = ["Maria Lopez", "José de la Cruz", "Søren Ørsted", "田中太郎", "Мария Иванова", "1961-03-04", "+1 (555) 123-4567",
"P-00123", "Do",
          "maria.lopez85@mail.example.com", "12 Main Street", "J", "34", "Groß", "٣٤٥٦٧", "Ａｎｎ", "Li Wu", "4 March", "O'Brien"]
PIECES = [*VALUES, "maria", "LOPEZ", "Mari\u0301a", "mlopez", "M. L.", "soren", "orsted", "田中", "ИВАНОВА", "March 4",
"4/3/61", "04.03.1961",
          "4. März", "555 123 4567", "1234567", "P00123", "ｍａｒｉａ", "m\u00adaria", "gross", "34567", "obrien", "fever", "12",
          "mg", "do", "x"]
EMPTY = pa.table({"row": pa.array([], pa.int64()), "start": pa.array([], pa.int64()), "end": pa.array([], pa.int64()),
                  "entity_type": pa.array([], pa.string()), "score": pa.array([], pa.float64())})


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=6), st.sampled_from([" ", ", ", ". ", "-", "", "\n"]),
       st.lists(st.sampled_from(VALUES) | st.text(max_size=8), max_size=3))
def test_a_quick_look_misses_nothing(pieces, between, values):
    text, search = between.join(pieces), Search(values)
    assert search.places(text) == search.all_places(text)


@pytest.mark.parametrize(("text", "signs"), [
    ("Ann, 4-3", b"ann43"), ("Mari\u0301a", b"maria"), ("Ｍａｒｉａ", b"maria"), ("Groß", b"gross"), ("m\u00adaria", b"maria"),
    ("漢a", b"a"),
    ("Ørsted", None), ("٣", None),
])
def test_signs_of_a_text(text, signs):
    assert plain_signs(text) == signs


def test_needles_within_needles_count_once():
    assert Needles(["ann", "anna", "hanna", "bob"])._words == (b"ann", b"bob")
    assert not Needles([]).may_stand_in("ann", None)


def test_rows_without_a_known_value_in_them_are_quick():
    values = tuple(VALUES[:8])
    text = "the patient was seen again and sent home without further advice " * 40
    search = Search(values)
    search.places(text)
    begun = time.process_time()
    for _ in range(20):
        search.places(text)
    quick, begun = time.process_time() - begun, time.process_time()
    for _ in range(20):
        search.all_places(text)
    assert time.process_time() - begun > 4 * quick


def known(*rows: list[str | None] | None) -> pa.Array:
    return pa.array(rows, pa.list_(pa.string()))


@pytest.mark.parametrize("layout", ["plain", "sliced", "large", "dictionary"])
def test_values_are_read_from_any_layout(layout):
    lists = known(["x"], ["Ann", None, "Lee"], None, [], ["Bob"])
    if layout == "sliced":
        lists = pa.concat_arrays([known(["y"]), lists]).slice(1)
    if layout == "large":
        lists = lists.cast(pa.large_list(pa.string()))
    if layout == "dictionary":
        lists = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3, 4]), lists)
    read = KnownValues(lists, 5)
    assert [read.of(row) for row in range(5)] == [("x",), ("Ann", "Lee"), (), (), ("Bob",)]
    assert not read.bad.any()


@pytest.mark.parametrize(("word", "values", "role"), [
    ("Roe", ["Jane Roe"], "family"), ("jane", ["Jane Roe"], "given"), ("ROE", ["Roe, Jane"], "family"),
    ("Jane", ["Roe, Jane"], "given"),
    ("Mary", ["Jane Mary Roe"], "given"), ("Roe", ["Dr. Jane Roe MD"], "family"), ("Roe", ["Roe"], None),
    ("Doe", ["Jane Roe"], None),
    ("Roe", [], None), ("Müller", ["Anna MULLER"], "family"),
])
def test_what_a_row_knows_of_a_name(word, values, role):
    assert KnownValues(known(values), 1).role(0, word) == role


def test_a_name_that_stands_alone_is_its_owners():
    text = pa.array(["Roe Jane was here. Later Jane left; Roe too."])
    styles = Styles("surrogate", key=KEY)
    found = redact_cells(text, known(["Jane Roe"]), lambda *_, **__: EMPTY, None, 0.0, styles)[0].as_py()
    match = re.fullmatch(r"(\w+) (\w+) was here\. Later (\w+) left; (\w+) too\.", found)
    assert match[3] == match[2]
    assert match[4] == match[1]
    turned = redact_cells(pa.array(["Roe came"]), known(["Roe Smith"]), lambda *_, **__: EMPTY, None, 0.0, styles)[0].as_py()
    assert turned.split()[0] != match[1]  # here it is a given name


def test_a_search_that_fails_costs_its_row_alone(monkeypatch):
    places = Search.places
    monkeypatch.setattr(Search, "places", lambda self, text: 1 / 0 if "bad" in text else places(self, text))
    found = redact_cells(pa.array(["Ann", "bad Ann", None]), known(["Ann"], ["Ann"], ["Ann"]), lambda *_, **__: EMPTY, None, 0.0)
    assert found.to_pylist() == ["[KNOWN]", "[UNSCANNABLE]", None]


@pytest.mark.parametrize(("text", "without", "beside"), [
    ("pt vandreth zqxolm denies pain", "pt vandreth zqxolm denies pain", "pt [KNOWN] denies pain"),
    ("Zqxolm Vandreth came", "[PERSON] came", "[KNOWN] came"),
    ("VANDRETH, Zqxolm: refused", "VANDRETH, Zqxolm: refused", "[KNOWN], Zqxolm: refused"),
    ("Dr Vandreth and N. Vandreth", "Dr [PERSON] and [PERSON]", "Dr [KNOWN] and [KNOWN]"),
    ("Vandreth's wound; Vándreth slept", "[PERSON]'s wound; [PERSON] slept", "[KNOWN]'s wound; [KNOWN] slept"),
    ("pt vándreth zqxolm denies pain", "pt vándreth zqxolm denies pain", "pt [KNOWN] denies pain"),
    ("fever, no cough", "fever, no cough", "fever, no cough"),
])
def test_what_the_row_knows_is_evidence_for_names_beside_it(text, without, beside):
    array = pa.array([text])
    assert redact_text(array).to_pylist() == [without]
    assert redact_text(array, pa.array([["Vandreth"]])).to_pylist() == [beside]


def test_evidence_counts_in_its_own_row_alone():
    """Whatever stands in other rows, and however a batch is cut."""
    text = "pt vandreth zqxolm denies pain"
    texts = pa.array([text, text, None, "Vandreth was here. " + "x" * 90, text])
    values = pa.array([["Vandreth"], ["Smith"], ["Vandreth"], None, ["Maria", "VANDRETH"]])
    whole = redact_text(texts, values).to_pylist()
    assert [whole[row] for row in (0, 1, 4)] == ["pt [KNOWN] denies pain", text, "pt [KNOWN] denies pain"]
    cut = [redact_text(texts.slice(row, 1), values.slice(row, 1))[0].as_py() for row in range(len(texts))]
    assert whole == cut


def test_small_words_of_a_name_are_no_evidence_elsewhere():
    text = pa.array(["Maria de la Cruz fue vista en la consulta de la clinica"])
    assert redact_text(text, pa.array([["Maria de la Cruz"]])).to_pylist() == ["[KNOWN] fue vista en la consulta de la clinica"]
