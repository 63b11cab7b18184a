"""generalize: each value becomes its ancestor at one level of a hierarchy."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from engine.operators.base import Context, Effect, KernelCall
from engine.operators.columns import is_moment, is_number, is_text, require, value_type
from schemas.policy.hierarchies import TypeWord
from schemas.policy.operators import Generalize

_FITS: dict[TypeWord, Callable[[pa.DataType], bool]] = {
    "texts": is_text, "integers": lambda kind: bool(pa.types.is_integer(value_type(kind))), "numbers": is_number,
    "booleans": lambda kind: bool(pa.types.is_boolean(value_type(kind))), "dates and timestamps": is_moment,
}


class GeneralizeOperator:
    """Coarser by a fixed level, whatever the data. What needs a guarantee is a quasi-identifier instead."""

    name = "generalize"

    def effect(self, parameters: Generalize) -> Effect:
        """Returns what is left of a value."""
        if parameters.hierarchy.dates and parameters.level <= len(parameters.hierarchy.dates):
            return Effect(f"its {parameters.hierarchy.dates[parameters.level - 1]}", reversible=False, linkable=False)
        return Effect(f"its group at level {parameters.level} of a hierarchy", reversible=False, linkable=False)

    def call(self, parameters: Generalize, context: Context) -> KernelCall:
        """Returns a call of ``generalize``; the hierarchy travels in the call, executors read no files.

        Raises:
            PolicyError: If the column's type does not fit the kind of hierarchy.
        """
        takes = parameters.hierarchy.takes
        require(f"{self.name} with hierarchy {parameters.hierarchy.kind}", context,
                lambda kind: any(_FITS[word](kind) for word in takes), ", ".join(takes),
                "name a hierarchy that fits the column's type")
        hierarchy = parameters.hierarchy.model_dump(mode="json", exclude_none=True)
        return KernelCall("generalize", (context.column,), pa.string(), (("hierarchy", hierarchy), ("level", parameters.level)))
