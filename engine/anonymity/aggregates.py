"""Microaggregation: a class publishes one number in place of an interval (Domingo-Ferrer and Torra, DMKD 11, 2005)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.types as is_

from engine.anonymity import hierarchies
from engine.anonymity.aggregate_coding import AggregateCoding
from engine.anonymity.coding import Box, Codes, Coding, IntervalCoding
from engine.anonymity.cube import Cube
from engine.anonymity.tree import Tree
from engine.anonymity.values import comparable, distinct_in_order, special_of
from engine.errors import PolicyError
from schemas.policy import Column
from schemas.policy.recoding import Aggregate
from schemas.reserved import COUNT

if TYPE_CHECKING:
    from engine.anonymity.recoding import Recoding  # which a recoding by levels, whose classes have numbers, is a kind of

Ints = npt.NDArray[np.int64]


class _Held(NamedTuple):
    """Values of a column by class, classes and values ascending.

    Attributes:
        starts: Where each class begins.
        rows: Of each value in its class.
        values: As numbers in their order.
        place: Of each value in the column.
    """

    starts: Ints
    rows: Ints
    values: npt.NDArray[Any]
    place: Ints


def aggregated(tree: Tree, cube: Cube, columns: Mapping[str, Column]) -> Tree:
    """Returns the tree, classes of which publish one number in columns with ``aggregate``.

    Null and NaN are not counted; a class without anything else publishes them. A mean is of the column's type: whole numbers,
    days, and units of decimals and timestamps, are rounded, half to even. A median is the smallest value that half of the rows do
    not exceed; of equally frequent values the smallest is the mode.

    Args:
        tree: Fitted on ``cube``.
        cube: Counts of the table.
        columns: The policy's record of each quasi-identifier.

    Raises:
        PolicyError: If values have no order, or no mean.
    """
    told = numbers_of(tree, cube, columns)
    return replace(tree, columns=told.columns, boxes=told.boxes, leaves=told.leaves)


class Numbers(NamedTuple):
    """Columns, boxes and leaves of a recoding, with one number of each class in columns with ``aggregate``."""

    columns: tuple[Coding, ...]
    boxes: tuple[tuple[Box, ...], ...]
    leaves: Ints


def numbers_of(recoding: Recoding, cube: Cube, columns: Mapping[str, Column]) -> Numbers:
    """Returns what ``aggregated`` makes of a tree, of any recoding."""
    codings, boxes, leaves = list(recoding.columns), list(recoding.boxes), recoding.leaves.copy()
    chosen = {i: how for i, name in enumerate(recoding.names) if (how := columns[name].aggregate)}
    if not chosen:
        return Numbers(tuple(codings), tuple(boxes), leaves)
    leaf = recoding.route([cube.table[name] for name in recoding.names])
    rows = np.asarray(cube.table[COUNT]).astype(np.int64)
    held = leaf < recoding.suppressed
    for i, how in chosen.items():
        coding = recoding.columns[i]
        if not isinstance(coding, IntervalCoding):
            raise no_number(coding.name, how)
        found = _published(coding.name, how, cube.table[coding.name].filter(pa.array(held)), rows[held], leaf[held])
        published = [found.get(number) for number in range(recoding.suppressed)]
        codings[i], boxes[i], leaves[:, i] = _coded(coding, recoding.boxes[i], recoding.leaves[:, i], published)
    return Numbers(tuple(codings), tuple(boxes), leaves)


def no_number(name: str, how: Aggregate) -> PolicyError:
    """Returns the error of ``aggregate`` on a column whose values have no order."""
    return PolicyError(f"a {how} is of numbers or dates", where=f"columns.{name}.aggregate",
                       allowed="numbers, dates and timestamps", next="leave aggregate out")


def _coded(
    coding: IntervalCoding, boxes: Sequence[Box], box: Codes, published: list[str | None],
) -> tuple[Coding, tuple[Box, ...], Ints]:
    texts = {text: place for place, text in enumerate(dict.fromkeys(published))}
    own: dict[Box, int] = {}
    number = [own.setdefault((*boxes[b], texts[text]), len(own)) for b, text in zip(box.tolist(), published, strict=True)]
    written = {field.name: getattr(coding, field.name) for field in fields(coding)}
    return AggregateCoding(**written, published=tuple(texts)), tuple(own), np.array(number, np.int64)


def _published(name: str, how: Aggregate, column: pa.ChunkedArray, rows: Ints, leaf: Ints) -> dict[int, str | None]:
    """Returns the text of what each class publishes."""
    values, place = distinct_in_order(column)
    key, inverse = np.unique(leaf * max(len(values), 1) + place, return_inverse=True)
    summed = np.bincount(inverse, rows, len(key)).astype(np.int64)
    classes, places = np.divmod(key, max(len(values), 1))
    special = special_of(values)
    real = places >= special
    found: dict[int, str | None] = dict.fromkeys(classes[~real].tolist(), "NaN")
    if values.null_count:
        found |= dict.fromkeys(classes[places == 0].tolist())  # null comes first
    held_by, starts = np.unique(classes[real], return_index=True)
    if len(held_by):
        numbers = comparable(values.slice(special))[places[real] - special]
        held = _Held(starts.astype(np.int64), summed[real], numbers, places[real])
        one = _mean(held, values.type, name) if how == "mean" else values.take(pa.array(_one(held, how)))
        found |= dict(zip(held_by.tolist(), hierarchies.as_text(one).to_pylist(), strict=True))
    return found


def _mean(held: _Held, type_: pa.DataType, name: str) -> pa.Array:
    number = np.add.reduceat(held.rows, held.starts)
    values = held.values if is_.is_floating(type_) else held.values.astype(object)  # sums beyond 64 bits
    first = values[held.starts]
    with np.errstate(all="ignore"):
        beyond = values - np.repeat(first, np.diff(np.append(held.starts, len(values))))
        total = np.add.reduceat(held.rows * beyond, held.starts)
    if is_.is_floating(type_):
        mean = first + total / number
        if not np.isfinite(mean).all():
            raise PolicyError("a class holds numbers too large for a mean", where=f"columns.{name}.aggregate",
                              allowed="median, mode", next="choose one of them, or code extremes (top_bottom_code)")
        return pa.array(mean).cast(type_)
    whole, rest = first + total // number, 2 * (total % number)
    whole = whole + ((rest > number) | ((rest == number) & (whole % 2 == 1)))
    if is_.is_decimal(type_):
        return pa.array([Decimal(one).scaleb(-type_.scale) for one in whole.tolist()], type_)
    narrow = pa.int32() if is_.is_date(type_) else pa.int64()
    return pa.array(whole.tolist(), narrow).cast(type_)


def _one(held: _Held, how: Aggregate) -> Ints:
    """Returns the place of each class's median or mode."""
    of = np.repeat(np.arange(len(held.starts)), np.diff(np.append(held.starts, len(held.rows))))
    if how == "mode":
        order = np.lexsort((held.place, -held.rows, of))
        return held.place[order[held.starts]]
    up_to = np.cumsum(held.rows)
    before = (up_to - held.rows)[held.starts]
    half = before + (np.add.reduceat(held.rows, held.starts) + 1) // 2
    return np.asarray(held.place[np.searchsorted(up_to, half)])
