"""The canonical encoding against the published vectors and against an obvious one, value by value."""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.operators.canonical import _number, canonical

VECTORS = json.loads((Path(__file__).parents[3] / "docs" / "token-vectors.json").read_text(encoding="utf-8"))
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
ASSIGNED = st.characters(codec="utf-8").filter(lambda c: unicodedata.category(c) != "Cn")


def one(value: object, kind: pa.DataType) -> bytes | None:
    return canonical(pa.array([value], kind))[0].as_py()


def typed(name: str, value: object) -> pa.Array:
    """A vector's value as an array of the type it names."""
    kind = {
        "date32": pa.date32(), "timestamp[us, tz=UTC]": pa.timestamp("us", "UTC"), "timestamp[us]": pa.timestamp("us"),
        "timestamp[ns]": pa.timestamp("ns"), "timestamp[s]": pa.timestamp("s"), "decimal128(10, 2)": pa.decimal128(10, 2),
        "decimal128(38, 10)": pa.decimal128(38, 10), "decimal128(38, 0)": pa.decimal128(38, 0), "float64": pa.float64(),
        "float32": pa.float32(), "binary": pa.binary(), "bool": pa.bool_(),
    }.get(name) or pa.type_for_alias(name)
    if name == "binary":
        return pa.array([bytes.fromhex(value)], kind)
    if name.startswith("float"):
        return pa.array([float(value)], kind)
    if name.startswith(("date", "timestamp")):
        plain = pa.timestamp(kind.unit) if name.startswith("timestamp") else kind
        return pa.array([value]).cast(plain).cast(kind)
    return pa.array([Decimal(value) if name.startswith("decimal") else value], kind)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: f"{case['type']}:{case['value']!a}")
def test_published_vectors(case: dict[str, object]) -> None:
    found = canonical(typed(case["type"], case["value"]))[0].as_py()
    assert (None if found is None else found.hex()) == case["canonical"]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.none() | st.text(ASSIGNED)))
def test_strings_are_nfc(texts: list[str | None]) -> None:
    expected = [None if t is None else unicodedata.normalize("NFC", t).encode() for t in texts]
    assert canonical(pa.array(texts, pa.string())).to_pylist() == expected


@settings(deadline=None, max_examples=40)
@given(st.text(ASSIGNED))
def test_spark_native_test_for_ascii_is_exact(text: str) -> None:
    if len(text) == len(text.encode()):
        assert one(text, pa.string()) == text.encode()
    else:
        assert not text.isascii()


@settings(deadline=None, max_examples=40)
@given(st.floats())
def test_floats_read_back_and_share_the_notation_of_decimals(number: float) -> None:
    written = one(number, pa.float64()).decode()
    assert "e" not in written.lower().replace("infinity", "")
    assert float(written) == number or (number != number and written == "NaN")  # noqa: PLR0124 - NaN
    if number == number and abs(number) != float("inf"):  # noqa: PLR0124 - NaN
        whole = Decimal(repr(number)).normalize()
        assert written == ("0" if whole == 0 else format(whole, "f"))


@settings(deadline=None, max_examples=25)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_narrow_floats_use_their_own_shortest_digits(number: float) -> None:
    written = one(number, pa.float32()).decode()
    assert pa.array([float(written)], pa.float32())[0].as_py() == number
    assert len(written.strip("-0.")) <= len(one(number, pa.float64()).decode().strip("-0."))


@settings(deadline=None, max_examples=25)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-10**20, max_value=10**20))
def test_a_decimal_is_encoded_whatever_its_scale(number: Decimal) -> None:
    assert one(number, pa.decimal128(38, 6)) == one(number, pa.decimal128(38, 12)) == one(number, pa.decimal256(60, 7))
    assert Decimal(one(number, pa.decimal128(38, 6)).decode()) == number


@settings(deadline=None, max_examples=25)
@given(st.integers(-2**31, 2**31 - 1))
def test_integers_join_with_strings_decimals_and_floats(number: int) -> None:
    forms = {one(number, pa.int64()), one(str(number), pa.string()), one(Decimal(number), pa.decimal128(12, 2)),
             one(float(number), pa.float64()), one(number, pa.int32())}
    assert forms == {str(number).encode()}


@settings(deadline=None, max_examples=25)
@given(st.dates())
def test_dates_are_iso(date: dt.date) -> None:
    assert one(date, pa.date32()) == one(date, pa.date64()) == date.isoformat().encode()


@pytest.mark.parametrize(("days", "text"), [
    (2_932_897, "+10000-01-01"), (-719_528, "0000-01-01"), (-719_529, "-0001-12-31"),
    (2**31 - 1, "+5881580-07-11"), (-(2**31), "-5877641-06-23"),
])
def test_dates_beyond_four_digit_years_follow_java_time(days: int, text: str) -> None:
    found = canonical(pa.array([days, 0], pa.int32()).cast(pa.date32())).to_pylist()
    assert found == [text.encode(), b"1970-01-01"]


@settings(deadline=None, max_examples=25)
@given(st.datetimes(timezones=st.timezones() | st.just(dt.UTC)))
def test_timestamps_are_instants(moment: dt.datetime) -> None:
    try:
        micros = (moment.astimezone(dt.UTC) - EPOCH) // dt.timedelta(microseconds=1)
    except OverflowError:
        return
    for zone in ("UTC", "Asia/Tokyo"):
        assert one(micros, pa.timestamp("us", zone)) == str(micros).encode()


def test_finer_digits_are_floored() -> None:
    assert one(-1, pa.timestamp("ns")) == b"-1"
    assert one(1_999, pa.timestamp("ns")) == b"1"
    assert one(5, pa.timestamp("ms")) == b"5000"


def test_a_timestamp_out_of_range_is_an_error_without_the_value() -> None:
    with pytest.raises(InputError) as error:
        one(2**62, pa.timestamp("s"))
    assert str(2**62) not in str(error.value)


def test_layouts_do_not_matter() -> None:
    texts = ["a", None, "Jose\u0301", "a"]
    expected = canonical(pa.array(texts)).to_pylist()
    for kind in (pa.large_string(), pa.string_view()):
        assert canonical(pa.array(texts, pa.string()).cast(kind)).to_pylist() == expected
    assert canonical(pa.array(texts).dictionary_encode()).to_pylist() == expected
    assert canonical(pa.array(["x", *texts]).slice(1)).to_pylist() == expected
    assert canonical(pa.array([b"ab", None], pa.binary(2))).to_pylist() == [b"ab", None]


def test_all_null_and_empty() -> None:
    assert canonical(pa.nulls(2)).to_pylist() == [None, None]
    assert canonical(pa.array([], pa.float64())).to_pylist() == []
    assert canonical(pa.nulls(2, pa.date32())).to_pylist() == [None, None]


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.struct([("a", pa.int8())]), pa.duration("s"), pa.time32("s")])
def test_other_types_are_refused(kind: pa.DataType) -> None:
    with pytest.raises(InputError, match="no canonical encoding"):
        canonical(pa.nulls(1, kind))


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(st.lists(st.none() | st.floats() | st.floats(-1e6, 1e6) | st.decimals(-10**6, 10**6, places=3).map(float)),
       st.sampled_from([pa.float16(), pa.float32(), pa.float64()]))
def test_printing_whole_batches_agrees_with_one_number_at_a_time(numbers: list[float | None], kind: pa.DataType) -> None:
    with np.errstate(over="ignore"):
        cells = [None if number is None else kind.to_pandas_dtype()(number) for number in numbers]
    expected = [None if cell is None else _number(cell).encode() for cell in cells]
    assert canonical(pa.array(cells, kind)).to_pylist() == expected


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(st.data(), st.sampled_from([pa.decimal128(5, 2), pa.decimal128(38, 37), pa.decimal128(9, -2), pa.decimal256(70, 30)]))
def test_printing_decimals_agrees_with_one_number_at_a_time(data: st.DataObject, kind: pa.DataType) -> None:
    units = st.integers(-(10**kind.precision) + 1, 10**kind.precision - 1) | st.sampled_from([0, 1, -10, 100])
    cells = [Decimal(f"{unit}e{-kind.scale}") for unit in data.draw(st.lists(units))]
    assert canonical(pa.array(cells, kind)).to_pylist() == [_number(cell).encode() for cell in cells]
