"""FF1 over the signs of an alphabet within texts; what stands between them stays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.ff1 import Ff1
from engine.errors import InputError


class Within:
    """FF1 under one key, over one alphabet, in texts that have other signs, too. Immutable."""

    def __init__(self, key: bytes, alphabet: str) -> None:
        """Takes a key and the characters that are encrypted, in the order of their numerals.

        Raises:
            InputError: As ``Ff1``.
        """
        self._cipher = Ff1(key, alphabet)
        self._codes = np.array(sorted(map(ord, alphabet)), np.uint32)

    def encrypt(self, values: pa.Array, tweak: bytes, *, short_to_null: bool = False) -> pa.Array:
        """Encrypts texts.

        Args:
            values: String array.
            tweak: What equal values of other places differ by; public.
            short_to_null: Texts with fewer signs of the alphabet than FF1 takes become null, instead of being refused.

        Returns:
            String array of the same lengths.

        Raises:
            InputError: If a text is too short.
        """
        return self._changed(values, tweak, short_to_null=short_to_null, forward=True)

    def decrypt(self, values: pa.Array, tweak: bytes) -> pa.Array:
        """Returns what ``encrypt`` made ``values`` of.

        Raises:
            InputError: If a text is too short.
        """
        return self._changed(values, tweak, short_to_null=False, forward=False)

    def _changed(self, values: pa.Array, tweak: bytes, *, short_to_null: bool, forward: bool) -> pa.Array:
        lengths = pc.utf8_length(values).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        texts = values.drop_null().to_pylist()
        codes = np.frombuffer("".join(texts).encode("utf-32-le"), "<u4").copy()
        mine = np.isin(codes, self._codes)
        upto = np.concatenate(([0], np.cumsum(mine)))
        ends = np.cumsum(lengths)
        counts = upto[ends] - upto[ends - lengths]
        short = np.asarray(values.is_valid()) & (counts < self._cipher.shortest)
        if short.any() and not short_to_null:
            raise InputError(f"{int(short.sum())} values have too few signs of the alphabet for FF1",
                             allowed=f"{self._cipher.shortest} signs or more: there must be a million values of that length",
                             next="tokenize the column, or let them become null (short: 'null')")
        change = self._cipher.encrypt if forward else self._cipher.decrypt
        if mine.all() and not short.any():
            return change(values, tweak)
        signs = codes[mine]
        inner = np.asarray(values.is_valid()) & ~short
        mine_of = np.repeat(inner, lengths)[mine]
        made = change(_cut(signs[mine_of], counts[inner]), tweak)
        signs[mine_of] = np.frombuffer("".join(made.to_pylist()).encode("utf-32-le"), "<u4")
        codes[mine] = signs
        return pc.if_else(pa.array(short), pa.scalar(None, pa.string()), _cut(codes, lengths, values))


def _cut(codes: npt.NDArray[np.uint32], lengths: npt.NDArray[np.int64], like: pa.Array | None = None) -> pa.Array:
    text, ends = codes.tobytes().decode("utf-32-le"), np.cumsum(lengths).tolist()
    parts = [text[end - size:end] for end, size in zip(ends, lengths.tolist(), strict=True)]
    return pa.array(parts, pa.string(), mask=None if like is None else np.asarray(like.is_null()))
