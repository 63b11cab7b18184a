"""redact: the whole cell becomes one placeholder."""

from __future__ import annotations

import pyarrow as pa

from engine.operators.columns import constant

PLACEHOLDER = "[REDACTED]"


def redact(values: pa.Array) -> pa.Array:
    """Returns ``[REDACTED]`` for every cell that is not null, whatever its type; null stays null."""
    return constant(values, PLACEHOLDER)
