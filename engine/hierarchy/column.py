"""The values of one column with how often each stands, and the hierarchy that a policy gives it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine import road
from engine.anonymity.far import near
from engine.anonymity.values import distinct_in_order
from engine.backends.base import Progress, silent
from engine.backends.text_tables import inferred
from engine.errors import InputError, PolicyError, nearest
from engine.plan import Policy
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.reserved import COUNT

LIST = ".txt"
"""Ending of a list of values, one a line."""


class Counted(NamedTuple):
    """Distinct values, neither null nor NaN: numbers and dates by size, all else by its text.

    Attributes:
        values: Each once.
        rows: How often each of them stands in the column.
        lines: Of a list: the line on which each stands first, counted from 1.
    """

    values: pa.Array
    rows: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64] | None = None


def counted(target: str, column: str | None, *, backend: str | None = None, progress: Progress = silent) -> Counted:
    """Counts the values of a table's column, of a policy's column as its operator leaves it, or of a list of values.

    Args:
        target: A table; a policy; or a text file with a value in every line.
        column: Of a table or policy.
        backend: Where the table is read; local by default, unless Spark is around.
        progress: Told what is under way.

    Raises:
        InputError: If there is no such table, list or column, or it holds no value.
        PolicyError: If no column is named, or its values are nested.
    """
    if target.endswith(LIST):
        lines, texts = _lines(Path(target))
        values = inferred(pa.chunked_array([texts]))
        return _distinct(values, np.ones(len(values), np.int64), target, lines)
    policy = _alone(target, named(target, column))
    measured = road.open_backend(backend or road.backend_around("local")).measure(policy, progress)
    cube = near(measured.cube, what="a hierarchy is built in memory")
    if cube is None and column in measured.schema.names:
        raise InputError("the table has no row", where=policy.source.table, next="name a table that has some")
    if cube is None:
        raise InputError(f"the table has no column {column!r}", where=policy.source.table,
                         next=nearest(str(column), measured.schema.names))
    return _distinct(cube.table[column], np.asarray(cube.table[COUNT]), f"{policy.source.table}, column {column}")


def hierarchy_of(target: str, column: str | None) -> Hierarchy:
    """Returns the hierarchy that a policy gives a column: its own, or that of its operator ``generalize``.

    Raises:
        PolicyError: If there is no such policy or column, or it has no hierarchy.
    """
    found = _column(Policy.load(target), named(target, column), target)
    operator = found.operator.generalize if found.operator else None
    hierarchy = found.hierarchy or (operator.hierarchy if operator else None)
    if hierarchy is None:
        raise PolicyError(f"the policy gives column {column!r} no hierarchy", where=target,
                          next="without one it becomes intervals or sets; see docs/hierarchies.md")
    return hierarchy


def named(target: str, column: str | None) -> str:
    """Returns the column that was named.

    Raises:
        PolicyError: If none was.
    """
    if column is None:
        raise PolicyError("no column is named", where=target, next="name it with --column")
    return column


def _column(policy: Policy, column: str, target: str) -> Column:
    if column not in policy.columns:
        raise PolicyError(f"the policy has no column {column!r}", where=target, next=nearest(column, policy.columns))
    return policy.columns[column]


def _alone(target: str, column: str) -> Policy:
    """Returns a policy of one quasi-identifier, so that a backend counts its values as it does for a plan."""
    if not road.is_policy(target):
        return Policy.parse({
            "apiVersion": "lakeveil/v1", "name": "hierarchy", "purpose": "hierarchy", "legal_basis": "hierarchy",
            "retention": "none", "source": {"table": target}, "columns": {column: {"role": "quasi", "why": "hierarchy"}},
            "guarantees": {"k": 2}, "release": {"path": "none"}})
    policy = Policy.load(target)
    found = _column(policy, column, target)
    coded = found.operator if found.hierarchy else None  # generalize has a hierarchy of raw values
    alone = found.model_copy(update={"role": "quasi", "operator": coded})
    return policy.model_copy(update={"columns": {column: alone}, "guarantees": Guarantees()})


def _distinct(
    values: pa.ChunkedArray, rows: npt.NDArray[np.int64], where: str, lines: npt.NDArray[np.int64] | None = None,
) -> Counted:
    distinct, place = distinct_in_order(values)
    sums = np.bincount(place, rows, len(distinct)).astype(np.int64)
    known = np.asarray(pc.invert(pc.is_null(distinct, nan_is_null=True)))
    if not known.any():
        raise InputError("there is no value here", where=where, next="check that it is the right table and column")
    first = np.zeros(len(distinct), np.int64)
    if lines is not None:
        first[place[::-1]] = lines[::-1]  # the one that is written last is the first
    return Counted(distinct.filter(pa.array(known)), sums[known], None if lines is None else first[known])


def _lines(path: Path) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Returns the lines that are not empty: their numbers, and what they say."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("the list of values is not UTF-8", where=str(path),
                         next="convert it, say with: iconv -f latin1 -t utf-8") from None
    except OSError as error:
        raise InputError(f"the list of values cannot be read: {error.strerror}", where=str(path), next="name a file") from None
    lines = [(number, line) for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1) if line]
    return np.array([number for number, _ in lines], np.int64), pa.array([line for _, line in lines], pa.string())
