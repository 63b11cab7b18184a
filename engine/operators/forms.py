"""How a token is written: each form holds the number of the key's version, and as much of the digest as it has room for.

=========  ==========================================================================  ===========  =================
Form       What it is                                                                  Bits         Versions
=========  ==========================================================================  ===========  =================
hex        two hexadecimal digits of the version, 64 of the digest                     256          1 to 255
base32     version and 24 bytes of the digest in base32hex (RFC 4648, section 7), 40    192          1 to 255
           small signs
integer    a positive 64-bit integer: four bits of version, then the digest            59           1 to 15
uuid       a UUID of version 8 (RFC 9562, section 5.8) that begins with the version    114          1 to 255
tagged     ``lv1.<version>.<key id>.<30 bytes in base32hex>``: what reads it needs     240          1 to 255
           nothing else to know which key made it
=========  ==========================================================================  ===========  =================

Two of n values have the same token with a probability of at most n²/2^(bits+1) (the birthday bound): of 10⁸ values,
below 10⁻⁴⁰ for all forms but the integer, whose bound there is 0.9%.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.ciphers.base32 import base32

Digests = npt.NDArray[np.uint8]

BITS = {"hex": 256, "base32": 192, "integer": 59, "uuid": 114, "tagged": 240}
"""Form → bits of the digest that it holds."""

LAST_VERSION = {form: 15 if form == "integer" else 255 for form in BITS}
"""Form → the highest version of a key that it has room for."""

KEY_ID_BYTES = 4
"""Of the subkey that is derived to name a key: enough to tell the keys of a house apart, and nothing of a key."""

_GROUPS = (0, 8, 0), (8, 12, 9), (12, 16, 14), (16, 20, 19), (20, 32, 24)
"""A UUID's groups of digits: first and last, and where they stand between dashes (RFC 9562, section 4)."""
_SHORT, _TAGGED = 24, 30
"""Bytes of the digest in base32 and tagged tokens: with the version, and alone, a multiple of five."""


def written(digests: Digests, form: str, version: int, key_id: bytes) -> pa.Array:
    """Returns digests as tokens.

    Args:
        digests: Shape (values, 32).
        form: One of ``BITS``.
        version: Number of the key's version.
        key_id: What the key is called in tagged tokens: the first bytes of it count.

    Returns:
        String array; of int64 for ``integer``.
    """
    return _FORMS[form](digests, version, key_id[:KEY_ID_BYTES])


def collision_bound(values: int, form: str) -> float:
    """Returns the birthday bound: a probability that two of some distinct values have one token is at most this."""
    return min(1.0, values * (values - 1) / 2.0 ** (BITS[form] + 1))


def _hex(digests: Digests, version: int, _: bytes) -> pa.Array:
    return _strings(_hexadecimal(_after_version(digests, version)))


def _base32(digests: Digests, version: int, _: bytes) -> pa.Array:
    return _strings(base32(_after_version(digests[:, :_SHORT], version)))


def _integer(digests: Digests, version: int, _: bytes) -> pa.Array:
    first = digests[:, :8].copy().view(">u8").ravel() >> np.uint64(64 - BITS["integer"])
    return pa.array((first | np.uint64(version << BITS["integer"])).astype(np.int64))


def _uuid(digests: Digests, version: int, _: bytes) -> pa.Array:
    data = _after_version(digests[:, :15], version)
    data[:, 6] = 0x80 | data[:, 6] & 0x0F  # the version of the UUID
    data[:, 8] = 0x80 | data[:, 8] & 0x3F  # its variant: two bits
    signs = _hexadecimal(data)
    whole = np.full((len(data), 36), ord("-"), np.uint8)
    for first, last, at in _GROUPS:
        whole[:, at:at + last - first] = signs[:, first:last]
    return _strings(whole)


def _tagged(digests: Digests, version: int, key_id: bytes) -> pa.Array:
    head = np.frombuffer(f"lv1.{version}.{key_id.hex()}.".encode(), np.uint8)
    return _strings(np.hstack((np.tile(head, (len(digests), 1)), base32(digests[:, :_TAGGED]))))


_FORMS: dict[str, Callable[[Digests, int, bytes], pa.Array]] = {
    "hex": _hex, "base32": _base32, "integer": _integer, "uuid": _uuid, "tagged": _tagged}


def _after_version(data: Digests, version: int) -> Digests:
    whole = np.empty((len(data), 1 + data.shape[1]), np.uint8)
    whole[:, 0], whole[:, 1:] = version, data
    return whole


def _hexadecimal(data: Digests) -> Digests:
    signs = np.frombuffer(binascii.hexlify(data.data), np.uint8)
    return signs.reshape(len(data), 2 * data.shape[1])


def _strings(signs: Digests) -> pa.Array:
    """Returns rows of ASCII signs as strings."""
    ends = np.arange(len(signs) + 1, dtype=np.int32) * signs.shape[1]
    return pa.StringArray.from_buffers(len(signs), pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(signs)))
