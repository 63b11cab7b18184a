"""HTML character references, percent-encoding and JSON's escapes undone, twice at most.

Sources: HTML, section 13.5, 'Named character references', and 13.2.5.72 on, by ``html`` of the standard library, which takes
some names without a semicolon; RFC 3986, section 2.1, over UTF-8 (RFC 3629); RFC 8259, section 7.
"""

from __future__ import annotations

import html
import html.entities
import re
from collections.abc import Iterator

from engine.detect.view.characters import read_characters
from engine.detect.view.reading import Edit, Reading

_ROUNDS = 2
_REFERENCE = re.compile(r"&(?:#[0-9]{1,32};?|#[xX][0-9a-fA-F]{1,32};?|[A-Za-z][A-Za-z0-9]{1,31};?)")
OPEN_NAMES = tuple(sorted(name for name in html.entities.html5 if not name.endswith(";")))
"""Names that end without a semicolon."""

TELLING = (rf"&(?:#[0-9xX]|[A-Za-z][A-Za-z0-9]{{1,30}};|{'|'.join(OPEN_NAMES)})|%[0-9A-Fa-f][0-9A-Fa-f]|"
           r"[0-9A-Za-z.]\\u0[0-9A-Fa-f]{3}[0-9A-Za-z\\]")
"""Matches in every value that this step could change (RE2), and in few others. Of JSON's escapes those inside a word tell."""

_LONGEST_OPEN = max(map(len, OPEN_NAMES))
_LATER = "%[89ABab][0-9A-Fa-f]"
_PERCENT = re.compile(
    rf"%[0-7][0-9A-Fa-f]|%[CDcd][0-9A-Fa-f]{_LATER}|%[Ee][0-9A-Fa-f](?:{_LATER}){{2}}|%[Ff][0-4](?:{_LATER}){{3}}")
"""One encoded character; not all of these are one."""
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")


def read_encodings(reading: Reading) -> Reading:
    """Undoes encodings; what comes out is folded like any other text, and looked at once more."""
    for _ in range(_ROUNDS):
        before = reading
        if "&" in reading.text:
            reading = reading.edited(list(_references(reading.text)))
        if "%" in reading.text:
            reading = reading.edited(list(_percents(reading.text)))
        if "\\u" in reading.text:
            reading = reading.edited(list(_escapes(reading.text)))
        if reading is before:
            break
        reading = read_characters(reading)
    return reading


def _references(text: str) -> Iterator[Edit]:
    for match in _REFERENCE.finditer(text):
        written = match.group()
        if written[1] == "#":
            yield *match.span(), html.unescape(written)
        elif written[1:] in html.entities.html5:
            yield *match.span(), html.entities.html5[written[1:]]
        else:
            for size in range(min(_LONGEST_OPEN, len(written) - 1), 1, -1):
                if written[1:size + 1] in html.entities.html5:
                    yield match.start(), match.start() + size + 1, html.entities.html5[written[1:size + 1]]
                    break


def _percents(text: str) -> Iterator[Edit]:
    for match in _PERCENT.finditer(text):
        try:
            one = bytes.fromhex(match.group().replace("%", "")).decode()
        except UnicodeDecodeError:
            continue
        if one.isprintable() or one in "\t\r\n":
            yield *match.span(), one


def _escapes(text: str) -> Iterator[Edit]:
    for match in _ESCAPE.finditer(text):
        one = chr(int(match[1], 16))
        if one.isprintable():  # no half of a pair is
            yield *match.span(), one
