"""Levels that operators name, against those that hierarchies have."""

from __future__ import annotations

import pyarrow as pa

from engine.anonymity import hierarchies
from engine.errors import PolicyError
from schemas.policy.operators import Generalize


def refuse_level(name: str, written: Generalize) -> None:
    """Refuses a level that the hierarchy of ``generalize`` does not have; a mask's follow from the longest value, so any will do.

    Raises:
        PolicyError: If there is no such level, or the hierarchy is no tree.
    """
    if written.hierarchy.mask is not None:
        return
    where = f"columns.{name}.operator.generalize"
    height = hierarchies.height(pa.nulls(0, pa.string()), written.hierarchy, f"{where}.hierarchy")
    if written.level > height:
        raise PolicyError(f"generalize names level {written.level}, and the hierarchy has {height}", where=f"{where}.level",
                          allowed=f"1 to {height}; {height} is '*'", next="choose one of them")
