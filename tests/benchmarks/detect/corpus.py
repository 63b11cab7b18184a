"""What a corpus of clean text is: cells of one kind, drawn from a seed, none twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Cells = Callable[[random.Random], Iterator[str]]


@dataclass(frozen=True)
class Corpus:
    """Text of one kind that holds no personal data.

    Attributes:
        name: What tables call it.
        about: What is in it, and where it comes from.
        cells: From a source of chance to endless cells.
        right: Entity types that stand in it and are no personal data there; a finding of one is not false.
        column: Whether it is a column of values rather than text.
    """

    name: str
    about: str
    cells: Cells
    right: frozenset[str] = frozenset()
    column: bool = False

    def take(self, size: int, part: int = 0) -> list[str]:
        """Returns distinct cells of about ``size`` bytes of UTF-8 in all; the same for the same size and part."""
        seen: dict[str, None] = {}
        length = 0
        for cell in self.cells(random.Random(f"{self.name}/{part}")):  # noqa: S311 - text, not keys
            if cell not in seen:
                seen[cell] = None
                length += len(cell.encode())
            if length >= size:
                break
        return list(seen)


def hexadecimal(rng: random.Random, digits: int) -> str:
    """Returns that many random hexadecimal digits."""
    return f"{rng.getrandbits(4 * digits):0{digits}x}"
