"""A domain may be wider than its column's type, or hold next to nothing of it: what is drawn can be written, or it is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import PolicyError
from engine.synth.encoding import bins_for
from tests.engine.synth.test_domains import column_of

WHOLE = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint64()]
DECIMALS = [pa.decimal128(5, 2), pa.decimal128(3, 0), pa.decimal128(38, 10), pa.decimal128(18, 18), pa.decimal128(4, -2),
            pa.decimal256(60, 3)]
FLOATS = [pa.float16(), pa.float32(), pa.float64()]
TIMES = [pa.date32(), pa.date64(), *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")), pa.timestamp("us", "UTC")]
NUMBERS = st.one_of(st.floats(-1e100, 1e100), st.floats(-300, 300), st.integers(-200, 2000), st.sampled_from([2.0**63, 1e28]))
YEARS = st.one_of(st.floats(-1e100, 1e100), st.floats(-5, 12_000), st.integers(1600, 2300))


def _ends(numbers):
    return st.lists(numbers, min_size=2, max_size=2, unique=True).map(sorted)


def _drawn(kind, low, high):
    """Returns cells of every code, many of each; nothing, if the domain is refused."""
    try:
        column = bins_for("x", kind, low, high)
    except PolicyError:
        return None
    cells = column.decode(np.repeat(np.arange(column.size), 20), kind)
    assert cells.type == kind
    assert cells.is_valid().to_pylist() == [code > 0 for code in range(column.size) for _ in range(20)]
    assert column.encode(pa.chunked_array([cells.drop_null()])).min() >= 1
    return [cell for cell in cells.to_pylist() if cell is not None]


@settings(max_examples=400, deadline=None)
@given(kind=st.sampled_from([*WHOLE, *DECIMALS, *FLOATS]), ends=_ends(NUMBERS))
def test_what_is_drawn_of_numbers_is_of_the_type_and_in_the_domain(kind, ends):
    low, high = ends
    drawn = _drawn(kind, low, high)
    if drawn is None:
        return
    slack = Decimal(str(max(map(abs, drawn), default=0))) * Decimal("1e-15")  # ends of a domain are doubles
    assert all(Decimal(low) - slack <= Decimal(cell) <= Decimal(high) + slack for cell in drawn)


@settings(max_examples=200, deadline=None)
@given(kind=st.sampled_from(TIMES), ends=_ends(YEARS))
def test_what_is_drawn_of_times_is_of_the_type_and_in_the_domain(kind, ends):
    drawn = _drawn(kind, *ends)
    assert drawn is None or all(np.floor(ends[0]) <= cell.year <= ends[1] for cell in drawn)


@pytest.mark.parametrize(("kind", "domain", "least", "most"), [
    (pa.int8(), {"min": 0, "max": 1000}, 0, 127), (pa.int8(), {"min": 0, "max": 130}, 0, 127),
    (pa.uint8(), {"min": -5, "max": 3}, 0, 3), (pa.int64(), {"min": 0.5, "max": 1.5}, 1, 1),
    (pa.decimal128(5, 2), {"min": 0, "max": 2000}, 0, Decimal("999.99")),
    (pa.float16(), {"min": 0, "max": 1e9}, 0, 65504), (pa.float64(), {"min": -1e100, "max": 1e100}, -1e100, 1e100),
    (pa.date32(), {"min": -4, "max": 2e9}, dt.date(1, 1, 1), dt.date(9999, 12, 31)),
])
def test_a_domain_is_that_part_of_it_that_the_type_holds(kind, domain, least, most):
    column = column_of(kind, domain)
    cells = column.decode(np.repeat(np.arange(1, column.size), 400), kind).to_pylist()
    assert least <= min(cells) <= max(cells) <= most
    assert (max(cells) - min(cells)) * 100 >= (most - least) * 97


@pytest.mark.parametrize(("kind", "domain"), [
    (pa.int32(), {"min": 0.2, "max": 0.8}), (pa.int8(), {"min": 200, "max": 300}),
    (pa.decimal128(5, 0), {"min": 0.2, "max": 1.8}), (pa.decimal128(5, 2), {"min": 1000, "max": 2000}),
    (pa.float32(), {"min": 1e8 + 1, "max": 1e8 + 3}),
    (pa.date32(), {"min": 2020.1, "max": 2020.9}), (pa.timestamp("us"), {"min": 20_000, "max": 30_000}),
    (pa.timestamp("ns"), {"min": 2300, "max": 2400}),
])
def test_a_domain_of_which_the_type_holds_too_little_is_refused(kind, domain):
    with pytest.raises(PolicyError, match="too little lies from min to max") as refusal:
        column_of(kind, domain)
    assert "column x" in refusal.value.where


def test_ends_that_the_type_holds_stay_as_they_are():
    for kind, low, high in ((pa.decimal128(9, 2), 0.07, 500), (pa.float64(), -0.1, 0.7), (pa.decimal128(38, 10), -1e27, 0.29)):
        column = bins_for("x", kind, low, high)
        assert (column.low, column.high) == (low, high)
