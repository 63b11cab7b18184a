"""What a plug-in found, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Claimed = tuple[int, int, int, str, float]
"""Index of the value, start, end (characters), entity type, score."""


@dataclass(frozen=True)
class Spans:
    """Claims on an array of values, in no order, and the values that could not be looked at.

    Attributes:
        value: Index of the value.
        start: First character.
        end: After the last character.
        kind: Index into ``types``.
        score: Between 0 and 1.
        types: Entity types.
        unscannable: Value → why not: ``out of time``, ``too long``, or the name of an exception's class.
    """

    value: Integers
    start: Integers
    end: Integers
    kind: Integers
    score: Floats
    types: tuple[str, ...]
    unscannable: Mapping[int, str]

    @classmethod
    def of(cls, claims: Sequence[Claimed], unscannable: Mapping[int, str] | None = None) -> Spans:
        """Returns claims as columns, without those on unscannable values."""
        unscannable = unscannable or {}
        kept = [claim for claim in claims if claim[0] not in unscannable]
        types = tuple(sorted({claim[3] for claim in kept}))
        numbers = {name: index for index, name in enumerate(types)}
        whole = np.array([(value, start, end, numbers[name]) for value, start, end, name, _ in kept], np.int64).reshape(-1, 4)
        score = np.array([claim[4] for claim in kept], np.float64)
        return cls(whole[:, 0], whole[:, 1], whole[:, 2], whole[:, 3], score, types, unscannable)

    def take(self, rows: Integers | Flags) -> Spans:
        """Returns some of the claims."""
        return replace(self, value=self.value[rows], start=self.start[rows], end=self.end[rows], kind=self.kind[rows],
                       score=self.score[rows])


def strongest(spans: Spans) -> Integers:
    """Returns the rows of claims that lie inside no other on the same value, of the same type, with the same or a higher score.

    Source: ``EntityRecognizer.remove_duplicates`` of Presidio. Rows are sorted by value, type and place. Only claims that meet
    another are compared one by one.
    """
    rows = np.lexsort((-spans.score, -spans.end, spans.start, spans.kind, spans.value))
    value, start, end, kind, score = (part[rows] for part in (spans.value, spans.start, spans.end, spans.kind, spans.score))
    group = np.r_[0, np.cumsum((np.diff(value) != 0) | (np.diff(kind) != 0))][:len(rows)] * (int(end.max(initial=0)) + 1)
    meets = np.r_[False, (group + start)[1:] <= np.maximum.accumulate(group + end)[:-1]][:len(rows)]
    kept = np.ones(len(rows), bool)
    for row in np.flatnonzero(meets).tolist():
        before = row
        while kept[row] and meets[before]:
            before -= 1
            kept[row] = not (kept[before] and end[row] <= end[before] and score[row] <= score[before])
    return rows[kept]


def without_contained(spans: Spans) -> Spans:
    """Returns the strongest claims."""
    return spans.take(strongest(spans))
