"""noise: its distribution, its types, and that it is a function of key, value and subject."""

from __future__ import annotations

import hmac
import math
from decimal import Decimal
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from engine.operators import operator
from engine.operators.base import Context
from engine.operators.discrete import drawn
from engine.operators.keyed import mac, messages
from engine.operators.noise import calibration
from engine.operators.whole import fits_word, limits, typed, whole
from schemas.policy.operators import Operator
from udfs.noise import _units, noise

SUBKEY = bytes(range(32))
DISTRIBUTIONS = ("gaussian", "laplace", "uniform")


def slow_units(value: str, subject: str, distribution: str) -> float:
    """One draw in standard deviations, by the textbook's inverse distribution functions."""
    message = len(value.encode()).to_bytes(4, "big") + value.encode() + subject.encode()
    share = ((int.from_bytes(hmac.digest(SUBKEY, message, "sha256")[:8], "big") >> 11) + 0.5) / 2**53
    if distribution == "gaussian":
        return NormalDist().inv_cdf(share)
    if distribution == "uniform":
        return (share - 0.5) * math.sqrt(12)
    return math.log(2 * share) / math.sqrt(2) if share < 0.5 else -math.log(2 - 2 * share) / math.sqrt(2)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.none() | st.integers(-10**6, 10**6), st.none() | st.sampled_from("abc"))),
       st.sampled_from(DISTRIBUTIONS))
def test_agrees_with_one_draw_a_row(rows: list[tuple[int | None, str | None]], distribution: str) -> None:
    values, subjects = ([row[i] for row in rows] for i in (0, 1))
    found = noise(pa.array(values, pa.float64()), pa.array(subjects, pa.string()), scale=3.0, distribution=distribution,
                  subkey=SUBKEY)
    for (value, subject), cell in zip(rows, found.to_pylist(), strict=True):
        if value is None:
            assert cell is None
        else:
            assert cell == pytest.approx(value + 3 * slow_units(str(value), subject or "", distribution), abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_distribution(distribution: str) -> None:
    rows = 60_000
    found = noise(pa.array(np.zeros(rows)), pa.array(range(rows)), scale=1.0, distribution=distribution, subkey=SUBKEY)
    drawn = np.sort(found.to_numpy())
    expected = {
        "gaussian": np.vectorize(NormalDist().cdf),
        "laplace": lambda x: np.where(x < 0, np.exp(math.sqrt(2) * x) / 2, 1 - np.exp(-math.sqrt(2) * x) / 2),
        "uniform": lambda x: np.clip(x / math.sqrt(12) + 0.5, 0, 1),
    }[distribution](drawn)
    distance = np.abs(expected - (np.arange(rows) + 0.5) / rows).max()
    assert distance < 1.95 / math.sqrt(rows)  # Kolmogorov-Smirnov at 0.1 %
    assert drawn.std() == pytest.approx(1, abs=0.02)


def test_depends_on_value_subject_and_key_alone() -> None:
    values, subjects = pa.array([5.0, 5.0, 5.0, 6.0]), pa.array(["a", "a", "b", "a"])
    found = noise(values, subjects, scale=1.0, distribution="gaussian", subkey=SUBKEY).to_pylist()
    assert found[0] == found[1]
    assert len({found[0], found[2], round(found[3] - 1, 9)}) == 3
    assert noise(values, subjects, scale=1.0, distribution="gaussian", subkey=bytes(32)).to_pylist()[0] != found[0]
    alone = noise(values, scale=1.0, distribution="gaussian", subkey=SUBKEY).to_pylist()
    assert alone[0] == alone[2]


@pytest.mark.parametrize("kind", [
    pa.int8(), pa.uint8(), pa.int16(), pa.uint32(), pa.int64(), pa.uint64(), pa.float16(), pa.float32(), pa.float64(),
    pa.decimal128(4, 1), pa.decimal128(38, 3), pa.decimal256(60, 30),
])
def test_type_is_kept_and_range_is_respected(kind: pa.DataType) -> None:
    values = pa.array([Decimal(100) if pa.types.is_decimal(kind) else 100, None] * 50).cast(kind)
    found = noise(values, pa.array(range(100)), scale=1e6, distribution="laplace", subkey=SUBKEY)
    assert found.type == kind
    found.validate(full=True)
    assert found.is_null().to_pylist() == values.is_null().to_pylist()
    assert found != values


def test_integers_round_and_large_ones_stay_exact() -> None:
    found = noise(pa.array([2**62 + 1]), scale=10.0, distribution="uniform", subkey=SUBKEY).to_pylist()[0]
    assert found == 2**62 + 1 + round(10 * slow_units(str(2**62 + 1), "", "uniform"))
    near = noise(pa.array([2**63 - 1, -(2**63)] * 20), pa.array(range(40)), scale=1e30, distribution="gaussian", subkey=SUBKEY)
    assert set(near.to_pylist()) == {2**63 - 1, -(2**63)}


def test_what_is_no_number_stays() -> None:
    found = noise(pa.array([math.nan, math.inf, -math.inf, None]), scale=1.0, distribution="gaussian", subkey=SUBKEY).to_pylist()
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf, None]
    assert noise(pa.nulls(2), scale=1.0, distribution="gaussian", subkey=SUBKEY).null_count == 2


def test_decimals_move_in_steps_of_their_last_digit() -> None:
    cell = noise(pa.array([Decimal("10.00")], pa.decimal128(12, 2)), scale=5.0, distribution="gaussian", subkey=SUBKEY)[0].as_py()
    assert cell == Decimal("10.00") + Decimal(5 * slow_units("10", "", "gaussian")).quantize(Decimal("0.01"))


def test_arrays_agree_with_one_quantile_at_a_time() -> None:
    shares = np.concatenate([np.linspace(0.5, 2**20, 5000) / 2**53, np.random.default_rng(1).random(5000), [0.075, 0.925]])
    shares = np.concatenate([shares, 1 - shares])
    shares = shares[(shares > 0) & (shares < 1)]
    for distribution, slow in (("gaussian", NormalDist().inv_cdf), ("uniform", lambda share: (2 * share - 1) * math.sqrt(3))):
        assert _units(shares, distribution).tolist() == [round(slow(share) * 2**32) / 2**32 for share in shares.tolist()]
    laplacian = [math.copysign(math.log1p(-abs(2 * share - 1)), share - 0.5) / math.sqrt(2) for share in shares.tolist()]
    assert _units(shares, "laplace").tolist() == [round(unit * 2**32) / 2**32 for unit in laplacian]


GOLDEN = {"gaussian": [999, 1003, 1002, 1005], "laplace": [1000, 1002, 1001, 1003], "uniform": [999, 1004, 1003, 1006]}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_scale_alone_gives_what_it_always_gave(distribution: str) -> None:
    found = noise(pa.array([1000] * 4), pa.array(["a", "b", "c", None]), scale=9.0, distribution=distribution, subkey=SUBKEY)
    assert found.to_pylist() == GOLDEN[distribution]


def test_many_columns_tell_rows_apart() -> None:
    values, subjects = pa.array([5] * 4), pa.array(["a", "a", "ab", "a"])
    rows = pa.array(["bc", "d", "c", "bc"])
    found = noise(values, subjects, rows, scale=1e6, distribution="gaussian", subkey=SUBKEY).to_pylist()
    assert found[0] == found[3]
    assert len(set(found)) == 3


@settings(deadline=None, max_examples=25)
@given(st.data(), st.sampled_from([pa.int8(), pa.uint8(), pa.int64(), pa.uint64(), pa.decimal128(6, 2), pa.decimal256(60, 5)]),
       st.sampled_from([1, 2, 5, 64]), st.sampled_from(["discrete_laplace", "discrete_gaussian"]))
def test_discrete_noise_moves_by_whole_steps(data: st.DataObject, kind: pa.DataType, step: int, distribution: str) -> None:
    low, high = limits(kind)
    units = data.draw(st.lists(st.none() | st.integers(low, high) | st.sampled_from([low, high, 0]), min_size=1, max_size=8))
    lower, upper = data.draw(st.sampled_from([(None, None), (-3, 10), (0, 2)]))
    like = pa.array([None if unit is None else 0 for unit in units], kind)
    values = typed(np.array([unit or 0 for unit in units], np.int64 if fits_word(kind) else object), like)
    found = noise(values, distribution=distribution, scale=5.0, step=step, lower=lower, upper=upper, subkey=SUBKEY)
    found.validate(full=True)
    assert found.type == kind
    moves = drawn(mac(messages(values), SUBKEY), distribution, 5.0).tolist()
    ends = -(-low // step), high // step
    for unit, move, cell in zip(units, moves, whole(found).tolist(), strict=True):
        if unit is not None:
            place = max((2 * unit + step) // (2 * step), ends[0], ends[0] if lower is None else lower)
            place = min(place, ends[1], ends[1] if upper is None else upper)
            assert cell == min(max(place + move, ends[0]), ends[1]) * step


def test_floats_are_bounded_and_leave_no_low_bits() -> None:
    values = pa.array([0.1, 1 / 3, math.inf, -math.inf, 1e300, math.nan, None])
    how = {"distribution": "discrete_laplace", "scale": 2048.0, "step": 2.0**-11, "lower": 0, "upper": 2048}
    found = noise(values, subkey=SUBKEY, **how).to_pylist()
    assert math.isnan(found[5])
    assert found[6] is None
    moves = drawn(mac(messages(values), SUBKEY), "discrete_laplace", 2048.0).tolist()
    places = [205, 683, 2048, 0, 2048]
    assert found[:5] == [(place + move) / 2048 for place, move in zip(places, moves[:5], strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [pa.int32(), pa.float64(), pa.decimal128(9, 2)])
@pytest.mark.parametrize("bounds", [{"distribution": "laplace", "epsilon": 0.5}, {"epsilon": 2.0, "delta": 1e-4}])
def test_calibrated_noise_is_as_strong_as_stated(kind: pa.DataType, bounds: dict[str, object]) -> None:
    """Kolmogorov-Smirnov at one in a million; a grid of a 4096th of the scale, or of 1, is smoothed by half a step."""
    rows = 20_000
    parsed = Operator.model_validate({"noise": {"lower": 0, "upper": 400, "key": "env:K", "per": ["row"], **bounds}}).spec
    made = operator("noise").call(parsed, Context("c", kind, "insensitive"))
    values = pa.array([Decimal(150) if pa.types.is_decimal(kind) else 150] * rows, kind)
    blurred = noise(values, pa.array(range(rows)), subkey=SUBKEY, **dict(made.params))
    found = blurred.cast(pa.float64()).to_numpy() - 150
    spread = calibration(parsed).spread
    expected = stats.laplace(scale=spread) if "delta" not in bounds else stats.norm(scale=spread)
    smoothed = found + (np.arange(rows) % 1000 / 1000 - 0.4995) * (1 if pa.types.is_integer(kind) else 0)
    assert stats.kstest(smoothed, expected.cdf).pvalue > 1e-6
    assert found.std() == pytest.approx(expected.std(), rel=0.05)


def test_digits_beyond_28_are_kept() -> None:
    cell = Decimal("12345678901234567890123456789012345.25")
    found = noise(pa.array([cell], pa.decimal128(38, 2)), scale=1e-9, distribution="gaussian", subkey=SUBKEY)
    assert found.to_pylist() == [cell]
