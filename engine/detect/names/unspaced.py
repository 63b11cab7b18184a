"""Where words end in scripts that put no spaces between them: at an honorific that follows a name.

Such text comes as long runs of signs. Of a run nothing is known but the name that an honorific tells of (田中さん, 李先生,
김민수씨): it is cut before the name, before the honorific and after it. Whether a name stands there is judged by the signs
before, their number, the family name that they begin with, and the sign behind.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.detect.block import Block, Bytes, Flags, Integers
from engine.detect.names.lexicon import Lexicon
from engine.detect.names.tokens import UNSPACED, keys

SIGN = 3
"""Bytes of a sign in UTF-8."""

_HAN, _MORE_HAN, _REPEATED = (0xE4, 0xE9), (0xE3, 0x90), (0xE3, 0x80, 0x85)
_HANGUL = 0xEA
_LONGEST = 3
"""Signs of an honorific, at most."""

_RUN, _FAMILY, _UNLISTED = 6, 3, (2, 4)
"""Signs of a Japanese name and of its family name, at most; fewest and most of one with a family name that no list has."""

_SOMEBODY = "者員屋師士人生手官客家長婦業社方同名各皆両店母父様息"
"""Signs that end a word for what somebody is rather than a name, before an honorific: 患者様, 会員様, 看護師さん."""

_RELATION, _CHINESE_TOO = "息旦", "先"
"""Signs that begin such a word of two (息子さん); and one that begins an honorific which Chinese has, too."""

_COMMON = ("王李张刘陈杨赵黄周吴徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾蔡潘田董袁余叶蒋杜苏魏程吕丁沈姚卢傅钟姜崔谭廖范汪"
           "陆石戴贾韦夏邱侯邹熊孟秦阎薛尹段雷黎史陶贺顾毛郝龚邵钱严覃武莫孔汤陳張劉楊趙黃吳馬羅鄭謝許韓馮鄧葉蔣蘇呂盧鍾譚")
"""Chinese family names after which two signs are a given name although no list has it."""

_GRAMMAR = "和向从于时应成全都关常任与及连因同给被让年位"
"""Signs that are a family name and, in a sentence, a word of grammar more often."""

_PARTICLES = "가는은의를을에와과도께로이"
"""Korean particles that may follow an honorific."""


class _Signs(NamedTuple):
    """A buffer and what its signs are: ``han`` and ``hangul`` are true at their first byte."""

    buffer: Bytes
    han: Flags
    hangul: Flags

    def one_of(self, place: Integers, signs: str) -> Flags:
        """Returns at which places one of some signs stands."""
        return np.isin(_codes(self.buffer, place), [int.from_bytes(sign.encode(), "big") for sign in signs])

    def before(self, place: Integers, kind: Flags) -> Integers:
        """Returns how many signs of a kind stand in a row before each place, ``_RUN`` and one at most."""
        count, alive = np.zeros(len(place), np.int64), np.ones(len(place), bool)
        for back in range(1, _RUN + 2):
            alive &= kind[np.maximum(place - back * SIGN, 0)] & (place >= back * SIGN)
            count += alive
        return count


def cuts(block: Block, lexicon: Lexicon) -> Integers:
    """Returns the bytes at which a token begins although no space or mark stands there."""
    buffer = block.buffer
    leads = np.zeros(0, np.int64) if block.ascii else np.flatnonzero((buffer >= UNSPACED[0]) & (buffer <= UNSPACED[1]))
    if not len(leads):
        return leads
    signs = _Signs(buffer, _at(buffer, leads, _is_han(buffer, leads)), _at(buffer, leads, buffer[leads] >= _HANGUL))
    ends = np.append(leads, len(buffer))
    found = []
    for length in range(1, _LONGEST + 1):
        at = np.flatnonzero(ends[np.minimum(np.arange(len(leads)) + length - 1, len(leads))] == leads + (length - 1) * SIGN)
        places = leads[at]
        kinds = lexicon.words.find(keys(buffer, places, places + length * SIGN))
        for kind, name_before in _HONORIFICS:
            here = places[lexicon.having(kind)[kinds]]
            if not len(here):
                continue
            size = name_before(signs, here, here + length * SIGN, lexicon) * SIGN
            some = size > 0
            found += [here[some] - size[some], here[some], here[some] + length * SIGN]
    return np.unique(np.concatenate(found)) if found else leads[:0]


def _japanese(signs: _Signs, place: Integers, end: Integers, lexicon: Lexicon) -> Integers:
    """Returns how many signs before each honorific are a name, 0 for none: a run that begins with a family name, or looks so."""
    run = signs.before(place, signs.han)
    listed = np.zeros(len(place), bool)
    for size in range(1, _FAMILY + 1):
        long = (run >= size) & (run <= _RUN) & ((size > 1) | (run == 1))
        start = np.where(long, place - run * SIGN, place)
        listed |= long & lexicon.is_of(signs.buffer, start, np.where(long, start + size * SIGN, start), "family name")
    somebody = signs.one_of(place - SIGN, _SOMEBODY) | (run == 2) & signs.one_of(place - 2 * SIGN, _RELATION)  # noqa: PLR2004
    unlisted = (run >= _UNLISTED[0]) & (run <= _UNLISTED[1]) & ~somebody & ~signs.one_of(place, _CHINESE_TOO)
    named = np.where(run == 1, listed & ~somebody, listed | unlisted)
    return np.where(named & ~signs.han[np.minimum(end, len(signs.han) - 1)], run, 0)


def _chinese(signs: _Signs, place: Integers, end: Integers, lexicon: Lexicon) -> Integers:
    """Returns how many signs before each honorific are a name, 0 for none: a family name and up to two signs after it."""
    run = signs.before(place, signs.han)
    found = np.zeros(len(place), np.int64)
    common = signs.one_of(place - SIGN, _COMMON)
    for size in (1, 2, 3):
        start = np.where(run >= size, place - size * SIGN, place)
        family = lexicon.is_of(signs.buffer, start, np.where(run >= size, start + SIGN, start), "family name")
        if size == 1:
            named = ~signs.one_of(start, _GRAMMAR)
        else:
            given = lexicon.is_of(signs.buffer, np.minimum(start + SIGN, place), place, "given name")
            named = given | signs.one_of(start, _COMMON) & ~common
        found = np.where(family & (named | (run == size)), size, found)
    japanese = _japanese(signs, place, end, lexicon)
    two = (run > 1) & lexicon.is_of(signs.buffer, place - np.minimum(run, _RUN) * SIGN,
                                    place - np.maximum(np.minimum(run, _RUN) - 2, 0) * SIGN, "family name")
    found = np.where(two & (japanese > 0), japanese, found)
    return np.where(signs.one_of(end, "们們姐"), 0, found)


def _korean(signs: _Signs, place: Integers, end: Integers, lexicon: Lexicon) -> Integers:
    """Returns how many signs before each honorific are a name, 0 for none: a family name, then up to two signs, and no more."""
    run = signs.before(place, signs.hangul)
    family = lexicon.is_of(signs.buffer, np.where(run > 0, place - run * SIGN, place),
                           np.where(run > 0, place - (run - 1) * SIGN, place), "family name")
    given = lexicon.is_of(signs.buffer, np.where(run > 1, place - (run - 1) * SIGN, place), place, "given name")
    lower = signs.one_of(place, "님")
    ends = ~signs.hangul[np.minimum(end, len(signs.hangul) - 1)] | signs.one_of(end, _PARTICLES)
    return np.where(family & (run <= _FAMILY) & ends & (given | ~lower), run, 0)


_HONORIFICS = (("Japanese honorific", _japanese), ("Chinese honorific", _chinese), ("Korean honorific", _korean))


def _is_han(buffer: Bytes, leads: Integers) -> Flags:
    first, second, third = buffer[leads], buffer[leads + 1], buffer[leads + 2]
    common = (first >= _HAN[0]) & (first <= _HAN[1])
    found: Flags = common | (first == _MORE_HAN[0]) & (second >= _MORE_HAN[1]) | (
        (first == _REPEATED[0]) & (second == _REPEATED[1]) & (third == _REPEATED[2]))
    return found


def chinese_family(buffer: Bytes, place: Integers) -> Flags:
    """Returns at which places one of the common Chinese family names stands."""
    return np.isin(_codes(buffer, place), [int.from_bytes(sign.encode(), "big") for sign in _COMMON])


def _at(buffer: Bytes, leads: Integers, chosen: Flags) -> Flags:
    found = np.zeros(len(buffer), bool)
    found[leads[chosen]] = True
    return found


def _codes(buffer: Bytes, place: Integers) -> Integers:
    """Returns the three bytes at each place as a number."""
    last = len(buffer) - 1
    first, second, third = (buffer[np.clip(place + step, 0, last)].astype(np.int64) for step in range(SIGN))
    return first << 16 | second << 8 | third
