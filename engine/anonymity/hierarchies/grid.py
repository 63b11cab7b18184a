"""A latitude or a longitude in decimal degrees: cells of a grid that nest, and close at the pole and at the date line."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.hierarchies.arrays import Family, by_key
from engine.anonymity.hierarchies.numbers import cells, half_open
from schemas.policy import Hierarchy


def _latitudes(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    return [_cells(values, hierarchy.latitude or (), level, most=90) for level in levels]


def _longitudes(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    return [_cells(values, hierarchy.longitude or (), level, most=180) for level in levels]


def _cells(values: pa.Array, widths: Sequence[float], level: int, *, most: int) -> pa.Array:
    """Returns the cell of each value; null beyond ``most`` degrees. 180 degrees are -180; 90 lies in the last cell."""
    width = Decimal(str(widths[level - 1]))
    present, valid = values.drop_null(), np.array(pc.is_valid(values))
    degrees = np.asarray(present.cast(pa.float64(), safe=False))
    known = np.abs(degrees) <= most
    valid[valid] = known
    found = cells(present.filter(pa.array(known)), width)
    beyond = int(most / width)
    turned = -beyond if most == 180 else beyond - 1  # noqa: PLR2004 - the date line
    found = np.where(found == beyond, turned, found)

    def name(cell: int) -> str:
        low, high = half_open(cell, width)
        return f"[{low}, {high}{']' if (most, high) == (90, '90') else ')'}"

    return by_key(found, valid, name)


LATITUDE = Family(lambda hierarchy, _: len(hierarchy.latitude or ()), _latitudes)
LONGITUDE = Family(lambda hierarchy, _: len(hierarchy.longitude or ()), _longitudes)
