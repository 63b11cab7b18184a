"""Whether it is worth the while to look for something in a text: quick, and never wrong about a no."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from udfs.redact_text.dates import MONTHS, Date

_NO_SIGNS = bytes(code for code in range(128) if not chr(code).isalnum())
_NOT_ASCII = re.compile("[^\0-\x7f]")
_UNDECOMPOSED = frozenset("øłđðþæœıØŁĐÐÞÆŒ")
_UNKNOWN = "\0"  # stands for a sign that folding would have to look at more closely
_SHORTEST_MONTH = 3
_MONTH_BEGINS = tuple(tuple({name[:_SHORTEST_MONTH].encode() for name in names.split()}) for names in MONTHS)


def plain_signs(text: str) -> bytes | None:
    """Returns the letters and digits of a text that fold to ASCII, in lower case and without anything between them.

    None where folding would take as long as looking: letters that Unicode does not decompose, and digits of other scripts.
    """
    if text.isascii():
        return text.encode().lower().translate(None, _NO_SIGNS)
    folded = _NOT_ASCII.sub(_folded, text)
    return None if _UNKNOWN in folded else folded.encode().lower().translate(None, _NO_SIGNS)


def _folded(match: re.Match[str]) -> str:
    return _fold_sign(match[0])


@lru_cache(maxsize=4096)
def _fold_sign(sign: str) -> str:
    if sign in _UNDECOMPOSED or sign.isdecimal():
        return _UNKNOWN
    return unicodedata.normalize("NFKD", sign.casefold()).casefold().encode("ascii", "ignore").decode()


class Needles:
    """Folded words of which one must stand among a text's signs, if any of them stands in the text with whatever between."""

    def __init__(self, words: Collection[str]) -> None:
        self._some = bool(words)
        self._ascii = all(word.isascii() for word in words)
        self._words = _shortest({word.encode() for word in words if word.isascii()})

    def may_stand_in(self, text: str, plain: bytes | None) -> bool:
        """Whether a text, of the signs ``plain`` (``plain_signs``), may hold one."""
        if plain is None or not (self._ascii or text.isascii()):
            return self._some
        return any(word in plain for word in self._words)


class DateNeedles:
    """Days of which the number, and the number or the name of the month, must stand among a text's signs."""

    def __init__(self, dates: Collection[Date]) -> None:
        self._days = {(str(day).encode(), (str(month).encode(), *_MONTH_BEGINS[month - 1])) for _, month, day in dates}

    def may_stand_in(self, plain: bytes | None) -> bool:
        """Whether a text of these signs (``plain_signs``) may name one of the days."""
        if plain is None:
            return bool(self._days)
        return any(day in plain and any(month in plain for month in months) for day, months in self._days)


def _shortest(words: set[bytes]) -> tuple[bytes, ...]:
    """Leaves out words that hold another one."""
    kept: list[bytes] = []
    for word in sorted(words, key=lambda word: (len(word), word)):
        if not any(short in word for short in kept):
            kept.append(word)
    return tuple(kept)
