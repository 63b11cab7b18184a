"""Characters written one by one: ``j o h n @ ...``, ``4 1 1 1 ...``, or one on each line.

Joined are at least six single characters, one separator between each two. Wider gaps become one space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.detect.view.reading import WORD, Edit, Reading

_UNIT = r"[\w@.+\-()/:]"
_GAP = r"(?:\r\n|[ \t\n]{1,3})"
_RUN = re.compile(rf"(?<![^\s\0(\[<:=\"']){_UNIT}(?:{_GAP}{_UNIT}(?![^\s\0.,;:!?)\]>\"'])){{5,}}")
TELLING = rf"[{WORD}@.+()/:-](?:(?:[ \t\n]{{1,3}}|\r\n)[{WORD}@.+()/:-]){{5}}"
"""Matches in every value that this step could change (RE2), and in few others."""

_SEPARATOR = re.compile(_GAP)
_SINGLE = frozenset((" ", "\t", "\n", "\r\n"))
_PART = re.compile(r"[0-9+(][0-9.+\-()/:]{5,}|[^\W\d_]{6,}|(?!I[0-9])[A-Z][A-Z0-9\-]{5,}")
"""What belongs together in a run without an at sign: a number, a word, an identifier. Not 'I 4 1 5 ...'."""


def read_spaced(reading: Reading) -> Reading:
    """Joins characters that are written one by one."""
    return reading.edited([
        edit for stretch in reading.stretches(TELLING) for run in _RUN.finditer(reading.text, *stretch) for edit in _joined(run)])


def _joined(run: re.Match[str]) -> Iterator[Edit]:
    gaps = [match.span() for match in _SEPARATOR.finditer(run.string, *run.span())]
    units = _SEPARATOR.sub("", run.group())
    parts = [(0, len(units))] if "@" in units else [part.span() for part in _PART.finditer(units)]
    for first, last in parts:
        for start, end in gaps[first:last - 1]:
            yield start, end, "" if run.string[start:end] in _SINGLE else " "
