"""Zero-concentrated differential privacy: the currency in which a budget with a delta is divided, because spends simply add up.

Bun and Steinke (2016), "Concentrated Differential Privacy: Simplifications, Extensions, and Lower Bounds".
"""

from __future__ import annotations

import math

_HALVINGS = 100
_MOST_RHO = 1e6


def delta_of(rho: float, epsilon: float) -> float:
    """Returns a delta at which rho-zCDP is (epsilon, delta)-differential privacy.

    Canonne, Kamath and Steinke (2020), corollary 13: the least over alpha > 1 of
    exp((alpha - 1)(alpha rho - epsilon)) / (alpha - 1) · (1 - 1/alpha)^alpha.
    """
    def exponent(log_order: float) -> float:
        less = math.exp(log_order)  # alpha - 1
        alpha = 1 + less
        return less * (alpha * rho - epsilon) - log_order + alpha * (log_order - math.log1p(less))

    low, high = -20.0, 20.0  # of ln(alpha - 1); the exponent falls, then rises
    for _ in range(_HALVINGS):
        third = (high - low) / 3
        low, high = (low, high - third) if exponent(low + third) < exponent(high - third) else (low + third, high)
    return min(1.0, math.exp(min(0.0, exponent((low + high) / 2))))


def rho_of(epsilon: float, delta: float) -> float:
    """Returns the largest rho of which rho-zCDP is (epsilon, delta)-differential privacy, or hardly less.

    Args:
        epsilon: Positive.
        delta: Between 0 and 1, neither of them.
    """
    low, high = 0.0, min(epsilon, _MOST_RHO)  # at rho = epsilon the mean loss is epsilon already
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if middle > 0 and delta_of(middle, epsilon) <= delta else (low, middle)
    return low


def epsilon_of(rho: float, delta: float) -> float:
    """Returns an epsilon at which rho-zCDP is (epsilon, delta)-differential privacy, hardly more than the least."""
    low, high = 0.0, rho + 2 * math.sqrt(rho * math.log(1 / delta)) + 1e-12
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if delta_of(rho, middle) <= delta else (middle, high)
    return high
