"""Statistical tests of mechanisms: draws against a distribution, and two samples of neighbours against a claimed loss.

Each returns how unlikely what was seen would be at best, if the claim held: a test that fails below ``FALSE_ALARM`` is wrong
about a sound mechanism in one of a million runs, or less. Chernoff's bound holds for every sample size; chi-square is asymptotic,
so that expected counts are 20 or more; Bernstein's bound takes the sample's variance, half again as large.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

FALSE_ALARM = 1e-6

Drawn = npt.NDArray[np.int64]


def laplace_chances(rate: float, reach: int) -> npt.NDArray[np.float64]:
    """Returns the probabilities of -reach, …, reach, by their definition."""
    z = np.arange(-reach, reach + 1)
    return np.tanh(rate / 2) * np.exp(-rate * np.abs(z))


def gaussian_chances(sigma: float, reach: int) -> npt.NDArray[np.float64]:
    """Returns the probabilities of -reach, …, reach, by their definition."""
    far = np.arange(-max(reach, math.ceil(40 * sigma)), max(reach, math.ceil(40 * sigma)) + 1, dtype=np.float64)
    weights = np.exp(-(far**2) / (2 * sigma**2))
    middle = len(far) // 2
    return weights[middle - reach:middle + reach + 1] / weights.sum()


def fit(seen: Sequence[float], chances: Sequence[float]) -> float:
    """Returns a bound on the probability that counts differ so much from their distribution, by chi-square.

    Laurent and Massart (2000), lemma 1: P(X > d + 2 sqrt(d x) + 2 x) <= exp(-x).

    Args:
        seen: How often each outcome came.
        chances: Of each outcome, adding up to one. Outcomes with an expected count below 20 are put together.
    """
    counts, expected = np.asarray(seen, float), np.asarray(chances) * np.sum(seen)
    rare = expected < 20
    if rare.any():
        counts, expected = (np.append(values[~rare], values[rare].sum()) for values in (counts, expected))
        if expected[-1] < 20:
            counts, expected = counts[:-1], expected[:-1]
    over = float(((counts - expected) ** 2 / expected).sum())
    freedom = max(len(counts) - 1, 1)
    if over <= freedom:
        return 1.0
    root = (-math.sqrt(freedom) + math.sqrt(2 * over - freedom)) / 2  # of 2 x² + 2 sqrt(d) x + d = over
    return min(1.0, math.exp(-(root**2)))


def whole(drawn: Drawn, chances: Callable[[int], npt.NDArray[np.float64]]) -> float:
    """Returns ``fit`` of whole numbers; what lies beyond where 20 are expected is one outcome."""
    reach = int(np.abs(drawn).max())
    inside = chances(reach)
    seen = np.bincount(drawn + reach, minlength=2 * reach + 1)
    return fit([*seen, 0], [*inside, max(0.0, 1 - inside.sum())])


def pure_loss(one: Drawn, other: Drawn, epsilon: float) -> float:
    """Returns a bound on the probability of two samples of one size, if no outcome is more than e^epsilon times likelier in one.

    Of outcomes that came ``n`` times in both together, those of one are binomial with a share of at most e^epsilon / (1 +
    e^epsilon); Chernoff's bound for each outcome and each half-line, times how many there are.
    """
    low, high = min(one.min(), other.min()), max(one.max(), other.max())
    a, b = (np.bincount(drawn - low, minlength=high - low + 1).astype(float) for drawn in (one, other))
    sets = [(a, b), (np.cumsum(a), np.cumsum(b)), (np.cumsum(a[::-1]), np.cumsum(b[::-1]))]
    share, tests, least = math.exp(epsilon) / (1 + math.exp(epsilon)), 6 * len(a), 1.0
    for first, second in sets:
        for more, less in ((first, second), (second, first)):
            number = more + less
            found = np.divide(more, number, out=np.zeros_like(more), where=number > 0)
            least = min(least, float(np.exp(-number * _divergence(np.maximum(found, share), share)).min()))
    return min(1.0, least * tests)


def _divergence(found: npt.NDArray[np.float64], share: float) -> npt.NDArray[np.float64]:
    rest = 1 - found
    return found * np.log(found / share) + np.where(rest > 0, rest * np.log(np.maximum(rest, 1e-300) / (1 - share)), 0)


def approximate_loss(one: Drawn, other: Drawn, deltas: dict[float, float]) -> float:
    """Returns a bound on the probability of two samples, if they are (epsilon, delta)-close for each epsilon of ``deltas``.

    Of every half-line S, the mean of [x in S] - e^epsilon [y in S] is delta at most; Bernstein's bound for each.
    """
    size, least, tests = len(one), 1.0, 0
    low, high = min(one.min(), other.min()), max(one.max(), other.max())
    a, b = (np.bincount(drawn - low, minlength=high - low + 1).astype(float) for drawn in (one, other))
    for epsilon, delta in deltas.items():
        for first, second in ((a, b), (b, a), (a[::-1], b[::-1]), (b[::-1], a[::-1])):
            p, q = np.cumsum(first) / size, np.cumsum(second) / size
            over = p - math.exp(epsilon) * q - delta
            spread = (p + 1 / size) + math.exp(2 * epsilon) * (q + 1 / size)  # of one term, from the sample
            widest = 1 + math.exp(epsilon)
            bound = np.where(over > 0, np.exp(-size * over**2 / (2 * spread * 1.5 + 2 * widest * np.maximum(over, 0))), 1.0)
            least, tests = min(least, float(bound.min())), tests + len(bound)
    return min(1.0, least * tests)


def gaussian_delta(sigma: float, shift: int, epsilon: float) -> float:
    """Returns the delta of discrete Gaussian noise, by summing what lies above e^epsilon (its definition)."""
    reach = math.ceil(30 * sigma) + shift
    chances = gaussian_chances(sigma, reach + shift)
    here, moved = chances[shift:-shift], chances[:-2 * shift]
    return float(np.maximum(here - math.exp(epsilon) * moved, 0).sum())


def exponential_chances(scores: Sequence[int], rate: float) -> npt.NDArray[np.float64]:
    """Returns the exponential mechanism's probabilities, by their definition."""
    weights = np.exp(rate * (np.array(scores) - max(scores)))
    return weights / weights.sum()


def flip_chances(scores: Sequence[int], rate: float) -> npt.NDArray[np.float64]:
    """Returns permute-and-flip's probabilities.

    A random order is a uniform time for each candidate: one that comes at time t is chosen if it is taken, with its chance, and
    each other did not come before and was taken. The product is a polynomial in t, and is integrated.
    """
    taken = np.exp(rate * (np.array(scores, float) - max(scores)))
    found = np.zeros(len(scores))
    for i in range(len(scores)):
        others = np.delete(taken, i)
        polynomial = np.poly1d([1.0])
        for chance in others:
            polynomial *= np.poly1d([-chance, 1.0])
        antiderivative = polynomial.integ()
        found[i] = taken[i] * (antiderivative(1.0) - antiderivative(0.0))
    return found
