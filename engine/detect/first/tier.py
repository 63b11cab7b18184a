"""The first tier: every type of the registry that has a form, looked for in a whole block at once.

Types are looked for in groups, each where it can be and nowhere else: those whose every match holds a digit around digits, those
with an ``@`` around at signs, those that need a context word after one, the rest everywhere. What is found there is a candidate;
a claim is what passes its type's check.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.detect.block import Block, Bytes, Claims, Flags, Integers
from engine.detect.checks.domains import begins_top_level
from engine.detect.config import ContextSettings
from engine.detect.first.forms import PLACES, Candidates, Group, forms_of, grouped
from engine.detect.first.multi import Expression, compiled
from engine.detect.first.phrases import REACH, Context, Mentions, repeated
from engine.detect.first.signs import Places, Rows
from engine.detect.first.verify import Verifier
from engine.detect.first.windows import Windows
from engine.detect.registry import EntityType

_NUMBERS = ("number", "shape")
_BEFORE_ASKED, _AFTER_ASKED = 16, 40
"""Bytes beside a number after a context word that are looked at: no format is longer, and what is cut off is looked at again."""
_DASH, _DOT, _LINE = ord("-"), ord("."), ord("_")
_WORD_LEADS = (0xC3, 0xDF)
"""First bytes of two-byte letters in UTF-8 (Latin, Greek, Cyrillic, Hebrew, Arabic): beside one, a number is part of a word.
Scripts beyond are written without spaces between words and numbers: there a number may stand beside a letter."""


class Counting(NamedTuple):
    """Candidates with the types that count: index of the candidate, type, whether a context word asked for it. None twice."""

    row: Integers
    kind: Integers
    mentioned: Flags


class FirstTier:
    """Some types, ready to be looked for. Immutable; make one a process."""

    def __init__(self, types: Sequence[EntityType], settings: ContextSettings) -> None:
        """Compiles the types' formats and patterns."""
        self.types = tuple(types)
        self._context = Context(types, settings.words)
        self._verifier = Verifier(types, settings)
        self._forms = tuple(forms_of(types))
        self._kinds = [one.kinds for one in self._forms]
        self._speaks = self._context.speaks_of_forms(self._kinds)
        self._times = np.array([len(one) for one in self._kinds], np.int64)
        self._first_of = np.cumsum(self._times) - self._times
        self._flat = np.array([kind for kinds in self._kinds for kind in kinds], np.int64)
        self._shaped = np.array([one.shaped for one in self._forms], np.bool_)
        self._asked = np.array([one.asked for one in self._forms], np.bool_)
        labels = [one for one in self._forms if one.near == "label"]
        self._labels = compiled([Expression(one.label, one.ignore_case) for one in labels])
        self._not_after = np.array([ord(one.not_after or "\0") for one in self._forms], np.uint8)
        self._digit = np.array([one.near == "number" for one in self._forms], np.bool_)
        self._asks: Flags = np.asarray(self._speaks[:, self._asked].any(axis=1), np.bool_)
        numbered = list(enumerate(self._forms))
        self._loose = grouped(one for one in numbered if not one[1].asked or one[1].near not in _NUMBERS)
        signs = dict.fromkeys(near for group in self._loose.values() for near in group.reach if near not in PLACES)
        self._rows = Rows(tuple(signs))
        self._number_of = {near: number for number, near in enumerate(signs)}
        self._after_words = grouped(one for one in numbered if one[1].asked and one[1].near in _NUMBERS)
        self._of_kinds = functools.lru_cache(maxsize=64)(
            lambda kinds: grouped(one for one in numbered if one[1].asked and not kinds.isdisjoint(one[1].kinds)))

    def find(self, block: Block, header: str = "") -> Claims:
        """Returns the claims on a block; ``kind`` and ``source`` are places among the types.

        Args:
            block: Where to look.
            header: The column's name, as words.
        """
        rows = self._rows.find(block)
        found = [group.find(self._around(block, group, rows)) for group in self._loose.values()]
        mentions = self._context.mentions(block, _in_order(block.numbers, [one.start for one in found]))
        numbers = _mentioned_numbers(block, mentions.end[self._asks[mentions.phrase]])
        found += [group.find(numbers) for group in self._after_words.values()]
        in_name = self._context.of_header(header)
        if in_name:
            found += [group.find(Windows.whole(block)) for group in self._of_kinds(in_name).values()]
        candidates = Candidates.joined(found)
        candidates = candidates.where(self._whole(block, candidates))
        return self._claims(block, candidates, self._counting(block, mentions, candidates, in_name))

    def _around(self, block: Block, group: Group, rows: Places) -> Windows:
        """Returns the windows in which the forms of one group are looked for."""
        if group.everywhere(block):
            return Windows.whole(block)
        side = np.zeros(len(self._number_of) + 1, np.int64)
        for near, reach in group.reach.items():
            side[self._number_of.get(near, -1)] = reach
        found = rows.of(side[:-1] > 0)
        place, sides = found.place, side[found.row]
        more = [self._places(block, near) for near in group.reach if near in PLACES]
        if more:
            place = np.concatenate((place, *more))
            sides = np.concatenate((sides, np.full(len(place) - len(sides), side[-1])))
            order = np.argsort(place, kind="stable") if len(found.place) else slice(None)
            place, sides = place[order], sides[order]
        return Windows.around(block, place - sides, place + sides)

    def _places(self, block: Block, near: str) -> Integers:
        if near == "label":
            return np.sort(self._labels.find(block.data).start)
        if near == "number":
            return block.numbers
        if near == "token":
            return block.long_tokens
        places = block.places_of(".A")
        return places[begins_top_level(block.padded, places + 1)]

    def _whole(self, block: Block, found: Candidates) -> Flags:
        """Whether a candidate is no part of something longer, and holds the digit that its form asks for."""
        shaped = self._shaped[found.form]
        whole = _alone(block, found.start, found.end) & ~(shaped & _goes_on(block, found.start, found.end))
        before, after = block.padded[found.start - 1], block.padded[found.end]
        whole &= ~(shaped & ~self._asked[found.form] & ((before == _LINE) | (after == _LINE)))
        never = self._not_after[found.form]
        whole &= (never == 0) | (before != never)
        unclear = np.flatnonzero(self._digit[found.form] & ~shaped)
        first, last = (np.searchsorted(block.numbers, edge[unclear]) for edge in (found.start, found.end))
        whole[unclear] &= (last > first) | _is_digit(block.padded[found.start[unclear]])
        return whole

    def _counting(self, block: Block, mentions: Mentions, found: Candidates, in_name: frozenset[int]) -> Counting:
        pairs = self._context.spoken_of(block, mentions, found.start, found.form, self._speaks)
        row, kind = self._context.kinds_of(pairs, found.form, self._kinds)
        free, free_kind = self._expanded(found.form, np.flatnonzero(~self._asked[found.form]))
        if in_name:
            named, named_kind = self._expanded(found.form, np.arange(len(found.form)))
            kept = np.isin(named_kind, list(in_name))
            row, kind = np.concatenate((row, named[kept])), np.concatenate((kind, named_kind[kept]))
        asked = len(row)
        both = np.concatenate((row, free)) * len(self.types) + np.concatenate((kind, free_kind))
        both, first = np.unique(both, return_index=True)
        return Counting(both // len(self.types), both % len(self.types), first < asked)

    def _expanded(self, form: Integers, rows: Integers) -> tuple[Integers, Integers]:
        """Returns candidates with every type of their forms: row, type."""
        row, within = repeated(self._times[form[rows]])
        return rows[row], self._flat[self._first_of[form[rows[row]]] + within]

    def _claims(self, block: Block, found: Candidates, counting: Counting) -> Claims:
        row, kind, mentioned = counting
        shaped = self._shaped[found.form[row]]
        return Claims.joined([
            self._verifier.claims(block, found.start[row[these]], found.end[row[these]], kind[these], mentioned[these],
                                  compact=compact)
            for compact, these in ((True, shaped), (False, ~shaped))])


def _in_order(places: Integers, more: list[Integers]) -> Integers:
    """Returns ascending places and those of ``more`` that are not among them, ascending."""
    other = np.concatenate(more)
    at = np.minimum(np.searchsorted(places, other), len(places) - 1)
    other = other[places[at] != other] if len(places) else other
    return np.sort(np.concatenate((places, other)), kind="stable") if len(other) else places


def _mentioned_numbers(block: Block, ends: Integers) -> Windows:
    """Returns windows around the numbers that stand shortly after one of the phrases with these ends."""
    last = np.concatenate(([-REACH - 1], ends))[np.searchsorted(ends, block.numbers, "right")]
    places = block.numbers[block.numbers - last <= REACH]
    return Windows.around(block, places - _BEFORE_ASKED, places + _AFTER_ASKED)


def _alone(block: Block, start: Integers, end: Integers) -> Flags:
    """Whether no stretch begins or ends inside a word of ASCII."""
    first, last = block.padded[start], block.padded[end - 1]
    before, after = block.padded[start - 1], block.padded[end]
    return ~((_is_word(before) & _is_word(first)) | (_is_word(last) & _is_word(after)))


def _goes_on(block: Block, start: Integers, end: Integers) -> Flags:
    """Whether a number goes on beside it, after ``-`` or ``.``, or touches a letter of two bytes."""
    before, after, lead = block.padded[start - 1], block.padded[end], block.padded[start - 2]
    joined = ((before == _DASH) | (before == _DOT)) & _is_digit(lead)
    joined |= ((after == _DASH) | (after == _DOT)) & _is_digit(block.padded[end + 1])
    joined |= (after >= _WORD_LEADS[0]) & (after <= _WORD_LEADS[1])
    joined |= (before >= 0x80) & (lead >= _WORD_LEADS[0]) & (lead <= _WORD_LEADS[1])  # noqa: PLR2004 - UTF-8
    return np.asarray(joined, np.bool_)


def _is_word(codes: Bytes) -> Flags:
    return _is_digit(codes) | (((codes | np.uint8(32)) - np.uint8(97)) <= 25)  # noqa: PLR2004 - a to z


def _is_digit(codes: Bytes) -> Flags:
    digit: Flags = (codes - np.uint8(48)) <= 9  # noqa: PLR2004 - what is below '0' wraps around
    return digit
