"""keep: the column reaches the release as it is."""

from __future__ import annotations

from engine.operators.base import Context, Effect
from schemas.policy.operators import Keep


class KeepOperator:
    """Every value stays. Policies allow it only with a reason, and never for direct identifiers or text."""

    name = "keep"

    def effect(self, parameters: Keep) -> Effect:  # noqa: ARG002 - it has none
        """Returns what is left of a value."""
        return Effect("the value as it is", reversible=False, linkable=True)

    def call(self, parameters: Keep, context: Context) -> None:  # noqa: ARG002 - fits every column
        """Returns None: nothing runs."""
        return
