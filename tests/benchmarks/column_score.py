"""Figures on columns, for ``make bench-detect`` and tests: how many are classified right, how many cells a second are counted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from engine.detect.tables.count import tally_batch
from engine.detect.tables.scan import scan_batches
from schemas.findings import ColumnFindings
from tests.benchmarks.columns.further_tables import FURTHER
from tests.benchmarks.columns.kept_tables import KEPT
from tests.benchmarks.columns.late_tables import LATE
from tests.benchmarks.columns.latest_tables import LATEST
from tests.benchmarks.columns.more_tables import MORE
from tests.benchmarks.columns.open_tables import OPEN
from tests.benchmarks.columns.other_tables import OTHER
from tests.benchmarks.columns.public_tables_too import PUBLIC
from tests.benchmarks.columns.seen_tables import SEEN
from tests.benchmarks.columns.spec import Column, Maker, namings, table
from tests.benchmarks.columns.systems_tables import SYSTEMS

DEVELOPED: Mapping[str, Maker] = OPEN | MORE | PUBLIC | FURTHER | SYSTEMS | OTHER | LATE | LATEST | SEEN
"""Tables on which the rules were made."""

WAYS = ("realistic", "other", "cryptic", "swapped")
ROWS, SEED = 120, 5
CELLS = 1 << 20


class Scored(NamedTuple):
    """One column under one name: what it was proposed to be."""

    table: str
    way: str
    name: str
    column: Column
    found: ColumnFindings

    @property
    def right(self) -> bool:
        """Whether role and category are what a careful person would say."""
        return (self.found.role, self.found.category) in (self.column.truth, self.column.also)


def scored(tables: Mapping[str, Maker], ways: tuple[str, ...] = WAYS, rows: int = ROWS) -> Iterator[Scored]:
    """Yields every column of some tables, each named in several ways (``tests/benchmarks/columns/spec.py``)."""
    for title, make in tables.items():
        columns = make(rows)
        for way, names in namings(columns, SEED).items():
            if way in ways and (way != "other" or any(column.name != column.other for column in columns)):
                made = table(columns, names)
                report = scan_batches(made.schema, made.to_batches(), table=title, format="parquet", version=None, rows=rows)
                by_path = {one.path: one for one in report.columns}
                yield from (Scored(title, way, name, column, by_path[name]) for name, column in zip(names, columns, strict=True))


def column_score(tables: Mapping[str, Maker] = KEPT, ways: tuple[str, ...] = WAYS, rows: int = ROWS) -> tuple[int, int]:
    """Returns how many columns are right in role and category, and of how many."""
    right = [one.right for one in scored(tables, ways, rows)]
    return sum(right), len(right)


def cells_per_second(kind: str = "mail", distinct: float = 0.01, *, encoded: bool = False) -> float:
    """Returns how many cells of a text column a core counts a second, with the default scanner.

    Args:
        kind: mail, name or code: what the cells are.
        distinct: Share of distinct values.
        encoded: Whether the column comes dictionary-encoded.
    """
    written = {"mail": "user{}@example.com", "name": "Jane Roe{}", "code": "customer-{:07d}"}[kind]
    values = pa.array([written.format(number) for number in range(int(CELLS * distinct))])
    places = pa.array(np.random.default_rng(0).integers(0, len(values), CELLS).astype(np.int32))
    array = pa.DictionaryArray.from_arrays(places, values) if encoded else values.take(places)
    batch = pa.record_batch({kind: array})
    tally_batch(batch)
    began = time.process_time()
    tally_batch(batch)
    return CELLS / (time.process_time() - began)
