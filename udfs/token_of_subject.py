"""token_of_subject: one-way tokens, each under the key of its row's subject."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.subjects import macs_each
from engine.ciphers.wrapped import unwrap
from engine.operators.canonical import canonical
from engine.operators.forms import written


def token_of_subject(
    values: pa.Array, keys: pa.Array, *, domain: str, form: str = "hex", version: int = 1, subkey: bytes, second: bytes,
) -> pa.Array:
    """Returns HMAC-SHA-256 of the canonical values under their subjects' keys.

    Equal values of one subject are equal in all columns of the domain. Once a subject's key is destroyed nobody can tell whose a
    token is, not by guessing either.

    Args:
        values: Any type with a canonical encoding.
        keys: The wrapped key of each row's subject (``engine.ciphers.wrapped.attached``); null where there is no subject.
        domain: What the values are of.
        form: How tokens are written (``engine.operators.forms``), not tagged.
        version: Number of the version.
        subkey: 32 bytes, the first half of the key that wraps.
        second: 32 bytes, the other half.

    Returns:
        String array, of int64 for ``integer``; null where ``values`` is null or there is no subject.

    Raises:
        InputError: If the type has no canonical encoding, or a key does not open.
    """
    coded = canonical(values)
    rows = np.flatnonzero(np.asarray(pc.and_(keys.is_valid(), coded.is_valid())))
    digests = macs_each(coded.take(pa.array(rows)), unwrap(keys, subkey + second)[rows], domain.encode(), bytes([version]))
    place = np.full(len(coded), -1, np.int64)
    place[rows] = np.arange(len(rows))
    return written(digests, form, version, b"").take(pa.array(place, mask=place < 0))
