"""Which unit a row belongs to, and whether training may see it. Evaluation asks the same question again.

A unit is named by its content: a subject by its token, a row by its cells and by how many equal rows stand before it. So one
row more or less moves no other row between training and holdout, and yet copies of a row can fall on either side, as they
must for held-out rows to be an honest baseline.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.synth.encoding import as_text, row_names
from engine.synth.sampling import held_out

DIGEST_BYTES = 16


def unit_digests(
    table: pa.Table, subject: str | None, columns: Sequence[str],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Returns a digest of each row's unit, (rows, DIGEST_BYTES), and whether the row has a unit.

    Args:
        table: With the subject's column, or ``columns``.
        subject: Released name of the subject's column; rows without a subject have no unit. None where each row is one.
        columns: The learned columns: what makes two rows equal where there is no subject.
    """
    if subject is None:
        names: list[bytes | None] = list(row_names(table, columns))
    else:
        names = [None if name is None else name.encode() for name in as_text(table[subject]).to_pylist()]
    digests = b"".join(hashlib.sha256(name or b"").digest()[:DIGEST_BYTES] for name in names)
    known = np.fromiter((name is not None for name in names), dtype=np.bool_, count=len(names))
    return np.frombuffer(digests, dtype=np.uint8).reshape(-1, DIGEST_BYTES), known


def unit_names(digests: npt.NDArray[np.uint8], *, by_row: bool) -> list[bytes]:
    """Returns the name of each row's unit.

    Args:
        digests: Of all rows that share a digest with one of them, from ``unit_digests``.
        by_row: Whether each row is a unit: then equal rows are numbered, and which gets which number is all the same.
    """
    numbers = _occurrences(digests) if by_row else np.zeros(len(digests), dtype=np.int64)
    return [digest.tobytes() + int(number).to_bytes(6, "big") for digest, number in zip(digests, numbers, strict=True)]


def split_holdout(digests: npt.NDArray[np.uint8], share: float, *, by_row: bool) -> npt.NDArray[np.bool_]:
    """Returns which rows are held out."""
    return held_out(unit_names(digests, by_row=by_row), share)


def _occurrences(digests: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Returns how many equal digests stand before each one."""
    halves = np.ascontiguousarray(digests).view(np.uint64).reshape(-1, 2)
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (halves[order][1:] != halves[order][:-1]).any(axis=1)
    starts = np.flatnonzero(fresh)
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return numbers
