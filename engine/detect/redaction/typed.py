"""What stands for a value of a type of the registry: another that the type's own pattern and checks take."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.checks import compiled
from engine.detect.checks import strings as as_strings
from engine.detect.checks.encoded import KINDS
from engine.detect.checks.renewed import RENEWED
from engine.detect.checks.spec import All, Date, Either, Part, Spec, Structure
from engine.detect.first.verify import compacted
from engine.detect.redaction.spans import Flags
from engine.detect.registry import EntityType, Registry
from engine.surrogates.alike import Points, Takes, Test, alike, points, strings
from engine.surrogates.keyed import Keyed


def typed(entity_type: str, texts: Sequence[str], keyed: Sequence[Keyed], *, keep_classes: bool) -> list[str | None]:
    """Returns for each text another of the same entity type; None where the registry does not know it as one.

    Args:
        entity_type: As findings report it.
        texts: Values as they are written.
        keyed: Where the draws for each come from.
        keep_classes: Whether digits become digits and letters letters even where others may stand.
    """
    made: list[str | None] = [None] * len(texts)
    waiting = list(range(len(texts)))
    for form in _by_type().get(entity_type, ()):
        taken = _taken(form.test.whole, [texts[place] for place in waiting])
        own = [place for place, takes in zip(waiting, taken, strict=True) if takes]
        waiting = [place for place, takes in zip(waiting, taken, strict=True) if not takes]
        found = alike([texts[place] for place in own], [keyed[place] for place in own], form.test,
                      keep_classes=keep_classes or form.by_class)
        for place, one in zip(own, found, strict=True):
            made[place] = one
    return made


class _Form(NamedTuple):
    """What takes the values of one entry of the registry, and whether its formats tell letters from digits."""

    test: Test
    by_class: bool


def _taken(takes: Takes, texts: list[str]) -> list[bool]:
    """What is taken of texts of any length."""
    found = [False] * len(texts)
    for length in set(map(len, texts)) - {0}:
        rows = [row for row, text in enumerate(texts) if len(text) == length]
        for row, one in zip(rows, takes(points([texts[row] for row in rows])).tolist(), strict=True):
            found[row] = one
    return found


@functools.cache
def _by_type() -> dict[str, tuple[_Form, ...]]:
    found: dict[str, tuple[_Form, ...]] = defaultdict(tuple)
    for one in Registry.default().types:
        found[one.reported] += (_Form(_test(one), one.pattern is None),)
    return found


def _test(one: EntityType) -> Test:
    shape = _takes(one, _structure(one.check) if one.check else None)
    renewed = functools.partial(_renewed, _encodings(one.check)) if one.check and any(_encodings(one.check)) else None
    dates = _dates(one.check) if one.check and one.pattern is None else ()
    return Test(shape, _takes(one, one.check), functools.partial(_dated, dates) if dates else None, renewed, one.example)


def _takes(one: EntityType, check: Spec | None) -> Takes:
    form = one.pattern if one.pattern is not None else one.regex()
    whole = rf"{'(?i)' if one.ignore_case else ''}\A(?:{form})\z"

    def takes(rows: Points) -> Flags:
        codes = np.where(rows < 0x80, rows, 0xFF).astype(np.uint8)  # noqa: PLR2004 - what is not ASCII no check knows
        lengths = np.full(len(rows), rows.shape[1], np.int64)
        texts = as_strings(codes, lengths) if codes.size and codes.max() < 0x80 else pa.array(strings(rows), pa.string())  # noqa: PLR2004
        taken: Flags = np.array(pc.match_substring_regex(texts, whole).to_numpy(zero_copy_only=False), np.bool_)
        passed = np.flatnonzero(taken)
        if check is not None and len(passed):
            some = (codes[passed], lengths[passed])
            taken[passed] = compiled(check)(*(compacted(some[0]) if one.pattern is None else some))
        return taken
    return takes


def _structure(check: Spec) -> Spec | None:
    """What a check says of the form alone."""
    if isinstance(check, Structure):
        return check
    if isinstance(check, Part):
        inner = _structure(check.of)
        return Part(kind="part", start=check.start, end=check.end, of=inner) if inner else None
    if isinstance(check, All | Either):
        some = [_structure(one) for one in check.of]
        said = tuple(one for one in some if one is not None)
        if not said or (isinstance(check, Either) and len(said) < len(some)):
            return None
        return type(check)(kind=check.kind, of=said)
    return None


def _dates(check: Spec) -> tuple[Date, ...]:
    """The days that a check wants inside a number, all of them."""
    if isinstance(check, All):
        return tuple(one for part in check.of for one in _dates(part))
    return (check,) if isinstance(check, Date) else ()


def _dated(dates: tuple[Date, ...], made: Points, signs: Flags) -> Points:
    """Draws of formats with days of the calendar where dates stand, made of the digits that were drawn there."""
    made = made.copy()
    rows = np.arange(len(made))[:, None]
    places = np.argsort(~signs, axis=1, kind="stable")
    for date in dates:
        for letter, added in (("M", date.months), ("D", date.days)):
            if date.layout.count(letter) == 2:  # noqa: PLR2004 - digits
                two = places[:, date.at + date.layout.index(letter):][:, :2]
                number = made[rows, :, two].astype(np.int64) - ord("0")  # values, two digits, count
                drawn = number[:, 0] * 10 + number[:, 1]
                span = _SPANS[letter]
                new = drawn % span + 1 + np.array(added)[drawn // span % len(added)]
                made[rows, :, two] = (np.stack((new // 10, new % 10), axis=1) + ord("0")).astype(np.uint32)
    return made


_SPANS = {"M": 12, "D": 28}
"""Months, and days that every month has."""


def _encodings(check: Spec) -> frozenset[str]:
    """The kinds of checksums that can be computed."""
    if isinstance(check, All | Either):
        return frozenset().union(*map(_encodings, check.of))
    return _encodings(check.of) if isinstance(check, Part) else frozenset({check.kind} & RENEWED.keys())


def _renewed(kinds: frozenset[str], text: str, drawn: bytes) -> Iterable[str]:
    return (one for kind in sorted(kinds) if KINDS[kind](text) for one in RENEWED[kind](text, drawn))
