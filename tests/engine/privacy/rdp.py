"""Rényi differential privacy of the subsampled Gaussian: looser than the loss distribution, and a check on it."""

from __future__ import annotations

import math

import numpy as np

ORDERS = (*range(2, 64), *range(64, 512, 16), *range(512, 4097, 512))


def rdp_step(noise_multiplier: float, sample_rate: float, order: int) -> float:
    """Returns the Rényi divergence of integer ``order`` of one Poisson-subsampled Gaussian step.

    Mironov, Talwar and Zhang (2019), "Rényi Differential Privacy of the Sampled Gaussian Mechanism", Section 3.3:
    the exact binomial sum, in logarithms.
    """
    sigma, rate = noise_multiplier, sample_rate
    if rate == 1:
        return order / (2 * sigma**2)
    terms = np.array([
        _log_binomial(order, k) + (order - k) * math.log1p(-rate) + k * math.log(rate) + (k * k - k) / (2 * sigma**2)
        for k in range(order + 1)
    ])
    peak = float(terms.max())
    divergence = (peak + math.log(float(np.exp(terms - peak).sum()))) / (order - 1)
    return max(divergence, 0.0)


def rdp_epsilon(noise_multiplier: float, sample_rate: float, steps: int, delta: float) -> float:
    """Returns epsilon of ``steps`` steps at ``delta``: the best of ``ORDERS``.

    The conversion is Proposition 12 of Canonne, Kamath and Steinke (2020).
    """
    best: float = min(
        steps * rdp_step(noise_multiplier, sample_rate, order) + math.log1p(-1 / order) - math.log(delta * order) / (order - 1)
        for order in ORDERS
    )
    return max(0.0, best)


def _log_binomial(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
