"""What the evidence gets wrong because it looks at one word beside the next: labels that rules take away, or give."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from engine.detect.block import Block, Bytes, Flags, Integers
from engine.detect.names.chain import Evidence
from engine.detect.names.flags import CAPITALS, SMALL, after, before, shaped
from engine.detect.names.identifiers import labels_of_identifiers
from engine.detect.names.lexicon import Lexicon
from engine.detect.names.spans import ADDRESS, PERSON, PLACE, near
from engine.detect.names.tokens import SHAPE, UNSPACED, Keys, Tokens, tokens_of
from engine.detect.names.unspaced import SIGN, chinese_family

_POLITE = ("bitte", "danke")
"""German words that begin a sentence before somebody's name, and are hardly one."""

_COURTESY, _TOWARDS = ("herrn",), ("an", "für", "von", "bei", "mit", "zu")
"""A title of courtesy that is no word of its own in the lists; and words that stand before one, and are no part of the name."""

_PRODUCTS = ("ean", "gtin", "upc", "isbn", "issn", "sku", "pzn", "asin")
"""Names of numbers that products have (GS1, ISO 2108, ISO 3297): some are names, and all stand before a long number."""

_ROADS = ("street", "st", "avenue", "ave", "road", "rd", "boulevard", "blvd", "lane", "ln")
"""Words that make a line of a number and some words with capitals an address without more; a *drive* may be a computer's."""

_SUBJECTS = ("患者", "病人", "病患", "客户", "客戶", "顾客", "顧客", "学生", "員工", "员工", "会員", "会员", "本人", "当事人")
"""What somebody is, in Chinese or Japanese, as the label of a form."""

_HOUSE = ("1 digit", "2 digits", "3 digits", "year", "4 digits", "5 digits", "digits then letters")
_LETTERS = ("capital letter", "letter")
_LONG_NUMBERS = ("6 digits or more", "letters then digits")
_SIGNS, _ROAD_WORDS = (2, 4), 4
_RULED = np.float32(0.6)
"""Probability of what a rule gives."""


def corrected(  # noqa: PLR0917 - what is known of the tokens
    tokens: Tokens, buffer: Bytes, words: Integers, lexicon: Lexicon, types: Sequence[str], label: Integers, most: Evidence,
) -> None:
    """Corrects labels and their probabilities in place.

    Args:
        tokens: The tokens.
        buffer: Their bytes.
        words: Class of each.
        lexicon: The lexicon.
        types: What the labels from 1 on are.
        label: Label of each token, 0 for none.
        most: Its probability.
    """
    person, place, address = (types.index(kind) + 1 for kind in (PERSON, PLACE, ADDRESS))
    label[labels_of_identifiers(tokens)] = 0
    label[shaped(tokens, ("capitalized first",)) & np.isin(tokens.key, _keys(_POLITE))] = 0
    label[np.isin(tokens.key, _keys(_PRODUCTS)) & tokens.word & before(shaped(tokens, _LONG_NUMBERS))] = 0
    courtesy = (lexicon.having("courtesy")[words] | np.isin(tokens.key, _keys(_COURTESY))) & tokens.word
    begins = (label == person) & ~after(label == person)
    label[begins & before(courtesy) & shaped(tokens, SMALL) & np.isin(tokens.key, _keys(_TOWARDS))] = 0
    label[_letters_alone(tokens, label == place)] = 0
    here = _roads(tokens, np.isin(label, [place, address]))
    label[here], most[here] = address, np.maximum(most[here], _RULED)
    label[_numbers_alone(tokens, label == address, (label == place) | (label == address))] = 0
    if buffer.max(initial=0) >= UNSPACED[0]:
        named = _subjects(tokens, buffer, lexicon)
        label[named], most[named] = person, _RULED


def _roads(tokens: Tokens, places: Flags) -> Flags:
    """Returns the tokens of a number, some words with a capital and a word for a road: the whole line, or taken for a place."""
    number, capital = shaped(tokens, _HOUSE), shaped(tokens, CAPITALS) & tokens.word
    road, inside = capital & np.isin(tokens.key, _keys(_ROADS)), tokens.shape < SHAPE["line end"]
    begins = number & ~after(inside)
    ends = ~before(inside) | before((tokens.shape == SHAPE["."]) & ~before(inside))
    sums = np.concatenate(([0], np.cumsum(places)))
    found = np.zeros(len(number), bool)
    reach = np.flatnonzero(number)
    for length in range(1, _ROAD_WORDS + 1):
        reach = reach[reach + length + 1 < len(number)]
        reach = reach[capital[reach + length]]
        at = reach[road[reach + length + 1]]
        at = at[begins[at] & ends[at + length + 1] | (sums[at + length + 2] > sums[at])]
        for step in range(length + 2):
            found[at + step] = True
    return found


def _numbers_alone(tokens: Tokens, address: Flags, places: Flags) -> Flags:
    """Returns the tokens of addresses that hold no word, with nothing of a place near: a pressure of 120/80."""
    run = np.cumsum(np.diff(address, prepend=False) != 0)
    worded = np.bincount(run, address & tokens.word) > 0
    bare = address & ~worded[run]
    found: Flags = bare & ~near(places & ~bare, tokens.value)
    return found


def _letters_alone(tokens: Tokens, place: Flags) -> Flags:
    """Returns the tokens of places with a single letter for a word (*B-5803578*), but not *U.S.*: two."""
    run = np.cumsum(np.diff(place, prepend=False) != 0)
    letter = place & shaped(tokens, _LETTERS)
    worded = np.bincount(run, place & tokens.word & ~letter) > 0
    found: Flags = place & (np.bincount(run, letter) == 1)[run] & ~worded[run]
    return found


def _subjects(tokens: Tokens, buffer: Bytes, lexicon: Lexicon) -> Integers:
    """Returns the words of two to four signs that begin with a family name, after the label of a form (*患者:王小明*)."""
    label = tokens.word & np.isin(tokens.key, _keys(_SUBJECTS))
    at = np.flatnonzero(after(after(label) & (tokens.shape == SHAPE[":"])) & tokens.word & before(~tokens.word))
    start, size = tokens.start[at], tokens.end[at] - tokens.start[at]
    fits = (buffer[start] >= UNSPACED[0]) & (size >= _SIGNS[0] * SIGN) & (size <= _SIGNS[1] * SIGN)
    at, start, end = at[fits], start[fits], tokens.end[at[fits]]
    return at[chinese_family(buffer, start) | lexicon.is_of(buffer, start, np.minimum(start + 2 * SIGN, end), "family name")]


@functools.cache
def _keys(words: tuple[str, ...]) -> Keys:
    tokens = tokens_of(Block(pa.array(words)))
    return tokens.key[tokens.word]
