"""Numbers: intervals of equal width, intervals between public edges, bands of ages."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from engine.anonymity.hierarchies.arrays import Family, as_text, by_key
from schemas.policy import Hierarchy
from schemas.policy.hierarchy_rules import OLDEST, Ages

_EXACT = Context(prec=400)
"""Enough digits to divide any double by any width without rounding."""

_WHOLE = 2.0**53
"""Up to here doubles hold every whole number."""


def cells(present: pa.Array, width: Decimal) -> npt.NDArray[Any]:
    """Returns in which cell of some width each number lies: cell n goes from n times the width up to the next.

    A number is what it is written as: 0.3 lies in [0.3, 0.4), whatever a binary division says.

    Args:
        present: Finite numbers without nulls.
        width: Positive.
    """
    text = as_text(present)
    near = np.asarray(text.cast(pa.float64()))
    with np.errstate(over="ignore"):
        guess = np.floor(near / float(width))
    if len(guess) and np.abs(guess).max() >= _WHOLE:
        return np.array([_cell(Decimal(number), width) for number in text.to_pylist()], object)
    found = guess.astype(np.int64)
    distinct, place = np.unique(found, return_inverse=True)
    with localcontext(_EXACT):
        low, high = (np.array([float((n + one) * width) for n in distinct.tolist()]) for one in (0, 1))
    unsure = np.flatnonzero(~((low[place] < near) & (near < high[place])))  # on an edge, or beside it by rounding
    found[unsure] = [_cell(Decimal(number), width) for number in text.take(pa.array(unsure)).to_pylist()]
    return found


def half_open(cell: int, width: Decimal) -> tuple[str, str]:
    """Returns where a cell begins and where the next one does, as text."""
    with localcontext(_EXACT):
        return f"{(cell * width).normalize() + 0:f}", f"{((cell + 1) * width).normalize() + 0:f}"


def _cell(number: Decimal, width: Decimal) -> int:
    with localcontext(_EXACT):
        return int(number // width) - int(number % width < 0)


def _widths(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    return [_interval(values, float((hierarchy.widths or ())[level - 1])) for level in levels]


def _interval(values: pa.Array, width: float) -> pa.Array:
    valid, present = np.asarray(pc.is_valid(values)), values.drop_null()
    if is_.is_integer(values.type) and width.is_integer():
        whole, numbers = int(width), np.asarray(present)
        wide = is_.is_uint64(values.type) or whole > _WHOLE
        return by_key(numbers.astype(object if wide else np.int64) // whole, valid,
                      lambda n: f"[{n * whole}, {(n + 1) * whole - 1}]")
    exact = Decimal(repr(width))
    return by_key(cells(present, exact), valid, lambda n: "[{}, {})".format(*half_open(n, exact)))


def _edges(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    valid, present = np.asarray(pc.is_valid(values)), values.drop_null()
    found = []
    for level in levels:
        edges = [Decimal(str(edge)) for edge in (hierarchy.edges or ())[level - 1]]
        names = _between(edges, whole=is_.is_integer(values.type))
        found.append(by_key(_bins(present, edges), valid, names.__getitem__))
    return found


def _between(edges: list[Decimal], *, whole: bool) -> list[str]:
    """Returns the labels of what lies below the first edge, between each two, and from the last one on."""
    texts = [f"{edge.normalize() + 0:f}" for edge in edges]
    closed = whole and all(edge == edge.to_integral_value() for edge in edges)
    inner = [f"[{low}, {int(edge) - 1}]" if closed else f"[{low}, {edge:f})" for low, edge in zip(texts, edges[1:], strict=False)]
    return [f"< {texts[0]}", *inner, f"≥ {texts[-1]}"]


def _bins(present: pa.Array, edges: list[Decimal]) -> npt.NDArray[np.int64]:
    """Returns how many edges lie at or below each number."""
    if is_.is_floating(present.type):
        near = np.asarray(as_text(present).cast(pa.float64()))  # as written: a single-precision 0.7 is 0.7
        return np.searchsorted(np.array([float(edge) for edge in edges]), near, side="right")
    if is_.is_integer(present.type) and all(abs(edge) < _WHOLE for edge in edges):
        return np.searchsorted(np.array([math.ceil(edge) for edge in edges]), np.asarray(present), side="right")
    return np.array([bisect_right(edges, number) for number in present.to_pylist()], np.int64)


def _ages(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    ages, whole = hierarchy.ages or Ages(), is_.is_integer(values.type)
    present, valid = values.drop_null(), np.array(pc.is_valid(values))
    if is_.is_decimal(present.type):
        present = pc.floor(present)  # as a double, 89.99…9 would be 90
    years = np.floor(np.asarray(present.cast(pa.float64(), safe=False)))
    known = (years >= 0) & (years <= OLDEST)
    valid[valid] = known
    capped = np.minimum(years[known].astype(np.int64), ages.top)

    def bands(width: int) -> pa.Array:
        low = np.where(capped == ages.top, ages.top, capped // width * width)
        return by_key(low, valid, lambda n: _band(n, min(n + width, ages.top), whole=whole))

    return [bands(ages.bands[level - 1]) for level in levels]


def _band(low: int, end: int, *, whole: bool) -> str:
    if low == end:
        return f"{low}+"
    if not whole:
        return f"[{low}, {end})"
    return f"{low}" if end == low + 1 else f"[{low}, {end - 1}]"


WIDTHS = Family(lambda hierarchy, _: len(hierarchy.widths or ()), _widths)
EDGES = Family(lambda hierarchy, _: len(hierarchy.edges or ()), _edges)
AGES = Family(lambda hierarchy, _: len((hierarchy.ages or Ages()).bands), _ages)
