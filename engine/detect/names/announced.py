"""Which words are announced as somebody's name: by a title of courtesy, a form's label, an honorific, their column's name."""

from __future__ import annotations

import functools

import numpy as np

from engine.detect.block import Bytes, Flags, Integers
from engine.detect.names.flags import SMALL, after, before, shaped, with_capital
from engine.detect.names.lexicon import Lexicon
from engine.detect.names.tokens import SHAPE, Tokens
from engine.detect.names.unspaced import SIGN

_CELL_WORDS, _LABELLED_WORDS, _PARTICLES = 6, 8, 3
_LATIN_AGAIN, _CASELESS, _UNSPACED = 0xE1, 0xD7, (0xE3, 0xED)
"""First bytes in UTF-8: of Latin letters that come late; from which on scripts know no capitals; of Chinese, Japanese, Korean."""

_LONGEST_FAMILY, _SHORTEST_NAME, _LONGEST_NAME = 3, 3, 6
"""Signs of a family name in such a script, at most; of a whole name that is one without being announced; of any name."""


def announced(tokens: Tokens, buffer: Bytes, classes: Integers, lexicon: Lexicon, streets: Flags) -> Flags:
    """Returns which words are announced as a name by what stands beside them.

    Args:
        tokens: The tokens.
        buffer: Their bytes.
        classes: Class of each.
        lexicon: The lexicon.
        streets: Which tokens are part of a street: *12 Elm Dr Springfield* has no doctor.
    """
    beside = _after_courtesy(tokens, buffer, classes, lexicon, streets) | _labelled(tokens, buffer, classes, lexicon)
    return beside | _honoured(tokens, buffer, classes, lexicon)


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
    found: Flags = fits[tokens.value] & tokens.word
    return found


def unspaced(tokens: Tokens, buffer: Bytes) -> Flags:
    """Returns which words are written in a script that puts no spaces between words: Chinese, Japanese, Korean."""
    first = buffer[tokens.start]
    return tokens.word & (first >= _UNSPACED[0]) & (first <= _UNSPACED[1])


def _after_courtesy(tokens: Tokens, buffer: Bytes, classes: Integers, lexicon: Lexicon, streets: Flags) -> Flags:
    """Which words stand after a title of courtesy, with or without a full stop, or after particles that do (*Frau von Stein*)."""
    kinds = functools.partial(_of_kind, tokens, classes, lexicon)
    title, stop, long = kinds("courtesy"), before(tokens.shape == SHAPE["."]), tokens.end - tokens.start > 2  # noqa: PLR2004
    small, joined = shaped(tokens, SMALL), after(shaped(tokens, ("joining -",)))
    written = (stop | long | joined) & ~(small & kinds("English word")) | shaped(tokens, ("capitalized", "capitalized first"))
    foreign = stop & (tokens.end - tokens.start > 1)
    title &= written & (~shaped(tokens, ("letter",)) | foreign | joined) & ~(streets & after(with_capital(tokens)))
    beside = after(title & ~stop) | after(after(title & stop))
    for _ in range(_PARTICLES):
        beside |= after(beside & small & kinds("name particle"))
    street = kinds("street word", "like a street") & ~kinds("given name", "family name")
    return beside & _name_like(tokens, buffer, classes, lexicon) & ~street & ~kinds("courtesy")


def _labelled(tokens: Tokens, buffer: Bytes, classes: Integers, lexicon: Lexicon) -> Flags:
    """Which words stand after a label of names and a colon, up to the next label: ``Nom: DUPONT Prénom: Marie``.

    *Name* by itself counts where a line or a mark stands before it, and no everyday word after it, or where it is somebody's
    (*patient name*); a *file name* is nobody.
    """
    kinds = functools.partial(_of_kind, tokens, classes, lexicon)
    colon, whose = before(tokens.shape == SHAPE[":"]), kinds("part of a label", "kinship")
    plain = kinds("plain label")
    owned = plain & after(whose | after(shaped(tokens, ("joining '",)) & after(whose)))
    among = np.isin(tokens.line, tokens.line[kinds("name label") & colon])
    bare = plain & (~after(tokens.word) | among) & with_capital(tokens)
    tail = kinds("end of a label") & (after(owned | bare) | after(after(owned | bare)))
    sure, bare = (kinds("name label") | owned | tail) & colon, bare & colon
    if not (sure | bare).any():
        return sure
    part = sure | plain | whose & before(plain) | colon
    value = _name_like(tokens, buffer, classes, lexicon) & ~part
    goes_on = value | ~part & (kinds("name particle", "courtesy") | shaped(tokens, (".", "-", "joining -", "joining '")))
    telling = value & ~(kinds("English word", "common word") & ~kinds("given name", "family name"))
    comma, found = tokens.shape == SHAPE[","], np.zeros(len(plain), bool)
    for label, those in ((sure, value), (bare, telling)):
        reach = after(after(label))
        for step in range(_LABELLED_WORDS):
            found |= reach & those
            reach = after(reach & (goes_on | comma & (step == 1)))
    return found


def _honoured(tokens: Tokens, buffer: Bytes, classes: Integers, lexicon: Lexicon) -> Flags:
    """Which words of scripts without spaces stand before an honorific, or are a family name and a given name."""
    script = unspaced(tokens, buffer)
    found = np.zeros(len(script), bool)
    if not script.any():
        return found
    honorific = _of_kind(tokens, classes, lexicon, "Japanese honorific", "Chinese honorific", "Korean honorific")
    size = tokens.end - tokens.start
    short = size <= _LONGEST_NAME * SIGN
    found |= script & short & ~honorific & before(honorific)
    family, given = (script & _of_kind(tokens, classes, lexicon, kind) for kind in ("family name", "given name"))
    lone = (np.bincount(tokens.value, tokens.shape != SHAPE["end"]) == 2)[tokens.value]  # noqa: PLR2004 - both, and nothing else
    both = family & ~honorific & before((given | script & short & lone) & ~honorific)
    found |= both | after(both)
    whole = np.flatnonzero(script & (size >= _SHORTEST_NAME * SIGN) & (size <= _LONGEST_NAME * SIGN))
    start, end = tokens.start[whole], tokens.end[whole]
    for length in range(1, _LONGEST_FAMILY + 1):
        cut = np.minimum(start + length * SIGN, end)
        found[whole] |= lexicon.is_of(buffer, start, cut, "family name") & lexicon.is_of(buffer, cut, end, "given name")
    return found


def _name_like(tokens: Tokens, buffer: Bytes, classes: Integers, lexicon: Lexicon) -> Flags:
    """Which words have a capital, or are of a script without; and are not what somebody is: *Mr. Speaker*."""
    first, second = buffer[tokens.start], buffer[np.minimum(tokens.start + 1, len(buffer) - 1)]
    caseless = (first >= _CASELESS) & ((first != _LATIN_AGAIN) | (second < 0xB8))  # noqa: PLR2004 - U+1E00 and on
    what = _of_kind(tokens, classes, lexicon, "title", "role", "job", "job ending word", "no name")
    what &= ~_of_kind(tokens, classes, lexicon, "given name", "family name")
    found: Flags = (with_capital(tokens) | caseless & tokens.word) & ~what
    return found


def _of_kind(tokens: Tokens, classes: Integers, lexicon: Lexicon, *kinds: str) -> Flags:
    """Which words are of some kinds."""
    found: Flags = lexicon.having(*kinds)[classes] & tokens.word
    return found
