"""Keys of subjects, wrapped: AES-SIV (RFC 5297, as a key wrap) of a key and of whom it belongs to."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.siv import Siv
from engine.errors import InputError

Bytes = npt.NDArray[np.uint8]

KEY = 32
"""Bytes of a subject's key."""

_OWNER, _VECTOR = 16, 16
WRAPPED = _VECTOR + KEY + _OWNER
"""Bytes of a wrapped key."""


def wrap(keys: Bytes, names: pa.Array, key: bytes) -> pa.Array:
    """Wraps keys so that one does not open beside another's name.

    Args:
        keys: Shape (keys, 32).
        names: What their subjects are called in the table of keys; strings.
        key: 64 bytes.

    Returns:
        Binary array.
    """
    plain = [one.tobytes() + _owner(name) for one, name in zip(keys, names.to_pylist(), strict=True)]
    return Siv(key).seal(pa.array(plain, pa.binary()))


def attached(names: pa.Array, wrapped: pa.Array) -> pa.Array:
    """Returns wrapped keys with their subjects' names in front: what rows carry. Null where one of both is."""
    return pc.binary_join_element_wise(names.cast(pa.binary()), wrapped, b"")


def unwrap(rows: pa.Array, key: bytes) -> Bytes:
    """Returns the key of each row, shape (rows, 32); zeros where there is none.

    Args:
        rows: As of ``attached``.
        key: 64 bytes.

    Raises:
        InputError: If one was changed, belongs to another subject, or was wrapped under another key.
    """
    coded = rows.dictionary_encode()
    each = coded.dictionary.to_pylist()
    opened, forged = Siv(key).open(pa.array([one[-WRAPPED:] for one in each], pa.binary()))
    plain = opened.to_pylist()
    if forged.any() or any(one[KEY:] != _owner(row[:-WRAPPED].decode()) for one, row in zip(plain, each, strict=True)):
        raise InputError("the key of a subject does not open", allowed="keys that were wrapped under subject_keys.key",
                         next="name the key that wrapped them, or restore the table of keys")
    found = np.frombuffer(b"".join([one[:KEY] for one in plain]) + bytes(KEY), np.uint8).reshape(-1, KEY)
    keys: Bytes = found[coded.indices.fill_null(len(each)).to_numpy(zero_copy_only=False)]
    return keys


def _owner(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()[:_OWNER]
