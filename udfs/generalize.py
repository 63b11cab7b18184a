"""generalize: each value becomes its ancestor at one level of a hierarchy."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from engine.anonymity.hierarchies import generalize_level
from engine.operators.columns import plain


def generalize(values: pa.Array, *, hierarchy: dict[str, Any], level: int) -> pa.Array:
    """Returns each value's ancestor at ``level`` of ``hierarchy``.

    Args:
        values: A type that fits the kind of hierarchy.
        hierarchy: A ``schemas.policy.hierarchies.Hierarchy`` as plain JSON values.
        level: 1 is the first generalization above the value itself.

    Returns:
        String array: null where ``values`` is null, ``*`` where the hierarchy does not know the value.

    Raises:
        PolicyError: If the type does not fit.
    """
    values = plain(values)
    if pa.types.is_null(values.type):
        return values.cast(pa.string())
    return generalize_level(values, hierarchy, level).cast(pa.string())
