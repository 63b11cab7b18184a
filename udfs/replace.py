"""replace: every non-null cell becomes one constant."""

from __future__ import annotations

import pyarrow as pa

from engine.operators.columns import constant


def replace(values: pa.Array, *, value: str) -> pa.Array:
    """Returns ``value`` for every cell that is not null, whatever its type; null stays null."""
    return constant(values, value)
