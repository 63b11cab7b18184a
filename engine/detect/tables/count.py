"""Counts a batch: what is found in each column and nested path, and what its values are like. Nothing is done value by value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.columns.measures import measure_days, measure_numbers, measure_texts
from engine.detect.distinct import SKETCH, Distinct, distinct, hashes_of, smallest
from engine.detect.scanner import Scanner
from engine.detect.tables.binary import texts_in
from engine.detect.tables.documents import open_documents, open_variants
from engine.detect.tables.nested import VARIANT, Leaf, is_binary, is_text, leaves
from engine.detect.tables.tally import TALLY, ColumnTally, EntityTally

Integers = npt.NDArray[np.int64]

MEASURED = 1 << 14
"""Distinct values of one batch that are measured: those with the smallest hashes. All are scanned."""

_MICRO = 1_000_000
_WHOLE = 0.7
"""Share of a cell's characters from which on a finding is all of it."""

_EXACT = 2.0**53


def tally_batch(
    batch: pa.RecordBatch, scanner: Scanner | None = None, *, key: int = 0, columns: Sequence[str] | None = None,
) -> pa.RecordBatch:
    """Counts one batch: personal data found, nulls, lengths, looks, a sketch of distinct values; for each column and nested path.

    Args:
        batch: Some rows of a table.
        scanner: The default scanner unless given.
        key: Of the hashes in the sketch. Only tallies of one key can be merged.
        columns: What the batch's columns are called in the table; as in the batch by default.

    Returns:
        Rows of the schema ``TALLY``: aggregates only, to be concatenated and given to ``merged``.
    """
    scanner = scanner or Scanner.default()
    rows: list[dict[str, Any]] = []
    for name, array in zip(columns or batch.schema.names, batch.columns, strict=True):
        waiting = list(leaves(name, array))
        while waiting:
            tally, inside = count_leaf(name, waiting.pop(0), scanner, key)
            rows += tally.written()
            waiting = [*inside, *waiting]
    return pa.RecordBatch.from_pylist(rows, schema=TALLY)


def count_leaf(column: str, leaf: Leaf, scanner: Scanner, key: int = 0) -> tuple[ColumnTally, list[Leaf]]:
    """Counts one array of cells. Returns the counts, and what the documents in it hold."""
    tally = ColumnTally(leaf.path, leaf.type, column)
    tally.cells = len(leaf.array) if leaf.weights is None else int(leaf.weights.sum())
    tally.nulls = leaf.array.null_count
    tally.rows = tally.filled if leaf.rows is None else leaf.rows
    if leaf.container or pa.types.is_null(leaf.kind):
        return tally, []
    if leaf.type == VARIANT:
        return tally, _count_variants(tally, leaf)
    try:
        cells = distinct(leaf.array, leaf.weights)
    except pa.ArrowNotImplementedError:  # of a type whose values Arrow does not compare: a union, say
        tally.unread += tally.filled
        return tally, []
    tally.nulls = tally.cells - int(cells.weights.sum())
    return tally, _count_cells(tally, leaf, cells, scanner, key) if len(cells.values) else []


def _count_variants(tally: ColumnTally, leaf: Leaf) -> list[Leaf]:
    inside, tally.unread = open_variants(leaf.path, leaf.array)
    tally.measures["json:parsed"] = tally.measures["measured"] = tally.filled - tally.unread
    return inside


def _count_cells(tally: ColumnTally, leaf: Leaf, cells: Distinct, scanner: Scanner, key: int) -> list[Leaf]:
    """Counts distinct values; returns what the documents among them hold."""
    if is_text(leaf.kind) or is_binary(leaf.kind):
        tally.bytes = int(pc.binary_length(cells.values).to_numpy() @ cells.weights)
        if is_binary(leaf.kind):
            cells, kinds = texts_in(cells)
            tally.measures.update(kinds)
            tally.measures["measured"] += kinds.total()
            tally.unread += kinds.total()
        return _count_texts(tally, cells, scanner, key) if len(cells.values) else []
    if leaf.countable:
        tally.bytes = tally.filled * leaf.kind.bit_width // 8
        _count_numbers(tally, cells, scanner, key)
    else:
        tally.unread += tally.filled
    return []


def _count_texts(tally: ColumnTally, cells: Distinct, scanner: Scanner, key: int) -> list[Leaf]:
    lengths = pc.utf8_length(cells.values).to_numpy()
    tally.length = int(lengths @ cells.weights)
    tally.shortest, tally.longest = int(lengths.min()), int(lengths.max())
    some = _sketched(tally, cells, key)
    tally.measures.update(measure_texts(some.values, some.weights))
    opened = open_documents(tally.path, cells.values, cells.weights)
    for name, places in (("parsed", opened.parsed), ("invalid", opened.invalid), ("large", opened.large)):
        if places:
            tally.measures[f"json:{name}"] += int(cells.weights[places].sum())
    if opened.parsed:  # what a document holds is looked at under its own headers
        cells = cells.take(np.delete(np.arange(len(cells.values)), opened.parsed))
    _scan(tally, cells, scanner)
    return opened.leaves


def _count_numbers(tally: ColumnTally, cells: Distinct, scanner: Scanner, key: int) -> None:
    some = _sketched(tally, cells, key)
    kind = cells.values.type
    if pa.types.is_temporal(kind):
        tally.measures.update(measure_days(some.values, some.weights))
        return
    if pa.types.is_boolean(kind):
        return
    numbers = some.values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)  # nearly, above 2^53
    tally.measures.update(measure_numbers(numbers, some.weights))
    if pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale == 0):
        _scan(tally, Distinct(cells.values.cast(pa.string()), cells.weights), scanner)
    elif pa.types.is_floating(kind):
        _scan(tally, _whole_numbers(cells), scanner)


def _whole_numbers(cells: Distinct) -> Distinct:
    """Whole numbers that a reader of files with gaps has made floats of: account numbers, say."""
    values = cells.values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        whole = np.flatnonzero((values == np.trunc(values)) & (np.abs(values) < _EXACT))
    return Distinct(pa.array(values[whole].astype(np.int64)).cast(pa.string()), cells.weights[whole])


def _sketched(tally: ColumnTally, cells: Distinct, key: int) -> Distinct:
    """Notes the smallest hashes; returns the values to be measured, which are those with the smallest hashes too."""
    hashes = hashes_of(cells.values, key)
    tally.sketch = tuple(smallest(hashes, SKETCH).tolist())
    if len(hashes) > MEASURED:
        cells = cells.take(np.sort(np.argpartition(hashes, MEASURED)[:MEASURED]))
    tally.measures["measured"] += int(cells.weights.sum())
    return cells


def _scan(tally: ColumnTally, cells: Distinct, scanner: Scanner) -> None:
    """Looks for personal data in each of the values, and adds up what is found by cells."""
    if not len(cells.values):
        return
    found = scanner.find(cells.values, header=tally.path)
    if not found.num_rows:
        return
    row = found["row"].to_numpy()
    kinds = found["entity_type"].combine_chunks().dictionary_encode()
    claimants = found["recognizer"].combine_chunks().dictionary_encode()
    kind, claimant = kinds.indices.to_numpy(), claimants.indices.to_numpy()
    names, weights = kinds.dictionary.to_pylist(), cells.weights
    score = np.rint(found["score"].to_numpy() * _MICRO).astype(np.int64)
    length = pc.utf8_length(pc.utf8_trim_whitespace(cells.values)).to_numpy()
    whole = found["end"].to_numpy() - found["start"].to_numpy() >= _WHOLE * length[row]
    tally.found += int(weights[np.unique(row)].sum())

    def cells_with(some: npt.NDArray[Any]) -> Integers:
        """How many cells each type is in, by those findings."""
        pairs = np.unique(kind[some].astype(np.int64) * len(length) + row[some])
        return np.bincount(pairs // len(length), weights[pairs % len(length)], len(names)).astype(np.int64)

    every = np.ones(len(row), bool)
    counts, wholes = cells_with(every), cells_with(whole)
    findings = np.bincount(kind, weights[row], len(names)).astype(np.int64)
    sums = np.bincount(kind, weights[row] * score, len(names)).astype(np.int64)
    highest = np.zeros(len(names), np.int64)
    np.maximum.at(highest, kind, score)
    who: list[set[str]] = [set() for _ in names]
    for pair in np.unique(kind.astype(np.int64) * len(claimants.dictionary) + claimant).tolist():
        who[pair // len(claimants.dictionary)].add(claimants.dictionary[pair % len(claimants.dictionary)].as_py())
    for place, name in enumerate(names):
        tally.entities[name] = EntityTally(
            int(counts[place]), int(findings[place]), int(sums[place]), int(highest[place]), who[place], int(wholes[place]))
