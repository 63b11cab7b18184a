"""Excerpts around joints, with the gaps closed: what a scanner should read once more.

A claim on an excerpt says something new only if it spans a joint; and where the end of a line is in it, or a gap that is closed
entirely, only if its type proves itself. Each excerpt is read up to three times: with what usually stands in a gap, and with
every second gap closed, for tokens that are cut in two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from engine.detect.view.joints import Joint, joints
from engine.detect.view.reading import END, Integers, Reading

Flags = npt.NDArray[np.bool_]

_REACH = 192
"""Characters on each side of a joint that an excerpt holds, if the value does."""


@dataclass(frozen=True)
class Joined:
    """Excerpts, and where each character of them stands in what was read.

    Attributes:
        texts: The excerpts.
        value: For each, the index of its value among those that were read.
    """

    texts: list[str]
    value: Integers
    _origin: Integers = field(repr=False)
    """For each excerpt, where its value begins in what was read."""
    _begin: Integers = field(repr=False)
    """Where each excerpt begins in all of them, one after the other."""
    _first: Integers = field(repr=False)
    _last: Integers = field(repr=False)
    _gaps: tuple[Integers, Integers] = field(repr=False)
    _unsure: tuple[Integers, Integers] = field(repr=False)

    @classmethod
    def of(cls, reading: Reading, origins: Integers) -> Joined:
        """Returns the excerpts of some values, joined by NUL, that begin at ``origins`` in what was read."""
        found = joints(reading)
        excerpts = [excerpt for closed in _closings(found) for excerpt in _excerpts(reading, closed)]
        begin = np.cumsum([0, *(len(one.text) for one, _ in excerpts)])
        edges = [(begin[place] + start, begin[place] + end, doubtful)
                 for place, (_, inside) in enumerate(excerpts) for start, end, doubtful in inside]
        starts, ends, doubtful = np.array(edges, np.int64).reshape(-1, 3).T
        first, last = (np.concatenate([np.zeros(0, np.int64), *(getattr(one, side) for one, _ in excerpts)])
                       for side in ("first", "last"))
        unsure = doubtful == 1
        value = np.searchsorted(origins, first[begin[:-1]], "right") - 1
        return cls([one.text for one, _ in excerpts], value, origins[value], begin[:-1], first, last, (starts, ends),
                   (starts[unsure], ends[unsure]))

    def originals(self, excerpt: Integers, start: Integers, end: Integers) -> tuple[Integers, Integers]:
        """Returns where stretches of excerpts, none of them empty, stand in their values: first characters and ends."""
        begin, origin = self._begin[excerpt], self._origin[excerpt]
        return self._first[begin + start] - origin, self._last[begin + end - 1] - origin

    def spanning(self, excerpt: Integers, start: Integers, end: Integers) -> tuple[Flags, Flags]:
        """Returns which stretches span a joint, and which one at which they have to prove themselves."""
        first, last = self._begin[excerpt] + start, self._begin[excerpt] + end
        return _spanned(first, last, self._gaps), _spanned(first, last, self._unsure)


def _spanned(first: Integers, last: Integers, gaps: tuple[Integers, Integers]) -> Flags:
    """Returns which stretches begin before a gap and end behind it."""
    starts, ends = gaps
    nearest = np.searchsorted(starts, first, "right")
    return np.asarray(last > np.concatenate((ends, [np.iinfo(np.int64).max]))[nearest], np.bool_)


def _closings(found: Sequence[Joint]) -> list[list[Joint]]:
    """Returns the joints as they may read: as usual; with every second of those that read as a space closed; with the others."""
    if not found:
        return []
    cut = [place for place, one in enumerate(found) if one.instead == " "]
    closed = [{*cut[::2]}, {*cut[1::2]}]
    return [list(found), *([one._replace(instead="", doubtful=True) if place in some else one for place, one in enumerate(found)]
                           for some in closed if some)]


def _excerpts(reading: Reading, found: Sequence[Joint]) -> list[tuple[Reading, list[tuple[int, int, bool]]]]:
    """Returns parts of the reading around joints, and in each where its joints are: start, end, whether it is doubtful."""
    mended = reading.edited([joint[:3] for joint in found])
    begins: list[int] = []
    stops: list[int] = []
    inside: list[list[tuple[int, int, bool]]] = []
    shift = 0
    for joint in found:
        start, end = joint.start + shift, joint.start + shift + len(joint.instead)
        shift = end - joint.end
        begin = max(mended.text.rfind(END, max(0, start - _REACH), start) + 1, start - _REACH, 0)
        stop = mended.text.find(END, end, end + _REACH)
        stop = min(len(mended.text), end + _REACH) if stop < 0 else stop
        if stops and begin < stops[-1]:
            stops[-1] = stop
        else:
            begins.append(begin)
            stops.append(stop)
            inside.append([])
        inside[-1].append((start - begins[-1], end - begins[-1], joint.doubtful))
    return [(Reading(mended.text[begin:stop], mended.first[begin:stop], mended.last[begin:stop]), joints_of)
            for begin, stop, joints_of in zip(begins, stops, inside, strict=True)]
