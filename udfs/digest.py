"""Kernel ``digest``: what a row holds → a keyed hash of it."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

from engine.operators.canonical import canonical
from engine.operators.columns import is_scalar
from engine.operators.forms import written
from engine.operators.keyed import mac

_BYTES = pa.large_binary()
_NULL, _COLON, _NOTHING = (pa.scalar(sign, _BYTES) for sign in (b"-", b":", b""))


def digest(*columns: pa.Array, subkey: bytes) -> pa.Array:
    """Returns HMAC-SHA-256 of the cells of each row, by which a row that changed is told from one that did not.

    Cells are written as tokens see them, each with its length, so that no two rows are written alike that differ in a cell.

    Args:
        columns: Of one length, at least one.
        subkey: 32 bytes.

    Returns:
        String array of hexadecimal digits, never null.
    """
    cells = [part for column in columns for part in _parts(column)]
    rows = pc.binary_join_element_wise(*cells, _NOTHING)
    return written(mac(rows, subkey), "hex", 1, b"")


def _parts(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Returns what stands before each cell, its length or that there is none, and the cell."""
    found = (canonical(column) if is_scalar(column.type) else _nested(column)).cast(_BYTES)
    length = pc.binary_length(found).cast(pa.string()).cast(_BYTES)
    return pc.fill_null(pc.binary_join_element_wise(length, _COLON, _NOTHING), _NULL), pc.fill_null(found, _NOTHING)


def _nested(column: pa.Array) -> pa.Array:
    cells = (None if cell is None else json.dumps(cell, default=repr, sort_keys=True) for cell in column.to_pylist())
    return pa.array(cells, pa.string()).cast(pa.binary())
