"""What classes publish of microaggregated columns, against exact arithmetic on rows."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.aggregates import aggregated
from engine.anonymity.axes import axis
from engine.anonymity.coding import IntervalCoding, SetCoding
from engine.anonymity.mondrian import build_tree
from engine.anonymity.tree import Tree
from engine.anonymity.utility import summarize
from engine.anonymity.utility.recoded import Recoded
from engine.anonymity.utility.squares import squared_error
from engine.errors import PolicyError
from schemas.policy import Column, Guarantees
from schemas.policy.recoding import Recoding
from tests.engine.anonymity.cubes import cube_of
from udfs.recode import recode

HOW = ("mean", "median", "mode")
DAY, NOON = dt.date(1970, 1, 1), dt.datetime(1970, 1, 1)  # noqa: DTZ001 - a column without a time zone
KINDS = {
    pa.int64(): lambda n: n, pa.int32(): lambda n: 7 * n, pa.uint64(): lambda n: 2**63 + n + 5,
    pa.date32(): lambda n: DAY + dt.timedelta(n),
    pa.timestamp("us"): lambda n: NOON + dt.timedelta(seconds=n), pa.decimal128(6, 2): lambda n: Decimal(n) / 4,
    pa.float64(): lambda n: n / 4, pa.float32(): lambda n: n / 4}
PER = {pa.date32(): 1, pa.timestamp("us"): 1_000_000, pa.decimal128(6, 2): 100}


def units(value, type_: pa.DataType) -> Fraction:
    """A value as a number of its type's smallest units."""
    if isinstance(value, dt.datetime):
        return Fraction(round((value - NOON).total_seconds() * PER[type_]))
    return Fraction((value - DAY).days) if isinstance(value, dt.date) else Fraction(value) * PER.get(type_, 1)


def text_of_units(number: Fraction, type_: pa.DataType) -> str:
    if pa.types.is_floating(type_):
        return str(float(number)) if number else "0"
    whole = round(number)  # half to even
    if pa.types.is_timestamp(type_):
        return (NOON + dt.timedelta(microseconds=whole)).isoformat()
    if pa.types.is_date(type_):
        return (DAY + dt.timedelta(whole)).isoformat()
    return str(Decimal(whole).scaleb(-type_.scale)) if pa.types.is_decimal(type_) else str(whole)


def told(values: list, how: str, type_: pa.DataType) -> str:
    """What a class of these values has to publish."""
    real = sorted(units(value, type_) for value in values if str(value) not in {"None", "nan"})
    if not real:
        return "null" if None in values else "NaN"
    if how == "mean":
        return text_of_units(sum(real) / len(real), type_)
    if how == "median":
        return text_of_units(real[(len(real) - 1) // 2], type_)
    times = Counter(real)
    return text_of_units(min(value for value in times if times[value] == max(times.values())), type_)


def same(label: str, wanted: str, type_: pa.DataType) -> bool:
    if pa.types.is_floating(type_) and label not in {"null", "NaN"}:
        return math.isclose(float(label), float(wanted), rel_tol=1e-6, abs_tol=1e-9)
    return label == wanted


def policy(names: dict[str, str | None]) -> dict[str, Column]:
    return {name: Column(role="quasi", why="test", aggregate=how) for name, how in names.items()}


def halves(values: pa.Array, how: str, name: str = "a") -> tuple[Tree, Recoded]:
    """One column, cut in two at the value 10, and what its classes publish."""
    cube = cube_of(pa.table({name: values}))
    type_ = str(pa.decimal128(20, 0) if values.type == pa.uint64() else values.type)
    number = len(values.unique())
    coding = IntervalCoding(name, type_, number, number, ("10",), (0,))
    boxes = ((1, 1, 0, 1), (0, 0, 2, 2))
    tree = Tree((coding,), np.array([[0, 1, ~0, ~1]]), (boxes,), np.array([[0], [1]]))
    fitted = aggregated(tree, cube, policy({name: how}))
    return fitted, Recoded(fitted, cube)


rows_of = st.lists(st.tuples(st.one_of(st.none(), st.integers(-9, 9)), st.integers(0, 5), st.integers(0, 9)),
                   min_size=4, max_size=40)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(rows=rows_of, how=st.sampled_from(HOW), type_=st.sampled_from(list(KINDS)), cells=st.sampled_from(["bounds", "tight"]))
def test_a_class_publishes_what_exact_arithmetic_says(rows, how, type_, cells) -> None:
    read = KINDS[type_]
    table = pa.table({"a": pa.array([None if n is None else read(n) for n, _, _ in rows], type_), "b": [b for _, b, _ in rows],
                      "c": [c for _, _, c in rows]})
    cube, promised, recoding = cube_of(table), Guarantees(k=3), Recoding(cells=cells)
    tree = build_tree(cube, policy({"a": how, "b": None, "c": "median"}), promised, recoding)
    leaf = tree.route([table[name] for name in tree.names])
    held = defaultdict(list)
    for number, value in zip(leaf.tolist(), table["a"].to_pylist(), strict=True):
        held[number].append(value)
    for number, values in held.items():
        assert same(tree.labels(0)[number], told(values, how, type_), type_), (tree.labels(0)[number], values)
    assert Tree.from_json(tree.to_json()) == tree
    shuffled = table.take(pa.array(random.Random(len(rows)).sample(range(len(rows)), len(rows))))  # noqa: S311 - no secret
    assert build_tree(cube_of(shuffled), policy({"a": how, "b": None, "c": "median"}), promised, recoding) == tree
    classes = Counter(tuple(row.values()) for row in recode(*table.columns, tree=tree.to_json()).to_pylist())
    assert min(classes.values()) >= 3
    summary = summarize(tree, cube_of(pa.table({name: pa.array(tree.labels(i)).take(pa.array(leaf)) for i, name in
                                                enumerate(tree.names)})), cube, promised)
    assert [column.squared_error is None for column in summary.utility] == [not table["a"].drop_null().length(), True, False]


@pytest.mark.parametrize(("how", "wanted"), [("mean", ["4", "28"]), ("median", ["2", "20"]), ("mode", ["2", "11"])])
def test_means_are_rounded_half_to_even_and_others_are_values_of_the_class(how, wanted) -> None:
    tree, _ = halves(pa.array([2, 2, 6, 6, 11, 11, 20, 35, 64]), how)  # means are 4 and 28.2
    assert tree.labels(0) == [*wanted, "*"]
    tree, _ = halves(pa.array([1, 2, 13, 14, 11, 12]), "mean")  # 1.5 and 12.5
    assert tree.labels(0) == ["2", "12", "*"]


def test_means_of_large_whole_numbers_are_exact() -> None:
    low, high = -(2**63), 2**63 - 1
    tree, _ = halves(pa.array([low, low, low + 2, high, high, high - 1], pa.int64()), "mean")
    assert tree.labels(0) == [str(round(Fraction(3 * low + 2, 3))), str(round(Fraction(3 * high - 1, 3))), "*"]


@given(value=st.floats(-1e300, 10), times=st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_the_mean_of_equal_floats_is_the_float(value, times) -> None:
    tree, _ = halves(pa.array([value] * times + [20.0]), "mean")
    assert float(tree.labels(0)[0]) == value


def test_null_and_nan_do_not_count_unless_there_is_nothing_else() -> None:
    assert halves(pa.array([None, None, 4.0, float("nan"), 20.0]), "mean")[0].labels(0)[0] == "4"
    assert halves(pa.array([None, float("nan"), 20.0]), "mean")[0].labels(0)[0] == "null"
    assert halves(pa.array([float("nan"), 20.0]), "median")[0].labels(0)[0] == "NaN"
    assert halves(pa.array([None, None], pa.int64()), "mode")[0].labels(0) == ["null", "null", "*"]  # and one without rows


def test_later_rows_get_the_number_of_their_class() -> None:
    tree, _ = halves(pa.array([2, 4, 20, 22]), "mean")
    labels = recode(pa.array([-5, 10, 11, None, 1000]), tree=tree.to_json()).field("a").to_pylist()
    assert labels == ["3", "3", "21", "3", "21"]


def test_a_count_and_a_model_read_the_number_as_the_value_next_to_it() -> None:
    _, recoded = halves(pa.array([None, 1, 2, 6, 11, 16, 30]), "mean")  # publishes 3 and 19; values next to them are 2 and 16
    spread = recoded.columns[0].spread
    assert spread.mean(np.array([0, 0, 1, 0, 0, 0, 0]))[:2].tolist() == [1, 0]
    assert spread.mean(np.array([0, 0, 0, 0, 0, 1, 0]))[:2].tolist() == [0, 1]
    for values, places in (([None, float("nan"), 20.0], [0, 2]), ([float("nan"), 20.0], [0, 1]), ([None], [0])):
        column = halves(pa.array(values, pa.float64()), "mean")[1].columns[0]
        assert column.spread.mean(np.arange(len(column.values)))[:len(places)].tolist() == places


@given(values=st.lists(st.integers(-30, 40), min_size=1, max_size=30), how=st.sampled_from(HOW))
@settings(max_examples=40, deadline=None)
def test_squared_errors_are_those_of_the_published_numbers(values, how) -> None:
    tree, recoded = halves(pa.array(values), how)
    labels = [int(tree.labels(0)[int(value > 10)]) for value in values]
    mean = Fraction(sum(values), len(values))
    total = sum((value - mean) ** 2 for value in values)
    wanted = sum((value - label) ** 2 for value, label in zip(values, labels, strict=True)) / total if total else 0
    assert squared_error(recoded, recoded.columns[0]) == pytest.approx(float(wanted))


def test_of_a_suppressed_row_nothing_but_the_mean_is_known() -> None:
    cube = cube_of(pa.table({"a": [1, 3, 20, 40]}))
    coding = IntervalCoding("a", "int64", 4, 4, ("10",), (0,))
    tree = Tree((coding,), np.array([[0, 1, ~0, ~1]]), (((1, 1, 0, 1),),), np.array([[0]]))
    recoded = Recoded(aggregated(tree, cube, policy({"a": "mean"})), cube)
    assert squared_error(recoded, recoded.columns[0]) == pytest.approx((1 + 1 + 4**2 + 24**2) / (15**2 + 13**2 + 4**2 + 24**2))
    assert recoded.tree.labels(0) == ["2", "*"]


def test_what_has_no_mean_is_refused() -> None:
    with pytest.raises(PolicyError, match="too large for a mean"):
        halves(pa.array([float("inf"), 1.0, float("-inf")]), "mean")
    assert halves(pa.array([float("-inf"), 1.0, 20.0]), "median")[0].labels(0)[0] == "-inf"
    tree = Tree((SetCoding("a", "string", 1, 1, ("x",), (0,)),), np.zeros((0, 4), np.int64), (((0,),),), np.array([[0]]))
    with pytest.raises(PolicyError, match="a median is of numbers or dates"):
        aggregated(tree, cube_of(pa.table({"a": ["x"]})), policy({"a": "median"}))


@pytest.mark.parametrize("wrong", [
    {"role": "sensitive", "aggregate": "mean"}, {"role": "quasi", "aggregate": "mean", "hierarchy": {"widths": [5]}},
    {"role": "quasi", "aggregate": "sum"}])
def test_columns_that_cannot_be_aggregated_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match="aggregate"):
        Column(why="test", **wrong)


@pytest.mark.parametrize("type_", [pa.int64(), pa.date32(), pa.decimal128(6, 2), pa.float64()])
def test_a_cell_loses_its_length_squared_by_twelve_variances(type_) -> None:
    numbers = [None, -8, -8, 0, 2, 3, 3, 40]
    values = pa.chunked_array([pa.array([None if n is None else KINDS[type_](n) for n in numbers], type_)])
    found = axis("a", values, np.ones(8, np.int64), Column(role="quasi", why="test", aggregate="mean"))
    variance = np.var([n for n in numbers if n is not None])
    assert found.loss(np.array([0, 1, 3]), np.array([1, 5, 4])) == pytest.approx([0, 48**2 / 12 / variance, 1 / 12 / variance])
    assert found.scale[0] == found.scale[1] == 0


@pytest.mark.parametrize("values", [[5, 5, 5], [None, None], [float("inf"), float("-inf")], [1e308, -1e308, float("nan")]])
def test_odd_columns_have_a_scale(values) -> None:
    found = axis("a", pa.chunked_array([pa.array(values, pa.float64())]), np.ones(len(values), np.int64),
                 Column(role="quasi", why="test", aggregate="median"))
    assert np.isfinite(found.scale).all()
    assert (np.diff(found.scale) >= 0).all()
