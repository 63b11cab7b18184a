"""What a column's name says about it, by the words of ``conf/recognizers/headers.yaml``."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import regex

from engine.detect.config import HeaderConfig
from engine.detect.context import header_words
from schemas.findings import Category
from schemas.policy import Role


@dataclass(frozen=True)
class Hint:
    """What words in a column's name suggest."""

    role: Role
    category: Category
    word: str


_BARE_NAME: Any = regex.compile(r"(?<!\w)names?(?!\w)")
_ID: Any = regex.compile(r"(?<!\w)(?:ids?|key|no|num|number|code|uuid|guid|identifier|ref|reference|pk|serial)(?!\w)")


@functools.cache
def _hints() -> tuple[Any, tuple[tuple[Role, Category, Any], ...]]:
    config = HeaderConfig.default()
    return _whole(config.things), tuple((one.role, one.category, _whole(one.words)) for one in config.hints)


def _whole(words: tuple[str, ...]) -> Any:  # noqa: ANN401 - a pattern of the module regex
    return regex.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)")


def hint(path: str) -> Hint | None:
    """Returns what a column's name suggests, or None. Of a nested path the last step is heard first, then all of it."""
    last = path.replace("[]", "").rsplit(".", 1)[-1]
    for part in dict.fromkeys((last, path)):
        words = header_words(part)
        found = _hint(words)
        if found:
            return found
    return None


def _hint(words: str) -> Hint | None:
    things, hints = _hints()
    if _BARE_NAME.search(words) and things.search(words):
        return None
    for role, category, pattern in hints:
        match = pattern.search(words)
        if match:
            return Hint(role, category, match.group())
    match = _BARE_NAME.search(words)
    return Hint("direct", "identity", match.group()) if match else None


def speaks_of_id(path: str) -> bool:
    """Whether a column's name says that it holds identifiers of something."""
    return _ID.search(header_words(path)) is not None
