"""Format-preserving encryption FF1 (NIST SP 800-38G revision 1, algorithms 7 and 8), a whole Arrow array at a time.

Values keep their length and their alphabet. Each of the ten rounds calls AES once for all values of one length. Halves of up to
63 bits are added as machine words, longer ones as Python's integers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.ciphers import words
from engine.ciphers.blocks import BLOCK, Blocks, Bytes, block
from engine.ciphers.ragged import Integers, alike
from engine.ciphers.signs import ASCII, Codes, Signs
from engine.compiled import worth
from engine.errors import InputError

Words = npt.NDArray[np.uint64]
Numerals = npt.NDArray[np.uint16]

SMALLEST_DOMAIN = 1_000_000
"""Values that there are of one length, at least: of fewer, each could be tried (SP 800-38G r1, section 5.1)."""
_ROUNDS = 10
_LARGEST_RADIX, _LONGEST = 1 << 16, 1 << 20
_WORD_BITS, _SPARE = 63, 4
"""Bits of the largest modulus that is reckoned with in machine words, less those that a step has to spare."""


class Ff1:
    """FF1 under one key, over one alphabet. Immutable.

    Attributes:
        shortest: Characters of the shortest value whose length has a domain that is large enough.
        narrow: Whether the alphabet is of ASCII.
    """

    def __init__(self, key: bytes, alphabet: str) -> None:
        """Takes a key and the characters that values are made of, in the order of their numerals.

        Raises:
            InputError: If the key is not 16, 24 or 32 bytes long, or the alphabet has under two characters or one twice.
        """
        if not 2 <= len(alphabet) <= _LARGEST_RADIX or len(set(alphabet)) != len(alphabet):  # noqa: PLR2004 - of a number system
            raise InputError("an alphabet that FF1 cannot take", allowed=f"2 to {_LARGEST_RADIX} characters, each once",
                             next="take out what stands in it twice")
        self._blocks, self._radix = Blocks(key), len(alphabet)
        self._codes = np.frombuffer(alphabet.encode("utf-32-le", "surrogatepass"), "<u4")
        self._numeral_of = np.full(int(self._codes.max()) + 2, -1, np.int32)  # what lies beyond is clipped to the last one
        self._numeral_of[self._codes] = np.arange(self._radix)
        self.narrow = int(self._codes.max()) < ASCII
        self.shortest = max(2, next(size for size in range(1, 21) if self._radix ** size >= SMALLEST_DOMAIN))

    def encrypt(self, values: pa.Array, tweak: bytes = b"") -> pa.Array:
        """Encrypts values.

        Args:
            values: String array.
            tweak: What equal values of other places differ by; public.

        Returns:
            String array of the same lengths; null where ``values`` is null.

        Raises:
            InputError: If a value is too short, too long or holds a character that is not of the alphabet.
        """
        return self._whole(values, tweak, forward=True)

    def decrypt(self, values: pa.Array, tweak: bytes = b"") -> pa.Array:
        """Returns what ``encrypt`` made ``values`` of.

        Raises:
            InputError: As ``encrypt``.
        """
        return self._whole(values, tweak, forward=False)

    def numerals(self, numerals: Numerals, tweak: bytes = b"", *, forward: bool = True) -> Numerals:
        """Encrypts or decrypts numerals.

        Args:
            numerals: Values of one length, shape (values, length); each below the number of characters of the alphabet.
            tweak: What equal values of other places differ by.
            forward: Whether to encrypt.

        Raises:
            InputError: If values of this length are too few, or it is too long, or a numeral is too large.
        """
        length = numerals.shape[1]
        if not self.shortest <= length <= _LONGEST:
            raise InputError(f"FF1 over {self._radix} characters cannot take a value of {length}", next="tokenize it instead",
                             allowed=f"{self.shortest} to {_LONGEST}: there must be {SMALLEST_DOMAIN:,} values of that length")
        if numerals.size and int(numerals.max()) >= self._radix:
            raise InputError("a numeral that is none", allowed=f"0 to {self._radix - 1}", next="check the alphabet")
        left = length // 2
        halves = [_Half(self._radix, left), _Half(self._radix, length - left)]
        rounds = _Rounds(self._blocks, halves, tweak)
        if not halves[1].wide and worth(len(numerals) * _ROUNDS * BLOCK):
            return words.turned(numerals, self._radix, rounds.start, self._blocks, _ROUNDS, forward=forward)
        one, other = halves[0].read(numerals[:, :left]), halves[1].read(numerals[:, left:])
        for number in range(_ROUNDS) if forward else reversed(range(_ROUNDS)):
            half, kept = halves[number % 2], other if forward else one
            mixed = rounds.mixed(number, kept)
            if forward:
                one, other = other, half.plus(one, half.residue(mixed))
            else:
                one, other = half.minus(other, half.residue(mixed)), one
        return np.concatenate((halves[0].written(one), halves[1].written(other)), axis=1)

    def _whole(self, values: pa.Array, tweak: bytes, *, forward: bool) -> pa.Array:
        signs = Signs.of(values, narrow=self.narrow)
        numerals = self.numerals_of(signs.codes)
        if numerals.size and int(numerals.min()) < 0:
            bad = int(np.searchsorted(np.cumsum(signs.lengths), int((numerals < 0).argmax()), "right"))
            raise InputError("a value holds a character that is not of FF1's alphabet", where=f"value {bad}",
                             allowed=f"{self._radix} characters", next="choose a larger alphabet, or tokenize the column")
        codes = signs.codes.copy()
        codes[:] = self.changed(numerals, signs.lengths[signs.valid], tweak, forward=forward)
        return signs._replace(codes=codes).array()

    def numerals_of(self, codes: Codes) -> npt.NDArray[np.int32]:
        """Returns the numeral of each code point, -1 if it is not of the alphabet."""
        return np.take(self._numeral_of, codes, mode="clip")

    def changed(self, numerals: npt.NDArray[np.int32], lengths: Integers, tweak: bytes, *, forward: bool) -> Codes:
        """Encrypts or decrypts values that stand one after the other.

        Args:
            numerals: Of all values.
            lengths: Of each value.
            tweak: What equal values of other places differ by.
            forward: Whether to encrypt.

        Returns:
            Code points.

        Raises:
            InputError: If a value is too short or too long.
        """
        begin, done = np.cumsum(lengths) - lengths, np.empty(len(numerals), np.uint16)
        for length, rows in alike(lengths, np.ones(len(lengths), np.bool_)):
            first, last = begin[rows[0]], begin[rows[-1]] + length
            beside = last - first == len(rows) * length
            places = slice(first, last) if beside else (begin[rows][:, None] + np.arange(length)).ravel()
            some = numerals[places].astype(np.uint16).reshape(len(rows), length)
            done[places] = self.numerals(some, tweak, forward=forward).ravel()
        return self._codes[done]


class _Half:
    """Numbers of some numerals, most significant first: as words where they fit, else as Python's integers."""

    def __init__(self, radix: int, size: int) -> None:
        self.radix, self.size, self.modulus = radix, size, radix ** size
        self.wide = self.modulus.bit_length() > _WORD_BITS - _SPARE

    def read(self, numerals: Numerals) -> npt.NDArray[Any]:
        number = np.zeros(len(numerals), object if self.wide else np.uint64)
        for column in numerals.T.astype(number.dtype):
            number = number * self.radix + column if self.wide else number * np.uint64(self.radix) + column
        return number

    def written(self, number: npt.NDArray[Any]) -> Numerals:
        found = np.empty((self.size, len(number)), np.uint16)
        radix = self.radix if self.wide else np.uint64(self.radix)
        for column in reversed(found):
            rest = number // radix
            column[:] = (number - rest * radix).astype(np.uint16)
            number = rest
        return found.T

    def residue(self, mixed: Bytes) -> npt.NDArray[Any]:
        """Returns rows of bytes, read as big-endian numbers, modulo the number of values of this half."""
        if self.wide:
            return np.array([int.from_bytes(row.tobytes(), "big") % self.modulus for row in mixed], object)
        words = np.ascontiguousarray(mixed).view(">u4").astype(np.uint64)
        modulus, spare = np.uint64(self.modulus), 64 - self.modulus.bit_length()
        number = (words[:, 0] << np.uint64(32) | words[:, 1]) % modulus
        for word in words[:, 2:].T:
            for high in range(32, 0, -spare):
                step = min(spare, high)
                part = word >> np.uint64(high - step) & np.uint64((1 << step) - 1)
                number = (number << np.uint64(step) | part) % modulus
        return np.asarray(number)

    def plus(self, number: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.asarray((number + other) % (self.modulus if self.wide else np.uint64(self.modulus)))

    def minus(self, number: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[Any]:
        modulus = self.modulus if self.wide else np.uint64(self.modulus)
        return (number + (modulus - other)) % modulus

    def bytes(self, number: npt.NDArray[Any], size: int) -> Bytes:
        if self.wide:
            return np.frombuffer(b"".join(int(one).to_bytes(size, "big") for one in number), np.uint8).reshape(-1, size)
        return number.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - size:] if size <= 8 else np.pad(  # noqa: PLR2004 - of a word
            number.astype(">u8").view(np.uint8).reshape(-1, 8), ((0, 0), (size - 8, 0)))


class _Rounds:
    """The round function for values of one length and one tweak (SP 800-38G r1, algorithm 7, steps 3 to 6.iv)."""

    def __init__(self, blocks: Blocks, halves: list[_Half], tweak: bytes) -> None:
        self._blocks, self._halves = blocks, halves
        self._number = math.ceil((halves[1].modulus - 1).bit_length() / 8)
        self._asked = 4 * math.ceil(self._number / 4) + 4
        radix, length = halves[0].radix, halves[0].size + halves[1].size
        head = bytes((1, 2, 1)) + radix.to_bytes(3, "big") + bytes((10, halves[0].size % 256)) + length.to_bytes(4, "big")
        fixed = tweak + bytes(-(len(tweak) + self._number + 1) % BLOCK)
        whole = len(fixed) - len(fixed) % BLOCK
        state = blocks.encrypt(block(head + len(tweak).to_bytes(4, "big")))
        for one in _cut(fixed[:whole]):
            state = blocks.encrypt(state ^ block(one))
        self._state, self._rest = state, fixed[whole:]

    @property
    def start(self) -> Bytes:
        """A round's only block, less its number and the half: halves that are words leave room for no other."""
        return (self._state ^ block(self._rest)).ravel()

    def mixed(self, number: int, half: npt.NDArray[Any]) -> Bytes:
        """Returns as many bytes as a round asks for, for the half that it keeps; shape (values, bytes)."""
        kept = self._halves[(number + 1) % 2]
        written = kept.bytes(half, self._number)
        start = np.frombuffer(self._rest + bytes((number,)), np.uint8)
        data = np.empty((len(half), len(start) + self._number), np.uint8)
        data[:, :len(start)], data[:, len(start):] = start, written
        state = np.repeat(self._state, len(half), axis=0)
        for first in range(0, data.shape[1], BLOCK):
            state = self._blocks.encrypt(state ^ data[:, first:first + BLOCK])
        more = (self._blocks.encrypt(state ^ block(count.to_bytes(BLOCK, "big")))
                for count in range(1, math.ceil(self._asked / BLOCK)))
        return np.concatenate((state, *more), axis=1)[:, :self._asked]


def _cut(data: bytes) -> Iterator[bytes]:
    yield from (data[first:first + BLOCK] for first in range(0, len(data), BLOCK))
