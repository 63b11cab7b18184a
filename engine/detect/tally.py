"""Counts of one scan: mergeable, and without a single value of the data.

A tally has a row for each column (or nested path) and a row for each entity type found in it. Rows of the same path and
type are merged by adding, so that partitions can be counted apart; sums are whole numbers, so that the order of merging
changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.lexicon import full_names
from engine.detect.nested import Leaf, leaves
from engine.detect.scanner import Scanner

SKETCH = 1024
"""Smallest hashes that are kept: distinct counts below it are exact, above it within about 3% (one standard error)."""

_MICRO = 1_000_000
_FREE_WORDS = 3

TALLY = pa.schema([
    ("path", pa.string()), ("type", pa.string()), ("entity_type", pa.string()), ("cells", pa.int64()), ("nulls", pa.int64()),
    ("length", pa.int64()), ("wordy", pa.int64()), ("given_names", pa.int64()), ("family_names", pa.int64()),
    ("bytes", pa.int64()), ("findings", pa.int64()), ("score_sum", pa.int64()), ("score_max", pa.int64()),
    ("recognizers", pa.list_(pa.string())), ("sketch", pa.list_(pa.uint64())),
])
"""A tally as a table. Scores in millionths. ``entity_type`` is null on the row that counts the column itself."""


@dataclass
class EntityTally:
    """One entity type in one column: cells with it, findings, scores in millionths, who claimed it."""

    cells: int = 0
    findings: int = 0
    score_sum: int = 0
    score_max: int = 0
    recognizers: set[str] = field(default_factory=set)

    def merge(self, other: EntityTally) -> None:
        """Adds another partition's counts."""
        self.cells += other.cells
        self.findings += other.findings
        self.score_sum += other.score_sum
        self.score_max = max(self.score_max, other.score_max)
        self.recognizers |= other.recognizers


@dataclass
class ColumnTally:
    """One column or nested path.

    Attributes:
        path: ``address.city``, ``phones[]``, ``tags.key``; a top-level column's name as it is.
        type: Arrow type, as text.
        cells: Cells looked at.
        nulls: Nulls among them.
        length: Characters of all texts.
        wordy: Texts of four words or more.
        given_names: Cells that are a given name.
        family_names: Cells that are a family name.
        bytes: Size of the values, text in UTF-8.
        entities: Entity type → its counts.
        sketch: The ``SKETCH`` smallest hashes of the distinct values, ascending.
    """

    path: str
    type: str
    cells: int = 0
    nulls: int = 0
    length: int = 0
    wordy: int = 0
    given_names: int = 0
    family_names: int = 0
    bytes: int = 0
    entities: dict[str, EntityTally] = field(default_factory=dict)
    sketch: tuple[int, ...] = ()

    @property
    def distinct(self) -> int:
        """Distinct values: exact below ``SKETCH``, else estimated from the k smallest hashes (Bar-Yossef et al., 2002)."""
        if len(self.sketch) < SKETCH:
            return len(self.sketch)
        return min(self.cells - self.nulls, round((SKETCH - 1) * 2.0**64 / self.sketch[-1]))

    def add(self, leaf: Leaf, scanner: Scanner) -> None:
        """Counts an array of the column's cells."""
        array = leaf.array
        self.cells += len(array)
        self.nulls += array.null_count
        self.bytes += leaf.bytes
        if leaf.container or array.null_count == len(array):
            return
        counts = pc.value_counts(array.drop_null())
        weights = counts.field("counts").to_numpy()
        texts = counts.field("values").cast(pa.string()) if leaf.countable else None
        if texts is not None:
            self._sketch(texts)
        if texts is not None and leaf.scannable:
            self._measure(texts, weights)
            self._scan(texts, weights, scanner)

    def _sketch(self, texts: pa.Array) -> None:
        hashes = {int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") for text in texts.to_pylist()}
        self.sketch = tuple(sorted(hashes.union(self.sketch))[:SKETCH])

    def _measure(self, texts: pa.Array, weights: np.ndarray[Any, np.dtype[np.int64]]) -> None:
        words = pc.count_substring_regex(texts, r"\S+").to_numpy()
        self.length += int((pc.utf8_length(texts).to_numpy() * weights).sum())
        self.wordy += int(weights[words > _FREE_WORDS].sum())
        given, family = full_names()
        folded = [text.strip().casefold() for text in texts.to_pylist()]
        self.given_names += int(weights[[text in given for text in folded]].sum())
        self.family_names += int(weights[[text in family for text in folded]].sum())

    def _scan(self, texts: pa.Array, weights: np.ndarray[Any, np.dtype[np.int64]], scanner: Scanner) -> None:
        seen: set[tuple[str, int]] = set()
        for one in scanner.find_distinct(texts, header=self.path):
            weight, score = int(weights[one.value]), round(one.score * _MICRO)
            first = (one.entity_type, one.value) not in seen
            seen.add((one.entity_type, one.value))
            self.entities.setdefault(one.entity_type, EntityTally()).merge(
                EntityTally(weight if first else 0, weight, score * weight, score, {one.recognizer}))

    def merge(self, other: ColumnTally) -> None:
        """Adds another partition's counts of the same column."""
        for name in ("cells", "nulls", "length", "wordy", "given_names", "family_names", "bytes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for entity_type, entity in other.entities.items():
            self.entities.setdefault(entity_type, EntityTally()).merge(entity)
        self.sketch = tuple(sorted({*self.sketch, *other.sketch})[:SKETCH])

    def rows(self) -> list[dict[str, Any]]:
        """Returns the tally as rows of the schema ``TALLY``."""
        none = dict.fromkeys(TALLY.names)
        zero = dict.fromkeys((name for name, kind in zip(TALLY.names, TALLY.types, strict=True) if kind == pa.int64()), 0)
        column = {name: getattr(self, name) for name in zero if hasattr(self, name)}
        rows = [{**none, **zero, **column, "path": self.path, "type": self.type, "sketch": list(self.sketch), "recognizers": []}]
        for entity_type, entity in sorted(self.entities.items()):
            rows.append({**none, **zero, "path": self.path, "type": self.type, "entity_type": entity_type, "cells": entity.cells,
                         "findings": entity.findings, "score_sum": entity.score_sum, "score_max": entity.score_max,
                         "recognizers": sorted(entity.recognizers), "sketch": []})
        return rows

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> ColumnTally:
        """Reads one row of the schema ``TALLY``: the column's own counts, or one of its entities'."""
        if row["entity_type"] is None:
            names = ("cells", "nulls", "length", "wordy", "given_names", "family_names", "bytes")
            return cls(row["path"], row["type"], **{name: row[name] for name in names}, sketch=tuple(row["sketch"]))
        entity = EntityTally(row["cells"], row["findings"], row["score_sum"], row["score_max"], set(row["recognizers"]))
        return cls(row["path"], row["type"], entities={row["entity_type"]: entity})


def tally_batch(batch: pa.RecordBatch, scanner: Scanner | None = None) -> pa.RecordBatch:
    """Counts one batch: personal data found, nulls, lengths, a sketch of distinct values; for each column and nested path.

    Args:
        batch: Some rows of a table.
        scanner: The default scanner unless given.

    Returns:
        Rows of the schema ``TALLY``: aggregates only, to be concatenated and given to ``merged``.
    """
    scanner = scanner or Scanner.default()
    rows: list[dict[str, Any]] = []
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        for leaf in leaves(name, array):
            tally = ColumnTally(leaf.path, leaf.type)
            tally.add(leaf, scanner)
            rows += tally.rows()
    return pa.RecordBatch.from_pylist(rows, schema=TALLY)


def merged(parts: Iterable[pa.RecordBatch | pa.Table]) -> dict[str, ColumnTally]:
    """Adds tallies up. Returns path → tally, in the order in which paths first appear."""
    tallies: dict[str, ColumnTally] = {}
    for part in parts:
        for row in part.to_pylist():
            one = ColumnTally.from_row(row)
            if one.path in tallies:
                tallies[one.path].merge(one)
            else:
                tallies[one.path] = one
    return tallies
