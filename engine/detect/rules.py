"""Rules: what one recognizer looks for, in a form that can be run over a whole buffer.

Two facts about a regular expression are read off its text, each conservatively, so that the fast road gives exactly
what the pattern gives on each value alone:

* *separable*: it can neither consume NUL nor tell NUL from the end of the text. Values joined by NUL are then
  searched in one call.
* *spaceless*: the same of white space. Then words are searched, each distinct word once, not values.

And ``superset`` gives an RE2 expression that matches wherever the pattern does, for Arrow's filter.
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
_SPACE = re.compile(r"\s|[^\\\[0-9A-Za-z]-[^\]]")
_OPEN_ENDED = {".", "^", "$"}
_BEYOND_ASCII = r"\x{80}-\x{10FFFF}"
_INSIDE = {r"\d": "0-9", r"\w": "0-9A-Za-z_", r"\s": r"\t\n\v\f\r \x1c-\x1f",
           r"\p{L}": "A-Za-z", r"\p{Lu}": "A-Z", r"\p{Ll}": "a-z"}


@dataclass(frozen=True)
class Rule:
    """One pattern of one recognizer. Compiled when first used: most rules wait for a context word that never comes.

    Attributes:
        recognizer: Who claims.
        entity_type: What is claimed.
        written: The pattern as written for the module ``regex``.
        flags: Its flags.
        claim: Match → start, end and score; None where a checksum or another test says no.
        context: Words that make the claim likelier when they stand before it or in the column's name.
        needs_context: The claim counts only with such a word: too many other things look like it.
    """

    recognizer: str
    entity_type: str
    written: str
    flags: int
    claim: Callable[[Any], Claim | None]
    context: tuple[str, ...] = ()
    needs_context: bool = False

    @functools.cached_property
    def pattern(self) -> Any:  # noqa: ANN401 - a pattern of the module regex
        """The compiled pattern."""
        return regex.compile(self.written, self.flags)

    @functools.cached_property
    def separable(self) -> bool:
        """Whether values joined by NUL may be searched together."""
        return separable(self.written)

    @functools.cached_property
    def spaceless(self) -> bool:
        """Whether words may be searched instead of values."""
        return spaceless(self.written)

    @functools.cached_property
    def filter(self) -> str | None:
        """RE2 expression that matches every text that the pattern matches; None where there is none."""
        return superset(self.written, self.flags)


@dataclass(frozen=True)
class Search:
    """A recognizer that is a function of one value, such as a search for phone numbers.

    Attributes:
        recognizer: Who claims.
        entity_type: What is claimed.
        find: Value → claims.
        context: As for a rule.
        needs_context: As for a rule.
        filter: As for a rule.
    """

    recognizer: str
    entity_type: str
    find: Callable[[str], Iterable[Claim]]
    context: tuple[str, ...]
    needs_context: bool
    filter: str | None


def separable(written: str) -> bool:
    """Whether the pattern treats NUL as it treats the ends of the text, and never consumes it."""
    return not any(map(_meets_nul, set(_TOKEN.findall(written))))


def spaceless(written: str) -> bool:
    """Whether the pattern treats white space as it treats the ends of the text, and never consumes it."""
    return not any(map(_meets_space, set(_TOKEN.findall(written))))


def _meets_nul(part: str) -> bool:
    return part in _OPEN_ENDED or part[:2] == "[^" or bool(_escapes(part) & set("SDWBAZzGpPNRXKx0u"))


def _meets_space(part: str) -> bool:
    escapes = _escapes(part)
    if part[:2] == "[^":
        return "s" not in escapes or bool(escapes & set("SDWpP"))
    return part in _OPEN_ENDED or bool(escapes & set("sDWBAZzGpPNRXKx0utnrvfh ")) or _SPACE.search(part) is not None


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
