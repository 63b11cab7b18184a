"""Scoring against the planted truth: what a scan found, what a redaction removed, what still stands anywhere."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import pyarrow as pa

from engine.demo.prose import EPONYMS
from engine.demo.truth import Planted
from engine.release.report import PlantedScore
from schemas.findings import ColumnFindings, ScanReport

SAME = {
    "DATE_OF_BIRTH": {"DATE_TIME"}, "STREET_ADDRESS": {"LOCATION"}, "LOCATION": {"STREET_ADDRESS"},
    "MEDICAL_RECORD_NUMBER": {"ID", "MRN", "MEDICAL_LICENSE"}, "INSURANCE_NUMBER": {"ID", "US_MBI"},
    "PATIENT_ID": {"ID", "MEDICAL_RECORD_NUMBER"}, "ENCOUNTER_ID": {"ID", "MEDICAL_RECORD_NUMBER"},
    "NOTE_ID": {"ID", "MEDICAL_RECORD_NUMBER"},
}
"""Entity type planted → other types under which a scan may rightly report it."""

CATEGORIES = {
    "DATE_OF_BIRTH": {"date"}, "DATE_TIME": {"date"}, "LOCATION": {"location"}, "STREET_ADDRESS": {"location"},
    "PATIENT_ID": {"identity"}, "ENCOUNTER_ID": {"identity"}, "NOTE_ID": {"identity"},
    "MEDICAL_RECORD_NUMBER": {"identity", "health"}, "INSURANCE_NUMBER": {"identity", "health", "financial"},
}
"""Entity type planted → categories under which a scan may propose its column whole, by the column's name or type."""

_SHORTEST_PART = 3


def score_scan(reports: Mapping[str, ScanReport], planted: Planted) -> tuple[PlantedScore, ...]:
    """Returns one score for each planted (table, column, entity type).

    ``planted`` counts cells that hold a value of the type. ``found`` counts the cells in which the scan reports that type or
    one that ``SAME`` allows, at most all of them, the share among the scanned cells carried over to all; all of them where
    the column is proposed to be of a category in ``CATEGORIES``. ``noticed`` says whether the proposed role keeps the column
    from passing as harmless, whatever the types.

    Args:
        reports: Name of a demo table (patients, encounters, notes) → its scan.
        planted: The truth.
    """
    cells: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    rows = planted.table.select(["table", "column", "entity_type", "row_id"])
    for table, column, kind, row in zip(*(rows[name].to_pylist() for name in rows.schema.names), strict=True):
        cells[table, column, kind].add(row)
    scores = []
    for (table, path, kind), holding in sorted(cells.items()):
        column = next((c for c in reports[table].columns if c.path == path), None) if table in reports else None
        found = min(len(holding), round(_share(column, kind) * (column.cells - column.nulls))) if column else 0
        noticed = column is not None and column.role != "insensitive"
        scores.append(PlantedScore(f"{table}.{path}", kind, len(holding), found, noticed=noticed))
    return tuple(scores)


def _share(column: ColumnFindings, kind: str) -> float:
    if column.category in CATEGORIES.get(kind, ()) and column.role in {"direct", "quasi"}:
        return 1.0
    return max((e.share for e in column.entities if e.entity_type == kind or e.entity_type in SAME.get(kind, ())), default=0.0)


def score_notes(released: pa.Table, planted: Planted, ids: Mapping[str, str], *, text: str = "text", key: str = "note_id"
                ) -> tuple[PlantedScore, ...]:
    """Returns, for each entity type planted in notes, how many planted values no longer stand in their own released note.

    A value counts as gone when the note no longer holds it, nor, of a person's name, any part of three letters or more, as a
    word of its own, in the same case. A note that was not released has lost everything.

    Args:
        released: The released notes.
        planted: The truth.
        ids: Raw note id → id of the same note in the release.
        text: Column of the text.
        key: Column of the released id.
    """
    texts = dict(zip(released[key].to_pylist(), released[text].to_pylist(), strict=True))
    total, gone = Counter[str](), Counter[str]()
    truth = planted.table.filter(pa.compute.equal(planted.table["column"], "text"))
    columns = (truth[name].to_pylist() for name in ("row_id", "entity_type", "value"))
    for row, kind, value in zip(*columns, strict=True):
        total[kind] += 1
        gone[kind] += not _stands(kind, value, texts.get(ids[row]) or "")
    return tuple(PlantedScore("notes.text", kind, total[kind], gone[kind]) for kind in sorted(total))


def _stands(kind: str, value: str, text: str) -> bool:
    parts = [value]
    if kind == "PERSON":
        parts += [part for part in re.split(r"[\s,]+", value) if len(part.strip(".")) >= _SHORTEST_PART]
    return any(part in text and re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) for part in parts)


def kept_words(raw: Iterable[str | None], released: Iterable[str | None]) -> float:
    """Returns the share of medical eponyms (Foley catheter, Wells score …) that redaction left standing; 1 is none lost."""
    pattern = re.compile(rf"\b(?:{'|'.join(EPONYMS)})\b")
    before, after = (sum(len(pattern.findall(text or "")) for text in texts) for texts in (raw, released))
    return min(1.0, after / before) if before else 1.0


def recall(scores: Iterable[PlantedScore]) -> float:
    """Returns found ÷ planted over all scores."""
    scores = tuple(scores)
    planted = sum(score.planted for score in scores)
    return sum(score.found for score in scores) / planted if planted else 1.0
