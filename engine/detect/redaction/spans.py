"""Claims on texts as columns, and the one rule for those that overlap."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

KNOWN = "KNOWN"
"""Entity type of what a row is known by."""
UNSCANNABLE = "UNSCANNABLE"
"""Entity type of a cell that could not be scanned: all of it goes, under its placeholder, whatever the style."""

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Spans:
    """Claims on the cells of an array, in any order.

    Attributes:
        row: The cell.
        start: First character (code point).
        end: After the last character.
        kind: What it is: an index into ``names``.
        score: Between 0 and 1.
        names: Entity types.
    """

    row: Integers
    start: Integers
    end: Integers
    kind: Integers
    score: Floats
    names: tuple[str, ...]

    @classmethod
    def of(cls, findings: pa.Table) -> Spans:
        """Returns the claims of a table with the columns row, start, end, entity_type and score."""
        types = findings["entity_type"].combine_chunks().dictionary_encode()
        types = types.combine_chunks() if isinstance(types, pa.ChunkedArray) else types
        row, start, end = (findings[name].to_numpy().astype(np.int64) for name in ("row", "start", "end"))
        return cls(row, start, end, types.indices.to_numpy().astype(np.int64), findings["score"].to_numpy().astype(np.float64),
                   tuple(types.dictionary.to_pylist()))

    @classmethod
    def listed(cls, places: Sequence[tuple[int, int, int]], name: str, score: float = 1.0) -> Spans:
        """Returns claims of one entity type at places (row, start, end)."""
        row, start, end = np.array(places, np.int64).reshape(-1, 3).T
        return cls(row, start, end, np.zeros(len(places), np.int64), np.full(len(places), score), (name,))

    def __len__(self) -> int:
        """Returns the number of claims."""
        return len(self.row)

    def __getitem__(self, chosen: Flags | Integers) -> Spans:
        """Returns some of the claims."""
        return Spans(self.row[chosen], self.start[chosen], self.end[chosen], self.kind[chosen], self.score[chosen], self.names)

    def moved(self, rows: int) -> Spans:
        """Returns the claims on cells that stand so many rows further down."""
        return Spans(self.row + rows, self.start, self.end, self.kind, self.score, self.names)

    def joined(self, other: Spans) -> Spans:
        """Returns the claims of both."""
        names = tuple(dict.fromkeys(self.names + other.names))
        place = np.array([names.index(name) for name in other.names], np.int64)
        kind = place[other.kind] if len(other) else other.kind
        return Spans(np.concatenate((self.row, other.row)), np.concatenate((self.start, other.start)),
                     np.concatenate((self.end, other.end)), np.concatenate((self.kind, kind)),
                     np.concatenate((self.score, other.score)), names)

    def wanted(self, threshold: float, entities: Collection[str] | None) -> Spans:
        """Returns the claims that reach ``threshold`` and are of one of ``entities``; of any where that is None."""
        asked = np.array([entities is None or name in entities for name in self.names], np.bool_)
        return self[(self.score >= threshold) & (asked[self.kind] if len(self) else np.zeros(0, np.bool_))]


@dataclass(frozen=True)
class Places:
    """What is replaced: disjoint stretches of cells, sorted by cell and place.

    Attributes:
        row: The cell.
        start: First character that goes.
        end: After the last character that goes.
        kind: What stands there: an index into ``names``.
        winner_start: First character of the claim that gives the stretch its type.
        winner_end: After its last character.
        names: Entity types.
    """

    row: Integers
    start: Integers
    end: Integers
    kind: Integers
    winner_start: Integers
    winner_end: Integers
    names: tuple[str, ...]

    def __len__(self) -> int:
        """Returns the number of stretches."""
        return len(self.row)


def resolve(spans: Spans, *, first: Collection[str] = (), last: Collection[str] = ()) -> Places:
    """Makes claims disjoint, by one rule.

    Claims that overlap, directly or through others, go together: from the first character that any of them claims to the last,
    as one stretch. It has the type of one of them: of a type in ``first``; then the longest; then one not of a type in ``last``;
    then the highest score; then the earliest; then the first type in alphabetical order. So nothing that anybody claimed
    survives in part, and the order of claims does not matter. Claims that only touch stay apart.

    Args:
        spans: Claims; none is empty.
        first: Entity types that win over longer ones.
        last: Entity types that lose to others as long.
    """
    if not len(spans):
        none = np.zeros(0, np.int64)
        return Places(none, none, none, none, none, none, spans.names)
    alphabetical = np.argsort(np.argsort(np.array(spans.names)))
    later = np.array([name not in first for name in spans.names])
    weaker = np.array([name in last for name in spans.names])
    spans = spans[np.lexsort((spans.start, spans.row))]
    begins = _begins(spans)
    group = np.cumsum(begins) - 1
    order = np.lexsort((alphabetical[spans.kind], spans.start, -spans.score, weaker[spans.kind], spans.start - spans.end,
                        later[spans.kind], group))
    at = np.flatnonzero(begins)
    winner = order[at]
    return Places(spans.row[at], spans.start[at], np.maximum.reduceat(spans.end, at), spans.kind[winner],
                  spans.start[winner], spans.end[winner], spans.names)


def _begins(spans: Spans) -> Flags:
    """Whether a claim, in order of row and start, begins after all before it have ended."""
    beyond = int(spans.end.max()) + 1
    reach = np.maximum.accumulate(spans.row * beyond + spans.end)
    return np.concatenate(([True], spans.row[1:] * beyond + spans.start[1:] >= reach[:-1]))
