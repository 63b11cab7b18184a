"""Runs rules over many values at once. Exactly what each pattern gives on each value alone, with few calls.

Separable rules search all their candidate values joined by NUL; spaceless rules search distinct words joined by a
space; the rest search value by value. Candidates are those that an RE2 filter over the Arrow buffer lets through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.rules import Rule, Search

Integers = npt.NDArray[np.int64]
Found = tuple[int, int, int, float]
"""Index of the value, start, end, score."""

BUDGET_SECONDS = 5.0
"""Time that one pattern may take over one cell before the cell counts as unscannable."""

_FEW_BYTES = 2048
"""Of texts: to compile the filter would take longer than to search them."""

_CHUNK = 1 << 18
"""Characters of a joined buffer."""


class Unscannable(Exception):  # noqa: N818 - a state of a cell, handled inside this room
    """A pattern ran out of its time on a value."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


@dataclass(frozen=True)
class Words:
    """Distinct words of many values, and where each stands.

    Attributes:
        text: The distinct words.
        word: For every occurrence, the index of its word.
        value: For every occurrence, the index of its value.
        offset: For every occurrence, its first character's place in the value.
    """

    text: pa.Array
    word: Integers
    value: Integers
    offset: Integers


def words_of(values: Sequence[str]) -> Words:
    """Returns the words that a spaceless rule could claim part of: with a digit, ``@ : - /``, an inner dot, or beyond ASCII."""
    joined = "\n".join(values)
    codes = np.frombuffer(joined.encode("utf-32-le"), dtype="<u4")
    space = (codes == 32) | ((codes >= 9) & (codes <= 13))  # noqa: PLR2004 - ASCII white space
    edges = np.flatnonzero(np.diff(np.concatenate(([True], space, [True])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return Words(pa.array([], pa.string()), *(np.zeros(0, np.int64) for _ in range(3)))
    inner_dot = np.zeros(len(codes), bool)
    inner_dot[:-1] = (codes[:-1] == ord(".")) & ~space[1:]
    telling = inner_dot | (codes >= 128) | np.isin(codes, np.frombuffer(b"0123456789@:-/", np.uint8))  # noqa: PLR2004 - ASCII
    kept = np.logical_or.reduceat(telling, starts)
    starts, ends = starts[kept], ends[kept]
    lengths = np.fromiter(map(len, values), np.int64, len(values))
    first = np.concatenate(([0], np.cumsum(lengths + 1)[:-1]))
    value = np.searchsorted(first, starts, "right") - 1
    texts = [joined[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    encoded = pa.array(texts, pa.string()).dictionary_encode()
    return Words(encoded.dictionary, encoded.indices.to_numpy().astype(np.int64), value, starts - first[value])


def passing(texts: pa.Array, expression: str | None) -> Integers:
    """Returns the indices of the texts that an RE2 expression lets through; all where there is none, or few are."""
    if expression is None or texts.nbytes < _FEW_BYTES:
        return np.arange(len(texts))
    return np.flatnonzero(pc.match_substring_regex(texts, expression).to_numpy(zero_copy_only=False))


def matches(rule: Rule, texts: Sequence[str], separator: str | None) -> Iterator[Found]:
    """Finds a rule's claims in ``texts``, joined by ``separator`` or, without one, one by one.

    Raises:
        Unscannable: If the pattern runs out of its time on one of the texts.
    """
    if separator is None:
        for index, text in enumerate(texts):
            for start, end, score in _claims(rule, text, index):
                yield index, start, end, score
        return
    for begin, stop in _chunks(texts):
        yield from _joined(rule, texts[begin:stop], begin, separator)


def _chunks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    begin = size = 0
    for index, text in enumerate(texts):
        if size + len(text) > _CHUNK and index > begin:
            yield begin, index
            begin, size = index, 0
        size += len(text) + 1
    if begin < len(texts):
        yield begin, len(texts)


def _joined(rule: Rule, texts: Sequence[str], begin: int, separator: str) -> Iterator[Found]:
    try:
        claims = list(_claims(rule, separator.join(texts), begin))
    except Unscannable:
        for index, text in enumerate(texts):
            for start, end, score in _claims(rule, text, begin + index):
                yield begin + index, start, end, score
        return
    if not claims:
        return
    ends = np.cumsum(np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts)))
    places = np.searchsorted(ends, [start for start, _, _ in claims], "right")
    for place, (start, end, score) in zip(places.tolist(), claims, strict=True):
        first = int(ends[place]) - len(texts[place]) - 1
        yield begin + place, start - first, end - first, score


def _claims(rule: Rule, text: str, index: int) -> Iterator[tuple[int, int, float]]:
    try:
        for match in rule.pattern.finditer(text, timeout=BUDGET_SECONDS):
            claim = rule.claim(match)
            if claim is not None:
                yield claim
    except TimeoutError:
        raise Unscannable(index) from None


def searched(search: Search, texts: Sequence[str]) -> Iterator[Found]:
    """Finds a search's claims in ``texts``, one by one."""
    for index, text in enumerate(texts):
        for start, end, score in search.find(text):
            yield index, start, end, score


def at(places: Any, found: Iterator[Found]) -> Iterator[Found]:  # noqa: ANN401 - anything that can be indexed
    """Moves claims from indices of candidates to the indices that these stand for."""
    for index, start, end, score in found:
        yield int(places[index]), start, end, score
