"""Numbers of whatever type count as what they are: no sum or difference wraps around, and what is not whole is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from engine.privacy.choices import AboveThreshold, Choice, report_noisy_max
from engine.privacy.mechanisms import exponential, noisy_count, permute_and_flip
from engine.privacy.noise import GaussianNoise, LaplaceNoise
from engine.privacy.quantiles import Quantile

SURE = Fraction(20)
"""A rate at which the best score is missed by one with a chance of e^-20."""
KINDS = [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64, list]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [Fraction(0), Fraction(1, 3), Fraction(1)])
def test_ranks_are_those_of_plain_numbers(kind, share):
    """By the definition: how far the wanted rank is from those of a point, in fractions."""
    counts = [100, 0, 27, 120, 3]
    wanted = share * sum(counts)
    expected = [-max(sum(counts[:at]) - wanted, wanted - sum(counts[:at + 1]), 0) * share.denominator for at in range(5)]
    assert Quantile(share, 1.0).scores(kind(counts)) == expected


def test_no_number_of_rows_and_no_denominator_wraps_around():
    """The least 2^-40 of the rows is at the first point; a row of the second is 2^62 - 3 · 2^22 ranks further up."""
    first, second, third = Quantile(Fraction(1, 2**40), 1.0).scores(np.full(3, 2**62))
    assert first == 0
    assert second == -(2**62 - 3 * 2**22) * 2**40
    assert third == second - 2**62 * 2**40


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_held_against_each_other_as_plain_numbers(kind):
    scores = kind([3, 120, 100]) if kind not in (np.int8, np.int16) else kind([-100, 120, 100])
    for choose in (lambda: permute_and_flip(scores, SURE), lambda: exponential(scores, SURE), lambda: Choice(40.0)(scores),
                   lambda: report_noisy_max(scores, 20.0)):
        assert {choose() for _ in range(20)} == {1}


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16])
def test_thresholds_and_counts_are_plain_numbers(kind):
    assert list(AboveThreshold(0.001, hits=3)([kind(0)] * 3 + [10**7] * 3, kind(0)))[-1]
    assert list(AboveThreshold(100.0)([kind(1), kind(120)], kind(100))) == [False, True]
    assert any(noisy_count(kind(100), 0.001) > 300 for _ in range(100))


@pytest.mark.parametrize("noise", [LaplaceNoise(1.0), GaussianNoise(1.0)], ids=["laplace", "gaussian"])
def test_numbers_that_64_bits_do_not_hold_with_noise_are_refused(noise):
    for values in (np.array([2**64 - 1], np.uint64), np.array([2**63], np.uint64), np.array([0, 2**62 + 1]), [-2**63], [2**64]):
        with pytest.raises(ValueError, match="takes an array of whole numbers"):
            noise(values)
    ends = np.array([2**62, -2**62])
    assert np.abs(noise(ends) - ends).max() < 100
    assert abs(noise(np.array([2**62], np.uint64))[0] - 2**62) < 100


@pytest.mark.parametrize("noise", [LaplaceNoise(1.0), GaussianNoise(1.0)], ids=["laplace", "gaussian"])
def test_noise_takes_lists_and_single_numbers(noise):
    assert noise([1, 2, 3]).shape == (3,)
    assert abs(noise(1000) - 1000) < 100
    for values in ([], [0.5], 0.5, "7", None, [True]):
        with pytest.raises(ValueError, match="takes an array of whole numbers"):
            noise(values)


@pytest.mark.parametrize("values", [[], np.array([], int), [0.5, 1], np.array([1.0, 2.0]), [True, False], np.array([True]), ["1"],
                                    [None], 5, None, np.zeros((2, 2), int)], ids=str)
def test_what_is_not_whole_or_nothing_is_no_score_and_no_count(values):
    for draw in (Choice(1.0), Choice(1.0, exponential=True), Quantile(Fraction(1, 2), 1.0)):
        with pytest.raises(ValueError, match="whole number"):
            draw(values)


def test_other_numbers_are_refused():
    with pytest.raises(ValueError, match="0 or more"):
        Quantile(Fraction(1, 2), 1.0)([1, -1])
    for numbers, threshold in (([0.5], 0), ([1], 0.5), ([None], 0)):
        with pytest.raises(ValueError, match="is a whole number"):
            list(AboveThreshold(1.0)(numbers, threshold))
    with pytest.raises(ValueError, match="a count is a whole number"):
        noisy_count(1.5, 1.0)
