"""Values that columns without a public domain may have: those that enough units share, selected with noise and paid for.

A value of one person alone would come out if the vocabulary were read off the release. Here it is named with the chance of a
group of one unit, which is delta's part of it, however odd it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.privacy.keys import BITS, KeySelection
from engine.synth.encoding import as_text
from engine.synth.shards import VerifiedRelease

_VALUE, _UNIT = "value", "unit"

_ROWS: list[tuple[list[str], str]] = [([], "count_all")]


def named_values(
    release: VerifiedRelease, subject: str | None, columns: Sequence[str], selection: KeySelection,
) -> dict[str, tuple[str, ...]]:
    """Returns the values that are named of each column, sorted. Missing ones are no value.

    Every call draws anew, and is to be charged for: it is made once for a training.

    Args:
        release: Read file by file; held is each pair of a unit and a value, once.
        subject: The column that tells units apart, rows without one do not count; None where each row is one.
        columns: Released names.
        selection: For all of them: a unit counts with ``selection.groups`` values in all, the same number in each column.
    """
    most, chances = selection.groups // len(columns), selection.chances()
    found = {}
    for name in columns:
        values, units = _units(release, subject, name, most)
        kept = [secrets.randbits(BITS) < chances[min(number, len(chances) - 1)] for number in units.tolist()]
        found[name] = tuple(sorted(value for value, named in zip(values, kept, strict=True) if named))
    return found


def _units(
    release: VerifiedRelease, subject: str | None, name: str, most: int,
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Returns the values of a column, and how many units count for each."""
    read = [name] if subject is None else [name, subject]
    columns = [_VALUE] if subject is None else [_VALUE, _UNIT]
    parts = [pa.table({column: pa.array([], pa.string()) for column in columns}).group_by(columns).aggregate(_ROWS)]
    for _, table in release.read(release.receipt.files, read):
        rows = pa.table(dict(zip(columns, map(as_text, table.columns), strict=True))).drop_null()
        parts.append(rows.group_by(columns).aggregate(_ROWS))
    pairs = pa.concat_tables(parts).group_by(columns).aggregate([("count_all", "sum")])
    if subject is None:
        return pairs[_VALUE].to_pylist(), pairs["count_all_sum"].to_numpy()
    values = pairs[_VALUE].combine_chunks().dictionary_encode()
    units = pairs[_UNIT].combine_chunks().dictionary_encode().indices.to_numpy()
    kept = values.indices.to_numpy()[_some_of_each(units, most)]
    return values.dictionary.to_pylist(), np.bincount(kept, minlength=len(values.dictionary))


def _some_of_each(units: npt.NDArray[np.int32], most: int) -> npt.NDArray[np.intp]:
    """Returns places of ``units``, of each unit at most so many, which is decided by chance and by that unit's places alone."""
    shuffled = np.random.default_rng(secrets.randbits(128)).permutation(len(units))
    order = shuffled[np.argsort(units[shuffled], kind="stable")]
    together = units[order]
    first = np.flatnonzero(np.diff(together, prepend=-1))
    place = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    return np.asarray(order[place < most])
