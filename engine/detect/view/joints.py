"""Joints: places where a number, a code or an address may go on behind a line's end, or behind too much space.

The rules know no type. They say what must stand on both sides of a joint: parts of numbers and of codes in capitals, hexadecimal
groups, halves of a token that holds digits, a web address (RFC 3986) that is not at its end. Whether what goes on there is
something, its recognizer decides (``engine/detect/view/joined.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import regex

from engine.detect.view.addresses import COMMON_TOP
from engine.detect.view.reading import BREAK, Reading

_EDGE = r"(?:^|[^0-9A-Za-z])"
_SHORT = f"{_EDGE}[A-Z][A-Z]?[A-Z]?[A-Z]?"
_STOP = r"(?:[^0-9A-Za-z]|$)"
_HEX = "[0-9A-Fa-f]"
URL = r"(?:://|www\.)(?:[^\s\x00]*[./?&=#_%:\-])?"

Rules = tuple[tuple[str, str], ...]
"""What stands before a joint, and after it: regular expressions for RE2 as for ``regex``."""

_OF_BREAKS: Rules = (
    (r"[0-9][A-Z]*[\-./:]?", rf"[\-./(]?(?:[A-Z]*[0-9]|[A-Z]+{_STOP})"),
    (r"\([0-9]+\)", "[0-9]"),
    (rf"{_SHORT}[\-./:]?", "[A-Z]*[0-9]"),
    (rf"{_EDGE}{_HEX}*[0-9]{_HEX}*(?:::?|-)", rf"{_HEX}+[:\-]"),
    (rf"{_EDGE}{_HEX}+(?:::?|-)", rf"[A-Fa-f]*[0-9]{_HEX}*[:\-]"),
    (rf"[:\-]{_HEX}*[0-9]{_HEX}*[:\-]|{_HEX}*[0-9]{_HEX}*::", rf"{_HEX}+{_STOP}"),
    (rf"[:\-]{_HEX}+[:\-]|{_HEX}::", rf"[A-Fa-f]*[0-9]{_HEX}*{_STOP}"),
    (r"[0-9][A-Za-z0-9_]*[\-_.:/+=]?|[A-Za-z0-9][\-_]", "[A-Za-z_]*[0-9]"),
    (URL, "[A-Za-z0-9]"))
_OF_WIDE_SPACES: Rules = (
    (r"(?:^|[^0-9.:,_])[0-9]+\)?", r"\(?[0-9]+(?:[^0-9,]|$)"),
    ("[0-9][A-Z]*", "[A-Z]+(?:[^a-z]|$)"),
    (_SHORT, "[A-Z]?[A-Z]?[0-9]"))


def _of_sign(sign: str) -> Rules:
    """Rules for one sign with space around it: such signs come in numbers, or between groups of a certain length."""
    return (
        ("[0-9][A-Z]*", rf"[0-9A-Z]+[ \t]*{sign}[ \t]*[0-9A-Z]"),
        (rf"[0-9A-Z][ \t]*{sign}[ \t]*[A-Z]*[0-9][0-9A-Z]*", "[0-9A-Z]"),
        (_SHORT, f"[0-9]+{sign}[0-9A-Z]|[0-9]{{6}}"),
        ("(?:^|[^0-9])[0-9][0-9]", "[0-9]{6}"), ("[0-9]{6}", f"(?:[0-9]+[A-Z]?|[A-Z]){_STOP}"),
        (r"[0-9][ )][0-9]+|[\-./][0-9]{4}", "[0-9]{2}"), ("[0-9][A-Z]*", r"[0-9]{3}[\-./][0-9]"))


def _of_sign_on_one_side(sign: str) -> Rules:
    return (f"[0-9]{sign}[0-9A-Z]+", "[0-9A-Z]"), ("[0-9][A-Z]*", f"[0-9A-Z]+{sign}[0-9A-Z]")


_RULES: dict[str, tuple[str, Rules]] = {
    "\n": (BREAK, _OF_BREAKS), " ": ("[ \t]{2,4}", _OF_WIDE_SPACES),
    **{sign: (rf"[ \t]{{1,3}}{re.escape(sign)}[ \t]{{1,3}}", _of_sign(re.escape(sign))) for sign in "-./:"},
    **{f"{sign}|": (rf"(?:[ \t]{{1,3}}{sign}|{sign}[ \t]{{1,3}})", _of_sign_on_one_side(sign)) for sign in "-/"}}
"""By kind of gap (its sign; with a bar, where it has space on one side only): the gap, and its rules."""

TELLING = "|".join(f"(?:{before}){gap}(?:{after})" for gap, rules in _RULES.values() for before, after in rules)
"""Matches in every value that has a joint (RE2), and in few others."""

_COMPILED = {kind: [(regex.compile(f"(?r)(?:{before})"), re.compile(after)) for before, after in rules]
             for kind, (_, rules) in _RULES.items()}
_GAP = re.compile(
    r"(?<=[^\s\x00])(?:(?P<broken>[ \t]{0,16}\r?\n[ \t]{0,16})|(?P<before>[ \t]{1,3})(?P<sign>[\-./:])(?P<after>[ \t]{0,3})|"
    r"(?P<only>[\-/])[ \t]{1,3}|[ \t]{2,4})(?=[^\s\x00])")
_BEHIND, _AHEAD = 256, 96
"""Characters beside a gap that are looked at."""

_GOES_ON = frozenset("-./:@_=&?#%+(")
"""Signs at a line's end that nothing follows but what goes on."""

_NEW_ENTRY = re.compile(r"(?:19|20)[0-9]{2}([-/.])[0-9]{2}\1[0-9]{2}")
"""A line of a log or of a table begins with its day."""

_HALVES = 4
"""Letters and digits on each side of a token that is cut in two, if it holds letters."""
_TOKEN_BEFORE, _TOKEN_AFTER = regex.compile(f"(?r)[A-Za-z0-9_]{{{_HALVES}}}"), re.compile(f"[A-Za-z0-9_]{{{_HALVES}}}")

_IN_HOST = re.compile(r"(?:://|www\.)[^/?#\s\x00]*(?://)?\Z")
_REST_OF_HOST = re.compile(rf"[A-Za-z0-9-]+[./?:][A-Za-z0-9]|(?:{COMMON_TOP.pattern})(?![\w-])")
_REST_OF_PATH = re.compile(r"(?![0-9]+[^\w/?=&%-])[A-Za-z0-9%]*(?:[0-9]|[/?=&._~%#-][A-Za-z0-9])")
_LATE_IN_PATH = frozenset("?&=#_%-")

_NO_SPACE = re.compile(r"[^ \t\0]*")
_ROWS = 3
"""Lines of one word each that may still be parts of one number; more are a column."""


class Joint(NamedTuple):
    """A gap in a text.

    Attributes:
        start: First character of the gap.
        end: After its last.
        instead: What stands there where what is before it goes on behind it.
        doubtful: Whether what spans it has to prove that it is one.
    """

    start: int
    end: int
    instead: str
    doubtful: bool


def joints(reading: Reading) -> list[Joint]:
    """Returns the joints of all values that are read together, in order."""
    found = [joint for stretch in reading.stretches(TELLING) for joint in _in_value(reading.text, *stretch)]
    return _without_columns(reading.text, found)


def _in_value(text: str, begin: int, stop: int) -> Iterator[Joint]:
    for gap in _GAP.finditer(text, begin, stop):
        start, end = gap.span()
        if gap["broken"]:
            if _broken_inside(text, start, end):
                yield Joint(start, end, "" if text[start - 1] in _GOES_ON or text[end] in "-./)" else " ", doubtful=True)
            continue
        sign = gap["sign"] or gap["only"] or ""
        kind = sign + "|" * bool(gap["only"] or (sign and not gap["after"])) or " "
        if any(_fits(text, start, end, rule) for rule in _COMPILED.get(kind, ())):
            yield Joint(start, end, sign or " ", doubtful=False)


def _fits(text: str, start: int, end: int, rule: tuple[regex.Pattern[str], re.Pattern[str]]) -> bool:
    before, after = rule
    return bool(after.match(text, end, end + _AHEAD) and before.match(text, max(0, start - _BEHIND), start))


def _broken_inside(text: str, start: int, end: int) -> bool:
    """Whether a rule allows that something goes on behind the end of a line, and nothing speaks against it."""
    *others, halves, address = _COMPILED["\n"]
    if _fits(text, start, end, address):
        return _is_inside_address(text, start, end)
    if _NEW_ENTRY.match(text, end):
        return text[start - 1] in _GOES_ON
    if any(_fits(text, start, end, rule) for rule in others):
        return True
    if not _fits(text, start, end, halves):
        return False
    enough = (_TOKEN_BEFORE.match(text, max(0, start - _BEHIND), start), _TOKEN_AFTER.match(text, end, end + _AHEAD))
    return text[start - 1] in _GOES_ON or None not in enough


def _is_inside_address(text: str, start: int, end: int) -> bool:
    """Whether a web address goes on: its host to a top-level label, its path to what is no plain word."""
    if _IN_HOST.search(text, max(0, start - _BEHIND), start):
        return _REST_OF_HOST.match(text, end) is not None
    return text[start - 1] in _LATE_IN_PATH or _REST_OF_PATH.match(text, end) is not None


def _without_columns(text: str, found: list[Joint]) -> list[Joint]:
    """Drops the ends of lines among more than a few that hold one word each: those are a column, not a number."""
    follows = [one.doubtful and other.doubtful and _NO_SPACE.fullmatch(text, one.end, other.start) is not None
               for one, other in pairwise(found)]
    kept, first = [], 0
    for last, goes_on in enumerate([*follows, False][:len(found)], 1):
        if not goes_on:
            kept += found[first:last] if last - first <= _ROWS else []
            first = last
    return kept
