"""What is known of a token beside what it is itself: where it stands, and in what company."""

from __future__ import annotations

import numpy as np

from engine.detect.block import Bytes, Flags, Integers
from engine.detect.names.announced import announced
from engine.detect.names.flags import SMALL, after, before, shaped, with_capital
from engine.detect.names.lexicon import Lexicon
from engine.detect.names.tokens import SHAPE, Tokens, pair

FACTS = ("words that name a place together", "known to the row", "named elsewhere in the text", "short line", "short text",
         "line that begins with a number", "a street and its number", "a region's code before a postal code",
         "after an honorific title", "joined to a mark of code", "part of a code", "a word that is the whole text",
         "an everyday word in small letters", "below a line that begins with a number or a street", "announced as a name",
         "in a column of names")
"""Facts, a bit for each."""

KNOWN, ELSEWHERE, ALONE, PLAIN, ANNOUNCED, COLUMN = 1, 2, 11, 12, 14, 15
"""Bits of the facts that the caller adds, asks for, or takes away: where a column's name says that it holds names, and of words
that the row knows."""

_PAIR, _SHORT_LINE, _SHORT_TEXT, _NUMBERED, _STREET, _REGION, _TITLED, _JOINED, _CODE, _BELOW = 0, 3, 4, 5, 6, 7, 8, 9, 10, 13
_BEFORE_CODE, _AFTER_CODE = (np.isin(np.arange(256), [ord(mark) for mark in marks]) for marks in ("_=[{$%<|", "_=[({}|"))
_LINE_TOKENS, _TEXT_TOKENS, _STREET_WORDS, _BLOCK_LINES = 6, 4, 4, 4


def facts_of(tokens: Tokens, buffer: Bytes, classes: Integers, lexicon: Lexicon) -> Integers:
    """Returns the facts of each token, as bits."""
    found = np.zeros(len(tokens.shape), np.int64)
    both = np.flatnonzero((lexicon.having("part of a place name")[classes] & tokens.word)[:-1] & tokens.word[1:])
    together = both[lexicon.pairs.find(pair(tokens.key[both], tokens.key[both + 1])) > 0]
    found[together] |= 1 << _PAIR
    found[together + 1] |= 1 << _PAIR
    inside, joins = tokens.shape < SHAPE["line end"], _joins(tokens)
    for bit, of, most in ((_SHORT_LINE, tokens.line, _LINE_TOKENS), (_SHORT_TEXT, tokens.value, _TEXT_TOKENS)):
        size = np.bincount(of) - np.bincount(of[~inside])  # every line and every value has an end
        found |= ((size <= most)[of] & inside).astype(np.int64) << bit
    streets = _streets(tokens, classes, lexicon)
    told = announced(tokens, buffer, classes, lexicon, streets)
    for bit, flags in ((_NUMBERED, _numbered(tokens, inside)), (_STREET, streets), (_BELOW, _below(tokens, inside, streets)),
                       (_REGION, _regions(tokens)), (_TITLED, _titled(tokens, honorific(lexicon)[classes])),
                       (_JOINED, _joined(tokens, buffer)), (_CODE, _codes(tokens, joins, lexicon.having("month")[classes])),
                       (PLAIN, shaped(tokens, SMALL) & everyday(lexicon)[classes] & ~told), (ANNOUNCED, told),
                       (ALONE, _alone(tokens, joins, inside) & ~plain_names(lexicon)[classes] & ~told)):
        found |= flags.astype(np.int64) << bit
    return found


def _numbered(tokens: Tokens, inside: Flags) -> Flags:
    """Which tokens stand in a line that begins with a number."""
    begins = np.flatnonzero(inside & np.concatenate(([True], ~inside[:-1])))
    lines = np.zeros(int(tokens.line[-1]) + 1 if len(tokens.line) else 0, bool)
    lines[tokens.line[begins]] = shaped(tokens, _HOUSE)[begins]
    return lines[tokens.line] & inside


def _below(tokens: Tokens, inside: Flags, streets: Flags) -> Flags:
    """Which tokens stand up to four lines below a line that begins with a house's number or a street, but for marks.

    Those are lines of an address of which each says a thing of its own. Where a colon announces the address it is one.
    """
    content = np.flatnonzero(tokens.shape < SHAPE["."])
    begins = content[np.flatnonzero(np.diff(tokens.line[content], prepend=-1))]
    last = np.flatnonzero(np.diff(tokens.line, append=-1))
    reach = np.zeros(len(last), bool)
    reach[tokens.line[begins]] = shaped(tokens, _HOUSE)[begins] | streets[begins]
    reach[1:] &= (tokens.shape[last[:-1] - 1] != SHAPE[":"]) | (tokens.shape[last[:-1]] == SHAPE["end"])
    goes_on = tokens.shape[last] == SHAPE["line end"]
    found = np.zeros(len(last), bool)
    for _ in range(_BLOCK_LINES):
        reach = after(reach & goes_on)
        found |= reach
    return found[tokens.line] & inside


def _streets(tokens: Tokens, classes: Integers, lexicon: Lexicon) -> Flags:
    """Which tokens are part of a number, one to four words, and a word for a street; or such a word, words, and a number."""
    number, joins = shaped(tokens, _HOUSE), tokens.word | shaped(tokens, (".", "joining '", "joining -", "digits then letters"))
    last = lexicon.having("street word", "like a street")[classes] & tokens.word
    first = lexicon.having("street head", "like a street")[classes] & tokens.word
    comma = tokens.shape == SHAPE[","]
    change = np.zeros(len(number) + 1, np.int64)
    for begins, between, ends in ((number, joins, last), (first, joins | comma, number)):
        reach = begins[:-1]
        for length in range(1, _STREET_WORDS + 2):
            at = np.flatnonzero(reach & ends[length:])
            np.add.at(change, at, 1)
            np.add.at(change, at + length + 1, -1)
            reach = (reach & between[length:])[:-1]
    return np.cumsum(change)[:-1] > 0


def honorific(lexicon: Lexicon) -> Flags:
    """Returns which classes are of titles that stand before names and are nothing else."""
    return lexicon.having("title") & ~lexicon.having("job", "given name", "family name")


def plain_names(lexicon: Lexicon) -> Flags:
    """Returns which classes are of given names of many countries that are no word and no place."""
    return lexicon.having("name in many countries") & ~lexicon.having(*_NO_PERSON)


def everyday(lexicon: Lexicon) -> Flags:
    """Returns which classes are of words of everyday language that are no name, or hardly one, and no part of one."""
    words = lexicon.having("English word", "common word")
    return words & ~(lexicon.having("given name", "family name") & ~lexicon.having("hardly a name") | lexicon.having(*_NAMING))


def _titled(tokens: Tokens, titles: Flags) -> Flags:
    """Which words with a capital stand after a title, with or without a full stop."""
    titles = titles & tokens.word & shaped(tokens, ("capitalized", "capitalized first", "capitals", "capitals among capitals"))
    return after(titles | after(titles) & (tokens.shape == SHAPE["."])) & with_capital(tokens) & ~titles


def _joined(tokens: Tokens, buffer: Bytes) -> Flags:
    """Which words stand, without a space, before or after a mark that programs and paths have there."""
    first = buffer[tokens.start - 1]
    small = tokens.shape <= SHAPE["lower among lower"]
    before = (_BEFORE_CODE[first] | (first == ord(".")) & small) & (tokens.start > 0)
    joined: Flags = tokens.word & (before | _AFTER_CODE[buffer[np.minimum(tokens.end, len(buffer) - 1)]])
    return joined


def _regions(tokens: Tokens) -> Flags:
    """Which tokens are two capitals before five digits, or these."""
    at = np.flatnonzero((tokens.shape[:-1] == SHAPE["capitals"]) & (tokens.end - tokens.start == 2)[:-1]  # noqa: PLR2004 - two letters
                        & (tokens.shape[1:] == SHAPE["5 digits"]))
    found = np.zeros(len(tokens.shape), bool)
    found[at] = found[at + 1] = True
    return found


def _codes(tokens: Tokens, joins: Flags, month: Flags) -> Flags:
    """Which tokens are part of a code: numbers and capitals that stand together without a space, as in ``AB-1234-XYZ``.

    A country or a region before a postal code (``SE-12345``) is none, nor is a date with its month in letters.
    """
    apart = shaped(tokens, _PARTING)
    linked = joins & ~apart
    linked[1:] &= ~apart[:-1]
    places = np.flatnonzero(linked | before(linked))
    some, chunk = tokens.those(places), np.cumsum(~linked[places])
    capitals, length = shaped(some, ("capitals", "capitals among capitals")), some.end - some.start
    letters = shaped(some, ("letters then digits", "mixed case")) | capitals & (length > 1)
    number = shaped(some, (*_HOUSE, "6 digits or more", "letters then digits"))
    size = np.bincount(chunk)
    has_letters, has_number, has_month = (np.bincount(chunk, flags) > 0 for flags in (letters, number, month[places] & some.word))
    has_letters |= np.bincount(chunk, shaped(some, ("capital letter",))) > 1
    code = (size > 2) & has_letters & has_number & ~has_month  # noqa: PLR2004 - two, and what joins them
    first = np.flatnonzero((capitals & (length <= _COUNTRY))[:-2] & shaped(some, ("year", "4 digits", "5 digits"))[2:])
    code[chunk[first[(size[chunk[first]] == 3) & (chunk[first] == chunk[first + 2])]]] = False  # noqa: PLR2004 - just these
    found = np.zeros(len(joins), bool)
    found[places] = code[chunk]
    return found


def _alone(tokens: Tokens, joins: Flags, inside: Flags) -> Flags:
    """Which tokens stand in a value in which there is no space, comma, colon or bracket."""
    several = np.bincount(tokens.value, inside & ~joins | shaped(tokens, (",", ";", ":", "(", ")")))
    return (several <= 1)[tokens.value] & inside


def _joins(tokens: Tokens) -> Flags:
    """Which tokens follow another of their value without a space."""
    joins = np.zeros(len(tokens.start), bool)
    joins[1:] = (tokens.start[1:] == tokens.end[:-1]) & (tokens.value[1:] == tokens.value[:-1])
    return joins


_PARTING = (*",;:.()?!*", '"', "'", "joining '", "line end", "empty line", "end")
"""Marks that stand between codes rather than in them."""

_NO_PERSON = ("English word", "common word", "city", "region", "country", "country in another language", "well-known place",
              "month", "weekday", "demonym")
"""Kinds of words that a given name in a cell of its own may mean instead."""

_NAMING = ("name particle", "title")
"""Kinds of words that can stand with a person's name in small letters."""

_COUNTRY = 3
"""Letters of a country's or a region's code."""

_HOUSE = ("1 digit", "2 digits", "3 digits", "year", "4 digits", "5 digits", "digits then letters")
