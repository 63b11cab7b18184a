"""Numbers of whatever type count as what they are: no sum or difference wraps around, and what is not whole is refused."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from engine.privacy.choices import AboveThreshold, Choice, report_noisy_max
from engine.privacy.exact import discrete_gaussian_many, discrete_laplace_many
from engine.privacy.keys import KeySelection
from engine.privacy.mechanisms import discrete_laplace, exponential, noisy_count, permute_and_flip
from engine.privacy.noise import Change, GaussianNoise, LaplaceNoise, OnGrid
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
    for number in (0.5, None):
        with pytest.raises(ValueError, match="each of the numbers is a whole number"):
            list(AboveThreshold(1.0)([number], 0))
        with pytest.raises(ValueError, match="the threshold is a whole number"):
            AboveThreshold(1.0)([1], number)  # when it is called, and not with its first answer
    with pytest.raises(ValueError, match="a count is a whole number"):
        noisy_count(1.5, 1.0)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.uint64])
def test_constants_of_any_type_make_the_noise_of_plain_ones(kind):
    """What one unit changes, by hand: an L1 sensitivity of 400, squares of 200² and 70,000², which narrow types do not hold."""
    assert LaplaceNoise.of(1.0, (Change(kind(20), kind(20)),)).rate == pytest.approx(1 / 400)
    assert GaussianNoise.of(0.5, (Change(kind(1), kind(200)),)).sigma == pytest.approx(200)
    assert GaussianNoise.of(0.5, (Change(np.int32(1), np.int32(70_000)),)).sigma == pytest.approx(70_000)
    assert LaplaceNoise(kind(1)).deviation == LaplaceNoise(1.0).deviation
    assert np.std(GaussianNoise(kind(200))(np.zeros(2000, int))) == pytest.approx(200, rel=0.1)
    assert Choice(0.001, kind(200)).rate == Fraction(0.001) / 400
    assert Quantile(Fraction(kind(150), kind(151)), 1.0, kind(100)).sensitivity == Fraction(15_000, 151)
    assert KeySelection(0.1, 1e-6, kind(200)).events[0].count * 2 == 400
    grid = OnGrid(kind(1), LaplaceNoise(1.0), kind(200))
    assert (type(grid.size), type(grid.step)) == (int, float)
    assert all(type(one) is int for one in (Quantile(Fraction(1), 1.0, kind(9)).rows, AboveThreshold(1.0, kind(9), kind(9)).hits))


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_an_epsilon_is_that_of_the_type_it_comes_in(kind):
    """A third of a narrow number would be rounded up, in its own type."""
    assert LaplaceNoise.of(kind(0.7), (Change(1, 3),)).rate * 3 <= float(kind(0.7))
    assert GaussianNoise.of(kind(0.7), (Change(1, 3),)).sigma >= 3 / math.sqrt(2 * float(kind(0.7)))
    assert OnGrid.laplace(kind(50), kind(0.7)) == OnGrid.laplace(50.0, float(kind(0.7)))
    assert Choice(kind(0.7)).rate == Fraction(float(kind(0.7))) / 2


def test_sparse_vectors_are_as_noisy_as_their_constants_say(monkeypatch):
    """Two sides, 100 hits of 100 each: a scale of 20,000 over the numbers' share of epsilon."""
    drawn = []
    monkeypatch.setattr("engine.privacy.choices.discrete_laplace", lambda scale: drawn.append(scale) or 0)
    assert list(AboveThreshold(1.0, np.uint8(100), np.uint8(100))([0], 1)) == [False]
    first, second = drawn
    assert 100 / first + 20_000 / second == 1


@pytest.mark.parametrize("kind", [np.uint8, np.int16])
def test_single_draws_take_constants_of_any_type(kind):
    assert abs(noisy_count(7, kind(100)) - 7) < 3
    assert abs(discrete_laplace(Fraction(kind(1), kind(100)))) < 3
    assert permute_and_flip([0, 9], Fraction(kind(100), kind(1))) == 1
    assert np.abs(discrete_laplace_many(Fraction(kind(1), kind(100)), 9)).max() < 3
    assert np.abs(discrete_gaussian_many(Fraction(kind(1), kind(100)), 9)).max() < 3
