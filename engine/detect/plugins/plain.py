"""Which regular expressions of users may be searched through a filter, and joined.

``rules.py`` reads two facts off a pattern's text: a superset of it in RE2's dialect, and whether NUL is to it what the
ends of a text are. It reads what Presidio's patterns are made of. The module ``regex`` knows more: flags inside a pattern, sets
in sets, fuzzy matches, calls of groups. So a user's pattern goes that way only if every part of it is known here; any other is
searched as it is, one value at a time.
"""

from __future__ import annotations

import functools
import re

import regex

from engine.detect.plugins.rules import Rule, superset

_FLAGS = regex.IGNORECASE | regex.MULTILINE | regex.DOTALL | regex.UNICODE | regex.ASCII | regex.VERSION0
_PART = re.compile(r"""
    (?P<look>\(\?<?[=!])
  | (?P<back>\\[1-9](?![0-9])|\(\?P=[A-Za-z_]\w*\))
  | (?P<open>\((?:\?(?::|i:|P?<[A-Za-z_]\w*>))?(?!\?))
  | (?P<close>\))
  | (?P<repeat>(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})[?+]?)
  | (?P<anchor>\^|\$|\\[bBAZ])
  | (?P<set>\[\^?\]?(?:\\(?:[dDsSwWtnrfv]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[^0-9A-Za-z\s])|[^\\\[\]\x00])*\])
  | (?P<atom>\\(?:[dDsSwWtnrfv]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|p\{L[ul]?\}|[^0-9A-Za-z])|[^\\\[(){}*+?^$\x00])
""", re.VERBOSE)
_AMBIGUOUS_SET = re.compile(r"--|&&|\|\||~~")
"""Operators between sets, in the newer syntax of the module regex."""

_OTHER_LETTER = "[ski]"
"""What a letter beyond ASCII may fold to, beside others beyond ASCII (which ``superset`` adds): ſ to s, K to k, ı to i."""


@functools.lru_cache(maxsize=4096)
def plain(written: str, flags: int) -> bool:
    """Whether a pattern that compiles is made of known parts alone."""
    if flags & ~_FLAGS:
        return False
    looks: list[bool] = []
    at, asserted = 0, False
    while at < len(written):
        part = _PART.match(written, at)
        if part is None or (asserted and part.lastgroup == "repeat"):
            return False
        if part.lastgroup == "set" and _AMBIGUOUS_SET.search(part.group()):
            return False
        if part.lastgroup in {"look", "open"}:
            looks.append(part.lastgroup == "look")
        asserted = part.lastgroup == "anchor" or (part.lastgroup == "close" and looks.pop())
        at = part.end()
    return not looks


def filter_of(rule: Rule) -> str | None:
    """Returns an RE2 expression that matches every text that the rule's pattern matches; None where none is known."""
    if not plain(rule.written, rule.flags):
        return None
    parts = ((str(part.lastgroup), part.group()) for part in _PART.finditer(rule.written))
    folds = bool(rule.flags & regex.IGNORECASE)
    return superset("".join(_loosened(kind, text, folds=folds) for kind, text in parts), rule.flags)


def _loosened(kind: str, text: str, *, folds: bool) -> str:
    """Returns a part of a pattern, or one that matches no less and that RE2 can read."""
    if kind == "back":
        return r"(?:\1)"  # so that it can be repeated once more
    if kind == "repeat" and len(text) > 1 and text[-1] == "+":
        return text[:-1]  # what matches without giving back matches with it
    if folds and not text.isascii():
        return f"(?:{text}|{_OTHER_LETTER})" if kind == "set" else _OTHER_LETTER
    return text


def joins(rule: Rule) -> bool:
    """Whether values joined by NUL may be searched together."""
    return plain(rule.written, rule.flags) and rule.separable


_LEADING = re.compile(r"\(\?([aimsu]+)\)")
_LETTERS = {"a": regex.ASCII, "i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "u": regex.UNICODE}


def flags_apart(written: str, flags: int) -> tuple[str, int]:
    """Returns a pattern without the flags that it begins with, and its flags: ``(?i)a`` → ``a``, with IGNORECASE."""
    while found := _LEADING.match(written):
        for letter in found.group(1):
            flags |= _LETTERS[letter]
        written = written[found.end():]
    return written, flags
