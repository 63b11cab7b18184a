"""Forms: the formats and patterns of entity types, and the groups in which they are looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from engine.detect.block import Flags, Integers
from engine.detect.multi import Expression, compiled
from engine.detect.pictures import SEPARATORS, expression, pictures
from engine.detect.registry import EntityType
from engine.detect.shapes import Shaped, ShapeIndex
from engine.detect.windows import Windows

_FEW = 4
"""Expressions in a group for which Hyperscan does not pay."""


class Candidates(NamedTuple):
    """Stretches that have one of the tier's forms, in no order: which form, first byte, after the last byte."""

    form: Integers
    start: Integers
    end: Integers

    def where(self, rows: Integers | Flags) -> Candidates:
        """Returns some of them."""
        return Candidates(self.form[rows], self.start[rows], self.end[rows])

    @classmethod
    def joined(cls, parts: Iterable[Candidates]) -> Candidates:
        """Returns those of all parts."""
        form, start, end = zip(*parts, strict=True)
        return cls(np.concatenate(form), np.concatenate(start), np.concatenate(end))


class Form(NamedTuple):
    """A format or a pattern, the types that have it, and where it is looked for."""

    written: str
    ignore_case: bool
    near: str
    label: str
    not_after: str
    shaped: bool
    asked: bool
    kinds: tuple[int, ...]


def forms_of(types: Sequence[EntityType]) -> Iterator[Form]:
    """Yields every pattern, a type's formats that count always as one expression, and every picture that counts in context."""
    asked: dict[str, list[int]] = {}
    for kind, one in enumerate(types):
        if one.pattern is not None:
            yield Form(one.label + one.pattern, one.ignore_case, one.near, one.label, one.not_after, shaped=False,
                       asked=one.when == "context", kinds=(kind,))
        always = one.formats if one.when == "always" else ()
        in_context = one.formats_in_context + (one.formats if one.when == "context" else ())
        if always:
            yield Form("|".join(map(_bounded, always)), one.ignore_case, "number", "", "", shaped=True, asked=False,
                       kinds=(kind,))
        for picture in {picture for written in in_context for picture in pictures(written)}:
            asked.setdefault(picture, []).append(kind)
    for picture, kinds in asked.items():
        yield Form(picture, ignore_case=True, near="shape", label="", not_after="", shaped=True, asked=True, kinds=tuple(kinds))


def _bounded(written: str) -> str:
    left, right = "" if written[0] in SEPARATORS else r"\b", "" if written[-1] in SEPARATORS else r"\b"
    return left + expression(written) + right


def grouped(forms: Iterable[tuple[int, Form]]) -> dict[str, Group]:
    """Returns forms with their numbers as groups, by where they are looked for."""
    groups: dict[str, list[tuple[int, Form]]] = {}
    for number, one in forms:
        groups.setdefault(one.near, []).append((number, one))
    return {near: Group(members) for near, members in groups.items()}


class Group:
    """Forms that are looked for together: all pictures, or all expressions."""

    def __init__(self, forms: Sequence[tuple[int, Form]]) -> None:
        self._number = np.array([number for number, _ in forms], np.int64)
        self._look = _look([one for _, one in forms])

    def find(self, windows: Windows) -> Candidates:
        """Returns the candidates in some windows; where one is cut off by its window, those of the whole value."""
        if not windows.data:
            return Candidates(*(np.zeros(0, np.int64),) * 3)
        found = self._look(windows.data)
        cut = windows.cut_off(found.start, found.end)
        found = Candidates(found.form, *windows.originals(found.start, found.end))
        if cut.any():
            block = windows.block
            values = np.unique(block.value_of(found.start[cut]))
            again = Windows.around(block, block.starts[values], block.ends[values])
            more = self._look(again.data)
            found = Candidates.joined([found.where(~np.isin(block.value_of(found.start), values)),
                                       Candidates(more.form, *again.originals(more.start, more.end))])
        return Candidates(self._number[found.form], found.start, found.end)


def _look(forms: Sequence[Form]) -> Callable[[bytes], Candidates]:
    if forms[0].near == "shape":
        index = ShapeIndex([one.written for one in forms])
        return lambda data: _turned(index.find(np.frombuffer(data, np.uint8)))
    few = len(forms) <= _FEW  # RE2 tells a match once, Hyperscan every end that it could have
    engine = compiled([Expression(one.written, one.ignore_case, one.shaped) for one in forms], "re2" if few else None)
    return lambda data: Candidates(*engine.find(data))


def _turned(found: Shaped) -> Candidates:
    return Candidates(found.picture, found.start, found.end)
