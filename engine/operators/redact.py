"""redact: findings in text become typed placeholders; a cell of any other role becomes one placeholder."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from engine.errors import PolicyError
from engine.operators.base import Context, Effect, KernelCall
from engine.operators.columns import is_text, require
from schemas.policy.operators import Redact
from schemas.reserved import KNOWN


class RedactOperator:
    """Free text keeps its wording around what was removed; other columns keep only where they were null."""

    name = "redact"

    def effect(self, parameters: Redact) -> Effect:
        """Returns what is left of a value."""
        known = ", less everything its row is known by" if parameters.known else ""
        return Effect(f"placeholders for what is found in it{known}", reversible=False, linkable=False)

    def call(self, parameters: Redact, context: Context) -> KernelCall:
        """Returns a call of ``redact_text`` on role text, of ``redact`` on any other role.

        Raises:
            PolicyError: If text is not a string column, or text-only parameters stand on another role.
        """
        if context.role != "text":
            self._refuse_text_parameters(parameters, context)
            return KernelCall("redact", (context.column,), pa.string())
        require(self.name, context, is_text, "a column of role text holds strings", "give it another role, or drop it")
        inputs = (context.column, KNOWN) if parameters.known else (context.column,)
        entities = tuple(sorted(set(parameters.entities))) if parameters.entities is not None else None
        params: tuple[tuple[str, Any], ...] = (("entities", entities), ("threshold", parameters.threshold))
        return KernelCall("redact_text", inputs, pa.string(), params)

    def _refuse_text_parameters(self, parameters: Redact, context: Context) -> None:
        given = [word for word in ("known", "entities", "threshold") if word in parameters.model_fields_set]
        if given:
            raise PolicyError(
                f"redact with {' and '.join(given)} works inside free text",
                where=f"column {context.column!r}, role {context.role}",
                allowed="role text, or redact without parameters, which blanks the whole cell",
                next="give the column role text, or write operator: redact",
            )
