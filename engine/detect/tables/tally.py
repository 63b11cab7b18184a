"""Counts of one scan: mergeable, and without a single value of the data.

A tally has a row for each column (or nested path) and a row for each entity type found in it. Rows of the same path and
type are merged by adding, so that partitions can be counted apart; sums are whole numbers, so that the order of merging
changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from engine.detect.distinct import SKETCH, estimate

_MICRO = 1_000_000
_SCANNED = ("string", "binary", "large_binary", "fixed_size_binary", "int", "uint", "float", "double", "halffloat", "decimal")
_SUMS = ("cells", "nulls", "rows", "length", "bytes", "found", "unread")

TALLY = pa.schema([
    ("column", pa.string()), ("path", pa.string()), ("type", pa.string()), ("entity_type", pa.string()),
    *((name, pa.int64()) for name in (*_SUMS, "shortest", "longest", "findings", "whole", "score_sum", "score_max")),
    ("recognizers", pa.list_(pa.string())), ("measures", pa.map_(pa.string(), pa.int64())), ("sketch", pa.list_(pa.uint64())),
])
"""A tally as a table. Scores in millionths. ``entity_type`` is null on the row that counts the column itself."""


@dataclass
class EntityTally:
    """One entity type in one column.

    Attributes:
        cells: Cells with it.
        whole: Cells of which it is all, or nearly.
        findings: Findings, several in one cell counted each.
        score_sum: In millionths.
        score_max: In millionths.
        recognizers: Who claimed it.
    """

    cells: int = 0
    findings: int = 0
    score_sum: int = 0
    score_max: int = 0
    recognizers: set[str] = field(default_factory=set)
    whole: int = 0

    @property
    def score(self) -> float:
        """The mean score."""
        return min(1.0, self.score_sum / max(1, self.findings) / _MICRO)

    def merge(self, other: EntityTally) -> None:
        """Adds another partition's counts."""
        for name in ("cells", "findings", "score_sum", "whole"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.score_max = max(self.score_max, other.score_max)
        self.recognizers |= other.recognizers


@dataclass
class ColumnTally:
    """One column or nested path.

    Attributes:
        path: ``address.city``, ``phones[]``, ``tags.key``, ``payload$.user``; a top-level column's name as it is.
        type: Arrow type, as text.
        column: The top-level column.
        cells: Cells looked at.
        nulls: Nulls among them.
        rows: Rows of the table with a value here.
        length: Characters of all texts.
        shortest: Characters of the shortest text; -1 if there is none.
        longest: Characters of the longest.
        bytes: Size of the values, text in UTF-8.
        found: Cells with a finding.
        unread: Cells that were not looked into.
        measures: What else was counted (``engine/detect/columns/measures.py``), of ``measured`` cells.
        entities: Entity type → its counts.
        sketch: The ``SKETCH`` smallest hashes of the distinct values, ascending.
    """

    path: str
    type: str
    column: str = ""
    cells: int = 0
    nulls: int = 0
    rows: int = 0
    length: int = 0
    bytes: int = 0
    found: int = 0
    unread: int = 0
    shortest: int = -1
    longest: int = 0
    measures: Counter[str] = field(default_factory=Counter)
    entities: dict[str, EntityTally] = field(default_factory=dict)
    sketch: tuple[int, ...] = ()

    @property
    def filled(self) -> int:
        """Cells that are not null."""
        return self.cells - self.nulls

    @property
    def scanned(self) -> bool:
        """Whether its cells are of a type in which a scanner can find something."""
        return self.type.startswith(_SCANNED)

    @property
    def distinct(self) -> int:
        """Distinct values: exact below ``SKETCH``, else estimated."""
        return estimate(np.array(self.sketch, np.uint64), self.filled)

    def share(self, measure: str) -> float:
        """Returns a measure as a share of the cells that were measured."""
        return self.measures[measure] / max(1, self.measures["measured"])

    def merge(self, other: ColumnTally) -> None:
        """Adds another partition's counts of the same column."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest = max(self.longest, other.longest)
        both = [shortest for shortest in (self.shortest, other.shortest) if shortest >= 0]
        self.shortest = min(both, default=-1)
        self.measures.update(other.measures)
        for entity_type, entity in other.entities.items():
            self.entities.setdefault(entity_type, EntityTally()).merge(entity)
        self.sketch = tuple(sorted({*self.sketch, *other.sketch})[:SKETCH])

    def written(self) -> list[dict[str, Any]]:
        """Returns the tally as rows of the schema ``TALLY``."""
        none: dict[str, Any] = {kind.name: 0 if kind.type == pa.int64() else None for kind in TALLY}
        none |= {"column": self.column, "path": self.path, "type": self.type, "recognizers": [], "measures": [], "sketch": []}
        own = {name: getattr(self, name) for name in (*_SUMS, "shortest", "longest")}
        table = [{**none, **own, "measures": sorted(self.measures.items()), "sketch": list(self.sketch)}]
        for entity_type, entity in sorted(self.entities.items()):
            counts = {name: getattr(entity, name) for name in ("cells", "findings", "whole", "score_sum", "score_max")}
            table.append({**none, **counts, "entity_type": entity_type, "recognizers": sorted(entity.recognizers)})
        return table

    @classmethod
    def read(cls, row: dict[str, Any]) -> ColumnTally:
        """Reads one row of the schema ``TALLY``: the column's own counts, or one of its entities'."""
        place = {"path": row["path"], "type": row["type"], "column": row["column"]}
        if row["entity_type"] is None:
            return cls(**place, **{name: row[name] for name in (*_SUMS, "shortest", "longest")},
                       measures=Counter(dict(row["measures"])), sketch=tuple(row["sketch"]))
        counts = {name: row[name] for name in ("cells", "findings", "whole", "score_sum", "score_max")}
        return cls(**place, entities={row["entity_type"]: EntityTally(**counts, recognizers=set(row["recognizers"]))})


def merged(parts: Iterable[pa.RecordBatch | pa.Table]) -> dict[tuple[str, str], ColumnTally]:
    """Adds tallies up. Returns (column, path) → tally, in the order in which they first appear."""
    tallies: dict[tuple[str, str], ColumnTally] = {}
    for part in parts:
        for row in part.to_pylist(maps_as_pydicts="strict"):
            one = ColumnTally.read(row)
            place = one.column, one.path
            if place in tallies:
                tallies[place].merge(one)
            else:
                tallies[place] = one
    return tallies
