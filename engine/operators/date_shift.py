"""date_shift: all dates of one subject move by the same keyed number of days."""

from __future__ import annotations

from engine.errors import PolicyError
from engine.operators.base import Context, Effect, KernelCall, KeyRef
from engine.operators.columns import is_moment, require, value_type
from schemas.policy.operators import DateShift


class DateShiftOperator:
    """Intervals within a subject stay true; calendar dates do not. Who holds the key can move them back."""

    name = "date_shift"

    def effect(self, parameters: DateShift) -> Effect:
        """Returns what is left of a value."""
        return Effect(f"a date moved by up to {parameters.max_days} days; intervals within a subject are kept",
                      reversible=True, linkable=True)

    def call(self, parameters: DateShift, context: Context) -> KernelCall:
        """Returns a call of ``date_shift`` on the column and the subject, under subkey ``lakeveil/v1/date_shift``.

        The subkey has no column in it: all date columns of a subject must move together.

        Raises:
            PolicyError: If the column holds no dates, or the source names no subject.
        """
        require(self.name, context, is_moment, "dates and timestamps", "use generalize, replace or drop")
        if context.subject is None:
            raise PolicyError("date_shift moves all dates of one subject alike, and the source names no subject",
                              where=f"column {context.column!r}", next="give source.subject, or use generalize")
        return KernelCall("date_shift", (context.column, context.subject), value_type(context.type),
                          (("max_days", parameters.max_days),), KeyRef(parameters.key, "lakeveil/v1/date_shift"))
