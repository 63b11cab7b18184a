"""The truth beside the demo lake: every planted value, and which of them a stranger could search for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema([
    ("table", pa.string()),
    ("row_id", pa.string()),
    ("column", pa.string()),
    ("start", pa.int32()),
    ("end", pa.int32()),
    ("entity_type", pa.string()),
    ("value", pa.string()),
])

ALWAYS_SPECIFIC = frozenset({
    "EMAIL_ADDRESS", "PHONE_NUMBER", "US_SSN", "MEDICAL_RECORD_NUMBER", "INSURANCE_NUMBER", "STREET_ADDRESS",
    "IP_ADDRESS", "URL", "DATE_OF_BIRTH", "PATIENT_ID", "ENCOUNTER_ID", "NOTE_ID",
})


def specific(entity_type: str, value: str) -> bool:
    """Returns whether ``value`` points at one person wherever it stands.

    Numbers, addresses and birth dates always do. A name does when it is a full one: two words or more and at
    least five characters. A surname alone, an age, a date of a visit or a city also occurs innocently, so it
    counts only within its own note (``engine.demo.score.score_notes``), never in a search over files.
    """
    if entity_type == "PERSON":
        words = value.split()
        return len(value) >= 5 and len(words) >= 2 and sum(len(word.strip(".,")) >= 2 for word in words) >= 2  # noqa: PLR2004 - as stated
    return entity_type in ALWAYS_SPECIFIC


@dataclass
class Planted:
    """All planted values. One row per value: table, row, column path, and for notes the place in the text.

    Attributes:
        table: Arrow table of ``SCHEMA``; ``start`` and ``end`` count characters and are null outside of notes.
    """

    table: pa.Table

    @classmethod
    def read(cls, folder: str | Path) -> Planted:
        """Reads ``<folder>/truth/planted.parquet``, where ``folder`` is the one given to ``generate``."""
        return cls(pq.read_table(Path(folder) / "truth" / "planted.parquet", schema=SCHEMA))

    def write(self, folder: str | Path) -> None:
        """Writes ``<folder>/truth/planted.parquet``."""
        path = Path(folder) / "truth"
        path.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.table, path / "planted.parquet", compression="zstd")

    def counts(self) -> dict[str, int]:
        """Returns entity type → planted values, most frequent first."""
        return dict(Counter(self.table["entity_type"].to_pylist()).most_common())

    def identifiers(self) -> dict[str, set[str]]:
        """Returns entity type → distinct specific values: what must stand nowhere but in the raw lake."""
        found: dict[str, set[str]] = {}
        for kind, value in zip(self.table["entity_type"].to_pylist(), self.table["value"].to_pylist(), strict=True):
            if specific(kind, value):
                found.setdefault(kind, set()).add(value)
        return found


class Ledger:
    """Collects planted values while tables are made."""

    def __init__(self) -> None:
        self._rows: list[tuple[object, ...]] = []

    def column(self, table: str, ids: list[str], column: str, entity_type: str, values: list[str | None]) -> None:
        """Notes a whole column; null cells plant nothing."""
        self._rows += [(table, row_id, column, None, None, entity_type, value)
                       for row_id, value in zip(ids, values, strict=True) if value is not None]

    def add(self, *row: object) -> None:
        """Notes one value, fields in the order of ``SCHEMA``."""
        self._rows.append(row)

    def planted(self) -> Planted:
        """Returns what was noted."""
        columns = zip(zip(*self._rows, strict=True), SCHEMA, strict=True)
        return Planted(pa.table([pa.array(cells, field.type) for cells, field in columns], schema=SCHEMA))
