"""A text on its way to how it reads, and where each of its characters stood in the original.

Every step changes a text in one of three ways, and only here are offsets composed: characters are rewritten one for one,
characters are dropped, or stretches are replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Edit = tuple[int, int, str]
"""Start and end of a stretch that is not empty, and what stands there instead."""

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
        kept = ~self.holding(characters)
        text = self.codes[kept].tobytes().decode("utf-32-le", "surrogatepass")
        return Reading(text, self.first[kept], self.last[kept])

    def edited(self, edits: Sequence[Edit]) -> Reading:
        """Replaces stretches. Each character of what stands there instead comes from all of its stretch.

        Args:
            edits: In order of place, none of them empty, none overlapping another.
        """
        if not edits:
            return self
        pieces: list[str] = []
        place = 0
        for start, end, instead in edits:
            pieces += (self.text[place:start], instead)
            place = end
        pieces.append(self.text[place:])
        starts, ends = (np.fromiter((edit[side] for edit in edits), np.int64, len(edits)) for side in (0, 1))
        size = len(self.text)
        inside = np.cumsum(np.bincount(starts, minlength=size + 1) - np.bincount(ends, minlength=size + 1))[:size]
        times = 1 - inside
        times[starts] = np.fromiter((len(edit[2]) for edit in edits), np.int64, len(edits))
        ending = np.arange(size)
        ending[starts] = ends - 1
        source = np.repeat(np.arange(size), times)
        return Reading("".join(pieces), self.first[source], self.last[ending[source]])
