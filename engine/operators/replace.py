"""replace: every non-null cell becomes one constant."""

from __future__ import annotations

import pyarrow as pa

from engine.operators.base import Context, Effect, KernelCall
from schemas.policy.operators import Replace


class ReplaceOperator:
    """Only whether there was a value is left. The constant comes from the policy, never from the data."""

    name = "replace"

    def effect(self, parameters: Replace) -> Effect:
        """Returns what is left of a value."""
        return Effect(f"the constant {parameters.value!r}", reversible=False, linkable=False)

    def call(self, parameters: Replace, context: Context) -> KernelCall:
        """Returns a call of ``replace``, which fits columns of every type and makes them strings."""
        return KernelCall("replace", (context.column,), pa.string(), (("value", parameters.value),))
