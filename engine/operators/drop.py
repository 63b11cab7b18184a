"""drop: the column does not reach the release."""

from __future__ import annotations

from engine.operators.base import Context, Effect
from schemas.policy.operators import Drop


class DropOperator:
    """Nothing is left of the column; nothing runs, it is not read into the output at all."""

    name = "drop"

    def effect(self, parameters: Drop) -> Effect:  # noqa: ARG002 - it has none
        """Returns what is left of a value."""
        return Effect("nothing: the column is left out", reversible=False, linkable=False)

    def call(self, parameters: Drop, context: Context) -> None:  # noqa: ARG002 - fits every column
        """Returns None: the column is simply not among those written."""
        return
