"""A text on its way to how it reads, and where each of its characters stood in the original.

Every step changes a text in one of three ways, and only here are offsets composed: characters are rewritten one for one,
characters are dropped, or stretches are replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from engine.detect.view.telling import matching

Integers = npt.NDArray[np.int64]
Edit = tuple[int, int, str]
"""Start and end of a stretch that is not empty, and what stands there instead."""

END = "\0"
"""What follows each value where several are read together; no step looks across it."""

SPACE = r"[\s\x0b\x1c-\x1f]"
WORD = r"0-9A-Za-z_\x{80}-\x{10ffff}"
"""White space and, inside brackets, word characters as the module re has them, or more: RE2 has those of ASCII."""

BREAK = r"[ \t]*\r?\n[ \t]*"
"""The end of a line with the space around it."""

_CODE_POINTS = 0x110000


@dataclass(frozen=True)
class Reading:
    """A text, and for each character the stretch of the original (end exclusive) that it came from.

    Neither ``first`` nor ``last`` ever falls, so the stretch of several characters is from the first one's to the last one's.
    """

    text: str
    first: Integers
    last: Integers

    @classmethod
    def of(cls, text: str) -> Reading:
        """Returns the reading of a text that nothing has happened to."""
        places = np.arange(len(text) + 1, dtype=np.int64)
        return cls(text, places[:-1], places[1:])

    @cached_property
    def codes(self) -> npt.NDArray[np.uint32]:
        """Code points, lone surrogates among them."""
        return np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), dtype="<u4")

    @cached_property
    def unusual(self) -> list[str]:
        """Returns the distinct characters beyond ASCII."""
        if self.text.isascii():
            return []
        seen = np.zeros(_CODE_POINTS, bool)
        seen[self.codes] = True
        seen[:128] = False
        return [chr(code) for code in np.flatnonzero(seen).tolist()]

    def holding(self, characters: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Returns for each character whether it is one of these."""
        table = np.zeros(_CODE_POINTS, bool)
        table[[ord(one) for one in characters]] = True
        found: npt.NDArray[np.bool_] = table[self.codes]
        return found

    def rewritten(self, table: dict[str, str]) -> Reading:
        """Replaces characters one for one."""
        if not table:
            return self
        codes = np.arange(_CODE_POINTS, dtype="<u4")
        codes[[ord(one) for one in table]] = [ord(other) for other in table.values()]
        return self.recoded(codes[self.codes])

    def recoded(self, codes: npt.NDArray[np.uint32]) -> Reading:
        """Takes other code points, one for each that was."""
        return Reading(codes.tobytes().decode("utf-32-le", "surrogatepass"), self.first, self.last)

    def without(self, characters: Sequence[str]) -> Reading:
        """Drops characters."""
        if not characters:
            return self
        return self.where(~self.holding(characters))

    def where(self, kept: npt.NDArray[np.bool_]) -> Reading:
        """Drops the other characters."""
        text = self.codes[kept].tobytes().decode("utf-32-le", "surrogatepass")
        return Reading(text, self.first[kept], self.last[kept])

    def edited(self, edits: Sequence[Edit]) -> Reading:
        """Replaces stretches. Each character of what stands there instead comes from all of its stretch.

        Args:
            edits: In order of place, none of them empty, none overlapping another.
        """
        if not edits:
            return self
        starts, ends, sizes = (np.fromiter(column, np.int64, len(edits)) for column in (
            (edit[0] for edit in edits), (edit[1] for edit in edits), (len(edit[2]) for edit in edits)))
        begins, stops = np.concatenate(([0], ends)), np.concatenate((starts, [len(self.text)]))
        lengths = np.empty(2 * len(edits) + 1, np.int64)  # of what is kept and what is put in, in turn
        lengths[::2], lengths[1::2] = stops - begins, sizes
        sources = np.empty_like(lengths)
        sources[::2], sources[1::2] = begins, starts
        places = np.cumsum(lengths) - lengths
        first = np.repeat(sources - places, lengths)
        first += np.arange(len(first))
        new, within = np.repeat(places[1::2], sizes), np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        new += within
        first[new] = np.repeat(starts, sizes)
        last = first.copy()
        last[new] = np.repeat(ends - 1, sizes)
        kept = (self.text[begin:stop] for begin, stop in zip(begins.tolist(), stops.tolist(), strict=True))
        text = "".join(chain.from_iterable(zip(kept, chain((edit[2] for edit in edits), ("",)), strict=True)))
        return Reading(text, self.first[first], self.last[last])

    def stretches(self, telling: str) -> list[tuple[int, int]]:
        """Returns where the values begin and end in which a regular expression (RE2) matches; values are what NUL separates."""
        values = self.text.split(END)
        stops = np.cumsum([len(value) + 1 for value in values]) - 1
        rows = np.flatnonzero(matching(values, telling)).tolist()
        return [(int(stops[row]) - len(values[row]), int(stops[row])) for row in rows]
