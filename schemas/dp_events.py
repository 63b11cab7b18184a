"""What mechanisms did to private data, as accountants understand it: kinds of noise and their constants, all of them public.

Neighbours differ by one privacy unit that is added or removed; noise is told as a multiple of what one unit changes at most.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Record

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(gt=0, le=1)]


class Repeated(Record):
    """Anything that may happen several times, each time with fresh noise, whatever came out before."""

    count: int = Field(1, ge=1)


class Gaussian(Repeated):
    """Normal noise."""

    kind: Literal["gaussian"] = "gaussian"
    noise_multiplier: Positive = Field(description="Standard deviation over the L2 sensitivity.")


class DiscreteGaussian(Repeated):
    """Discrete normal noise (Canonne, Kamath and Steinke 2020) on whole numbers."""

    kind: Literal["discrete-gaussian"] = "discrete-gaussian"
    sigma: Positive = Field(description="Its parameter, about the standard deviation.")
    sensitivity: int = Field(ge=1)


class Laplace(Repeated):
    """Laplace noise."""

    kind: Literal["laplace"] = "laplace"
    noise_multiplier: Positive = Field(description="Scale over the L1 sensitivity.")


class DiscreteLaplace(Repeated):
    """Discrete Laplace noise on whole numbers: z with probability proportional to exp(-rate |z|)."""

    kind: Literal["discrete-laplace"] = "discrete-laplace"
    rate: Positive
    sensitivity: int = Field(ge=1, description="L1.")


class SampledGaussian(Repeated):
    """A step of DP-SGD: normal noise on the sum over a Poisson sample of units."""

    kind: Literal["sampled-gaussian"] = "sampled-gaussian"
    noise_multiplier: Positive = Field(description="Standard deviation over the clipping norm.")
    sample_rate: Probability


class TruncatedSampledGaussian(Repeated):
    """The same where a sample above some size is cut to it at random (truncated Poisson sampling)."""

    kind: Literal["truncated-sampled-gaussian"] = "truncated-sampled-gaussian"
    noise_multiplier: Positive = Field(description="Standard deviation over the clipping norm.")
    sample_rate: Probability
    most: int = Field(ge=1, description="Units of a sample, at most.")
    units: int = Field(ge=1, description="Of the data, at most: a public constant.")


class Promised(Repeated):
    """A mechanism of which nothing but its guarantee is used."""

    kind: Literal["promised"] = "promised"
    epsilon: Positive
    delta: float = Field(0.0, ge=0, lt=1)


Event = Annotated[
    Gaussian | DiscreteGaussian | Laplace | DiscreteLaplace | SampledGaussian | TruncatedSampledGaussian | Promised,
    Field(discriminator="kind")]
