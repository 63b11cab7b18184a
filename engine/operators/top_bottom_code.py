"""top_bottom_code: values beyond a bound become the bound, or a label."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from engine.errors import PolicyError
from engine.operators.base import Context, Effect, KernelCall
from engine.operators.bounds import bound
from engine.operators.columns import is_moment, is_number, require, value_type
from schemas.policy.numbers import TopBottomCode


class TopBottomCodeOperator:
    """Extremes, which single people out, are told no more than that they are. Bounds come from the policy, never from the data.

    Source of the name: Hundepool et al. (2012), "Statistical Disclosure Control", section 3.3.3.
    """

    name = "top_bottom_code"

    def effect(self, parameters: TopBottomCode) -> Effect:
        """Returns what is left of a value."""
        ends = ((parameters.bottom, parameters.bottom_label, "up to"), (parameters.top, parameters.top_label, "from"))
        said = [f"{'the bound' if label is None else repr(label)} {word} {limit}"
                for limit, label, word in ends if limit is not None]
        return Effect(f"the value as it is, but {' and '.join(said)}", reversible=False, linkable=True)

    def call(self, parameters: TopBottomCode, context: Context) -> KernelCall:
        """Returns a call of ``top_bottom_code``: of the column's type, or of strings where a label is given.

        Raises:
            PolicyError: If the column holds neither numbers nor dates, or its type does not hold a bound.
        """
        require(self.name, context, lambda kind: is_number(kind) or is_moment(kind), "numbers, dates and timestamps",
                "use generalize, or drop")
        kind = value_type(context.type)
        given = {name: str(one) for name, one in parameters.model_dump(exclude_none=True).items()}
        if not types.is_null(kind):
            limits = {name: _bound(name, given[name], kind, context) for name in ("bottom", "top") if name in given}
            if len(limits) > 1 and not pc.less(limits["bottom"], limits["top"])[0].as_py():
                raise PolicyError("the bottom is not below the top", where=f"column {context.column!r}", next="swap them")
        labelled = "bottom_label" in given or "top_label" in given
        return KernelCall("top_bottom_code", (context.column,), pa.string() if labelled else kind, tuple(sorted(given.items())))


def _bound(name: str, text: str, kind: pa.DataType, context: Context) -> pa.Array:
    try:
        return bound(text, kind)
    except ValueError as error:
        raise PolicyError(f"the {name} {text!r} {error}", where=f"column {context.column!r}",
                          allowed=f"a bound that a column of {kind} can hold", next="correct it in the policy") from None
