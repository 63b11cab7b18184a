"""mask: all signs but a few become one character."""

from __future__ import annotations

import pyarrow as pa

from engine.operators.base import Context, Effect, KernelCall
from engine.operators.columns import is_text, require
from schemas.policy.operators import Mask


class MaskOperator:
    """The ends that the policy names stay readable, and so does the length."""

    name = "mask"

    def effect(self, parameters: Mask) -> Effect:
        """Returns what is left of a value."""
        ends = ((parameters.keep_left, "first"), (parameters.keep_right, "last"))
        kept = " and ".join(f"its {word} {count} characters" for count, word in ends if count)
        return Effect(f"{kept or 'none of its characters'}, and its length", reversible=False, linkable=bool(kept))

    def call(self, parameters: Mask, context: Context) -> KernelCall:
        """Returns a call of ``mask``.

        Raises:
            PolicyError: If the column does not hold strings.
        """
        require(self.name, context, is_text, "strings", "use bucket for numbers, date_shift for dates, or replace")
        return KernelCall("mask", (context.column,), pa.string(), (
            ("char", parameters.char), ("keep_left", parameters.keep_left), ("keep_right", parameters.keep_right)))
