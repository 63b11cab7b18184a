"""Guarantees, measured on the count table of a release. Knows nothing of how the release came about."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.claims import Claim
from engine.anonymity.cube import Cube
from engine.anonymity.modelled import Modelled, modelled
from engine.anonymity.values import normalized
from engine.errors import InputError
from schemas.policy import Guarantees
from schemas.policy.guarantees import ColumnClaim, LDiversity, SubjectCount, Suppress
from schemas.receipt import GuaranteeVerdict
from schemas.reserved import COUNT, SUPPRESSED

_SLACK = 1e-12
_CLASS = "class"

STARRED = {"cells": "'*' in every column", "values": "'*' in a column that says more of others"}
"""What rows are that count as suppressed, and are there."""


class Parts(Protocol):
    """A written table beside its claimed columns, as many classes at once as fit."""

    def beside(self, column: str) -> Iterable[Cube]:
        """Returns the cube of labels and one column, in parts: all tuples of a class are in one of them."""
        ...

    def alone(self, column: str) -> Cube:
        """Returns the counts of one column."""
        ...


def measure_guarantees(
    counts: Cube, guarantees: Guarantees, source_rows: int, parts: Parts | None = None,
) -> tuple[GuaranteeVerdict, ...]:
    """Measures every promised guarantee on a written table.

    k is the smallest equivalence class, suppression the share of source rows that are not in the table or count so (``STARRED``).
    What is claimed of a column is measured by its model (``engine.anonymity.models``) in the worst class, beside the whole
    written table; null and NaN count as one value each, but as nobody among subjects.

    Args:
        counts: Distinct (labels, sensitive values) of the written table, with counts. A tuple may stand twice.
        guarantees: What was promised; sensitive columns under the names they have in ``counts``.
        source_rows: Rows of the source.
        parts: Where claimed columns are measured, if not in ``counts``: these need not have them then.

    Returns:
        One verdict per claim: k, each claim on a column, suppression. A release without rows meets no k.

    Raises:
        InputError: If a claim names a column that ``counts`` does not have.
    """
    table = _classes(counts)
    sizes = _sum(table, [_CLASS])[COUNT].to_numpy()
    verdicts = []
    if guarantees.k is not None:
        smallest = int(sizes.min()) if len(sizes) else 0
        below = int((sizes < guarantees.k).sum())
        verdicts.append(GuaranteeVerdict(
            guarantee="k", promised=guarantees.k, measured=smallest, holds=smallest >= guarantees.k,
            detail=f"{len(sizes):,} classes, {below:,} below k"))
    verdicts += [_on_column(claim, [(table, _of_table(claim, table, _known(counts, claim.column)))] if parts is None else
                            _in_parts(claim, parts)) for claim in guarantees.on_columns]
    return (*verdicts, _suppression(counts, guarantees, source_rows))


def class_sizes(counts: Cube) -> npt.NDArray[np.int64]:
    """Returns the number of rows of each equivalence class of a written table."""
    return np.asarray(_sum(_classes(counts), [_CLASS])[COUNT].to_numpy(), dtype=np.int64)


def starred_rows(counts: Cube, suppress: Suppress) -> int:
    """Returns the rows of a written table that are there, and count as suppressed.

    With ``cells`` those that are '*' in every quasi-identifier, with ``values`` those that are in one that says more of others.
    """
    if suppress == "rows":
        return 0
    stars = np.array([np.asarray(pc.fill_null(pc.equal(normalized(counts.table[name]), SUPPRESSED), fill_value=False))
                      for name in counts.quasi], bool).reshape(len(counts.quasi), -1)
    held = stars.all(axis=0) if suppress == "cells" else stars[~stars.all(axis=1)].any(axis=0)
    return int(counts.table[COUNT].to_numpy()[held].sum())


def _suppression(counts: Cube, guarantees: Guarantees, source_rows: int) -> GuaranteeVerdict:
    missing = source_rows - counts.rows
    starred = starred_rows(counts, guarantees.suppress)
    share = (missing + starred) / source_rows if source_rows else 0.0
    return GuaranteeVerdict(
        guarantee="suppression", promised=guarantees.suppression, measured=share,
        holds=missing >= 0 and missing + starred <= guarantees.suppression * source_rows * (1 + _SLACK),
        detail=f"{missing:,} of {source_rows:,} rows" + (
            f" left out, {starred:,} {STARRED[guarantees.suppress]}" if guarantees.suppress in STARRED else ""))


def _known(counts: Cube, column: str) -> str:
    if column not in counts.table.column_names:
        raise InputError(f"the written table has no column {column!r} to measure", where="guarantees",
                         allowed=f"sensitive columns {', '.join(counts.sensitive) or '(none)'}",
                         next="count it with the quasi-identifiers")
    return column


def _classes(counts: Cube) -> pa.Table:
    """Returns class number, sensitive columns and count."""
    number = np.zeros(counts.table.num_rows, np.int64)
    for name in counts.quasi:
        encoded = normalized(counts.table[name]).dictionary_encode(null_encoding="encode")
        pairs = number * (len(encoded.dictionary) + 1) + np.asarray(encoded.indices).astype(np.int64)
        number = np.unique(pairs, return_inverse=True)[1].astype(np.int64)
    sensitive = {name: normalized(counts.table[name]) for name in counts.sensitive}
    return pa.table({_CLASS: number, **sensitive, COUNT: counts.table[COUNT].cast(pa.int64())})


def _sum(table: pa.Table, keys: list[str]) -> pa.Table:
    summed = table.select([*keys, COUNT]).group_by(keys).aggregate([(COUNT, "sum")])
    return summed.rename_columns([COUNT if name == f"{COUNT}_sum" else name for name in summed.column_names])


def _of_table(claim: ColumnClaim, table: pa.Table, column: str) -> Modelled:
    return modelled(claim, table[column], table[COUNT].to_numpy())


def _in_parts(claim: ColumnClaim, parts: Parts) -> Iterator[tuple[pa.Table, Modelled]]:
    """Yields classes with the model and the codes of their values; how many different ones there are needs no other class."""
    apart = isinstance(claim, SubjectCount) or (isinstance(claim, LDiversity) and claim.distinct is not None)
    alone = None if apart else parts.alone(claim.column).table
    whole = None if alone is None else _of_table(claim, alone, claim.column)
    for cube in parts.beside(claim.column):
        table = _classes(cube)
        if alone is None or whole is None:
            yield table, _of_table(claim, table, claim.column)
        else:
            place = pc.index_in(table[claim.column].combine_chunks(), value_set=normalized(alone[claim.column]))
            yield table, Modelled(whole.model, whole.codes[np.asarray(place).astype(np.int64)])


def _on_column(claim: ColumnClaim, parts: Iterable[tuple[pa.Table, Modelled]]) -> GuaranteeVerdict:
    """Measures a claim on one sensitive column in the worst class."""
    said, worst, enough = claim.said, None, False
    for table, (model, codes) in parts:
        classes, rows = table[_CLASS].to_numpy(), table[COUNT].to_numpy()
        for found in Claim(model, codes).measured(classes, int(classes.max(initial=-1)) + 1, rows):
            here = found.min() if model.at_least else found.max()
            worst = here if worst is None else min(worst, here) if model.at_least else max(worst, here)
            enough = bool(model.enough(np.array([worst]))[0])
    if worst is None:
        return GuaranteeVerdict(guarantee=said.name, promised=said.promised, measured=0.0, holds=False, detail="no class is left")
    return GuaranteeVerdict(guarantee=said.name, promised=said.promised, measured=float(min(worst, sys.float_info.max)),
                            holds=enough, detail=said.detail)
