"""Small tables, and the slow and obvious count of their classes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

CELLS = {
    "text": (st.sampled_from([None, "", "a", "b", "ü"]), pa.string()),
    "number": (st.sampled_from([None, -1, 0, 7, 2**62]), pa.int64()),
    "real": (st.sampled_from([None, math.nan, 0.0, -0.0, 1.5, math.inf]), pa.float64()),
    "flag": (st.sampled_from([None, True, False]), pa.bool_()),
}


@st.composite
def tables(draw: Any, *, least: int = 0, most: int = 30, columns: int = 4) -> pa.Table:
    """Draws a table of few different values, nulls, NaNs and zeros of both signs among them."""
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=columns))
    rows = draw(st.integers(least, most))
    arrays = [pa.array(draw(st.lists(CELLS[kind][0], min_size=rows, max_size=rows)), CELLS[kind][1]) for kind in kinds]
    return pa.table(dict(zip((f"c{n}" for n in range(len(kinds))), arrays, strict=True)))


def cell(value: Any) -> Any:
    """Returns a value as where classes are counted: one NaN, one zero."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else value + 0.0
    return value


def rows_of(table: pa.Table, columns: Sequence[str] | None = None) -> list[tuple[Any, ...]]:
    """Returns rows as tuples that equal each other where they are one class."""
    names = columns or table.column_names
    return [tuple(map(cell, row)) for row in zip(*(table[name].to_pylist() for name in names), strict=True)]


def classes(rows: Iterable[tuple[Any, ...]], at: Sequence[int]) -> Counter[tuple[Any, ...]]:
    """Returns class → rows, by the columns at these places."""
    return Counter(tuple(row[place] for place in at) for row in rows)


def subsets(width: int, most: int | None = None) -> list[tuple[int, ...]]:
    """Returns all sets of places, smallest first."""
    return [at for size in range(1, (most or width) + 1) for at in combinations(range(width), size)]
