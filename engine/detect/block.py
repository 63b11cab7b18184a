"""Many values as one buffer of bytes, and what recognizers claim on it.

Values are joined by NUL in one copy. Places are bytes of that buffer until the very end, when they become characters of a value:
between the two, nothing is done value by value.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.first.tokens import Marks, Tokens, marks_of, tokens_of
from engine.detect.kernels.cutting import CLASSES, DIGIT, LETTER

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_CONTINUATION, _LEAD = 0xC0, 0x80


class Claims(NamedTuple):
    """Claims of recognizers on a block, in no order.

    Attributes:
        start: First byte in the block's buffer.
        end: After the last byte.
        kind: What it is: an index into whatever list of entity types the claimant says.
        score: Between 0 and 1.
        source: Who claims: an index into whatever list of recognizers the claimant says.
    """

    start: Integers
    end: Integers
    kind: Integers
    score: Floats
    source: Integers

    @classmethod
    def none(cls) -> Claims:
        """Returns no claims."""
        empty = np.zeros(0, np.int64)
        return cls(empty, empty, empty, np.zeros(0), empty)

    @classmethod
    def joined(cls, parts: Sequence[Claims]) -> Claims:
        """Returns the claims of all parts."""
        if not parts:
            return cls.none()
        return cls(np.concatenate([one.start for one in parts]), np.concatenate([one.end for one in parts]),
                   np.concatenate([one.kind for one in parts]), np.concatenate([one.score for one in parts]),
                   np.concatenate([one.source for one in parts]))

    def where(self, rows: Integers | Flags) -> Claims:
        """Returns some of the claims."""
        return Claims(self.start[rows], self.end[rows], self.kind[rows], self.score[rows], self.source[rows])


class Block:
    """Values joined by NUL.

    Attributes:
        data: The joined values, in UTF-8.
        buffer: The same bytes as an array.
        starts: First byte of each value.
        ends: After the last byte of each value: where the NUL stands.
    """

    def __init__(self, values: pa.Array) -> None:
        """Joins the values of a string array; a null counts as empty."""
        values = values.cast(pa.large_binary()).fill_null(b"")
        self._hold(_with_ends(values).to_pybytes(), pc.binary_length(values).to_numpy())

    @classmethod
    def of_bytes(cls, *values: bytes) -> Block:
        """Joins single values."""
        block = cls.__new__(cls)
        block._hold(b"".join(value + b"\0" for value in values), np.array([len(value) for value in values], np.int64))  # noqa: SLF001 - its own
        return block

    def _hold(self, data: bytes, lengths: Integers) -> None:
        self.data = data
        self.buffer: Bytes = np.frombuffer(data, np.uint8)
        self.ends: Integers = np.cumsum(lengths + 1) - 1
        self.starts: Integers = self.ends - lengths

    @cached_property
    def ascii(self) -> bool:
        """Whether every byte is ASCII."""
        return bool(self.data.isascii())

    @cached_property
    def digits(self) -> Integers:
        """Places of the ASCII digits."""
        return np.flatnonzero((self.buffer - np.uint8(48)) <= 9)  # noqa: PLR2004 - what is below '0' wraps around

    @cached_property
    def padded(self) -> Bytes:
        """The buffer and sixteen zeros after it, so that words of several bytes can be read at every place."""
        return np.concatenate((self.buffer, np.zeros(16, np.uint8)))

    @property
    def numbers(self) -> Integers:
        """Places of the first digits of all runs of digits."""
        return self._marks.numbers

    @property
    def long_tokens(self) -> Integers:
        """Places inside every run of ASCII letters and digits that is ``LONG`` bytes long: one for each so many bytes."""
        return self._marks.runs

    @cached_property
    def tokens(self) -> Tokens:
        """The tokens with a digit and their neighbours."""
        return tokens_of(self.buffer, self.numbers)

    @cached_property
    def _marks(self) -> Marks:
        return marks_of(self.buffer)

    @property
    def signs(self) -> Integers:
        """Places of the visible signs of ASCII that are neither letter nor digit."""
        return self._marks.signs

    @cached_property
    def _beside(self) -> tuple[Bytes, Bytes, Bytes]:
        """The bytes before, at and after every sign."""
        signs = self._marks.signs
        return self.padded[signs - 1], self.padded[signs], self.padded[signs + 1]

    def places_of(self, signs: str) -> Integers:
        """Returns the places of some signs in a row; in them ``9`` is a digit, ``A`` a letter, ``X`` one or the other.

        Args:
            signs: One of them, at least, is neither letter nor digit. Its place is returned.
        """
        at = next(place for place, sign in enumerate(signs) if not sign.isalnum())
        near = [(place, sign) for place, sign in enumerate(signs) if abs(place - at) <= 1]
        fits = np.logical_and.reduce([_is(self._beside[place - at + 1], sign) for place, sign in near])
        places = self._marks.signs[fits]
        for place, sign in enumerate(signs):
            if abs(place - at) > 1:
                places = places[_is(self.padded[places + (place - at)], sign)]
        return places

    def value_of(self, places: Integers) -> Integers:
        """Returns the index of the value in which each byte stands."""
        return np.searchsorted(self.starts, places, "right") - 1

    def characters(self, places: Integers) -> Integers:
        """Returns for each byte (or end of a value) the character of its value that it begins or stands in."""
        if not len(places):
            return places
        begins = self.starts[self.value_of(places)]
        if self.ascii:
            return places - begins
        return places - begins - (np.searchsorted(self._inside, places) - np.searchsorted(self._inside, begins))

    @cached_property
    def _inside(self) -> Integers:
        """Places of the bytes that begin no character."""
        return np.flatnonzero((self.buffer & np.uint8(_CONTINUATION)) == _LEAD)


def _with_ends(values: pa.Array) -> pa.Buffer:
    """Returns the bytes of all values, a NUL after each."""
    joined = pc.binary_join_element_wise(values, pa.scalar(b"", values.type), pa.scalar(b"\0", values.type))
    begin, end = np.frombuffer(joined.buffers()[1], np.int64)[[joined.offset, joined.offset + len(joined)]]
    return joined.buffers()[2].slice(begin, end - begin)


def _is(codes: Bytes, sign: str) -> Flags:
    if sign == "X":
        return np.asarray(CLASSES[codes] >= LETTER)
    return np.asarray(CLASSES[codes] == (DIGIT if sign == "9" else LETTER) if sign in "9A" else codes == ord(sign))
