"""Forms: the formats and patterns of entity types, and the groups in which they are looked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from engine.detect import kernels
from engine.detect.block import Block, Flags, Integers
from engine.detect.first.multi import Expression, compiled
from engine.detect.first.pictures import pictures
from engine.detect.first.shapes import ShapeIndex
from engine.detect.first.walks import WALKS
from engine.detect.first.windows import Windows
from engine.detect.registry import EntityType

PLACES = ("text", "label", "number", "token", "domain", "shape")
"""Where forms are looked for, beside rows of signs (``near`` in ``engine.detect.registry``)."""

_FEW = 4
"""Expressions in a group for which Hyperscan does not pay."""
_RARE = 2
"""Expressions in a group that had better join others."""
_BESIDE, _MOST = 16, 128
"""Bytes beside an example that windows show, and how many they show at most: what is cut off is looked at again."""


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
    """A format or a pattern, the types that have it, where it is looked for, and how long its example is in bytes."""

    written: str
    ignore_case: bool
    near: str
    label: str
    not_after: str
    shaped: bool
    asked: bool
    kinds: tuple[int, ...]
    length: int = 0
    column: bool = False

    @property
    def key(self) -> tuple[str, bool]:
        """What it matches, as far as kernels know it."""
        return self.written, self.ignore_case


def forms_of(types: Sequence[EntityType]) -> Iterator[Form]:
    """Yields every pattern, and every picture twice at most: as what counts always, and as what counts in context."""
    always: dict[str, list[int]] = {}
    asked: dict[str, list[int]] = {}
    for kind, one in enumerate(types):
        if one.pattern is not None:
            yield Form(one.label + one.pattern, one.ignore_case, one.near, one.label, one.not_after, shaped=False,
                       asked=one.when != "always", kinds=(kind,), length=len(one.example.encode()), column=one.when == "column")
        free = one.formats if one.when == "always" else ()
        in_context = one.formats_in_context + (one.formats if one.when == "context" else ())
        for formats, found in ((free, always), (in_context, asked)):
            for picture in {picture for written in formats for picture in pictures(written)}:
                found.setdefault(picture, []).append(kind)
    for found in (always, asked):
        for picture, kinds in found.items():
            yield Form(picture, ignore_case=True, near="shape", label="", not_after="", shaped=True, asked=found is asked,
                       kinds=tuple(kinds))


def grouped(forms: Iterable[tuple[int, Form]]) -> dict[str, Group]:
    """Returns forms with their numbers as groups, by where they are looked for; rows of signs that few forms share are one."""
    groups: dict[str, list[tuple[int, Form]]] = {}
    for number, one in forms:
        groups.setdefault(one.written if one.key in WALKS else one.near, []).append((number, one))
    rare = [key for key, members in groups.items()
            if key not in PLACES and members[0][1].key not in WALKS and len(members) <= _RARE]
    if len(rare) > 1:
        groups["signs"] = [one for key in rare for one in groups.pop(key)]
    return {key: Group(members) for key, members in groups.items()}


class Group:
    """Forms that are looked for together: all pictures, or all expressions.

    Attributes:
        reach: For each kind of place, how many bytes on either side of one a match is looked for.
    """

    def __init__(self, forms: Sequence[tuple[int, Form]]) -> None:
        self._number = np.array([number for number, _ in forms], np.int64)
        written = [one for _, one in forms]
        self.reach: dict[str, int] = {}
        for one in written:
            for row in (one.near,) if one.near in PLACES else one.near.split():
                self.reach[row] = max(self.reach.get(row, 0), min(_BESIDE + one.length, _MOST))
        self._look: _Shapes | _Walked | _Expressions = _look(written)

    def everywhere(self, block: Block) -> bool:
        """Whether it is looked for in all of a block."""
        return not self.reach.keys().isdisjoint(("text", "shape")) or (
            isinstance(self._look, _Walked) and kernels.worth(len(block.data)))

    def find(self, windows: Windows) -> Candidates:
        """Returns the candidates that begin in some windows, wherever they end."""
        found = self._look.find(windows)
        return Candidates(self._number[found.form], found.start, found.end)


def _look(written: Sequence[Form]) -> _Shapes | _Walked | _Expressions:
    if written[0].near == "shape":
        return _Shapes(written)
    return _Walked(written) if written[0].key in WALKS else _Expressions(written)


class _Shapes:
    def __init__(self, forms: Sequence[Form]) -> None:
        self._index = ShapeIndex([one.written for one in forms])

    def find(self, windows: Windows) -> Candidates:
        tokens = windows.block.tokens
        firsts = np.flatnonzero(windows.hold(tokens.start))
        found = self._index.find(windows.block.buffer, tokens, firsts)
        return Candidates(found.picture, found.start, found.end)


class _Expressions:
    def __init__(self, forms: Sequence[Form]) -> None:
        few = len(forms) <= _FEW  # RE2 tells a match once, Hyperscan every end that it could have
        self._engine = compiled([Expression(one.written, one.ignore_case) for one in forms], "re2" if few else None)

    def find(self, windows: Windows) -> Candidates:
        """Returns the candidates; where one is cut off by its window, those of the whole value."""
        if not windows.data:
            return Candidates(*(np.zeros(0, np.int64),) * 3)
        found = Candidates(*self._engine.find(windows.data))
        cut = windows.cut_off(found.start, found.end)
        found = Candidates(found.form, *windows.originals(found.start, found.end))
        if not cut.any():
            return found
        block = windows.block
        values = np.unique(block.value_of(found.start[cut]))
        again = Windows.around(block, block.starts[values], block.ends[values])
        more = Candidates(*self._engine.find(again.data))
        return Candidates.joined([found.where(~np.isin(block.value_of(found.start), values)),
                                  Candidates(more.form, *again.originals(more.start, more.end))])


class _Walked(_Expressions):
    """An expression for which there is a kernel."""

    def __init__(self, forms: Sequence[Form]) -> None:
        super().__init__(forms)
        self._walk = WALKS[forms[0].key]

    def find(self, windows: Windows) -> Candidates:
        """Returns the candidates, by the kernel where there is enough to do; it looks at the whole block."""
        if not kernels.worth(len(windows.block.data)):
            return super().find(windows)
        start, end = self._walk(windows.block)
        return Candidates(np.zeros(len(start), np.int64), start, end).where(windows.hold(start))
