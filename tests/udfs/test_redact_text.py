"""redact_text: what is known and what is found goes, what stands beside it stays."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.redact_text import LONGEST, UNSCANNABLE, redact_cells, redact_text
from udfs.redact_text.known import _SMALL

ROOT = Path(__file__).parents[2]
FINDINGS = pa.schema([("row", pa.int64()), ("start", pa.int64()), ("end", pa.int64()), ("entity_type", pa.string()),
                      ("score", pa.float64())])


def table(*rows: tuple[int, int, int, str, float]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(FINDINGS.names, row, strict=True)) for row in rows], FINDINGS)


def digits(cells: pa.Array, **_: pa.Array) -> pa.Table:
    """A whole scanner for tests of everything but recognition: runs of digits, and one word that breaks it."""
    rows = []
    for row, cell in enumerate(cells.to_pylist()):
        if cell and "break" in cell:
            raise RuntimeError(cell)
        rows += [(row, *match.span(), "NUMBER", 0.5) for match in re.finditer(r"\d+", cell or "")]
    return table(*rows)


def redacted(text: str, *known: str | None) -> str:
    """One cell, by what is known alone."""
    values = pa.array([known], pa.list_(pa.string()))
    return redact_cells(pa.array([text]), values, lambda *_, **__: table(), None, 0.0)[0].as_py()


def slow_replace(text: str, spans: list[tuple[int, int, str, float]]) -> str:
    """The rule for overlaps, sign by sign: neighbours that share a span belong to one placeholder."""
    out, at = [], 0
    while at < len(text):
        group = [span for span in spans if span[0] <= at < span[1]]
        if not group:
            out.append(text[at])
            at += 1
            continue
        while True:
            end = max(span[1] for span in group)
            wider = [span for span in spans if span[0] < end and span[1] > at]
            if len(wider) == len(group):
                break
            group = wider
        best = min(group, key=lambda span: (span[0] - span[1], -span[3], span[0]))
        out.append(f"[{best[2]}]")
        at = end
    return "".join(out)


@settings(deadline=None, max_examples=40)
@given(st.text("abc", max_size=12), st.data())
def test_overlaps_agree_with_the_rule_sign_by_sign(text: str, data: st.DataObject) -> None:
    at = st.integers(0, len(text))
    place = st.tuples(at, at, st.sampled_from("XYZ"), st.sampled_from([0.2, 0.5, 1.0]))
    spans = [(min(a, b), max(a, b), label, score) for a, b, label, score in data.draw(st.lists(place, max_size=6)) if a != b]
    spans = [span for i, span in enumerate(spans) if all(span[:2] != other[:2] for other in spans[:i])]
    found = redact_cells(pa.array([text]), None, lambda _: table(*((0, *span) for span in spans)), None, 0.0)
    assert found.to_pylist() == [slow_replace(text, spans)]


def test_known_wins_and_nothing_claimed_survives_in_part() -> None:
    def find(_: pa.Array, **__: pa.Array) -> pa.Table:
        return table((0, 4, 15, "PERSON", 0.9), (0, 16, 20, "SHORT", 1.0), (0, 16, 22, "LONG", 0.4))

    found = redact_cells(pa.array(["Mrs Maria Lopez abcdef end"]), pa.array([["Maria"]]), find, None, 0.0)
    assert found.to_pylist() == ["Mrs [KNOWN] [LONG] end"]


def test_threshold_and_entities_choose_findings() -> None:
    def find(_: pa.Array, **__: pa.Array) -> pa.Table:
        return table((0, 0, 1, "A", 0.3), (0, 2, 3, "A", 0.35), (0, 4, 5, "B", 0.9))

    def chosen(entities: list[str] | None, threshold: float) -> str:
        return redact_cells(pa.array(["a b c"]), None, find, entities, threshold)[0].as_py()

    assert chosen(None, 0.35) == "a [A] [B]"
    assert chosen(["A"], 0.0) == "[A] [A] c"
    assert chosen([], 0.0) == "a b c"


NAME = "María-José de la Cruz O'Brien"


@pytest.mark.parametrize("spelling", [
    "María-José de la Cruz O'Brien", "maria jose DE LA CRUZ obrien", "MARIA", "josé", "Mari\u0301a", "Maria José", "Cruz, Maria",
    "O’Brien", "O BRIEN", "OBrien", "mariajose", "María\nJosé", "MariaCruz", "mcruz",
    "Ｍａｒｉａ", "𝓜𝓪𝓻𝓲𝓪", "M\u00adaria", "maria_cruz",
])
def test_names_in_any_spelling(spelling: str) -> None:
    found = redacted(f"Seen today: {spelling}. Fever since Monday.", NAME)
    assert re.fullmatch(r"Seen today: \[KNOWN\](, |\n| )?(\[KNOWN\])?\. Fever since Monday\.", found.replace("_", " ")), found


@pytest.mark.parametrize("text", [
    "Crucial marianne josephine OBriens cruzeiro", "the hospital de la ciudad", "Maris, Joses and Brian", "", "  ", "123",
])
def test_neighbours_stay(text: str) -> None:
    assert redacted(text, NAME) == text


@pytest.mark.parametrize(("known", "text", "expected"), [
    ("Jürgen Müller", "Juergen Mueller, jurgen MULLER; müller", "[KNOWN], [KNOWN]; [KNOWN]"),
    ("Søren Ørsted", "Soren Orsted / Soeren Oersted", "[KNOWN] / [KNOWN]"),
    ("Groß", "gross Gross", "[KNOWN]"),
    ("Nguyen Van An", "An came, an old friend of Mr Van, no Nguyen", "[KNOWN] came, an old friend of Mr [KNOWN], no [KNOWN]"),
    ("Ludwig van Beethoven", "a van, the Van, van Beethoven", "a van, the Van, van [KNOWN]"),
    ("Dr. Jane Smith Jr.", "Dr. Smith and Dr. Jones", "Dr. [KNOWN] and Dr. Jones"),
    ("Do", "Do came. I do. DO", "[KNOWN] came. I do. [KNOWN]"),
    ("Li Wu", "li wu lives with Wu, Limit", "[KNOWN] lives with [KNOWN], Limit"),
    ("田中太郎", "患者田中太郎は元気", "患者[KNOWN]は元気"),
    ("김 민수", "김민수는 왔다 민수", "[KNOWN]는 왔다 [KNOWN]"),
    ("שלום כהן", "המטופל כהן בא", "המטופל [KNOWN] בא"),
    ("Мария Иванова", "ИВАНОВА пришла", "[KNOWN] пришла"),
    ("maria.lopez85@mail.example.com", "maria.lopez85@mail.example.com or Lopez at mail", "[KNOWN] or [KNOWN] at mail"),
    ("Jane Smith", "J. S. came, (J.S.) J. Smith; J Smith, J.-S.", "[KNOWN] came, ([KNOWN]) [KNOWN]; [KNOWN], [KNOWN]"),
    ("Jane Smith", "A. S., J. Jones, js, J", "A. S., J. Jones, js, J"),
    ("Maria José de la Cruz", "M. J. C. A cough. M.C. coughs. M. D.", "[KNOWN] A cough. [KNOWN] coughs. M. D."),
    ("12 Main Street", "12 Main Street, Main, 12 mg", "[KNOWN], [KNOWN], 12 mg"),
])
def test_names_of_many_kinds(known: str, text: str, expected: str) -> None:
    assert redacted(text, known) == expected


@pytest.mark.parametrize("known", ["1961-03-04", "1961-03-04 00:00:00", "1961-03-04T10:30:00Z", "4 March 1961", "19610304"])
@pytest.mark.parametrize("rendering", [
    "1961-03-04", "04/03/1961", "03/04/1961", "4/3/61", "3.4.1961", "04-03-61", "1961/3/4", "19610304", "04031961",
    "March 4, 1961",
    "4 March 1961", "March 4th, 1961", "the 4th of March 1961", "4. März 1961", "4 de marzo de 1961", "4 mars 1961", "Mar 4 '61",
    "04-MAR-1961", "march 4", "4 Mar", "1961 March 4", "4 marzo 1961", "04 03 1961", "4 mrt 1961",
])
def test_dates_in_any_rendering(known: str, rendering: str) -> None:
    found = redacted(f"Born {rendering}, admitted 2021-03-05.", known)
    assert found.replace("the ", "") == "Born [KNOWN], admitted 2021-03-05."


@pytest.mark.parametrize("text", [
    "1961-03-05", "1961-04-05", "5/3/1961", "March 4, 1962", "March 14", "3/4 of a cup", "11961-03-04", "040319612", "1961",
    "March 1961",
])
def test_other_dates_stay(text: str) -> None:
    assert redacted(text, "1961-03-04") == text


def test_a_dose_after_a_day_is_not_its_year() -> None:
    assert redacted("since March 4, 10 mg daily", "1961-03-04") == "since [KNOWN], 10 mg daily"


@pytest.mark.parametrize(("known", "text", "expected"), [
    ("+1 (555) 123-4567", "(555) 123-4567", "([KNOWN]"), ("+1 (555) 123-4567", "+15551234567", "+[KNOWN]"),
    ("+1 (555) 123-4567", "555.123.4567 or 123 4567", "[KNOWN] or [KNOWN]"), ("555-123-4567", "+15551234567", "+[KNOWN]"),
    ("001-555-123-4567x890", "5551234567", "[KNOWN]"), ("+44 20 7946 0018", "020 7946 0018", "[KNOWN]"),
    ("+1 (555) 123-4567", "5551234568, 1234, 4567", "5551234568, 1234, 4567"),
    ("P-00123", "P00123, p 00123, MRN:00123, P-00124", "[KNOWN], [KNOWN], MRN:[KNOWN], P-00124"),
    ("123-45-6789", "123456789 and 123 45 6789", "[KNOWN] and [KNOWN]"),
    ("550e8400-e29b-41d4", "550E8400E29B41D4", "[KNOWN]"),
    ("patient-00017", "the patient 00017, 17 years", "the [KNOWN], 17 years"),
    ("34", "aged 34, 340 mg, 134", "aged [KNOWN], 340 mg, 134"), ("72.5", "72.5 kg", "[KNOWN] kg"),
])
def test_numbers_whatever_their_separators(known: str, text: str, expected: str) -> None:
    assert redacted(text, known) == expected


WORDS = ["fever", "since", "monday", "Crucible", "x", "ann", "Annabel", "12", "mg", "lopezville"]
NAMES = ["Lopez", "ANN", "annabel", "Maria"]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([*WORDS, *NAMES, "lopez", "maria"]), max_size=12), st.sampled_from([" ", ". ", ", ", "; "]),
       st.lists(st.sampled_from(NAMES), max_size=3))
def test_single_names_agree_with_a_regular_expression(words: list[str], between: str, known: list[str]) -> None:
    text = between.join(words)
    pattern = "|".join(sorted((re.escape(name) for name in known), key=len, reverse=True)) or r"(?!)"
    slow = re.sub(rf"(?i)\b(?:{pattern})\b(?: (?:{pattern})\b)*", "[KNOWN]", text)
    assert redacted(text, *known) == slow


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=60), st.lists(st.none() | st.text(max_size=20), max_size=4), st.text(max_size=60))
def test_whatever_is_known_and_stands_between_spaces_is_gone(before: str, known: list[str | None], after: str) -> None:
    for value in known:
        found = redacted(f"{before} {value} {after}", *known)
        assert isinstance(found, str)
        letters = re.sub(r"[\W_]", "", value or "")
        if value and len(letters) > 2 and letters not in _SMALL and value.isascii() and not re.search(r"[\W_]{4}", value):
            assert f" {value} " not in found


def test_cells_that_cannot_be_scanned_go_whole_and_cost_no_others() -> None:
    broken = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe"))
    text = pa.concat_arrays([pa.array(["call 555", "break 1", None, "x" * (LONGEST + 1), "Maria 7"]), broken])
    known = pa.array([["Maria"]] * 6)
    assert redact_cells(text, known, digits, None, 0.0).to_pylist() == [
        "call [NUMBER]", UNSCANNABLE, None, UNSCANNABLE, "[KNOWN] [NUMBER]", UNSCANNABLE]


def test_the_longest_cell_is_scanned() -> None:
    assert redact_cells(pa.array(["x" * (LONGEST - 1) + "1"]), None, digits, None, 0.0)[0].as_py().endswith("x[NUMBER]")


@pytest.mark.parametrize("row", [(0, 2, 9, "A", 1.0), (0, -1, 2, "A", 1.0), (0, 2, 2, "A", 1.0), (0, 0, 1, "UNSCANNABLE", 1.0)])
def test_a_scanner_that_errs_or_gives_up_redacts_the_cell(row: tuple[int, int, int, str, float]) -> None:
    assert redact_cells(pa.array(["abc"]), None, lambda _: table(row), ["B"], 1.0).to_pylist() == [UNSCANNABLE]


def test_known_that_cannot_be_read_redacts_the_cell() -> None:
    broken = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe"))
    known = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), broken)
    assert redact_cells(pa.array(["abc"]), known, digits, None, 0.0).to_pylist() == [UNSCANNABLE]


@pytest.mark.parametrize("text", [
    "4" + " " * 20_000, "March " * 5_000, "1-" * 10_000, "1/1/" * 5_000, "a'" * 10_000, "\u0301" * 20_000,
])
def test_hostile_text_costs_no_more_than_its_length(text: str) -> None:
    assert isinstance(redacted(text, "1961-03-04", "+1 555 123 4567", "a a a", "A'a-A"), str)


def test_real_scanner_end_to_end() -> None:
    text = pa.array([
        "Ana Ruiz (ana.ruiz@example.org, born 4 March 1961) called from 10.0.0.7.", "Card 4111 1111 1111 1111, nothing else.",
        None, "", "No personal data here, only a cough.",
    ])
    known = pa.array([["Ana Ruiz", "1961-03-04"], None, ["x y"], [], [None]], pa.list_(pa.string()))
    found = redact_text(text, known, entities=None, threshold=0.35)
    assert found.type == pa.string()
    assert found[0].as_py() == "[KNOWN] ([KNOWN], born [KNOWN]) called from [IP_ADDRESS]."
    assert found[1].as_py() == "Card [CREDIT_CARD], nothing else."
    assert found[2:].to_pylist() == [None, "", "No personal data here, only a cough."]
    alone = redact_text(pa.array(["write to ana.ruiz@example.org from 10.0.0.7"]), entities=["IP_ADDRESS"], threshold=0.35)
    assert alone.to_pylist() == ["write to ana.ruiz@example.org from [IP_ADDRESS]"]


@pytest.mark.slow
def test_recognizers_load_when_first_used() -> None:
    import subprocess  # noqa: PLC0415 - a fresh interpreter, for this test alone

    code = "import sys, udfs.redact_text; sys.exit('presidio_analyzer' in sys.modules or 'engine.detect.scanner' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0
