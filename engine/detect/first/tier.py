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

from engine.detect.block import Block, Bytes, Claims, Flags, Floats, Integers
from engine.detect.checks.domains import begins_top_level
from engine.detect.config import ContextSettings
from engine.detect.first.forms import PLACES, Candidates, Group, forms_of, grouped
from engine.detect.first.multi import Expression, compiled
from engine.detect.first.phrases import REACH, Context, Mentions, repeated
from engine.detect.first.signs import Places, Rows
from engine.detect.first.verify import BEFORE, Verifier
from engine.detect.first.windows import Windows
from engine.detect.registry import EntityType

_NUMBERS = ("number", "shape")
_BEFORE_ASKED, _AFTER_ASKED = 16, 40
"""Bytes beside a number after a context word that are looked at: no format is longer, and what is cut off is looked at again."""
_TOLD = BEFORE + 0.25
"""How much is heard of a type by a phrase right before that speaks of four types at most."""
_DASH, _DOT, _LINE = ord("-"), ord("."), ord("_")
_WORD_LEADS = (0xC3, 0xDF)
"""First bytes of two-byte letters in UTF-8 (Latin, Greek, Cyrillic, Hebrew, Arabic): beside one, a number is part of a word.
Scripts beyond are written without spaces between words and numbers: there a number may stand beside a letter."""


class Counting(NamedTuple):
    """Candidates with the types that count: index of the candidate, type, how much is heard of it. None twice."""

    row: Integers
    kind: Integers
    heard: Floats


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
        self._speaks[:, [one.column for one in self._forms]] = False
        self._times = np.array([len(one) for one in self._kinds], np.int64)
        self._first_of = np.cumsum(self._times) - self._times
        self._flat = np.array([kind for kinds in self._kinds for kind in kinds], np.int64)
        self._shaped = np.array([one.shaped for one in self._forms], np.bool_)
        self._asked = np.array([one.asked for one in self._forms], np.bool_)
        labels = [one for one in self._forms if one.near == "label"]
        self._labelled = np.array([bool(one.label) for one in types], np.bool_)
        self._labels = compiled([Expression(one.label, one.ignore_case) for one in labels])
        self._not_after = np.array([ord(one.not_after or "\0") for one in self._forms], np.uint8)
        self._digit = np.array([one.near == "number" for one in self._forms], np.bool_)
        self._asks: Flags = np.asarray(self._speaks[:, self._asked].any(axis=1), np.bool_)
        numbered = list(enumerate(self._forms))
        in_texts = [one for one in numbered if not one[1].column]
        self._loose = grouped(one for one in in_texts if not one[1].asked or one[1].near not in _NUMBERS)
        signs = dict.fromkeys(near for group in self._loose.values() for near in group.reach if near not in PLACES)
        self._rows = Rows(tuple(signs))
        self._number_of = {near: number for number, near in enumerate(signs)}
        self._after_words = grouped(one for one in in_texts if one[1].asked and one[1].near in _NUMBERS)
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
        asking = self._asks[mentions.phrase]
        numbers = _mentioned_numbers(block, mentions.end[asking], mentions.ended[asking])
        found += [group.find(numbers) for group in self._after_words.values()]
        in_name = self._context.of_header(header)
        if in_name.any():
            kinds = frozenset(np.flatnonzero(in_name).tolist())
            found += [group.find(Windows.whole(block)) for group in self._of_kinds(kinds).values()]
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

    def _counting(self, block: Block, mentions: Mentions, found: Candidates, in_name: Floats) -> Counting:
        pairs = self._context.spoken_of(block, mentions, found, self._speaks)
        row, kind, heard = self._context.kinds_of(mentions, pairs, found.form, self._kinds)
        if in_name.any():
            named, named_kind = self._expanded(found.form, np.arange(len(found.form)))
            kept = in_name[named_kind] > 0
            row, kind = np.concatenate((row, named[kept])), np.concatenate((kind, named_kind[kept]))
            heard = np.concatenate((heard, in_name[named_kind[kept]]))
        free, free_kind = self._expanded(found.form, np.flatnonzero(~self._asked[found.form]))
        row, kind = np.concatenate((row, free)), np.concatenate((kind, free_kind))
        heard = np.concatenate((heard, np.zeros(len(free))))
        both = row * len(self.types) + kind
        order = np.lexsort((-heard, both))
        most = order[np.diff(both[order], prepend=-1) > 0]
        return Counting(row[most], kind[most], heard[most])

    def _expanded(self, form: Integers, rows: Integers) -> tuple[Integers, Integers]:
        """Returns candidates with every type of their forms: row, type."""
        row, within = repeated(self._times[form[rows]])
        return rows[row], self._flat[self._first_of[form[rows[row]]] + within]

    def _claims(self, block: Block, found: Candidates, counting: Counting) -> Claims:
        row, kind, heard = counting
        shaped = self._shaped[found.form[row]]
        parts, asked = [], []
        for compact, these in ((True, np.flatnonzero(shaped)), (False, np.flatnonzero(~shaped))):
            claims, passed = self._verifier.claims(block, found.start[row[these]], found.end[row[these]], kind[these],
                                                   heard[these], compact=compact)
            parts.append(claims)
            asked.append(heard[these[passed]])
        claims = Claims.joined(parts)
        return claims.where(self._labelled[claims.kind] | _told_best(claims, np.concatenate(asked)))


def _told_best(claims: Claims, heard: Floats) -> Flags:
    """Returns which claims on one stretch stay: those of which words tell most, and others of which none speaks, if little."""
    stays = np.ones(len(heard), np.bool_)
    if not (heard > 0).any():
        return stays
    order = np.lexsort((-heard, claims.end, claims.start))
    start, end, heard = claims.start[order], claims.end[order], heard[order]
    first = np.flatnonzero(np.concatenate(([True], (start[1:] != start[:-1]) | (end[1:] != end[:-1]))))
    most = np.repeat(heard[first], np.diff(first, append=len(heard)))
    stays[order] = (heard == most) | ((heard == 0) & (most < _TOLD))
    return stays


def _in_order(places: Integers, more: list[Integers]) -> Integers:
    """Returns ascending places and those of ``more`` that are not among them, ascending."""
    other = np.concatenate(more)
    at = np.minimum(np.searchsorted(places, other), len(places) - 1)
    other = other[places[at] != other] if len(places) else other
    return np.sort(np.concatenate((places, other)), kind="stable") if len(other) else places


def _mentioned_numbers(block: Block, ends: Integers, ended: Integers) -> Windows:
    """Returns windows around the numbers that stand shortly after one of the phrases with these ends, or end before one."""
    last = np.concatenate(([-REACH - 1], ends))[np.searchsorted(ends, block.numbers, "right")]
    asked: Flags = block.numbers - last <= REACH
    ended = np.sort(ended[ended >= 0])
    if len(ended):
        following = np.concatenate((ended, [len(block.data) + REACH]))[np.searchsorted(ended, block.numbers, "right")]
        asked |= following - block.numbers <= _AFTER_ASKED
    places = block.numbers[asked]
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
