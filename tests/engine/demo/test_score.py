"""Scores against the planted truth, on cases small enough to count by hand."""

import pyarrow as pa
import pytest

from engine.demo.lake import tables_of
from engine.demo.score import kept_words, recall, score_notes, score_scan
from engine.demo.truth import SCHEMA, Planted
from schemas.findings import ColumnFindings, EntityFinding, ScanReport


def planted(*rows):
    names = ("table", "row_id", "column", "entity_type", "value")
    return Planted(pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=SCHEMA))


def scan(path, *entities, cells=10, nulls=0, role="direct", category="other"):
    found = tuple(EntityFinding(entity_type=e, cells=1, share=s, findings=1, score_mean=1, score_max=1) for e, s in entities)
    column = ColumnFindings(path=path, type="string", cells=cells, nulls=nulls, distinct=1, scanned=cells, entities=found,
                            role=role, category=category, confidence=1)
    return ScanReport(table="t", format="delta", rows=cells, columns=(column,))


def test_scan_counts_cells_of_the_planted_type():
    truth = planted(*[("people", str(i), "name", "PERSON", "Ada Berg") for i in range(8)])
    (score,) = score_scan({"people": scan("name", ("PERSON", 0.75), nulls=2)}, truth)
    assert (score.place, score.planted, score.found, score.noticed) == ("people.name", 8, 6, True)


def test_scan_accepts_a_birth_date_as_a_date_but_not_a_name_as_one():
    truth = planted(("people", "1", "born", "DATE_OF_BIRTH", "1956-06-25"), ("people", "1", "name", "PERSON", "Ada Berg"))
    scores = {s.place: s.found for s in score_scan({"people": scan("born", ("DATE_TIME", 1.0), cells=1)}, truth)}
    assert scores == {"people.born": 1, "people.name": 0}


@pytest.mark.parametrize(("category", "role", "found"), [
    ("date", "quasi", 4), ("date", "insensitive", 0), ("free text", "text", 0)])
def test_scan_counts_a_column_that_is_proposed_whole(category, role, found):
    truth = planted(*[("people", str(i), "born", "DATE_OF_BIRTH", "1956-06-25") for i in range(4)])
    (score,) = score_scan({"people": scan("born", role=role, category=category, cells=4)}, truth)
    assert score.found == found


def test_scan_says_when_a_column_passes_as_harmless():
    truth = planted(("people", "1", "name", "PERSON", "Ada Berg"))
    (score,) = score_scan({"people": scan("name", role="insensitive", cells=1)}, truth)
    assert (score.found, score.noticed) == (0, False)
    assert not score_scan({}, truth)[0].noticed


NOTE = planted(("notes", "n1", "text", "PERSON", "Ada Berg"), ("notes", "n1", "text", "PHONE_NUMBER", "(503) 555-0100"),
               ("notes", "n2", "text", "PERSON", "Bell"), ("patients", "p1", "full_name", "PERSON", "Ada Berg"))


@pytest.mark.parametrize(("text", "gone"), [
    ("[PERSON] called from [PHONE]", {"PERSON": 2, "PHONE_NUMBER": 1}),
    ("Ada Berg called", {"PERSON": 1, "PHONE_NUMBER": 1}),
    ("[PERSON] Berg called", {"PERSON": 1, "PHONE_NUMBER": 1}),
    ("Bergen and Adaptation", {"PERSON": 2, "PHONE_NUMBER": 1}),
    ("called from (503) 555-0100", {"PERSON": 2, "PHONE_NUMBER": 0}),
])
def test_notes_are_held_against_their_own_truth(text, gone):
    released = pa.table({"note_id": ["x1", "x2"], "text": [text, "quiet"]})
    scores = score_notes(released, NOTE, {"n1": "x1", "n2": "x2"})
    assert {score.entity_type: score.found for score in scores} == gone
    assert {score.entity_type: score.planted for score in scores} == {"PERSON": 2, "PHONE_NUMBER": 1}


def test_the_raw_notes_lose_nothing_and_no_notes_lose_everything():
    tables, truth = tables_of(7, 160)
    notes = tables["notes"].select(["note_id", "text"])
    ids = {name: name for name in notes["note_id"].to_pylist()}
    assert recall(score_notes(notes, truth, ids)) == 0
    assert recall(score_notes(notes.slice(0, 0), truth, ids)) == 1


def test_kept_words_counts_eponyms_only():
    raw = ["A Foley catheter. Wells score 1. Mr. Wells slept.", None]
    assert kept_words(raw, raw) == 1
    assert kept_words(raw, ["A Foley catheter. [PERSON] score 1. Mr. [PERSON] slept.", None]) == 0.5
    assert kept_words(["nothing"], ["nothing"]) == 1
