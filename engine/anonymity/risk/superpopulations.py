"""Models of a population that fit a sample's class sizes, and give its uniques: Pitman's formula, the slide negative binomial.

N, n: rows of population and sample; f = n/N; s(j): classes of size j in the sample; u: all classes of the sample.
"""

from __future__ import annotations

import math

import numpy as np

from engine.anonymity.risk.digamma import log_gamma_rise, rise
from engine.anonymity.risk.roots import crossing
from engine.anonymity.risk.sizes import Sizes

NO_SOLUTION = "no parameters of the model give the sample's classes of one row and of two"
EDGE = "classes are more even than the model knows (α = 0): rather too high"

_ALPHA = (1e-6, 1 - 1e-9)
_LEAST = math.log(1e-12)
_Q = (1e-9, 1 - 1e-12)


def pitman(sample: Sizes, population: int) -> tuple[float | None, str]:
    """Returns the expected uniques of Pitman's sampling formula, fitted by maximum likelihood with 0 < α < 1, and a note.

    N. Hoshino, "Applying Pitman's sampling formula to microdata disclosure risk assessment", Journal of Official Statistics
    17(4), 2001. The expectation is the exact one, N·Γ(θ+1)Γ(θ+α+N-1) / (Γ(θ+α)Γ(θ+N)), of which Γ(θ+1)/Γ(θ+α)·N^α is the limit.
    """
    n, u = sample.rows, sample.count
    if u == n:
        return float(population), "every row of the sample is unique"
    if u == 1:
        return None, "the sample is one class"

    def score(alpha: float) -> float:
        """The derivative of the log-likelihood in α."""
        theta, inverses = _theta(n, u, alpha)
        return (u - 1 - theta * inverses) / alpha - float(np.sum(sample.classes * rise(1 - alpha, sample.sizes - 1)))

    inside = crossing(score, *_ALPHA)
    alpha = _ALPHA[0] if inside is None else inside
    theta = _theta(n, u, alpha)[0]
    alone = log_gamma_rise(theta + alpha, 1 - alpha) - log_gamma_rise(theta + alpha + population - 1, 1 - alpha)
    return population * math.exp(alone), EDGE if inside is None else ""


def _theta(n: int, u: int, alpha: float) -> tuple[float, float]:
    """Returns the θ > -α of greatest likelihood at an α, and Σ_{i<u} 1/(θ+iα), which is Σ_{i<n} 1/(θ+i) there, from i = 1.

    It is looked for on the logarithm's scale of θ + α.
    """
    def inverses(log: float) -> float:
        return float(rise(math.exp(log) / alpha, u - 1)[0]) / alpha

    root = crossing(lambda log: inverses(log) - float(rise(math.exp(log) - alpha + 1, n - 1)[0]), _LEAST, 2 * math.log(n) + 5)
    if root is None:
        raise AssertionError("the likelihood in θ rises at its least value and falls beyond n²")
    return math.exp(root) - alpha, inverses(root)


def slide_negative_binomial(sample: Sizes, population: int) -> tuple[float | None, str]:
    """Returns K·β^α, the uniques of K classes of 1 + NB(α, β) rows, fitted to s(1) and s(2), and a note.

    G. Chen and S. Keller-McNulty, "Estimation of identification disclosure risk in microdata", Journal of Official Statistics
    14(1), 1998. K is Shlosser's estimate. A sample holds 1 or 0 of a class's first row and NB(α, 1-q) of its others, so

        s(1) = K (1-q)^α (f + (1-f) x),  s(2) = K (1-q)^α x (f + (1-f)(x+q)/2),  x = αq,  β = f(1-q) / (f + q(1-f)).

    Their ratio is a quadratic equation in x for each q, which leaves one number to look for.
    """
    fraction, ones, twos = sample.rows / population, sample.of_size(1), sample.of_size(2)
    classes, ratio = _shlosser(sample, fraction), twos / ones
    if not twos:
        return None, "the sample has no class of two rows"

    def x_of(q: float) -> float:
        half, rest = (1 - fraction) / 2, ratio * fraction
        linear = fraction + half * q - 2 * half * ratio
        root = math.sqrt(linear**2 + 4 * half * rest)
        return 2 * rest / (linear + root) if linear > 0 else (root - linear) / (2 * half)

    def lacking(q: float) -> float:
        x = x_of(q)
        return x / q * math.log1p(-q) + math.log(fraction + (1 - fraction) * x) - math.log(ones / classes)

    q = crossing(lacking, *_Q)
    if q is None:
        return None, NO_SOLUTION
    beta = math.log1p(-q) + math.log(fraction) - math.log(fraction + q * (1 - fraction))
    return classes * math.exp(x_of(q) / q * beta), ""


def _shlosser(sample: Sizes, fraction: float) -> float:
    """Returns the number of classes in the population: u + s(1) · A/B · (C/D)², of Shlosser's form that Haas and Stokes call Sh3.

    P. J. Haas and L. Stokes, "Estimating the number of classes in a finite population", JASA 93(444), 1998:
    A = Σ j f² (1-f²)^(j-1) s(j), B = Σ (1-f)^j ((1+f)^j - 1) s(j), C = Σ (1-f)^j s(j), D = Σ j f (1-f)^(j-1) s(j).
    """
    j, s = sample.sizes.astype(np.float64), sample.classes.astype(np.float64)
    unseen, both = math.log1p(-fraction), math.log1p(-fraction**2)
    a = np.sum(j * fraction**2 * np.exp((j - 1) * both) * s)
    b = -np.sum(np.exp(j * both) * np.expm1(-j * math.log1p(fraction)) * s)
    c = np.sum(np.exp(j * unseen) * s)
    d = np.sum(j * fraction * np.exp((j - 1) * unseen) * s)
    return float(sample.count + sample.of_size(1) * a / b * (c / d) ** 2)
