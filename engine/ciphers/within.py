"""FF1 over the signs of an alphabet within texts; what stands between them stays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.ff1 import Ff1
from engine.ciphers.ragged import Flags, Integers
from engine.ciphers.signs import Signs
from engine.errors import InputError


class Within:
    """FF1 under one key, over one alphabet, in texts that have other signs, too. Immutable."""

    def __init__(self, key: bytes, alphabet: str) -> None:
        """Takes a key and the characters that are encrypted, in the order of their numerals.

        Raises:
            InputError: As ``Ff1``.
        """
        self._cipher = Ff1(key, alphabet)

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
        signs = Signs.of(values, narrow=self._cipher.narrow)
        numerals = self._cipher.numerals_of(signs.codes)
        mine = numerals >= 0
        counts = signs.lengths if mine.all() else _within(mine, signs.lengths)
        short = signs.valid & (counts < self._cipher.shortest)
        if short.any():
            if not short_to_null:
                raise InputError("values have too few signs of the alphabet for FF1",
                                 allowed=f"{self._cipher.shortest} signs or more: there must be a million values of that length",
                                 next="tokenize the column, or let them become null (short: 'null')")
            longer = pc.if_else(pa.array(short), pa.scalar(None, values.type), values)
            return self._changed(longer, tweak, short_to_null=True, forward=forward)
        codes = signs.codes.copy()
        codes[mine] = self._cipher.changed(numerals[mine], counts[signs.valid], tweak, forward=forward)
        return signs._replace(codes=codes).array()


def _within(flags: Flags, lengths: Integers) -> Integers:
    """Returns how many flags of each value are set."""
    upto, ends = np.concatenate(([0], np.cumsum(flags))), np.cumsum(lengths)
    return np.asarray(upto[ends] - upto[ends - lengths])
