"""Columns of a cube that is not held: at most ``MOST_KEYS`` positions each, and where values stand on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity import hierarchies
from engine.anonymity.axes import Axis, axis
from engine.anonymity.axes.hierarchy import Labels, taxonomy_of_labels
from engine.anonymity.axes.line import Interval, Pooled
from engine.anonymity.axes.order import Order
from engine.anonymity.far.places import NAN, UNKNOWN, Between, Leveled, Listed, Place
from engine.anonymity.hierarchies.levels import check_type
from engine.anonymity.values import comparable, is_ordered
from schemas.policy import Column
from schemas.reserved import COUNT

if TYPE_CHECKING:
    from engine.anonymity.far.cube import FarCube

Ints = npt.NDArray[np.int64]

MOST_KEYS = 1 << 16
"""Positions on an axis, at most."""

MOST_LABELS = 1 << 12
"""The same along a hierarchy, where claims are counted value by value at each of them."""

MOST_CATEGORIES = 1 << 10
"""Categories that have a place of their own, without a hierarchy: labels name all that they stand for."""

ABOUT = 50_000
"""Values that are drawn to be bounds, of a column that has more than ``MOST_KEYS``."""


class Placed(NamedTuple):
    """A column on its axis.

    Attributes:
        axis: It.
        place: Where values stand.
        level: Of the hierarchy, the level that positions are labels of; 0 for values.
    """

    axis: Axis
    place: Place
    level: int = 0


def placed(name: str, cube: FarCube, column: Column, *, claimed: bool) -> Placed:
    """Returns the axis of a quasi-identifier.

    Values stand on it as they do where a cube is held (``engine.anonymity.axes``), as long as there are few enough. Of more
    numbers or dates those between two bounds share a position: which values are bounds a hash decides, and the largest is one. Of
    more categories the rarest share the last position. Along a hierarchy positions are labels of the finest level that has few.

    Args:
        name: The column.
        cube: What is counted.
        column: The policy's record of it.
        claimed: Whether claims are counted value by value.

    Raises:
        PolicyError: If values of this type cannot be generalized, or do not fit the column's hierarchy.
    """
    if column.hierarchy is not None:
        return _along_hierarchy(name, cube, column, MOST_LABELS if claimed else MOST_KEYS)
    ordered = is_ordered(cube.type(name))
    values = cube.grouped(name, MOST_KEYS if ordered else MOST_CATEGORIES)
    if values is not None:
        return _listed(name, values, column)
    return _between(name, cube) if ordered else _pooled(name, cube)


def _listed(name: str, values: pa.Table, column: Column) -> Placed:
    found = axis(name, values["key"], _rows(values), column)
    return Placed(found, Listed(values["key"].combine_chunks(), found.positions))


def _between(name: str, cube: FarCube) -> Placed:
    sample = cube.sample(name, ABOUT)
    order = np.argsort(comparable(sample), kind="stable")
    thin = np.unique(np.linspace(0, len(order) - 1, min(len(order), MOST_KEYS - 2)).astype(np.int64))
    bounds = sample.take(pa.array(order[thin]))
    place = Between(comparable(bounds), cube.type(name), null=True, nan=True)
    counted = cube.placed(name, place)
    rows = np.zeros(len(bounds) + 2, np.int64)
    rows[np.asarray(counted["key"])] = _rows(counted)
    null, nan = bool(rows[0]), bool(rows[1])
    rows = np.concatenate([rows[:2][[null, nan]], rows[2:]])
    here = Order(cube.type(name), bounds, rows[int(null) + int(nan):], int(rows[0]) if null else 0, nan, np.arange(len(rows)))
    return Placed(Interval(name, here, rows, merged=True), Between(place.bounds, place.type, null=null, nan=nan))


def _pooled(name: str, cube: FarCube) -> Placed:
    listed = cube.frequent(name, MOST_CATEGORIES)
    values, rows = listed["key"].combine_chunks(), _rows(listed)
    order = Order.of(values, rows)
    rest, distinct = cube.rows - int(rows.sum()), max(cube.distinct(name), order.size + 1)
    pooled = Pooled(name, order, np.append(rows, rest), distinct)
    return Placed(pooled, Listed(values, pooled.positions[:-1], other=pooled.extent - 1))


def _along_hierarchy(name: str, cube: FarCube, column: Column, most: int) -> Placed:
    hierarchy, where = column.hierarchy, f"columns.{name}.hierarchy"
    if hierarchy is None:
        raise TypeError("a column without a hierarchy")
    check_type(cube.type(name), hierarchy, where)
    values = cube.grouped(name, most)
    if values is not None:
        return _listed(name, values, column)
    level = 0
    while values is None:  # '*' is one label
        level += 1
        values = cube.grouped(name, most, Leveled(hierarchy, level))
    keys = values["key"].combine_chunks()
    below = np.asarray(values["values"]).astype(np.int64)
    unknown = int(below[np.asarray(pc.fill_null(pc.equal(keys, UNKNOWN), fill_value=False))].sum())
    if unknown:
        raise hierarchies.unknown_values(unknown, int(below[np.asarray(pc.is_valid(keys))].sum()), where)
    labels = Labels(keys.to_pylist(), values["example"].combine_chunks(), _rows(values), below, level, NAN)
    found = taxonomy_of_labels(name, labels, hierarchy)
    return Placed(found, Leveled(hierarchy, level, Listed(keys, found.positions)), level)


def _rows(table: pa.Table) -> Ints:
    return np.asarray(table[COUNT]).astype(np.int64)
