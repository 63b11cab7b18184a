"""Axes of what columns may hold, known to the public: of the table they take nothing but where its rows stand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from engine.anonymity import hierarchies
from engine.anonymity.axes import Axis
from engine.anonymity.axes.hierarchy import taxonomy
from engine.anonymity.axes.line import Categories, Interval
from engine.anonymity.axes.order import Order
from engine.anonymity.values import comparable, is_ordered, normalized
from engine.errors import InputError, PolicyError
from schemas.policy import Column
from schemas.policy.v1 import Domain

Ints = npt.NDArray[np.int64]

STEPS = 1024
"""Places where a range may be cut, at most."""


def public_axis(name: str, values: pa.ChunkedArray, column: Column) -> Axis:
    """Returns the axis of one column. Null has a place on it, whether the table has one or not; so has NaN, of floats.

    A number outside of its range stands at the range's end.

    Raises:
        PolicyError: If what the column may hold is not known, or does not fit its type.
        InputError: If the table has a value that the column may not hold.
    """
    flat = normalized(values)
    known = _known(name, flat.type, column)
    nan = is_.is_floating(flat.type)
    nothing = np.zeros(len(known), np.int64)
    exact = column.hierarchy is not None or not is_ordered(flat.type)
    place = _exact(name, flat, known) if exact else np.minimum(np.searchsorted(comparable(known), _filled(flat)), len(known) - 1)
    place = place + 1 + nan
    if nan:
        place[np.asarray(pc.fill_null(pc.is_nan(flat), fill_value=False))] = 1
    place[np.asarray(pc.is_null(flat))] = 0
    order = Order(flat.type, known, nothing, 1, nan, place.astype(np.int64))
    if column.hierarchy is not None:
        return taxonomy(name, order, column.hierarchy, np.zeros(len(flat), np.int64))
    rows = np.zeros(len(flat), np.int64)
    return Interval(name, order, rows, told=False) if is_ordered(flat.type) else Categories(name, order, rows)


def _known(name: str, type_: pa.DataType, column: Column) -> pa.Array:
    where = f"columns.{name}"
    if column.hierarchy is not None and column.hierarchy.listed:
        values: pa.Array = pa.array([path[0] for path in hierarchies.paths(column.hierarchy, f"{where}.hierarchy")])
    elif column.domain is not None and column.domain.values is not None:
        values = pa.array(column.domain.values)
    elif column.domain is not None and (is_.is_integer(type_) or is_.is_floating(type_)):
        values = _steps(column.domain, type_, every=column.hierarchy is not None, where=where)
    else:
        raise PolicyError(f"noisy cuts need to know what a column of type {type_} may hold", where=where,
                          allowed="domain: {min, max} for whole numbers and floats, {values: [...]}; or a hierarchy that lists",
                          next="give the column one of them")
    try:
        values = values.cast(type_)
    except pa.ArrowInvalid:
        raise PolicyError(f"what the column may hold does not fit its type, {type_}", where=where,
                          next="mend its domain or hierarchy") from None
    return values.take(pc.sort_indices(values)) if is_ordered(type_) else values


def _steps(domain: Domain, type_: pa.DataType, *, every: bool, where: str) -> pa.Array:
    low, high = float(domain.min or 0), float(domain.max or 0)
    whole = is_.is_integer(type_)
    if every and (not whole or high - low >= STEPS):
        raise PolicyError("a hierarchy by rule needs each value that the column may hold", where=where,
                          allowed=f"a domain of at most {STEPS} whole numbers",
                          next="leave the hierarchy out, or list its values")
    number = min(int(high - low) + 1, STEPS) if whole else STEPS
    steps = np.linspace(low, high, number)
    return pa.array(np.unique(np.rint(steps).astype(np.int64)) if whole else steps)


def _exact(name: str, flat: pa.Array, known: pa.Array) -> Ints:
    place = pc.index_in(hierarchies.as_text(flat), value_set=hierarchies.as_text(known))
    missing = pc.is_null(place).to_numpy(zero_copy_only=False) & pc.is_valid(flat).to_numpy(zero_copy_only=False)
    if is_.is_floating(flat.type):
        missing &= ~np.asarray(pc.fill_null(pc.is_nan(flat), fill_value=False))
    if missing.any():
        raise InputError("the table has values that the policy does not list for the column", where=f"columns.{name}",
                         allowed=f"the {len(known)} values of its domain or hierarchy, and null",
                         next="add them, or mend the table")
    return np.asarray(pc.fill_null(place, 0)).astype(np.int64)


def _filled(flat: pa.Array) -> npt.NDArray[np.float64]:
    values = np.zeros(len(flat), comparable(flat.drop_null()).dtype)
    values[np.asarray(pc.is_valid(flat))] = comparable(flat.drop_null())
    return np.asarray(values)
