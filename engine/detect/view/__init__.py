"""The normalized view: texts as a scanner should read them, with every place kept.

Steps, in this order, since each lays bare what the next looks at:

1. characters: invisible ones dropped, compatible forms (NFKC), digits, dashes and spaces of any script folded;
2. marks: underscores that emphasize and colours of a terminal dropped (and, before all else, the zeros of UTF-16);
3. encodings: HTML character references and percent-encoding undone, twice at most, and characters again;
4. look-alikes: letters of other scripts among ASCII ones folded;
5. characters written one by one joined;
6. e-mail addresses written out, spaced or broken.

Numbers and codes that are broken or spaced are read beside that (``View.joined``), since only who knows their forms can tell. All
take linear time. Values are read joined by NUL, across which no step looks, so that few calls read many values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.detect.view.addresses import read_addresses
from engine.detect.view.characters import read_characters
from engine.detect.view.encodings import read_encodings
from engine.detect.view.joined import Joined
from engine.detect.view.lookalikes import read_lookalikes
from engine.detect.view.marks import read_marks, zeros
from engine.detect.view.reading import END, Integers, Reading
from engine.detect.view.spaced import read_spaced
from engine.detect.view.worth import needs_view

__all__ = ["STEPS", "Joined", "View", "needs_view", "view_of"]

Step = Callable[[Reading], Reading]
STEPS: tuple[Step, ...] = (read_characters, read_marks, read_encodings, read_lookalikes, read_spaced, read_addresses)
_NOT_READ = -1


@dataclass(frozen=True)
class View:
    """Texts as a scanner should read them, and where each character of them stands in the original.

    Attributes:
        texts: One for each value; the same object where nothing changed.
    """

    texts: list[str]
    _begin: Integers = field(repr=False)
    """For each value, where its text begins in the reading of all; -1 where it was not read."""
    _origin: Integers = field(repr=False)
    """For each value, where it began in what was read."""
    _reading: Reading = field(repr=False)

    def original(self, value: int, start: int, end: int) -> tuple[int, int]:
        """Returns where a stretch of a text stands in the original value.

        Args:
            value: Index of the value.
            start: First character (code points).
            end: After the last.

        Returns:
            The smallest stretch that holds all that the view's stretch came from, and what is invisible inside it. A stretch
            of nothing stays one.
        """
        starts, ends = self.originals(np.array([value]), np.array([start]), np.array([end]))
        return int(starts[0]), int(ends[0])

    def originals(self, values: npt.ArrayLike, starts: npt.ArrayLike, ends: npt.ArrayLike) -> tuple[Integers, Integers]:
        """Returns what ``original`` does, for many stretches."""
        value, start, end = (np.array(one, dtype=np.int64) for one in (values, starts, ends))
        read = np.flatnonzero(self._begin[value] != _NOT_READ)
        if len(read):
            begin, origin = self._begin[value[read]], self._origin[value[read]]
            empty = start[read] == end[read]
            first = self._reading.first[begin + start[read]] - origin
            last = self._reading.last[begin + end[read] - ~empty] - origin
            start[read], end[read] = first, np.where(empty, first, last)
        return start, end

    def joined(self) -> Joined:
        """Returns what to read once more, because something may go on behind a gap; values by their place among those read."""
        return Joined.of(self._reading, self._origin[self._begin != _NOT_READ])


def view_of(texts: Sequence[str], wanted: npt.NDArray[np.bool_] | None = None) -> View:
    """Returns the view of some texts; any ``str`` will do, lone surrogates and NUL included.

    Args:
        texts: What to read.
        wanted: What ``needs_view`` says of them, if that is known.
    """
    seen = list(texts)
    places = np.flatnonzero(_needing(seen) if wanted is None else wanted)
    chosen = [seen[place] for place in places.tolist()]
    reading, begins, ends = _read(chosen, STEPS)
    begin_of, origin_of = np.full(len(seen), _NOT_READ), np.zeros(len(seen), np.int64)
    origins = np.cumsum([0, *(len(text) + 1 for text in chosen)]).tolist()
    for place, begin, end, origin in zip(places.tolist(), begins, ends, origins[:-1], strict=True):
        begin_of[place], origin_of[place] = begin, origin
        text = reading.text[begin:end]
        if text != seen[place]:
            seen[place] = text
    return View(seen, begin_of, origin_of, reading)


def _read(texts: list[str], steps: Sequence[Step]) -> tuple[Reading, list[int], list[int]]:
    """Returns the reading of all texts, and where in it each begins and ends."""
    reading = Reading.of("".join(text + END for text in texts))
    stops = np.cumsum([len(text) + 1 for text in texts], dtype=np.int64)
    if reading.text.count(END) > len(texts):
        reading = reading.where(~np.concatenate([np.append(zeros(text), np.False_) for text in texts]))
    for step in steps:
        reading = step(reading)
    ends = np.searchsorted(reading.first, stops - 1).tolist()
    return reading, [0, *(end + 1 for end in ends[:-1])][:len(ends)], ends


def _needing(texts: list[str]) -> npt.NDArray[np.bool_]:
    try:
        return needs_view(pa.array(texts, pa.large_string()))
    except UnicodeEncodeError:
        return np.ones(len(texts), bool)
