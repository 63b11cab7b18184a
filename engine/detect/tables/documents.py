"""Documents in cells: JSON in texts, and variants. What they hold is laid out under paths (``engine/detect/tables/pairs.py``)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.tables.nested import Leaf
from engine.detect.tables.pairs import ROOT, Leaves, Pairs
from engine.detect.tables.variant import read_variant

LARGEST = 1 << 20
"""Bytes of a text beyond which it is not parsed, but scanned as it is written."""

DEEPEST = 3
"""Documents in texts in documents: so deep are they opened."""


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


def open_documents(path: str, texts: pa.Array, weights: npt.NDArray[np.int64]) -> Opened:
    """Reads the texts that are JSON objects or arrays.

    Args:
        path: Where the texts stand.
        texts: Distinct texts.
        weights: In how many cells each stands.
    """
    found, held = Opened(), Leaves()
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
            held.add(path + ROOT, document, index)
    found.leaves = list(held.leaves(weights))
    return found


def _read(text: str) -> Any:  # noqa: ANN401 - whatever the document is
    """Returns a document with objects as ``Pairs`` and numbers as they are written, or None."""
    try:
        document = json.loads(text, object_pairs_hook=Pairs, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, list) else None


def open_variants(path: str, array: pa.Array) -> tuple[list[Leaf], int]:
    """Returns what variants hold, and how many could not be read.

    Args:
        path: Where they stand.
        array: Variants as structs of ``metadata`` and ``value``; one that holds a single value holds it at ``path$``.
    """
    cells = Counter((row["metadata"], row["value"]) for row in array.to_pylist() if row is not None)
    held, unread = Leaves(), 0
    for index, ((metadata, value), times) in enumerate(cells.items()):
        try:
            held.add(path + ROOT, read_variant(metadata or b"", value or b""), index)
        except ValueError:
            unread += times
    return list(held.leaves(np.array(list(cells.values()), np.int64))), unread
