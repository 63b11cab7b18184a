"""Characters as they read: the invisible dropped, compatible forms folded, any script's digits in ASCII.

Sources: UAX #44 (``Default_Ignorable_Code_Point``, general categories), UAX #15 (NFKC; at most 30 marks on a character, as in
its Stream-Safe Text Format, since sorting more takes quadratic time).
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator

import regex

from engine.detect.view.reading import Edit, Reading

_IGNORABLE = regex.compile(
    "[\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")
"""Default_Ignorable_Code_Point of Unicode 14, and the marks of interlinear annotation (U+FFF9 to U+FFFB)."""

_FOLLOWER = regex.compile(r"[\p{M}\u1161-\u1175\u11a8-\u11c2]")
"""What can combine with the character before it: marks, and vowels and final consonants of Hangul."""

_MARKS_ON_SIGNS = regex.compile(r"(?<=[0-9@+\-._/])\p{Mn}+")
_MOST_MARKS = 30
_OVERLAY = 1
_LINE_BREAKS = frozenset("\u0085\u2028\u2029")
_MINUS = "\u2212"
_BLANK = "\u2800"
_ORDINALS = frozenset("ªº")


def read_characters(reading: Reading) -> Reading:
    """Folds characters; ASCII stays as it is."""
    if reading.text.isascii():
        return reading
    reading = reading.without([one for one in reading.unusual if invisible(one)])
    reading = reading.rewritten({one: plain for one in reading.unusual if len(plain := folded(one)) == 1 and plain != one})
    reading = reading.edited(list(_clusters(reading)))
    if any(unicodedata.category(one) == "Mn" for one in reading.unusual):
        reading = reading.edited([(*match.span(), "") for match in _MARKS_ON_SIGNS.finditer(reading.text)])
    return reading


@functools.lru_cache(maxsize=1 << 14)
def invisible(one: str) -> bool:
    """Whether a character shows nothing, or only strikes through or encloses the one before it."""
    return bool(_IGNORABLE.match(one)) or unicodedata.category(one) == "Me" or unicodedata.combining(one) == _OVERLAY


@functools.lru_cache(maxsize=1 << 14)
def kept(one: str) -> bool:
    """Whether a character stays although NFKC knows another form.

    ``´`` would become a space and a mark, and cut ``O´Brien`` in two; ``nº`` would become a word.
    """
    form = unicodedata.normalize("NFKC", one)
    return one in _ORDINALS or (len(form) > 1 and form.startswith(" "))


@functools.lru_cache(maxsize=1 << 14)
def folded(one: str) -> str:
    """Returns how a character reads on its own."""
    return one if kept(one) else "".join(map(_plain, unicodedata.normalize("NFKC", one)))


def changes(one: str) -> bool:
    """Whether a character may read otherwise than it is written, alone or with the one before it."""
    return invisible(one) or folded(one) != one or _FOLLOWER.match(one) is not None


@functools.lru_cache(maxsize=1 << 14)
def _plain(one: str) -> str:
    if one.isascii():
        return one
    digit = unicodedata.digit(one, None)
    if digit is not None:
        return str(digit)
    kind = unicodedata.category(one)
    if kind == "Pd" or one == _MINUS:
        return "-"
    if kind == "Zs" or one == _BLANK:
        return " "
    return "\n" if one in _LINE_BREAKS else one


def _clusters(reading: Reading) -> Iterator[Edit]:
    """Yields what does not fold one for one: characters with what combines with them, and those that become several."""
    followers = "".join(one for one in reading.unusual if _FOLLOWER.match(one))
    several = "".join(one for one in reading.unusual if len(folded(one)) > 1)
    if not followers and not several:
        return
    # A NUL is no base: between values it is where one ends.
    alternatives = [rf"[^{followers}\0]?[{followers}]{{1,{_MOST_MARKS}}}"] * bool(followers)
    alternatives += [rf"[{regex.escape(several)}]"] * bool(several)
    for match in regex.finditer("|".join(alternatives), reading.text):
        form = _form(match.group())
        if form != match.group():
            yield *match.span(), form


@functools.lru_cache(maxsize=1 << 14)
def _form(cluster: str) -> str:
    return cluster if any(map(kept, cluster)) else "".join(map(_plain, unicodedata.normalize("NFKC", cluster)))
