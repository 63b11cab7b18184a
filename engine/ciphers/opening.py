"""The way back from reversible tokens, under one key or under each row's own.

Only ``engine.reversal`` may import this: import-linter sees to it.
"""

from __future__ import annotations

import hmac

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.base32 import decoded
from engine.ciphers.ragged import Flags
from engine.ciphers.sealed import Label
from engine.ciphers.siv import Siv
from engine.ciphers.subjects import POINTER, VECTOR, Bytes, placed, pointers, streamed, vectors_of


def opened(tokens: pa.Array, key: bytes, label: Label) -> tuple[pa.Array, Flags]:
    """Returns the canonical values that tokens are of.

    Args:
        tokens: String array.
        key: 64 bytes.
        label: Where the tokens stood, and which key is asked.

    Returns:
        Binary array, null where there is no token or one that is not of this key and place; and for each row whether it is such.
    """
    coded, wrong = _coded(tokens, label.head)
    values, forged = Siv(key).open(coded, *label.context)
    return values, np.asarray(forged | wrong, np.bool_)


def opened_each(tokens: pa.Array, keys: Bytes, label: Label) -> tuple[pa.Array, Flags]:
    """Returns the canonical values that tokens under keys of their own are of.

    Args:
        tokens: String array.
        keys: All keys that there are, shape (keys, 32), in any order.
        label: Where the tokens stood.

    Returns:
        As ``opened``: null, and true, also where a token's key is not among them.
    """
    coded, wrong = _coded(tokens, label.own_head)
    each = coded.to_pylist()
    places = {name: place for place, name in enumerate(pointers(keys, *label.own_context))}
    rows = np.array([-1 if one is None else places.get(one[:POINTER], -1) for one in each], np.int64)
    sealed = pa.array([one[POINTER:] if row >= 0 else None for one, row in zip(each, rows, strict=True)], pa.binary())
    values, forged = open_each(sealed, np.concatenate((keys, np.zeros((1, keys.shape[1]), np.uint8)))[rows], *label.own_context)
    lost = np.asarray(coded.is_valid()) & (rows < 0)
    return values, np.asarray(forged | wrong | lost, np.bool_)


def _coded(tokens: pa.Array, head: str) -> tuple[pa.Array, Flags]:
    """Returns the bytes behind a head, and for each row whether it is a token without them."""
    mine = pc.starts_with(tokens, head).fill_null(fill_value=False)
    rest = pc.if_else(mine, pc.utf8_slice_codeunits(tokens, len(head)), pa.scalar(None, pa.string()))
    coded, wrong = decoded(rest)
    return coded, np.asarray(wrong | np.asarray(pc.and_(pc.is_valid(tokens), pc.invert(mine))), np.bool_)


def open_each(sealed: pa.Array, keys: Bytes, *context: bytes) -> tuple[pa.Array, Flags]:
    """Decrypts what ``seal_each`` made under the same keys and context.

    Returns:
        Binary array, null where the ciphertext is null or not authentic; and for each row whether it is one that is not.
    """
    long = pc.greater_equal(pc.binary_length(sealed), VECTOR).fill_null(fill_value=False)
    rows = np.flatnonzero(np.asarray(long))
    coded, keys = sealed.take(pa.array(rows)).to_pylist(), keys[rows]
    vectors = [one[:VECTOR] for one in coded]
    plain = streamed([one[VECTOR:] for one in coded], vectors, keys)
    due = vectors_of(plain, keys, context)
    good = np.array([hmac.compare_digest(*both) for both in zip(due, vectors, strict=True)], np.bool_)
    forged = np.array(sealed.is_valid())
    forged[rows[good]] = False
    return placed([one for one, fine in zip(plain, good, strict=True) if fine], rows[good], len(sealed)), forged
