"""Values by path: what documents hold, laid out as leaves.

``payload$`` is the document in column ``payload``, ``payload$.user.email`` a field, ``payload$.items[].sku`` a field of each
element. A key is a word of the schema only if it reads like one: keys that hold digits, names or signs are data, and are scanned
as values at ``payload$.users.key``, as those of a map are; what they lead to stands at ``payload$.users.value``. So no path shows
data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.detect.columns.headers import hint
from engine.detect.lexicon import english_words, given_names, word_lists
from engine.detect.tables.nested import Leaf

ROOT = "$"
MOST_KEYS = 256
"""Keys of one object that can be a schema's; where there are more, all are data."""

LONGEST = 80
"""Signs of a path from which on it goes no deeper: what lies below is looked at all the same, under ``…``."""

_DEEPER = "…"
_SCHEMA_KEY = re.compile(r"[@$_]?[A-Za-z](?:[A-Za-z_\-:. ]|[0-9](?![0-9]{2})){0,39}")


class Pairs(list[tuple[str, Any]]):
    """An object's pairs, in order. A dictionary would drop all but the last of equal keys, and what they hide."""


class Leaves:
    """Values by path, each with the document that it is in."""

    def __init__(self) -> None:
        self._values: dict[str, list[str]] = {}
        self._documents: dict[str, list[int]] = {}
        self._keys: dict[str, set[str]] = {}

    def add(self, path: str, value: Any, document: int) -> None:  # noqa: ANN401 - whatever the document holds
        """Adds what a value holds. Goes by a list of what is left to do: documents can be deeper than Python's stack."""
        waiting = [(path, value)]
        while waiting:
            path, value = waiting.pop()
            if isinstance(value, Pairs):
                waiting += reversed([(self._step(path, key, document), inner) for key, inner in value])
            elif isinstance(value, list):
                below = path if path.endswith(_DEEPER) else _within(f"{path}[]")
                waiting += ((below, inner) for inner in reversed(value))
            elif isinstance(value, str):
                self._put(path, value, document)
            elif isinstance(value, bool):
                self._put(path, "true" if value else "false", document)

    def _step(self, path: str, key: str, document: int) -> str:
        if path.endswith(_DEEPER):
            self._put(path, key, document)
            return path
        known = self._keys.setdefault(path, set())
        if key in known or (len(known) < MOST_KEYS and reads_like_schema(key)):
            known.add(key)
            return _within(f"{path}.{key}")
        self._put(f"{path}.key", key, document)
        return _within(f"{path}.value")

    def _put(self, path: str, value: str, document: int) -> None:
        self._values.setdefault(path, []).append(value)
        self._documents.setdefault(path, []).append(document)

    def leaves(self, weights: npt.NDArray[np.int64]) -> Iterator[Leaf]:
        """Yields a leaf for each path; ``weights`` says in how many cells each document stands."""
        for path, values in self._values.items():
            within = np.array(self._documents[path])
            texts = pa.array([value.encode("utf-8", "replace").decode() for value in values], pa.string())
            yield Leaf(path, texts, "string", weights=weights[within], rows=int(weights[np.unique(within)].sum()))


def _within(path: str) -> str:
    return path if len(path) <= LONGEST else f"{path[:LONGEST]}.{_DEEPER}"


def reads_like_schema(key: str) -> bool:
    """Whether a key of an object is a word of its schema, and not data itself: a name, a number, an address."""
    if not _SCHEMA_KEY.fullmatch(key):
        return False
    return hint(key) is not None or not _names_people(key)


def _names_people(key: str) -> bool:
    """Whether a key holds a given name, or begins with a capital and is a family name and no English word."""
    words = key.split()
    if any(word.casefold() in given_names() for word in words):
        return True
    capitals = [word for word in words if word[0].isupper() and not word.isupper()]
    return any(word.casefold() in word_lists()["family"] and word.casefold() not in english_words() for word in capitals)
