"""FF1 over the signs of an alphabet within texts; what stands between them stays."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.ciphers.ff1 import Ff1
from engine.ciphers.ragged import Flags, Integers
from engine.ciphers.signs import ASCII, Codes, Signs
from engine.errors import InputError

Short = Literal["refuse", "null"]
"""What becomes of a value that is too short."""

Others = Literal["refuse", "null", "keep"]
"""What becomes of a value that has letters or digits beside those of the alphabet."""

_ASCII_TELLS = np.array([chr(code).isalnum() for code in range(ASCII)])


class Within:
    """FF1 under one key, over one alphabet, in texts that have other signs, too. Immutable."""

    def __init__(self, key: bytes, alphabet: str) -> None:
        """Takes a key and the characters that are encrypted, in the order of their numerals.

        Raises:
            InputError: As ``Ff1``.
        """
        self._cipher = Ff1(key, alphabet)

    def encrypt(self, values: pa.Array, tweak: bytes, *, short: Short = "refuse", others: Others = "keep") -> pa.Array:
        """Encrypts texts.

        Args:
            values: String array.
            tweak: What equal values of other places differ by; public.
            short: What becomes of texts with fewer signs of the alphabet than FF1 takes; they cannot be kept.
            others: What becomes of texts with letters or digits that are not of the alphabet, and would be seen.

        Returns:
            String array of the same lengths.

        Raises:
            InputError: If a text is to be refused.
        """
        return self._changed(values, tweak, short, others, forward=True)

    def decrypt(self, values: pa.Array, tweak: bytes) -> pa.Array:
        """Returns what ``encrypt`` made ``values`` of.

        Raises:
            InputError: If a text is too short.
        """
        return self._changed(values, tweak, "refuse", "keep", forward=False)

    def _changed(self, values: pa.Array, tweak: bytes, short: Short, others: Others, *, forward: bool) -> pa.Array:
        signs = Signs.of(values, narrow=self._cipher.narrow)
        numerals = self._cipher.numerals_of(signs.codes)
        mine = numerals >= 0
        counts = signs.lengths if mine.all() else _within(mine, signs.lengths)
        unfit = signs.valid & (counts < self._cipher.shortest)
        if short == "refuse" and unfit.any():
            raise InputError("values have too few signs of the alphabet for FF1",
                             allowed=f"{self._cipher.shortest} signs or more: there must be a million values of that length",
                             next="tokenize the column, or let them become null (short: 'null')")
        if others != "keep" and not mine.all():
            seen = _within(_tell(signs.codes, mine), signs.lengths) > 0
            if others == "refuse" and seen.any():
                raise InputError("values have letters or digits that are not of the alphabet: they would stay as they are",
                                 next="name an alphabet that has them, let the values become null (others: 'null'), or keep what "
                                      "is not of the alphabet (others: keep)")
            unfit |= seen
        if unfit.any():
            fit = pc.if_else(pa.array(unfit), pa.scalar(None, values.type), values)
            return self._changed(fit, tweak, "refuse", "keep", forward=forward)
        codes = signs.codes.copy()
        codes[mine] = self._cipher.changed(numerals[mine], counts[signs.valid], tweak, forward=forward)
        return signs._replace(codes=codes).array()


def _tell(codes: Codes, mine: Flags) -> Flags:
    """Returns which signs tell something beside those of the alphabet: letters and digits, of any script."""
    told = ~mine
    others = codes[told]
    telling, wide = _ASCII_TELLS[np.minimum(others, ASCII - 1)], others >= ASCII
    if wide.any():
        found, places = np.unique(others[wide], return_inverse=True)
        telling[wide] = np.array([chr(code).isalnum() for code in found], bool)[places]
    told[told] = telling
    return told


def _within(flags: Flags, lengths: Integers) -> Integers:
    """Returns how many flags of each value are set."""
    upto, ends = np.concatenate(([0], np.cumsum(flags))), np.cumsum(lengths)
    return np.asarray(upto[ends] - upto[ends - lengths])
