"""noise: keyed random noise on numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import pyarrow as pa
from pyarrow import types

from engine.errors import PolicyError
from engine.operators.base import Context, Effect, KernelCall, KeyRef
from engine.operators.calibration import Grid, analytic_gaussian, discrete_gaussian, grid, laplace, laplace_of
from engine.operators.columns import is_number, require, value_type
from engine.operators.whole import digits_of
from schemas.policy.numbers import Noise


class Calibration(NamedTuple):
    """What a calibrated scale follows from."""

    lower: float
    upper: float
    epsilon: float
    delta: float | None
    spread: float

    @property
    def sensitivity(self) -> float:
        """How far two values can be apart."""
        return self.upper - self.lower


class NoiseOperator:
    """Blurs single values. Carries no differential-privacy claim, because it can be replayed."""

    name = "noise"

    def effect(self, parameters: Noise) -> Effect:
        """Returns what is left of a value; of calibrated noise what its scale follows from, and that this is no guarantee."""
        known, kind = calibration(parameters), parameters.distribution.replace("_", " ")
        if known is None:
            said = f"the value blurred by keyed {kind} noise, standard deviation {parameters.scale:g}"
        else:
            also = "" if known.delta is None else f" and delta {known.delta:g}"
            word = "scale" if known.delta is None else "standard deviation"
            said = (f"the value, set within {known.lower:.10g} and {known.upper:.10g} and blurred by keyed {kind} noise of "
                    f"{word} {known.spread:.6g}: what sensitivity {known.sensitivity:.10g} needs for epsilon "
                    f"{known.epsilon:g}{also} "
                    "in one cell if its noise were fresh; it is a function of key and value instead, so that no differential "
                    "privacy is claimed for a cell, a person or the table")
        said += f"; noise differs by {', '.join(parameters.per)}" if parameters.per else ""
        return Effect(said, reversible=False, linkable=True)

    def call(self, parameters: Noise, context: Context) -> KernelCall:
        """Returns a call of ``noise`` on the column, the subject if any, and what else tells rows apart, under its own subkey.

        Raises:
            PolicyError: If the column does not hold numbers, or not those that the noise is for.
        """
        require(self.name, context, is_number, "integers, floats, decimals", "use date_shift for dates, or bucket")
        _require_felt(parameters, context)
        others = dict.fromkeys((*((context.subject,) if context.subject else ()), *parameters.per))
        others.pop(context.column, None)
        discrete = parameters.calibrated or parameters.distribution.startswith("discrete")
        params = _discrete(parameters, context) if discrete and not types.is_null(context.type) else {
            "distribution": parameters.distribution, "scale": parameters.scale or 1.0}
        return KernelCall("noise", (context.column, *others), value_type(context.type), tuple(sorted(params.items())),
                          KeyRef(parameters.key, f"lakeveil/v1/noise/{context.column}"))


def _require_felt(parameters: Noise, context: Context) -> None:
    """Refuses noise that rounds away: a column that looks blurred and is not."""
    kind, known = value_type(context.type), calibration(parameters)
    if types.is_null(kind) or types.is_floating(kind):
        return
    spread, unit = known.spread if known else parameters.scale or 1.0, 10.0 ** -digits_of(kind)
    if spread < unit / 2:
        raise PolicyError(f"noise of scale {spread:g} changes hardly a value of type {kind}", where=f"column {context.column!r}",
                          allowed=f"a scale of {unit / 2:g} or more", next="name a larger scale, or a smaller epsilon")


def calibration(parameters: Noise) -> Calibration | None:
    """Returns what the scale follows from: of Laplace noise it is sensitivity / epsilon, of Gaussian noise Balle's and Wang's."""
    lower, upper, epsilon, delta = parameters.lower, parameters.upper, parameters.epsilon, parameters.delta
    if lower is None or upper is None or epsilon is None:
        return None
    spread = (upper - lower) / epsilon if delta is None else analytic_gaussian(upper - lower, epsilon, delta)
    return Calibration(lower, upper, epsilon, delta, spread)


def _discrete(parameters: Noise, context: Context) -> dict[str, Any]:
    """Noise on a grid: the grid, the bounds on it, and the distribution's parameter in its steps."""
    kind, known = value_type(context.type), calibration(parameters)
    digits = None if types.is_floating(kind) else digits_of(kind)
    laplacian = parameters.distribution.endswith("laplace")
    if digits is None and parameters.distribution.startswith("discrete"):
        raise PolicyError(f"operator noise with distribution {parameters.distribution} does not work on type {kind}",
                          where=f"column {context.column!r}", allowed="integers and decimals",
                          next=f"choose {parameters.distribution.removeprefix('discrete_')}")
    on = grid(known.spread, digits=digits, lower=known.lower, upper=known.upper) if known else grid(
        parameters.scale or 1.0, digits=digits)
    if known is None:
        steps = (parameters.scale or 1.0) * 10.0 ** (digits or 0) / float(on.step)
        scale = laplace_of(steps) if laplacian else steps
    else:
        apart = _apart(on, kind, context)
        scale = laplace(apart, known.epsilon) if known.delta is None else discrete_gaussian(apart, known.epsilon, known.delta)
    bounds = {"lower": on.lower, "upper": on.upper} if known else {}
    return {"distribution": "discrete_laplace" if laplacian else "discrete_gaussian", "scale": scale,
            "step": float(on.step) if digits is None else int(on.step), **bounds}


def _apart(on: Grid, kind: pa.DataType, context: Context) -> int:
    apart = (on.upper or 0) - (on.lower or 0)
    if apart == 0:
        raise PolicyError(f"lower and upper are one value of {kind}", where=f"column {context.column!r}",
                          allowed="bounds that lie apart, and an epsilon for which the noise is not too large to tell them apart",
                          next="name other bounds, or a larger epsilon")
    return apart
