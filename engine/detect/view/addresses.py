"""E-mail addresses as people write them: ``a at b dot c``, ``a [at] b.c``, ``a @ b . c``, or broken at a line's end.

Rewritten only where the whole looks like an address, local part at domain dot top-level label (RFC 5322, section 3.4.1, of
which only dot-atoms; RFC 1035, section 2.3.1). A bare 'at' needs a spelled-out dot or a local part with an inner dot or
underscore: 'look at example.com' stays. Each 'at' is looked at once, and a bounded way left and right of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from engine.detect.view.reading import BREAK, SPACE, WORD, Edit, Reading

AT_WORDS = "at|arroba|arobase|chiocciola|ät"
DOT_WORDS = "dot|punto|punkt|ponto|point"
_OPEN, _CLOSE = r"\s{0,3}[\[({<]\s?", r"\s?[\])}>]\s{0,3}"
_AT = re.compile(
    rf"(?=[\s\[({{<@_-])(?:(?P<bracketed>{_OPEN}(?:{AT_WORDS}|@|a){_CLOSE})|"
    rf"(?P<word>\s{{1,3}}(?:{AT_WORDS})\s{{1,3}}|[_-]at[_-])|(?P<sign>\s{{0,6}}@\s{{0,6}}))", re.IGNORECASE)
_SPELLED_DOT = rf"{_OPEN}(?:{DOT_WORDS}|\.){_CLOSE}|\s{{1,3}}(?:{DOT_WORDS})\s{{1,3}}|_dot_|-dot-"
_SPACED_DOT = r"\s{1,3}\.\s{1,3}|\.[ ]?\r?\n[ \t]{0,8}|\r?\n[ \t]{0,8}\."
_DOT = re.compile(rf"(?P<spelled>{_SPELLED_DOT})|(?P<spaced>{_SPACED_DOT})|(?P<plain>\.)", re.IGNORECASE)
_LABEL = re.compile(r"[^\W_](?:(?![_-]dot[_-])[\w-]){0,62}", re.IGNORECASE)
_TOP = re.compile(r"[^\W\d_]{2,24}|xn--[a-z0-9-]{1,59}", re.IGNORECASE)
COMMON_TOP = re.compile(
    r"(?:com|org|net|edu|gov|mil|int|info|biz|dev|app|co|uk|de|fr|es|pt|nl|ch|pl|se|dk|fi|cz|ru|ua|gr|ro|hu|eu|us|ca|mx|br|ar|cl|au|"
    r"nz|jp|cn|kr|tw|hk|sg|za|test|example|invalid)", re.IGNORECASE)
"""Top-level labels that are no words of a sentence, for dots with space around them; RFC 2606 for the last three."""

_ATOMS = r"[\w%+-][\w.%+-]{0,63}"
_LOCAL = regex.compile(rf"(?r)(?:{_ATOMS}(?:{_SPELLED_DOT}|\s{{1,3}}\.\s{{1,3}})){{0,4}}{_ATOMS}", regex.IGNORECASE)
_LOCAL_BEFORE_SIGN = regex.compile(
    rf"(?r)(?:{_ATOMS}(?:{_OPEN}(?:dot|\.){_CLOSE}|\s{{1,3}}dot\s{{1,3}})){{0,4}}{_ATOMS}", regex.IGNORECASE)
"""Before a plain ``@`` other words for a dot are words: 'contact point a@b.c'."""

_LOCAL_REACH = 320
_DOTTED = re.compile(r"[^\W\d_][._][^\W_]")
_LABELS = 6
_BROKEN_LOCAL = re.compile(r"(?<=[\w.+-])\r?\n[ \t]{0,8}(?P<rest>[\w.+-]{1,64})(?=@[\w-]{1,63}\.)")
_UNFINISHED = regex.compile(r"(?r)(?<![\w.])\w{1,64}(?:[._]\w{1,64}){1,4}[._]?|_|\w[+-]")
_BROKEN_DOMAIN = re.compile(
    r"@((?:[\w-]{1,63}\.){0,4})([\w-]{1,63})(\r?\n[ \t]{0,8})([\w-]{1,63})((?:\.[\w-]{1,63}){0,4})(?![\w@])")

ANY_DOT = (
    rf"{SPACE}*[\[({{<]{SPACE}?(?:{DOT_WORDS}|\.)|{SPACE}+(?:{DOT_WORDS}|\.){SPACE}|\.[ ]?\r?\n|\r?\n[ \t]*\.|[_-]dot[_-]")
DOMAIN = rf"[{WORD}][{WORD}-]*(?:\.[{WORD}]|{ANY_DOT})"
TELLING = "|".join((
    rf"(?i:[{WORD}.%+-]{SPACE}*[\[({{<]{SPACE}?(?:{AT_WORDS}|@|a){SPACE}?[\])}}>]{SPACE}*{DOMAIN})",
    rf"(?i:(?:{SPACE}(?:{AT_WORDS}){SPACE}+|[_-]at[_-]){DOMAIN})",
    rf"(?i:[{WORD}%+.-]@[{WORD}.-]+(?:{ANY_DOT}|{BREAK}[{WORD}-]+\.[{WORD}]|\.[{WORD}-]{{1,6}}{BREAK}[{WORD}-]{{1,6}}(?:[^{WORD}-]|$)))",
    rf"(?i:(?:[\])}}>]|{SPACE}(?:dot|\.){SPACE}){SPACE}*[{WORD}.%+-]+@)",
    rf"(?i:[{WORD}.%+-](?:{SPACE}{{1,6}}@{SPACE}*|@{SPACE}+){DOMAIN})",
    rf"[{WORD}.+-]{BREAK}[{WORD}.+-]+@[{WORD}-]+\.",
))
"""Matches in every value that this step could change (RE2), and in few others."""


def read_addresses(reading: Reading) -> Reading:
    """Rewrites addresses."""
    reading = reading.edited([edit for stretch in reading.stretches(TELLING) for edit in _written_out(reading.text, *stretch)])
    return reading.edited([edit for stretch in reading.stretches(TELLING) for edit in sorted({*_broken(reading.text, *stretch)})])


def _written_out(text: str, begin: int, stop: int) -> Iterator[Edit]:
    done = begin
    for at in _AT.finditer(text, begin, stop):
        if at.start() < done:
            continue
        dots, end = _domain(text, at.end())
        if not end:
            continue
        before = _LOCAL_BEFORE_SIGN if at.group() == "@" else _LOCAL
        local = before.match(text, max(done, at.start() - _LOCAL_REACH), at.start())
        if local is None or not _is_address(at, local.group(), dots):
            continue
        spelled = [dot for dot in _DOT.finditer(text, *local.span()) if not dot["plain"]]
        yield from ((*dot.span(), ".") for dot in spelled)
        if at.group() != "@":
            yield *at.span(), "@"
        yield from ((*dot.span(), ".") for dot in dots)
        done = end


def _domain(text: str, place: int) -> tuple[list[re.Match[str]], int]:
    """Returns the dots of the domain that begins here that are not plain, and its end; 0 if there is none."""
    dots: list[re.Match[str]] = []
    sure, end = 0, 0
    label = _LABEL.match(text, place)
    for _ in range(_LABELS):
        dot = _DOT.match(text, label.end()) if label else None
        label = _LABEL.match(text, dot.end()) if dot else None
        if dot is None or label is None:
            break
        if not dot["plain"]:
            dots.append(dot)
        top = COMMON_TOP if any(one["spaced"] for one in dots) else _TOP
        if top.fullmatch(label.group()):
            sure, end = len(dots), label.end()
    return dots[:sure], end


def _is_address(at: re.Match[str], local: str, dots: list[re.Match[str]]) -> bool:
    if at["word"]:
        return any(dot["spelled"] for dot in dots) or bool(_DOTTED.search(local))
    return True


def _broken(text: str, begin: int, stop: int) -> Iterator[Edit]:
    """Yields line breaks inside a local part (a dot before them, or only digits after), and in a domain before its end."""
    if text.find("@", begin, stop) < 0 or text.find("\n", begin, stop) < 0:
        return
    for match in _BROKEN_LOCAL.finditer(text, begin, stop):
        before = _UNFINISHED.match(text, max(0, match.start() - _LOCAL_REACH), match.start())
        if before or match["rest"].isdigit():
            yield match.start(), match.start("rest"), ""
    for match in _BROKEN_DOMAIN.finditer(text, begin, stop):
        labels, label, _, rest, after = match.groups()
        ended = labels and COMMON_TOP.fullmatch(label)
        top = after.rpartition(".")[2] if after else label + rest if labels else ""
        if not ended and COMMON_TOP.fullmatch(top):
            yield *match.span(3), ""
