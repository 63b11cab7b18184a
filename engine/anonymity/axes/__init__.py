"""Axes: the columns of a cube while a tree is being fitted.

An axis gives every value of a column a position in one order: null, NaN, then numbers and dates by size, or
the leaves of a hierarchy depth first; categories, null among them, by falling frequency. A cut is a position
in that order, and the loss of a box follows from the lowest and the highest position it holds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.axes.axis import Axis, Finished, Leaves
from engine.anonymity.axes.hierarchy import taxonomy
from engine.anonymity.axes.line import Categories, Interval
from engine.anonymity.axes.order import Order
from engine.anonymity.values import is_categorical, is_ordered, normalized
from engine.errors import PolicyError
from schemas.policy import Column

Ints = npt.NDArray[np.int64]

__all__ = ["Axis", "Finished", "Leaves", "axis"]


def axis(name: str, values: pa.ChunkedArray, counts: Ints, column: Column) -> Axis:
    """Returns the axis of one column of a cube.

    Raises:
        PolicyError: If values of this type cannot be generalized, or do not fit the column's hierarchy.
    """
    flat = normalized(values)
    order = Order.of(flat, counts)
    if column.hierarchy is not None:
        return taxonomy(name, order, column.hierarchy, counts)
    if is_ordered(flat.type):
        return Interval(name, order, counts, told=column.aggregate is not None)
    if is_categorical(flat.type):
        return Categories(name, order, counts)
    raise PolicyError(f"a quasi-identifier of type {flat.type} cannot be generalized", where=f"columns.{name}",
                      allowed="numbers, strings, booleans, dates and timestamps",
                      next="drop the column, or cast it at the source")
