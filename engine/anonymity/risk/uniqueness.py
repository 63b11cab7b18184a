"""How many rows of a population are unique in it, estimated from a simple random sample of it.

The estimators and the rule that chooses among them are those of F. K. Dankar, K. El Emam, A. Neisa and T. Roffey, "Estimating the
re-identification risk of clinical data sets", BMC Medical Informatics and Decision Making 12:66, 2012; formulas in its appendix.
"""

from __future__ import annotations

import math

import numpy as np

from engine.anonymity.risk.digamma import Floats
from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.risk.superpopulations import NO_SOLUTION, pitman, slide_negative_binomial
from schemas.risk import Uniqueness, UniquenessEstimate, UniquenessModel

SMALL_SAMPLE = 0.1
"""Share of the population up to which Dankar's rule takes Pitman's model."""

_EXACT = 1 << 22
"""Sizes up to this one get their hypergeometric probability from an exact product, larger ones from its middle factor."""


def estimate(sample: Sizes, population: int) -> Uniqueness:
    """Returns the population's uniques by each model, and by Dankar's rule.

    Args:
        sample: Sizes of the sample's classes, at least one.
        population: Rows of the population, at least those of the sample. Beyond 2^63, too.

    Returns:
        Estimates between 0 and the population, never NaN: None, with the reason, where a model has no solution. A sample without
        uniques gives 0, and a sample that is the whole population is counted.
    """
    found = _by_model(sample, population)
    fraction = sample.rows / population
    chosen, why = _decided(found, fraction)
    ones, twos = sample.of_size(1), sample.of_size(2)
    match = fraction * ones / (fraction * ones + 2 * (1 - fraction) * twos) if ones else None
    return Uniqueness(population=population, fraction=fraction, estimates=found, model=chosen.model,
                      uniques=chosen.uniques or 0.0, share=chosen.share or 0.0, why=why, match=match)


def _by_model(sample: Sizes, population: int) -> tuple[UniquenessEstimate, UniquenessEstimate, UniquenessEstimate]:
    ones = float(sample.of_size(1))
    if sample.rows == population or not ones:
        known = (ones, "the sample is the population: counted" if ones else "no row of the sample is unique")
        return (_estimate("zayatz", known, population), _estimate("pitman", known, population),
                _estimate("snb", known, population))
    return (_estimate("zayatz", (_zayatz(sample, population), ""), population),
            _estimate("pitman", pitman(sample, population), population),
            _estimate("snb", slide_negative_binomial(sample, population), population))


def _estimate(model: UniquenessModel, found: tuple[float | None, str], population: int) -> UniquenessEstimate:
    uniques, note = found
    if uniques is None or not math.isfinite(uniques):
        return UniquenessEstimate(model=model, uniques=None, share=None, note=note or NO_SOLUTION)
    kept = min(max(uniques, 0.0), float(population))
    return UniquenessEstimate(model=model, uniques=kept, share=kept / population, note=note)


def _decided(
    found: tuple[UniquenessEstimate, UniquenessEstimate, UniquenessEstimate], fraction: float,
) -> tuple[UniquenessEstimate, str]:
    """Returns what Dankar's rule takes: Pitman up to a tenth, then the lesser of Zayatz and SNB; Zayatz where that has none."""
    zayatz, by_pitman, snb = found
    if fraction <= SMALL_SAMPLE:
        if by_pitman.uniques is not None:
            return by_pitman, "the sample is at most a tenth of the population"
        return zayatz, f"the sample is at most a tenth of the population, but Pitman's model has no solution: {by_pitman.note}"
    if snb.uniques is None:
        return zayatz, f"the sample is more than a tenth of the population, and the SNB model has no solution: {snb.note}"
    least = snb if snb.uniques < (zayatz.uniques or 0.0) else zayatz
    return least, "the sample is more than a tenth of the population: the lesser of Zayatz and SNB"


def _zayatz(sample: Sizes, population: int) -> float:
    """Returns s1/f · P(F=1 | f=1), by Bayes' rule with the sample's own class sizes as prior.

    L. Zayatz, "Estimation of the percent of unique population elements on a microdata file using the sample", US Census 1991.
    """
    ones, fraction = sample.of_size(1), sample.rows / population
    once = float(np.sum(sample.classes * _once(sample.sizes.astype(np.float64), sample.rows, population)))
    return ones / fraction * (ones * fraction / once)


def _once(sizes: Floats, rows: int, population: int) -> Floats:
    """Returns the probability that a sample of ``rows`` holds one row of a class of each size (hypergeometric).

    j · f · Π_{i=0}^{j-2} (N-n-i)/(N-1-i), as a sum of logarithms: no digit is lost to differences of large factorials. Below
    2·10^10 rows a class beyond the exact product has a probability that is zero in a double anyway.
    """
    unseen, others = population - rows, population - 1
    steps = int(min(sizes.max() - 1, _EXACT, unseen))
    logs = np.concatenate([[0.0], np.cumsum(np.log1p(-(rows - 1) / (others - np.arange(steps, dtype=np.float64))))])
    factors = sizes - 1
    exact, possible = factors <= steps, factors <= unseen
    found = np.zeros(len(sizes))
    found[exact] = np.exp(logs[factors[exact].astype(np.int64)])
    large = possible & ~exact
    found[large] = np.exp(factors[large] * np.log1p(-(rows - 1) / (others - (factors[large] - 1) / 2)))
    return np.asarray(sizes * (rows / population) * found)
