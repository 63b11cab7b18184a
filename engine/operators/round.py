"""round: numbers become the nearest multiple; dates and timestamps the start of their week, month, hour."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
from pyarrow import types

from engine.errors import PolicyError
from engine.operators.base import Context, Effect, KernelCall
from engine.operators.columns import is_moment, is_number, require, value_type
from engine.operators.whole import digits_of, limits
from schemas.policy.numbers import UNITS, Round

_OF_DATES = UNITS[UNITS.index("week"):]
"""Units that are longer than a day."""


class RoundOperator:
    """One step for all values, whatever the data. The column's type stays."""

    name = "round"

    def effect(self, parameters: Round) -> Effect:
        """Returns what is left of a value."""
        if parameters.to in UNITS:
            return Effect(f"the start of its {parameters.to}", reversible=False, linkable=False)
        if parameters.significant is not None:
            return Effect(f"its first {parameters.significant} significant digit(s), rounded half {_HALVES[parameters.half]}",
                          reversible=False, linkable=False)
        return Effect(f"the nearest multiple of {step_of(parameters)}, rounded half {_HALVES[parameters.half]}",
                      reversible=False, linkable=False)

    def call(self, parameters: Round, context: Context) -> KernelCall:
        """Returns a call of ``round``, whose result has the column's type.

        Raises:
            PolicyError: If the column holds neither numbers nor dates, or the step would leave every value as it is or none of
                its type.
        """
        kind = value_type(context.type)
        if parameters.to in UNITS:
            require(f"round to a {parameters.to}", context, is_moment, "dates and timestamps", "round numbers to a multiple")
            if types.is_date(kind) and parameters.to not in _OF_DATES:
                raise PolicyError(f"a date has no {parameters.to} to round to", where=f"column {context.column!r}",
                                  allowed=", ".join(_OF_DATES), next="name a longer unit")
            return KernelCall("round", (context.column,), kind, (("step", parameters.to),))
        require(self.name, context, is_number, "integers, floats, decimals; dates and timestamps, 'to' a unit such as month",
                "use mask or generalize")
        how = ("half", parameters.half)
        if parameters.significant is not None:
            return KernelCall("round", (context.column,), kind, (how, ("significant", parameters.significant)))
        step = step_of(parameters)
        _refuse_step(Decimal(step), kind, context)
        return KernelCall("round", (context.column,), kind, (how, ("step", step)))


_HALVES = {"even": "to even", "away": "away from zero"}


def step_of(parameters: Round) -> str:
    """Returns the multiple to which numbers are rounded, in plain decimal notation, from the digits that the policy shows."""
    written = Decimal(10) ** -parameters.digits if parameters.digits is not None else Decimal(str(parameters.to))
    text = format(written, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _refuse_step(step: Decimal, kind: pa.DataType, context: Context) -> None:
    """Exact types have a last digit: their multiples must end there, and rounding to that digit would round nothing."""
    if not (types.is_integer(kind) or types.is_decimal(kind)):
        return
    unit = Decimal(1).scaleb(-digits_of(kind))
    what = None
    if step % unit:
        what = f"multiples of {step:f} do not fit a column of {kind}"
    elif step == unit:
        what = f"rounding to {step:f} leaves every value of {kind} as it is"
    elif step > limits(kind)[1] * unit:
        what = f"rounding to {step:f} makes every value of {kind} 0"
    if what is not None:
        raise PolicyError(what, where=f"column {context.column!r}", allowed=f"whole multiples of {unit:f}, larger than that",
                          next="name another step, or cast the column at the source")
