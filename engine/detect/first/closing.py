"""Expressions that match where their last repetition ends, and not before: for engines that tell every end of a match.

In ``key_abcd`` such an engine tells three matches of ``key_[a-z]{2,}``, each a call of Python. Of ``key_[a-z]{2,}[^a-z]`` it
tells one, which is a byte too long. From whatever place a match begins, the longest from there is among those that are left.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(r"\\.|\[\^?(?:\\.|[^\]\\])+\]|\{[0-9]+(?:,[0-9]*)?\}|.", re.DOTALL)
_RANGE = re.compile(r"\{([0-9]+),([0-9]*)\}")


_MOST = 256
"""Of a repetition that is closed: Hyperscan takes long for longer ones, and refuses some."""


class Closed(NamedTuple):
    """An expression whose last repetition cannot go on where a match ends.

    Attributes:
        written: Expressions that it becomes, apart because Hyperscan takes alternatives of them for too large. What they match
            ends with a byte too many, unless that is one of ``characters``.
        characters: The class that is repeated last.
    """

    written: tuple[str, ...]
    characters: str


def closed(written: str) -> Closed | None:
    """Closes an expression that ends in a class with ``+``, ``{n,}`` or ``{n,m}``; others, and alternatives, it leaves (None)."""
    *head, characters, times = ["", "", *_TOKEN.findall(written)]
    if not (characters.startswith("[") and len(characters) > 1) or _alternatives(head):
        return None
    found = _RANGE.fullmatch("{1,}" if times == "+" else times)
    if found is None or not int(found[1]):
        return None
    least, most = int(found[1]), int(found[2] or 0)
    if found[2] and not least < most <= _MOST:
        return None
    others = "[" + characters[2:] if characters[1] == "^" else "[^" + characters[1:]
    before = "".join(head) + characters
    going_on = f"{before}{{{least},{most - 1 if most else ''}}}"
    full = (f"{before}{{{most}}}",) if most else ()
    return Closed((going_on + others, going_on + r"\z", *full), characters)


def _alternatives(written: list[str]) -> bool:
    """Whether there is a choice outside all brackets."""
    depth = 0
    for part in written:
        depth += (part == "(") - (part == ")")
        if part == "|" and not depth:
            return True
    return False
