"""noise: keyed random noise on numbers."""

from __future__ import annotations

from engine.operators.base import Context, Effect, KernelCall, KeyRef
from engine.operators.columns import is_number, require, value_type
from schemas.policy.operators import Noise


class NoiseOperator:
    """Blurs single values. Carries no differential-privacy claim, because it can be replayed."""

    name = "noise"

    def effect(self, parameters: Noise) -> Effect:
        """Returns what is left of a value."""
        return Effect(f"the value blurred by keyed {parameters.distribution} noise, standard deviation {parameters.scale:g}",
                      reversible=False, linkable=True)

    def call(self, parameters: Noise, context: Context) -> KernelCall:
        """Returns a call of ``noise`` on the column, and on the subject if there is one, under its own subkey.

        Raises:
            PolicyError: If the column does not hold numbers.
        """
        require(self.name, context, is_number, "integers, floats, decimals", "use date_shift for dates, or bucket")
        subject = () if context.subject in (None, context.column) else (context.subject,)
        return KernelCall("noise", (context.column, *subject), value_type(context.type), (
            ("distribution", parameters.distribution), ("scale", parameters.scale),
        ), KeyRef(parameters.key, f"lakeveil/v1/noise/{context.column}"))
