"""Columns of bytes: those that are text in UTF-8 are read as text; of the others, their kind is told by their first bytes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa

from engine.detect.block import Block, Flags
from engine.detect.distinct import Distinct

_KINDS = (
    ("image", (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"RIFF")),
    ("document", (b"%PDF", b"\xd0\xcf\x11\xe0")),
    ("archive", (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd", b"PAR1")),
    ("sound", (b"ID3", b"OggS", b"fLaC")),
)
"""First bytes: Gary Kessler's table of file signatures, the common ones."""

_LONGEST_SIGNATURE = max(len(one) for _, signatures in _KINDS for one in signatures)


def texts_in(cells: Distinct) -> tuple[Distinct, Counter[str]]:
    """Returns the values that are text, as texts, and under ``binary:KIND`` how many cells of the others there are."""
    values = cells.values.cast(pa.large_binary())
    readable = ~_with_controls(values)
    places = np.flatnonzero(readable)
    texts: list[str | None] = [_decoded(value) for value in values.take(pa.array(places)).to_pylist()]
    readable[places] = [text is not None for text in texts]
    kinds: Counter[str] = Counter()
    for place in np.flatnonzero(~readable).tolist():
        kinds[f"binary:{_kind(values[place].as_py()[:_LONGEST_SIGNATURE])}"] += int(cells.weights[place])
    return Distinct(pa.array([text for text in texts if text is not None], pa.string()), cells.weights[readable]), kinds


def _with_controls(values: pa.Array) -> Flags:
    """Which values hold bytes that no text holds."""
    if not len(values):
        return np.zeros(0, bool)
    block = Block(values)
    controls = np.zeros(256, np.uint8)
    controls[:32] = 1
    controls[list(b"\t\n\r\f")] = 0
    counted: Any = np.add.reduceat(controls[block.buffer], block.starts, dtype=np.int64)
    return np.asarray(counted > 1)  # the NUL after each value is one


def _decoded(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _kind(first: bytes) -> str:
    return next((kind for kind, signatures in _KINDS if first.startswith(signatures)), "other")
