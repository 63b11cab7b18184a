"""Which rows a scan looks at, and what can be said about those that it does not look at.

A column may be left out of a scan if a random sample of its cells had no finding and is large enough: the exact upper 95% bound
on the share of cells with something to find (Clopper and Pearson, 1934, "The use of confidence or fiducial limits illustrated in
the case of the binomial") is then at most 0.1%. Drawn without replacement, a sample misses less than the bound says. It is a
bound for each column by itself, on what the scanner would find; not on distinct values: one that stands in few rows can be
missed.

The seed follows from the table, its version and its number of rows: a scan can be repeated and checked. So whoever writes rows
could foresee which are looked at; against that, look at all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

CONFIDENCE = 0.95
MISSED = 0.001
"""Largest bound with which a column is left out."""

ROUTE_ABOVE = 200_000
"""Rows from which on a table is sampled first, unless told otherwise."""

ROUTE_ROWS = 20_000
"""Rows of that sample. A column that is null in six rows of seven can still be cleared by it."""


@dataclass(frozen=True)
class Rows:
    """Which rows are looked at.

    Attributes:
        mode: all; a sample; or a sample first, then all rows of the columns that it does not clear.
        sample: Rows of the sample.
        seed: Of the sample.
    """

    mode: Literal["all", "sample", "route"]
    sample: int
    seed: int


def choose(table: str, version: int | None, rows: int, *, sample: int | None = None, whole: bool = False) -> Rows:
    """Decides which rows of a table are looked at.

    Args:
        table: Its path.
        version: Its version, if it has one.
        rows: How many rows it has.
        sample: As many rows, if asked for.
        whole: All rows, however many.
    """
    digest = hashlib.sha256(f"{table}\0{version}\0{rows}".encode()).digest()
    seed = int.from_bytes(digest[:4], "big") >> 1
    if sample is not None and sample < rows:
        return Rows("sample", sample, seed)
    if sample is None and not whole and rows > ROUTE_ABOVE:
        return Rows("route", ROUTE_ROWS, seed)
    return Rows("all", rows, seed)


def missed_at_most(cells: int) -> float:
    """Returns the upper bound on the share of cells with a finding, after a random sample of ``cells`` without any.

    For no hits the bound of Clopper and Pearson is 1 − (1 − confidence)^(1/n).
    """
    return 1.0 if cells <= 0 else float(-np.expm1(np.log(1 - CONFIDENCE) / cells))


def clears(cells: int, found: int) -> bool:
    """Whether a random sample of ``cells``, in ``found`` of which something was found, lets a column be left out."""
    return found == 0 and missed_at_most(cells) <= MISSED


def drawn(batches: Iterable[pa.RecordBatch], rows: int, sample: int, seed: int) -> Iterator[pa.RecordBatch]:
    """Yields ``sample`` of ``rows`` rows, each set of so many equally likely; all of them where there are no more.

    The same seed gives the same rows, however the table is cut into batches.
    """
    if sample >= rows:
        yield from batches
        return
    wanted = np.sort(np.random.default_rng(seed).choice(rows, sample, replace=False, shuffle=False))
    seen = 0
    for batch in batches:
        here = wanted[np.searchsorted(wanted, seen):np.searchsorted(wanted, seen + batch.num_rows)] - seen
        seen += batch.num_rows
        if len(here):
            yield batch.take(pa.array(here))
