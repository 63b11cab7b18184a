"""Long texts in overlapping windows, for models that see only so much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.detect.plugins.plugin import Typed


@dataclass(frozen=True)
class Windows:
    """How texts are cut.

    Attributes:
        size: Characters of a window, at most.
        overlap: Characters that a window shares with the one before, at least (less only where nothing can be cut).
    """

    size: int
    overlap: int

    def __post_init__(self) -> None:
        if not 0 <= 2 * self.overlap < self.size:
            raise ValueError("windows overlap by less than half of their size")

    def of(self, text: str) -> Iterator[tuple[int, str]]:
        """Yields windows: place of the first character, text. Cut between words where there is white space to cut at."""
        begin = 0
        while True:
            end = begin + self.size
            if end >= len(text):
                yield begin, text[begin:]
                return
            end = _before(text, end, begin + self.size - self.overlap // 2)
            yield begin, text[begin:end]
            begin = _before(text, end - self.overlap, max(begin + 1, end - 2 * self.overlap))


def _before(text: str, place: int, least: int) -> int:
    """Returns the last place after white space that is not past ``place``; ``place`` if there is none from ``least`` on."""
    for at in range(place, least, -1):
        if text[at - 1].isspace():
            return at
    return place


def joined(claims: Iterable[Typed]) -> list[Typed]:
    """Joins claims of one type that overlap: two windows saw one thing, one of them perhaps a part. The best score counts."""
    found: list[Typed] = []
    for start, end, kind, score in sorted(claims, key=lambda claim: (claim[2], claim[0], claim[1])):
        if found and found[-1][2] == kind and start < found[-1][1]:
            first, last, _, best = found.pop()
            found.append((first, max(last, end), kind, max(best, score)))
        else:
            found.append((start, end, kind, score))
    return sorted(found)
