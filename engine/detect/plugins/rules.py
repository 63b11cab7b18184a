"""Rules: what one recognizer looks for, in a form that can be run over a whole buffer.

A fact about a regular expression is read off its text, conservatively, so that many values at once give exactly what the pattern
gives on each value alone. It is *separable* if it can neither consume NUL nor tell NUL from the end of the text: values joined by
NUL are then searched in one call. And ``superset`` gives an RE2 expression that matches wherever the pattern does, for Arrow's
filter.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import regex

Claim = tuple[int, int, float]
"""Start, end and score."""

_TOKEN = re.compile(r"\\p\{L[ul]?\}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?<?[=!]|.", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LETTERS = re.compile(r"\\p\{L[ul]?\}")
_OPEN_ENDED = {".", "^", "$"}
_BEYOND_ASCII = r"\x{80}-\x{10FFFF}"
_INSIDE = {r"\d": "0-9", r"\w": "0-9A-Za-z_", r"\s": r"\t\n\v\f\r \x1c-\x1f",
           r"\p{L}": "A-Za-z", r"\p{Lu}": "A-Z", r"\p{Ll}": "a-z"}


@dataclass(frozen=True)
class Rule:
    """One pattern of one recognizer. Compiled when first used: most rules wait for a context word that never comes.

    Attributes:
        entity_type: What is claimed.
        written: The pattern as written for the module ``regex``.
        flags: Its flags.
        claim: Match → start, end and score; None where a checksum or another test says no.
    """

    entity_type: str
    written: str
    flags: int
    claim: Callable[[Any], Claim | None]

    @functools.cached_property
    def pattern(self) -> Any:  # noqa: ANN401 - a pattern of the module regex
        """The compiled pattern."""
        return regex.compile(self.written, self.flags)

    @functools.cached_property
    def separable(self) -> bool:
        """Whether values joined by NUL may be searched together."""
        return separable(self.written)


@dataclass(frozen=True)
class Search:
    """A recognizer that is a function of one value, such as a search for phone numbers.

    Attributes:
        entity_type: What is claimed.
        find: Value → claims.
        filter: An RE2 expression that matches every text in which it finds something; None where none is known.
    """

    entity_type: str
    find: Callable[[str], Iterable[Claim]]
    filter: str | None


def separable(written: str) -> bool:
    """Whether the pattern treats NUL as it treats the ends of the text, and never consumes it."""
    return not any(map(_meets_nul, set(_TOKEN.findall(written))))


def _meets_nul(part: str) -> bool:
    return part in _OPEN_ENDED or part[:2] == "[^" or bool(_escapes(part) & set("SDWBAZzGpPNRXKx0u"))


def _escapes(part: str) -> set[str]:
    return set(_ESCAPE.findall(_LETTERS.sub("", part)))


def superset(written: str, flags: int) -> str | None:
    """Returns an RE2 expression that finds a match in every text in which the pattern finds one, or None.

    Assertions are dropped; every character beyond ASCII counts as a letter, a digit and a space.
    """
    parts = ["(?i)" if flags & regex.IGNORECASE else ""]
    tokens = iter(_TOKEN.findall(written))
    for token in tokens:
        if token in {"(?=", "(?!", "(?<=", "(?<!"}:
            _skip_group(tokens)
        else:
            parts.append(_widened(token))
    expression = "".join(parts)
    try:
        matches_nothing = pc.match_substring_regex(pa.array([""]), expression)[0].as_py()
    except pa.ArrowInvalid:
        return None
    return None if matches_nothing else expression


def _skip_group(parts: Iterable[str]) -> None:
    depth = 1
    for part in parts:
        depth += part.startswith("(") - (part == ")")
        if depth == 0:
            return


@functools.lru_cache(maxsize=4096)
def _widened(part: str) -> str:
    if part in {"^", "$", r"\b", r"\B", r"\A", r"\Z"}:
        return ""
    if part in {".", r"\S", r"\D", r"\W"} or part[:2] == "[^":
        return "(?s:.)"
    if re.fullmatch(r"\\[1-9]", part):  # a reference back: whatever it repeats
        return "(?s:.)*"
    if part.startswith(r"\u"):
        return rf"\x{{{part[2:]}}}"
    if part in _INSIDE:
        part = f"[{part}]"
    return _widened_class(part[1:-1]) if part[0] == "[" and len(part) > 1 else part


def _widened_class(body: str) -> str:
    if body.endswith("-") and not body.endswith(r"\-"):
        body = body[:-1] + r"\-"  # it would make a range with what is appended
    for escape, members in _INSIDE.items():
        body = body.replace(escape + "-", members + r"\-").replace(escape, members)
    if re.search(r"\\[SDWpP]", body):
        return "(?s:.)"
    body = re.sub(r"\\u([0-9A-Fa-f]{4})", r"\\x{\1}", body).replace("[", r"\[")
    return f"[{body}{_BEYOND_ASCII}]"
