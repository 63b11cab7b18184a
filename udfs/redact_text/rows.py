"""What rows are known by, as claims on their texts; and which part of a name a word is, where the row knows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.redaction import KNOWN, Spans, readable
from engine.detect.redaction.spans import Flags
from engine.surrogates.keyed import fold
from engine.surrogates.people import PARTICLES, TITLES, Role
from udfs.redact_text.known import Search


class KnownValues:
    """The values of each row, read once.

    Attributes:
        bad: Rows of which a value cannot be read.
        named: For each row the parts of its text that name what it is known by; None before a text named any (``claims``).
    """

    named: pa.Array | None = None

    def __init__(self, known: pa.Array | None, rows: int) -> None:
        self.bad: Flags = np.zeros(rows, np.bool_)
        self._begins = np.zeros(rows + 1, np.int64)
        self._codes = np.zeros(0, np.int64)
        self._values: list[str] = []
        if known is not None and not pa.types.is_null(known.type):
            self._read(known, rows)

    def _read(self, known: pa.Array, rows: int) -> None:
        known = known.dictionary_decode() if pa.types.is_dictionary(known.type) else known
        row = pc.list_parent_indices(known).to_numpy().astype(np.int64)
        values, unreadable = readable(pc.list_flatten(known))
        self.bad[row[unreadable]] = True
        there = values.is_valid().to_numpy(zero_copy_only=False)
        coded = values.drop_null().cast(pa.string()).dictionary_encode()
        self._codes, self._values = coded.indices.to_numpy().astype(np.int64), coded.dictionary.to_pylist()
        self._begins = np.searchsorted(row[there], np.arange(rows + 1))

    def of(self, row: int) -> tuple[str, ...]:
        """Returns what a row is known by."""
        return tuple(self._values[code] for code in self._codes[self._begins[row]:self._begins[row + 1]].tolist())

    def claims(self, texts: pa.Array) -> Spans:
        """Returns where texts name what their rows are known by; marks as bad the rows of which the search fails."""
        some = (np.diff(self._begins) > 0) & ~self.bad & texts.is_valid().to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(some)
        places: list[tuple[int, int, int]] = []
        named: list[list[str] | None] = [None] * len(texts)
        for row, text in zip(rows.tolist(), texts.take(pa.array(rows)).to_pylist(), strict=True):
            try:
                found = Search.of(self.of(row)).places(text)
                places += ((row, *place) for place in found)
                named[row] = [text[start:end] for start, end in found]
            except Exception:  # noqa: BLE001 - fail closed: whatever went wrong with a cell, the cell does not pass
                self.bad[row] = True
        self.named = pa.array(named, pa.list_(pa.string())) if places else None
        return Spans.listed(places, KNOWN)

    def role(self, row: int, word: str) -> Role | None:
        """Returns which part of a name of the row a word is, if it is one."""
        return _role(fold(word), self.of(row))


@lru_cache(maxsize=16_384)
def _role(word: str, values: tuple[str, ...]) -> Role | None:
    for value in values:
        before, comma, after = (fold(part) for part in value.partition(","))
        words = [one for one in _words(before) + _words(after) if one not in TITLES and one not in PARTICLES]
        if word not in words or len(words) == 1:
            continue
        if comma:
            return "family" if word in _words(before) else "given"
        return "family" if word == words[-1] else "given"
    return None


def _words(text: str) -> list[str]:
    return "".join(c if c.isalpha() else " " for c in text).split()
