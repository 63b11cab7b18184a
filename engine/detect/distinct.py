"""Distinct values of an array and in how many cells each stands; a sketch of how many there are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.block import Block
from engine.detect.hashing import Hashes, hash_numbers, hash_values
from engine.detect.tables.nested import is_text

Integers = npt.NDArray[np.int64]

LONGEST = 1 << 20
"""Bytes beyond which a text is hashed by itself."""

SKETCH = 1024
"""Smallest hashes that are kept: distinct counts below it are exact, above it within about 3% (one standard error)."""


@dataclass(frozen=True)
class Distinct:
    """Distinct values, without null, and in how many cells each stands."""

    values: pa.Array
    weights: Integers

    def take(self, places: Integers) -> Distinct:
        """Returns some of the values."""
        return Distinct(self.values.take(pa.array(places)), self.weights[places])


def distinct(array: pa.Array, weights: Integers | None = None) -> Distinct:
    """Returns the distinct values of an array, whose elements stand in so many cells each (one by default)."""
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    counts = _count(array, weights)
    entries = array.dictionary.dictionary_encode()  # an entry can be null, stand twice, or in no cell
    counts = _count(entries, counts)
    used = np.flatnonzero(counts)
    values = entries.dictionary
    if len(used) < len(values):
        values, counts = values.take(pa.array(used)), counts[used]
    return Distinct(values, counts)


def _count(array: pa.DictionaryArray, weights: Integers | None) -> Integers:
    indices = array.indices
    if indices.null_count:
        if weights is not None:
            weights = weights[indices.is_valid().to_numpy(zero_copy_only=False)]
        indices = indices.drop_null()
    # Sums of whole numbers up to 2^53 are exact in the floats in which numpy adds weights.
    return np.bincount(indices.to_numpy(), weights, len(array.dictionary)).astype(np.int64)


def hashes_of(values: pa.Array, key: int) -> Hashes:
    """Returns a hash of each distinct value of a countable type; the same whatever the storage variant of the type."""
    kind = values.type
    if is_text(kind):
        return hash_values(Block(_bounded(values)), key)
    if pa.types.is_decimal(kind):
        return hash_values(Block(values.cast(pa.string())), key)
    return hash_numbers(_as_numbers(values), key)


def _bounded(values: pa.Array) -> pa.Array:
    """Returns texts with digests in place of very long ones, which would cost ten times their size in memory."""
    long = pc.greater(pc.binary_length(values), LONGEST)
    if not pc.any(long).as_py():
        return values
    digests = [hashlib.blake2b(value.encode()).hexdigest() for value in values.filter(long).to_pylist()]
    return pc.replace_with_mask(values, long, pa.array(digests, values.type))


def _as_numbers(values: pa.Array) -> npt.NDArray[Any]:
    kind = values.type
    if pa.types.is_floating(kind):
        return np.asarray(values.cast(pa.float64()))
    if pa.types.is_boolean(kind):
        values = values.cast(pa.int8())
    elif pa.types.is_temporal(kind):
        values = values.view(pa.int32() if kind.bit_width == 32 else pa.int64())  # noqa: PLR2004 - bits
    return np.asarray(values).astype(np.int64)


def smallest(hashes: Hashes, number: int) -> Hashes:
    """Returns the smallest distinct hashes, ascending."""
    if len(hashes) > number:
        hashes = np.partition(hashes, number)[: number + 1]
    return np.unique(hashes)[:number]


def estimate(sketch: Hashes, cells: int) -> int:
    """Returns how many distinct values a sketch stands for, at most ``cells``.

    Exact below ``SKETCH``, else from the k smallest hashes (Bar-Yossef et al., 2002, "Counting distinct elements in a data
    stream").
    """
    if len(sketch) < SKETCH:
        return len(sketch)
    return min(cells, round((SKETCH - 1) * 2.0**64 / float(sketch[-1])))
