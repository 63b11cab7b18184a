"""Context words: they stand before a claim, or in its column's name, and make it likelier.

Simpler than Presidio's enhancer, which compares lemmas of a language model: here words are compared as written, whole,
in lower case, with or without a plural s. Boost, floor and the number of words are those of its defaults (0.35, 0.4, 5).
"""

from __future__ import annotations

import functools
from typing import Any

import regex

from engine.detect.config import ContextSettings

_CAMEL = regex.compile(r"(?<=[\p{Ll}0-9])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|[^\p{L}0-9]+")
_REACH = 120
"""Characters before a claim that are looked at for words."""


def header_words(path: str) -> str:
    """Returns a column's name as words: ``patient.homePhone_no`` → ``patient home phone no``."""
    return " ".join(part.lower() for part in _CAMEL.split(path) if part)


@functools.lru_cache(maxsize=1024)
def expression(context: tuple[str, ...]) -> str:
    """Returns an RE2 expression for texts that may hold a context word."""
    return "(?i)" + "|".join(sorted({_letters_only(word) for word in context}))


def _letters_only(word: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "(?s:.)" for letter in word.lower())


@functools.lru_cache(maxsize=1024)
def _pattern(context: tuple[str, ...]) -> Any:  # noqa: ANN401 - a pattern of the module regex
    words = sorted((regex.escape(word) for word in context), key=len, reverse=True)
    return regex.compile(rf"(?<!\w)(?:{'|'.join(words)})s?(?!\w)", regex.IGNORECASE)


def stands_in(context: tuple[str, ...], text: str) -> bool:
    """Whether one of the context words stands in a text."""
    return bool(context) and bool(text) and _pattern(context).search(text) is not None


def before(text: str, start: int, words: int) -> str:
    """Returns the last ``words`` words before place ``start``, as one string."""
    return " ".join(text[max(0, start - _REACH):start].split()[-words:]) if words else ""


def raised(score: float, settings: ContextSettings) -> float:
    """Returns the score of a claim with a context word."""
    return min(1.0, max(score + settings.boost, settings.floor))
