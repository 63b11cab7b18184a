"""Wrapped keys open under the key that wrapped them, beside their own subject's name, and nowhere else."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from engine.ciphers.wrapped import WRAPPED, attached, unwrap, wrap
from engine.errors import InputError

KEY = bytes(range(64))
NAMES = pa.array(["ann", "bob", "Zoë"])
KEYS = np.arange(96, dtype=np.uint8).reshape(3, 32)


def test_is_aes_siv_of_key_and_owner():
    owner = hashlib.sha256(b"bob").digest()[:16]
    assert wrap(KEYS, NAMES, KEY)[1].as_py() == AESSIV(KEY).encrypt(KEYS[1].tobytes() + owner, None)
    assert len(wrap(KEYS, NAMES, KEY)[1].as_py()) == WRAPPED


def test_rows_find_their_keys():
    rows = attached(NAMES, wrap(KEYS, NAMES, KEY)).take(pa.array([2, 0, None, 2, 1]))
    assert unwrap(rows, KEY).tolist() == [KEYS[2].tolist(), KEYS[0].tolist(), [0] * 32, KEYS[2].tolist(), KEYS[1].tolist()]
    assert unwrap(pa.nulls(2, pa.binary()), KEY).tolist() == [[0] * 32] * 2
    assert unwrap(pa.array([], pa.binary()), KEY).shape == (0, 32)


def changed() -> list[tuple[str, pa.Array, bytes]]:
    wrapped = wrap(KEYS, NAMES, KEY)
    flipped = wrapped[0].as_py()[:-1] + bytes([wrapped[0].as_py()[-1] ^ 1])
    return [("another key", attached(NAMES, wrapped), bytes(64)),
            ("another's name", attached(pa.array(["bob", "ann", "Zoë"]), wrapped), KEY),
            ("a changed bit", attached(NAMES.slice(0, 1), pa.array([flipped])), KEY),
            ("cut short", pa.array([b"ann"]), KEY), ("nothing", pa.array([b""]), KEY)]


@pytest.mark.parametrize("case", changed(), ids=lambda case: case[0])
def test_what_does_not_belong_together_is_refused(case):
    with pytest.raises(InputError, match="does not open"):
        unwrap(case[1], case[2])
