"""Replacing stretches of many texts at once: on bytes, whole stretches between two findings at a time.

A text without a finding costs one copy of its bytes and one addition to its offset; nothing is done text by text.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.redaction.spans import Integers

_CONTINUATION, _LEAD = np.uint8(0xC0), np.uint8(0x80)
_ASCII = 128


class Texts:
    """An array of texts as one buffer of bytes.

    Attributes:
        values: The array, of type large_string; offsets and bytes are views of it.
        offsets: First byte of each text, and the end of the last.
        data: The bytes.
    """

    def __init__(self, values: pa.Array) -> None:
        self.values = values.cast(pa.large_string())
        buffers, begin = self.values.buffers(), self.values.offset
        empty = len(self.values) == 0 or buffers[1] is None
        offsets = np.zeros(begin + 1, np.int64) if empty else np.frombuffer(buffers[1], np.int64)
        self.offsets: Integers = offsets[begin:begin + len(values) + 1]
        self.buffer: pa.Buffer = buffers[2] if not empty and buffers[2] is not None else pa.py_buffer(b"")
        self.data: npt.NDArray[np.uint8] = np.frombuffer(self.buffer, np.uint8)

    def bytes_of(self, row: Integers, *characters: Integers) -> tuple[Integers, ...]:
        """Returns for each array of characters of the texts ``row`` the bytes where they begin; a text's length is its end.

        Args:
            row: Indices of texts, sorted.
            *characters: Arrays of the same length as ``row``.

        Raises:
            IndexError: If a text has no such character.
        """
        rows, place = np.unique(row, return_inverse=True)
        begins, lengths = self.offsets[rows], self.offsets[rows + 1] - self.offsets[rows]
        some = Texts(self.values.take(pa.array(rows))) if len(rows) < len(self.values) else self
        window = some.data[some.offsets[0]:some.offsets[-1]]
        if len(window) == 0 or window.max() < _ASCII:
            if any((one < 0).any() or (one > lengths[place]).any() for one in characters):
                raise IndexError("a finding lies outside its text")
            return tuple(begins[place] + one for one in characters)
        leads = np.append(np.flatnonzero((window & _CONTINUATION) != _LEAD), len(window)) + some.offsets[0]
        first = np.searchsorted(leads, some.offsets)
        if any((one < 0).any() or (first[place] + one > first[place + 1]).any() for one in characters):
            raise IndexError("a finding lies outside its text")
        return tuple(leads[first[place] + one] - some.offsets[place] + begins[place] for one in characters)

    def slices(self, start: Integers, end: Integers) -> pa.Array:
        """Returns the bytes of stretches that are sorted and disjoint, as a large_binary array."""
        return self._cut(start, end).take(pa.array(np.arange(len(start)) * 2 + 1))

    def spliced(self, row: Integers, start: Integers, end: Integers, replacement: Integers, replacements: pa.Array) -> pa.Array:
        """Returns the texts with stretches replaced.

        Args:
            row: The text of each stretch, sorted.
            start: Its first byte, sorted; stretches are disjoint.
            end: After its last byte.
            replacement: Which of ``replacements`` stands there.
            replacements: Array of large_binary.

        Returns:
            Array of large_string; null where the text is null.
        """
        pieces = self._cut(start, end)
        order = np.arange(2 * len(row) + 1)
        order[1::2] = len(pieces) + replacement
        made = pa.concat_arrays([pieces, replacements]).take(pa.array(order))
        grown = pc.binary_length(replacements).to_numpy()[replacement].astype(np.int64) - (end - start)
        growth = np.zeros(len(self.values) + 1, np.int64)
        np.add.at(growth, row + 1, grown)
        offsets = self.offsets - self.offsets[0] + np.cumsum(growth)
        valid = self.values.is_valid() if self.values.null_count else None
        mask = None if valid is None else _bits(valid)
        return pa.LargeStringArray.from_buffers(len(self.values), pa.py_buffer(offsets), _joined(made), mask)

    def _cut(self, start: Integers, end: Integers) -> pa.Array:
        """The bytes of all texts, cut before and after every stretch."""
        cuts = np.empty(2 * len(start) + 2, np.int64)
        cuts[0], cuts[-1] = self.offsets[0], self.offsets[-1]
        cuts[1:-1:2], cuts[2:-1:2] = start, end
        return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(cuts) - 1, [None, pa.py_buffer(cuts), self.buffer])


def without_doubled_spaces(texts: Texts, row: Integers, start: Integers, end: Integers) -> tuple[Integers, Integers]:
    """Widens stretches that will be empty by one space, where a second one, a mark of punctuation or an end would follow it."""
    begin, stop = texts.offsets[row], texts.offsets[row + 1]
    data = np.append(texts.data, np.uint8(0))
    before_free = (start > begin) & np.concatenate(([True], end[:-1] < start[1:]))
    spaced = before_free & (data[start - 1] == ord(" "))
    followed = (end == stop) | np.isin(data[end], np.frombuffer(b" ,.;:!?)", np.uint8))
    backward = spaced & followed
    after_free = (end < stop) & np.concatenate((end[:-1] < start[1:], [True]))
    taken = np.concatenate((backward[1:] & (start[1:] - end[:-1] == 1), [False]))
    forward = ~backward & ~taken & (start == begin) & after_free & (data[end] == ord(" "))
    return start - backward, end + forward


def _joined(pieces: pa.Array) -> pa.Buffer:
    offsets = np.frombuffer(pieces.buffers()[1], np.int64)
    begin, end = offsets[pieces.offset], offsets[pieces.offset + len(pieces)]
    return (pieces.buffers()[2] or pa.py_buffer(b"")).slice(begin, end - begin)


def _bits(valid: pa.Array) -> pa.Buffer:
    """Returns a buffer of bits that begins at the first value."""
    return pa.array(valid.to_numpy(zero_copy_only=False)).buffers()[1]
