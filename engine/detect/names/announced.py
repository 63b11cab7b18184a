"""Which words are announced as somebody's name: by a title of courtesy, a form's label, an honorific, their column's name."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from engine.detect.block import Bytes, Flags, Integers
from engine.detect.first.phrases import repeated
from engine.detect.names.flags import CAPITALS, SMALL, shaped
from engine.detect.names.lexicon import Lexicon
from engine.detect.names.tokens import SHAPE, UNSPACED, WORD_SHAPES, Tokens
from engine.detect.names.unspaced import SIGN

_CELL_WORDS, _LABELLED_WORDS, _PARTICLES = 6, 8, 3
_LATIN_AGAIN, _CASELESS = 0xE1, 0xD7
"""First bytes in UTF-8: of Latin letters that come late; from which on scripts know no capitals."""

_NAMES = ("given name", "family name")
_OWNERS = ("part of a label", "kinship")
"""Kinds of words that say whose name a label asks for, or which: *patient name*, *first name*."""

_EVERYDAY = ("English word", "common word")
_PLACES = ("region", "country", "country in another language", "well-known place")
_LABELS = ("name label", "plain label", "end of a label")
HONORIFICS = ("Japanese honorific", "Chinese honorific", "Korean honorific")
"""Kinds of words that follow a name."""

_LONGEST_FAMILY, _SHORTEST_NAME, _LONGEST_NAME = 3, 3, 6
"""Signs of a family name in such a script, at most; of a whole name that is one without being announced; of any name."""


class _Words(NamedTuple):
    """Tokens, and questions about some of them, by their places."""

    tokens: Tokens
    buffer: Bytes
    classes: Integers
    lexicon: Lexicon

    def are(self, at: Integers, *kinds: str) -> Flags:
        """Returns which are words of some kinds."""
        flags: Flags = self.lexicon.having(*kinds)[self.classes[at]] & (self.tokens.shape[at] < len(WORD_SHAPES))
        return flags

    def have(self, at: Integers, *shapes: str) -> Flags:
        """Returns which have one of some shapes."""
        return shaped(self.tokens, shapes, at)

    def everyday(self, at: Integers) -> Flags:
        """Returns which are words of everyday language and no name."""
        return self.are(at, *_EVERYDAY) & ~self.are(at, *_NAMES)

    def name_like(self, at: Integers) -> Flags:
        """Returns which have a capital, or are of a script without; and are not what somebody is: *Mr. Speaker*."""
        start = self.tokens.start[at]
        first, second = self.buffer[start], self.buffer[np.minimum(start + 1, len(self.buffer) - 1)]
        caseless = (first >= _CASELESS) & ((first != _LATIN_AGAIN) | (second < 0xB8))  # noqa: PLR2004 - U+1E00 and on
        what = self.are(at, "title", "role", "job", "job ending word", "no name") & ~self.are(at, *_NAMES)
        found: Flags = (self.have(at, *CAPITALS) | caseless & self.have(at, *WORD_SHAPES)) & ~what
        return found


def announced(tokens: Tokens, buffer: Bytes, classes: Integers, lexicon: Lexicon, streets: Flags) -> Flags:
    """Returns which words are announced as a name by what stands beside them.

    Args:
        tokens: The tokens.
        buffer: Their bytes.
        classes: Class of each.
        lexicon: The lexicon.
        streets: Which tokens are part of a street: *12 Elm Dr Springfield* has no doctor.
    """
    words, found = _Words(tokens, buffer, classes, lexicon), np.zeros(len(tokens.shape), bool)
    telling = np.flatnonzero(_of_kind(tokens, classes, lexicon, "courtesy", *_LABELS))
    found[_after_courtesy(words, telling[words.are(telling, "courtesy")], streets)] = True
    found[_labelled(words, telling[words.have(telling + 1, ":") & words.are(telling, *_LABELS)])] = True
    found[_turned(words)] = True
    if buffer.max(initial=0) >= UNSPACED[0]:
        found[_honoured(words)] = True
    return found


def named_by_column(tokens: Tokens, classes: Integers, lexicon: Lexicon) -> Flags:
    """Returns which words are a name if their column is said to hold people: those of short values that read like nothing else.

    A value reads like something else where it has a number, a mark that names do not have, a word that stands for no name
    (*unknown*), an everyday word in small letters, a company's form, or where it is several words, all of everyday language.
    """
    kinds = functools.partial(_of_kind, tokens, classes, lexicon)
    words = kinds("English word", "common word") & ~kinds("given name", "family name")
    small = shaped(tokens, SMALL)
    name, stands = kinds("name particle", "title"), kinds("no name")
    other = tokens.shape >= SHAPE["1 digit"]
    other &= ~shaped(tokens, (".", ",", "-", "'", "(", ")", "joining -", "joining '", "end"))
    wrong = other | stands | words & small & ~name | kinds("org suffix") & ~kinds("family name", "given name", "name particle")
    count = np.bincount(tokens.value, tokens.word)
    telling = tokens.word & (tokens.end - tokens.start > 1) & ~kinds("title", "honorific")
    surprising = telling & ~words & ~kinds("org noun") | telling & (count == 1)[tokens.value]
    fits = (np.bincount(tokens.value, wrong) == 0) & (np.bincount(tokens.value, surprising) > 0) & (count <= _CELL_WORDS)
    found: Flags = fits[tokens.value] & tokens.word & ~(kinds("title") & ~kinds("given name", "family name"))
    return found


def _after_courtesy(words: _Words, at: Integers, streets: Flags) -> Integers:
    """Returns the words after titles of courtesy, with or without a full stop, or after particles (*Frau von Stein*)."""
    size = words.tokens.end[at] - words.tokens.start[at]
    stop, joined = words.have(at + 1, "."), words.have(np.maximum(at - 1, 0), "joining -")
    written = (stop | joined | (size > 2)) & ~(words.have(at, *SMALL) & words.are(at, "English word"))  # noqa: PLR2004 - mw, ms
    written |= words.have(at, "capitalized", "capitalized first")
    letter = words.have(at, "letter") & ~joined & ~(stop & (size > 1))
    street = streets[at] & words.have(np.maximum(at - 1, 0), *CAPITALS)
    good = written & ~letter & ~street
    at = at[good] + 1 + stop[good]
    for _ in range(_PARTICLES):
        at = at + (words.have(at, *SMALL) & words.are(at, "name particle"))
    road = words.are(at, "street word", "like a street") & ~words.are(at, *_NAMES)
    return at[words.name_like(at) & ~road & ~words.are(at, "courtesy")]


def _labelled(words: _Words, at: Integers) -> Integers:
    """Returns the words after labels of names that a colon follows, up to the next label: ``Nom: DUPONT Prénom: Marie``.

    *Name* by itself counts where a line or a mark stands before it, and no everyday word after it, or where it is somebody's
    (*patient name*); a *file name* is nobody.
    """
    listed = words.are(at, "name label")
    tail = words.are(at, "end of a label")
    label = at - np.where(tail & words.are(at - 1, "plain label"), 1, tail * 2)
    label = np.maximum(label, 0)
    plain, before = words.are(label, "plain label"), np.maximum(label - 1, 0)
    owner = np.where(words.have(before, "letter") & words.have(np.maximum(label - 2, 0), "joining '"), label - 3, before)
    first = (label == 0) | ~words.have(before, *WORD_SHAPES)
    owned = plain & ~first & words.are(np.maximum(owner, 0), *_OWNERS)
    among = np.isin(words.tokens.line[label], words.tokens.line[at[listed]])
    sure = listed | owned | tail & plain & (first | among)
    bare = ~sure & plain & ~tail & (first | among) & words.have(label, *CAPITALS)
    found = [_on(words, at[sure] + 2, bare=False), _on(words, at[bare] + 2, bare=True)]
    return np.concatenate(found)


def _on(words: _Words, at: Integers, *, bare: bool) -> Integers:
    """Returns the words of names that begin at some places; after a bare label none of everyday language."""
    found = []
    for step in range(_LABELLED_WORDS):
        label = words.are(at, "name label", "plain label") | words.have(np.minimum(at + 1, len(words.tokens.shape) - 1), ":")
        label |= words.are(at, *_OWNERS) & words.are(np.minimum(at + 1, len(words.tokens.shape) - 1), "plain label")
        value = words.name_like(at) & ~label
        found.append(at[value & ~words.everyday(at)] if bare else at[value])
        between = words.are(at, "name particle", "courtesy") | words.have(at, ".", "-", "joining -", "joining '")
        at = at[value | between & ~label | words.have(at, ",") & (step == 1)] + 1
    return np.concatenate(found)


def _turned(words: _Words) -> Integers:
    """Returns the words of values that are a family name, a comma and a given name: ``GARCÍA, JOSÉ``.

    Where both are places (*Paris, Victoria*), or both everyday words, it is for other evidence to tell.
    """
    tokens = words.tokens
    at = np.flatnonzero(tokens.shape == SHAPE[","])
    at = at[words.are(at - 1, "family name") & words.are(at + 1, "given name")]
    value = tokens.value[at]
    first, last = np.searchsorted(tokens.value, value), np.searchsorted(tokens.value, value, "right") - 1
    places = words.are(at - 1, *_PLACES) & words.are(at + 1, *_PLACES)
    words_alone = words.are(at - 1, *_EVERYDAY) & words.are(at + 1, *_EVERYDAY)
    capital = words.have(at - 1, *CAPITALS) & words.have(at + 1, *CAPITALS)
    some = (last - first <= _CELL_WORDS) & ~places & ~words_alone & capital
    row, within = repeated((last - first)[some])
    inside = first[some][row] + within
    names = words.have(inside, *CAPITALS) | words.are(inside, "name particle")
    fits = names | words.have(inside, "joining '", "joining -", ".")
    bad = np.unique(tokens.value[inside[~fits & ~np.isin(inside, at[some])]])
    return inside[names & ~np.isin(tokens.value[inside], bad)]


def _honoured(words: _Words) -> Integers:
    """Returns the words of scripts without spaces that stand before an honorific, or are a family name and a given name."""
    tokens, buffer = words.tokens, words.buffer
    first = buffer[tokens.start]
    at = np.flatnonzero((first >= UNSPACED[0]) & (first <= UNSPACED[1]))
    size = tokens.end[at] - tokens.start[at]
    at = at[(size <= _LONGEST_NAME * SIGN) & ~words.are(at, *HONORIFICS) & words.have(at, *WORD_SHAPES)]
    lone = (np.bincount(tokens.value[at], minlength=int(tokens.value[-1]) + 1 if len(tokens.value) else 0) == 2)  # noqa: PLR2004
    lone &= np.bincount(tokens.value, minlength=len(lone)) == 3  # noqa: PLR2004 - both names and the end
    second = at[np.isin(at - 1, at)]
    second = second[words.are(second - 1, "family name") & (words.are(second, "given name") | lone[tokens.value[second]])]
    whole = at[tokens.end[at] - tokens.start[at] >= _SHORTEST_NAME * SIGN]
    start, end = tokens.start[whole], tokens.end[whole]
    both = np.zeros(len(whole), bool)
    for length in range(1, _LONGEST_FAMILY + 1):
        cut = np.minimum(start + length * SIGN, end)
        family = words.lexicon.is_of(buffer, start, cut, "family name")
        both[family] |= words.lexicon.is_of(buffer, cut[family], end[family], "given name")
    return np.concatenate((at[words.are(at + 1, *HONORIFICS)], second - 1, second, whole[both]))


def _of_kind(tokens: Tokens, classes: Integers, lexicon: Lexicon, *kinds: str) -> Flags:
    """Which words are of some kinds."""
    found: Flags = lexicon.having(*kinds)[classes] & tokens.word
    return found
