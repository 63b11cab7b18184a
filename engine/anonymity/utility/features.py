"""Quasi-identifiers as numbers that a model can learn from: of raw values, and of labels.

A feature of a label is its mean over the values that the label may stand for: an interval becomes its middle, a set a share
of each of its members. So what was learned from labels can be asked about raw values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.hierarchies import as_text
from engine.anonymity.utility.recoded import Recoded, RecodedColumn
from engine.anonymity.values import comparable, distinct_in_order, is_ordered

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_MEMBERS = 50
"""Most frequent values of a category that have a feature of their own; the others have none."""


class Features:
    """The features of all quasi-identifiers, for tuples of the cube as they are and as they are released."""

    def __init__(self, recoded: Recoded) -> None:
        self._recoded = recoded
        self._columns = [(column, list(_features(column))) for column in recoded.columns]

    @property
    def width(self) -> int:
        """How many features there are."""
        return sum(len(features) for _, features in self._columns)

    def raw(self, tuples: Ints) -> Floats:
        """Returns the features of the named tuples' own values."""
        parts = [feature[column.place[tuples]] for column, features in self._columns for feature in features]
        return _matrix(parts, len(tuples))

    def released(self, tuples: Ints) -> Floats:
        """Returns the features of the named tuples' labels."""
        leaf = self._recoded.leaf[tuples]
        parts = [column.spread.mean(feature)[column.of_leaf[leaf]] for column, features in self._columns for feature in features]
        return _matrix(parts, len(tuples))


def _matrix(parts: Sequence[Floats], rows: int) -> Floats:
    return np.stack(parts, axis=1) if parts else np.zeros((rows, 0))


def _features(column: RecodedColumn) -> Iterator[Floats]:
    """Yields one number per distinct value: of numbers and dates the size, scaled; null, NaN and categories as 0 or 1."""
    values = column.values
    special = np.asarray(pc.is_null(values, nan_is_null=True)) if is_ordered(values.type) else np.zeros(len(values), bool)
    if is_ordered(values.type):
        size = np.zeros(len(values))
        size[~special] = comparable(values.filter(pa.array(~special))).astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            known = np.isfinite(size) & ~special
            middle = np.average(size[known], weights=column.rows[known]) if known.any() else 0.0
            apart = np.sqrt(np.average((size[known] - middle) ** 2, weights=column.rows[known])) if known.any() else 0.0
        if apart and np.isfinite(apart):
            yield np.where(known, (size - middle) / apart, 0.0)
        members = np.flatnonzero(special)
    else:
        members = np.argsort(-column.rows, kind="stable")[:_MEMBERS]
    for member in members.tolist():
        one = np.zeros(len(values))
        one[member] = 1.0
        yield one


def chances(columns: Sequence[pa.ChunkedArray]) -> Floats:
    """Returns a number in [0, 1) for each tuple, from nothing but its values: the same whatever the order of tuples is."""
    mixed = np.zeros(len(columns[0]) if columns else 0, np.uint64)
    for column in columns:
        values, place = distinct_in_order(column)
        texts = as_text(values).to_pylist()
        hashed = np.array([_hashed(text) for text in texts], np.uint64)
        mixed = _mix(mixed ^ hashed[place] if len(hashed) else mixed)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _hashed(text: str | None) -> int:
    digest = hashlib.blake2b(b"" if text is None else b"=" + text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _mix(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Returns each word with all its bits mixed (the finalizer of G. Steele et al., SplitMix, OOPSLA 2014)."""
    with np.errstate(over="ignore"):
        words = words + np.uint64(0x9E3779B97F4A7C15)
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
