"""JSON in texts: what a document holds, under paths with its keys as headers.

``payload$`` is the document in column ``payload``, ``payload$.user.email`` a field, ``payload$.items[].sku`` a field of each element.
A key is a word of the schema only if it reads like one: keys that hold digits, names or signs are data, and are scanned as values
at ``payload$.users.key``, as those of a map are; what they lead to stands at ``payload$.users.value``. So no path shows data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.headers import hint
from engine.detect.lexicon import full_names
from engine.detect.nested import Leaf

Integers = npt.NDArray[np.int64]

ROOT = "$"
LARGEST = 1 << 20
"""Bytes of a text beyond which it is not parsed, but scanned as it is written."""

MOST_KEYS = 256
"""Keys of one object that can be a schema's; where there are more, all are data."""

DEEPEST = 3
"""Documents in texts in documents: so deep are they opened."""

_SCHEMA_KEY = re.compile(r"[@$_]?[A-Za-z](?:[A-Za-z_\-:. ]|[0-9](?![0-9]{2})){0,39}")


class Pairs(list[tuple[str, Any]]):
    """An object's pairs, in order. A dictionary would drop all but the last of equal keys, and what they hide."""


@dataclass
class Opened:
    """Documents that were read.

    Attributes:
        parsed: Indices of the texts that are documents.
        invalid: Indices of texts that begin as one, and are none.
        large: Indices of texts that begin as one, and are too long to be parsed.
        leaves: What the documents hold, by path.
    """

    parsed: list[int] = field(default_factory=list)
    invalid: list[int] = field(default_factory=list)
    large: list[int] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)


def open_documents(path: str, texts: pa.Array, weights: Integers) -> Opened:
    """Reads the texts that are JSON objects or arrays.

    Args:
        path: Where the texts stand.
        texts: Distinct texts.
        weights: In how many cells each stands.
    """
    found, leaves = Opened(), _Leaves()
    if path.count(ROOT) >= DEEPEST:
        return found
    likely = np.flatnonzero(pc.match_substring_regex(texts, r"^\s*(?:\{|\[)").to_numpy(zero_copy_only=False))
    sizes = pc.binary_length(texts).to_numpy()
    for index in likely.tolist():
        if sizes[index] > LARGEST:
            found.large.append(index)
            continue
        document = _read(texts[index].as_py())
        if document is None:
            found.invalid.append(index)
        else:
            found.parsed.append(index)
            leaves.add(path + ROOT, document, index)
    found.leaves = list(leaves.arrays(weights))
    return found


def _read(text: str) -> Any:  # noqa: ANN401 - whatever the document is
    """Returns a document with objects as ``Pairs`` and numbers as they are written, or None."""
    try:
        document = json.loads(text, object_pairs_hook=Pairs, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, list) else None


class _Leaves:
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
                waiting += ((f"{path}[]", inner) for inner in reversed(value))
            elif isinstance(value, str):
                self._put(path, value, document)
            elif isinstance(value, bool):
                self._put(path, "true" if value else "false", document)

    def _step(self, path: str, key: str, document: int) -> str:
        known = self._keys.setdefault(path, set())
        if key in known or (len(known) < MOST_KEYS and reads_like_schema(key)):
            known.add(key)
            return f"{path}.{key}"
        self._put(f"{path}.key", key, document)
        return f"{path}.value"

    def _put(self, path: str, value: str, document: int) -> None:
        self._values.setdefault(path, []).append(value)
        self._documents.setdefault(path, []).append(document)

    def arrays(self, weights: Integers) -> Iterator[Leaf]:
        """Yields a leaf for each path."""
        for path, values in self._values.items():
            within = np.array(self._documents[path])
            yield Leaf(path, pa.array([value.encode("utf-8", "replace").decode() for value in values], pa.string()), "string",
                       weights=weights[within], rows=int(weights[np.unique(within)].sum()))


def reads_like_schema(key: str) -> bool:
    """Whether a key of an object is a word of its schema, and not data itself: a name, a number, an address."""
    if not _SCHEMA_KEY.fullmatch(key):
        return False
    return key.strip().casefold() not in full_names()[0] or hint(key) is not None
