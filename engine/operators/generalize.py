"""generalize: each value becomes its ancestor at one level of a hierarchy."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from engine.operators.base import Context, Effect, KernelCall
from engine.operators.columns import is_bytes, is_moment, is_number, is_scalar, is_text, require, value_type
from schemas.policy.operators import Generalize

_FITS: dict[str, tuple[Callable[[pa.DataType], bool], str]] = {
    "dates": (is_moment, "dates and timestamps"),
    "widths": (is_number, "integers, floats, decimals"),
    "mask": (lambda kind: is_text(kind) or pa.types.is_integer(value_type(kind)), "strings and integers"),
}
_NAMEABLE = (lambda kind: is_scalar(kind) and not is_bytes(kind), "strings, numbers, booleans, dates, timestamps")


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
        kind = parameters.hierarchy.kind
        fits, allowed = _FITS.get(kind, _NAMEABLE)
        require(f"{self.name} with hierarchy {kind}", context, fits, allowed, "name a hierarchy that fits the column's type")
        hierarchy = parameters.hierarchy.model_dump(mode="json", exclude_none=True)
        return KernelCall("generalize", (context.column,), pa.string(), (("hierarchy", hierarchy), ("level", parameters.level)))
