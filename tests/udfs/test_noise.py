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

from udfs.noise import noise

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
