"""Labels, routing of rows that came later, and the written form of a tree."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.coding import IntervalCoding, SetCoding
from engine.anonymity.cube import Cube
from engine.anonymity.mondrian import build_tree
from engine.anonymity.tree import Tree
from engine.errors import InputError
from engine.plan.fingerprint import fingerprint
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.policy.recoding import Recoding
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.reading import true_of


def fit(values: pa.Array, k: int = 2, hierarchy: Hierarchy | None = None, counts: list[int] | None = None,
        cells: str = "tight") -> Tree:
    cube = Cube(pa.table({"a": values, COUNT: pa.array(counts or [1] * len(values), pa.int64())}), ("a",))
    return build_tree(cube, {"a": Column(role="quasi", why="x", hierarchy=hierarchy)}, Guarantees(k=k), Recoding(cells=cells))


def labels(tree: Tree, values: pa.Array) -> list[str]:
    return [tree.labels(0)[leaf] for leaf in tree.route([values])]


@pytest.mark.parametrize(("values", "expected"), [
    (pa.array([20, 29, 41, 42, 43]), ["[20, 29]", "[20, 29]", "[41, 43]", "[41, 43]", "[41, 43]"]),
    (pa.array([-3, -1, 5, 5]), ["[-3, -1]", "[-3, -1]", "5", "5"]),
    (pa.array([0.5, 1.0, 7.25, 7.25]), ["[0.5, 1]", "[0.5, 1]", "7.25", "7.25"]),
    (pa.array([Decimal("1.50"), Decimal("2.00"), Decimal("9.99"), Decimal("9.99")], pa.decimal128(30, 2)),
     ["[1.50, 2.00]", "[1.50, 2.00]", "9.99", "9.99"]),
    (pa.array([dt.date(2020, 1, 2), dt.date(2020, 2, 1), dt.date(2024, 1, 1), dt.date(2024, 1, 1)]),
     ["[2020-01-02, 2020-02-01]"] * 2 + ["2024-01-01"] * 2),
    (pa.array([dt.datetime(2020, 1, 2, 3), dt.datetime(2020, 1, 2, 4, 5, 6, 7000)] + [dt.datetime(2021, 1, 1)] * 2,  # noqa: DTZ001 - naive on purpose
              pa.timestamp("us")), ["[2020-01-02T03:00:00, 2020-01-02T04:05:06.007000]"] * 2 + ["2021-01-01T00:00:00"] * 2),
    (pa.array([dt.datetime(2020, 1, 2, tzinfo=dt.UTC)] * 2 + [dt.datetime(2021, 1, 1, tzinfo=dt.UTC)] * 2,
              pa.timestamp("us", "UTC")), ["2020-01-02T00:00:00Z"] * 2 + ["2021-01-01T00:00:00Z"] * 2),
    (pa.array([None, 3, 8, 8]), ["null or 3", "null or 3", "8", "8"]),
    (pa.array([None, None, 8, 9]), ["null", "null", "[8, 9]", "[8, 9]"]),
    (pa.array([None, float("nan"), 8.0, 9.0]), ["null or NaN", "null or NaN", "[8, 9]", "[8, 9]"]),
    (pa.array([float("nan"), 1.0, 8.0, 9.0]), ["NaN or 1", "NaN or 1", "[8, 9]", "[8, 9]"]),
    (pa.array([True, True, False, None]), ["true", "true", "{null, false}", "{null, false}"]),
    (pa.array(["x", "x", "x", None, "z"]), ["x", "x", "x", "{null, z}", "{null, z}"]),
    (pa.array(["*", "*", "null", "null", "[1, 2]", "[1, 2]"]), ['"*"', '"*"', '"null"', '"null"', '"[1, 2]"', '"[1, 2]"']),
])
def test_labels(values, expected) -> None:
    tree = fit(values)
    assert sorted(labels(tree, values)) == sorted(expected)
    if len(set(expected)) == len(tree.leaves):
        assert labels(tree, values) == expected


NAN = float("nan")
PLACES = Hierarchy(groups={"north": {"coast": ["a", "b"], "hills": ["c"]}, "south": ["d", "e", "f"]})


@pytest.mark.parametrize(("values", "expected"), [
    (pa.array([20, 29, 41, 42, 43]), ["≤ 29"] * 2 + ["≥ 30"] * 3),
    (pa.array([-9, -9, -1, -1, 5, 5]), ["≤ -9"] * 2 + ["[-8, -1]"] * 2 + ["≥ 0"] * 2),
    (pa.array([1, 1, 2, 2, 3, 3]), ["≤ 1"] * 2 + ["2"] * 2 + ["≥ 3"] * 2),
    (pa.array([126, 126, 127, 127], pa.int8()), ["≤ 126"] * 2 + ["≥ 127"] * 2),
    (pa.array([2**63 - 2] * 2 + [2**63 - 1] * 2), [f"≤ {2**63 - 2}"] * 2 + [f"≥ {2**63 - 1}"] * 2),
    (pa.array([0, 0, 2**64 - 1, 2**64 - 1], pa.uint64()), ["≤ 0"] * 2 + ["> 0"] * 2),
    (pa.array([28.5, 28.5, 65.0, 65.0, 70.0, 71.0]), ["≤ 28.5"] * 2 + ["(28.5, 65]"] * 2 + ["> 65"] * 2),
    (pa.array([0.1, 0.1, 0.3, 0.3], pa.float32()), ["≤ 0.1"] * 2 + ["> 0.1"] * 2),
    (pa.array([-np.inf, -np.inf, 0.0, -0.0, np.inf, np.inf]), ["≤ -inf"] * 2 + ["(-inf, 0]"] * 2 + ["> 0"] * 2),
    (pa.array([Decimal("1.50"), Decimal("2.00"), Decimal("9.99"), Decimal("9.99")], pa.decimal128(30, 2)),
     ["≤ 2.00"] * 2 + ["> 2.00"] * 2),
    (pa.array([dt.date(2020, 2, 28)] * 2 + [dt.date(2023, 12, 31)] * 2 + [dt.date(2024, 1, 2)] * 2),
     ["≤ 2020-02-28"] * 2 + ["[2020-02-29, 2023-12-31]"] * 2 + ["≥ 2024-01-01"] * 2),
    (pa.array([dt.datetime(2020, 1, 2, 3)] * 2 + [dt.datetime(2021, 1, 1, 0, 0, 0, 7000)] * 2 + [dt.datetime(2022, 1, 1)] * 2,  # noqa: DTZ001 - naive on purpose
              pa.timestamp("us")),
     ["≤ 2020-01-02T03:00:00"] * 2 + ["(2020-01-02T03:00:00, 2021-01-01T00:00:00.007000]"] * 2
     + ["> 2021-01-01T00:00:00.007000"] * 2),
    (pa.array([dt.datetime(2020, 1, 2, tzinfo=dt.UTC)] * 2 + [dt.datetime(2021, 1, 1, tzinfo=dt.UTC)] * 2,
              pa.timestamp("us", "UTC")), ["≤ 2020-01-02T00:00:00Z"] * 2 + ["> 2020-01-02T00:00:00Z"] * 2),
    (pa.array([None, 3, 8, 8]), ["null or ≤ 3"] * 2 + ["≥ 4"] * 2),
    (pa.array([None, None, 8, 9]), ["null"] * 2 + ["any value"] * 2),
    (pa.array([None, None, NAN, NAN, 8.0, 9.0]), ["null"] * 2 + ["NaN"] * 2 + ["any value"] * 2),
    (pa.array([None, NAN, 8.0, 9.0]), ["null or NaN"] * 2 + ["any value"] * 2),
    (pa.array([NAN, 1.0, 8.0, 9.0]), ["NaN or ≤ 1"] * 2 + ["> 1"] * 2),
    (pa.array([True, True, False, None]), ["true"] * 2 + ["{null, false}"] * 2),
    (pa.array(["x", "x", "y, z", None]), ["x"] * 2 + ['{null, "y, z"}'] * 2),
    (pa.array(["*", "*", "> 5", "> 5", "any value", "any value"]), ['"*"'] * 2 + ['"> 5"'] * 2 + ['"any value"'] * 2),
    (pa.array([5, 5]), ["any value"] * 2), (pa.array(["a", "a"]), ["a"] * 2), (pa.array([NAN, NAN]), ["NaN"] * 2),
    (pa.array([None, None], pa.int64()), ["null"] * 2), (pa.array([1, 2, None]), ["*"] * 3), (pa.array(["a", "b"]), ["*"] * 2),
])
def test_labels_say_between_which_cuts_a_class_lies(values, expected) -> None:
    assert labels(fit(values, cells="bounds"), values) == expected


def test_nodes_of_a_hierarchy_say_what_a_cell_may_hold() -> None:
    values = pa.array(["a", "a", "b", "b", "c", "c", "d", "e", None, None])
    assert labels(fit(values, hierarchy=PLACES, cells="bounds"), values) == ["a"] * 2 + ["b"] * 2 + ["c"] * 2 + [
        "south"] * 2 + ["null"] * 2
    cube = Cube(pa.table({"n": [1, 2, 3], "a": ["a", "b", "d"], COUNT: [10, 10, 10]}), ("n", "a"))
    trees = (build_tree(cube, columns(cube, a=PLACES), Guarantees(k=10), Recoding(cells=cells)) for cells in ("bounds", "tight"))
    bounds, tight = (sorted(zip(tree.labels(0)[:-1], tree.labels(1)[:-1], strict=True)) for tree in trees)
    assert bounds == [("*", "d"), ("≤ 1", "coast"), ("≥ 2", "coast")]
    assert tight == [("1", "a"), ("2", "b"), ("3", "d")]


def test_values_nobody_had_find_a_label_unless_they_are_unknown() -> None:
    tree = fit(pa.array([20, 29, 41, 45]), cells="bounds")
    assert labels(tree, pa.array([25, 35, 44, -2**63, 2**63 - 1])) == ["≤ 29", "≥ 30", "≥ 30", "≤ 29", "≥ 30"]
    assert (tree.route([pa.array([None, 20])]) == tree.suppressed).tolist() == [True, False]
    tree = fit(pa.array([2.0, 2.0, 4.0, 4.0]), cells="bounds")
    assert labels(tree, pa.array([2.0000001, -np.inf, np.inf, NAN, None])) == ["> 2", "≤ 2", "> 2", "*", "*"]
    assert (tree.route([pa.array([NAN, None, 3.0])]) == tree.suppressed).tolist() == [True, True, False]
    tree = fit(pa.array(["a", "a", "b", "b"]), cells="bounds")
    assert (tree.route([pa.array(["c", None, "a"])]) == tree.suppressed).tolist() == [True, True, False]
    tree = fit(pa.array(["a", "c", "d", "e"]), hierarchy=PLACES, cells="bounds")
    assert labels(tree, pa.array(["a", "b", "f", "g"])) == ["north", "north", "south", "*"]


KINDS = {
    "whole": (pa.int64(), st.one_of(st.integers(-4, 9), st.integers(-2**63, 2**63 - 1))),
    "tiny": (pa.int8(), st.sampled_from([-128, -3, 0, 1, 126, 127])),
    "number": (pa.float64(), st.floats(width=64)),
    "single": (pa.float32(), st.floats(width=32)),
    "money": (pa.decimal128(12, 2), st.decimals(-9, 9, places=2)),
    "day": (pa.date32(), st.dates(dt.date(1999, 12, 28), dt.date(2000, 3, 2))),
    "time": (pa.timestamp("us", "UTC"), st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2000, 1, 2)).map(  # noqa: DTZ001 - naive bounds
        lambda at: at.replace(tzinfo=dt.UTC))),
    "truth": (pa.bool_(), st.booleans()),
    "text": (pa.string(), st.one_of(st.sampled_from("abc"), st.text('ab,{}*"[≤> ', max_size=3))),
    "place": (pa.string(), st.sampled_from("abcdef")),
}
ABOVE = {"a": {"coast", "north"}, "b": {"coast", "north"}, "c": {"hills", "north"}} | {value: {"south"} for value in "def"}


def real(value: object) -> bool:
    return value is not None and value == value  # noqa: PLR0124 - NaN is not


@st.composite
def tables(draw):
    """Returns a table, and rows that come later: any numbers, dates and times, of all else what its column has."""
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3, unique=True))
    rows, more = draw(st.integers(4, 30)), draw(st.integers(1, 20))
    table, later = {}, {}
    for name in names:
        type_, values = KINDS[name]
        cells = draw(st.lists(st.one_of(values, values, values, st.none()), min_size=rows, max_size=rows))
        table[name] = pa.array(cells, type_, from_pandas=False)
        known = st.sampled_from(cells)
        any_ = name not in {"truth", "text", "place"} and any(real(cell) for cell in cells)
        fresh = st.one_of(known, values.filter(real)) if any_ else known
        later[name] = pa.array(draw(st.lists(fresh, min_size=more, max_size=more)), type_, from_pandas=False)
    return pa.table(table), pa.table(later)


def holds(name: str, label: str, value: object) -> bool:
    if name != "place":
        return true_of(label, value, KINDS[name][0])
    return label == "*" or (label == "null" if value is None else label in {value, *ABOVE[value]})


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(case=tables(), k=st.integers(2, 4))
def test_every_label_is_true_of_every_row_that_gets_it(case, k) -> None:
    table, later = case
    cube = cube_of(table)
    tree = build_tree(cube, columns(cube, place=PLACES), Guarantees(k=k), Recoding(cells="bounds"))
    leaf = tree.route([later[name] for name in tree.names])
    if "place" not in tree.names:  # between the children of a node that a class was cut into there is no room for the others
        assert (leaf < tree.suppressed).all(), "there is room for whatever is known, and for any number"
    for i, name in enumerate(tree.names):
        texts = tree.labels(i)
        assert all(holds(name, texts[at], value) for at, value in zip(leaf.tolist(), later[name].to_pylist(), strict=True))
        shown = [tree.columns[i].label(box) for box in tree.boxes[i]]
        assert len(set(shown)) == len(shown) == len(set(tree.boxes[i]))
        if name != "place":
            distinct = {value if real(value) else str(value): value for value in table[name].to_pylist()}
            for label, size in tree.sizes(i).items():
                assert size == sum(holds(name, label, value) for value in distinct.values()), label


def test_a_box_of_everything_is_a_star() -> None:
    assert labels(fit(pa.array([1, 2, None]), k=3), pa.array([1, 2, None])) == ["*"] * 3
    assert labels(fit(pa.array(["a", "b"])), pa.array(["a", "b"])) == ["*"] * 2
    assert labels(fit(pa.array([5, 5])), pa.array([5, 5])) == ["5", "5"]


def test_sets_quote_what_would_be_ambiguous() -> None:
    coding = SetCoding("a", "string", 9, 9, (None, "A", "B, C", "{D}", 'E"', " F", "null", "G H"), tuple(range(8)))
    assert coding.label((0, 1, 2, 3, 4, 5, 6, 7)) == '{null, A, "B, C", "{D}", "E\\"", " F", "null", G H}'
    assert coding.label((2,)) == "B, C"
    assert coding.label((6,)) == '"null"'
    assert coding.size((1, 4)) == 2


def test_different_boxes_have_different_labels() -> None:
    rng = np.random.default_rng(3)
    words = ["a", "b", "a, b", "{a, b}", "null", "*", "", " ", '"a"', "[1, 2]", "null or 3"]
    coding = SetCoding("a", "string", 99, 99, (None, *words), tuple(range(len(words) + 1)))
    boxes = {tuple(sorted(rng.choice(len(words) + 1, rng.integers(1, 5), replace=False).tolist())) for _ in range(600)}
    assert len({coding.label(box) for box in boxes}) == len(boxes)


def test_hierarchy_labels_and_values_that_came_later() -> None:
    months = pa.array([dt.date(2020, 1, 5), dt.date(2020, 1, 9), dt.date(2020, 7, 1), dt.date(2021, 2, 1), dt.date(2021, 8, 1)])
    tree = fit(months, hierarchy=Hierarchy(dates=["month", "year"]))
    assert labels(tree, months) == ["2020"] * 3 + ["2021"] * 2
    later = pa.array([dt.date(2021, 5, 5), dt.date(1999, 1, 1), None])
    found = labels(tree, later)
    assert found[0] == "2021"
    assert found[2] == "*"


def test_new_numbers_go_by_threshold_and_only_under_a_true_label() -> None:
    tree = fit(pa.array([20, 29, 41, 45]))
    assert labels(tree, pa.array([25, 44, 41, 35, 19, 46])) == ["[20, 29]", "[41, 45]", "[41, 45]", "*", "*", "*"]
    assert tree.route([pa.array([25, 35, None])]).tolist() == [0, 2, 2]


def test_unknown_categories_are_suppressed() -> None:
    tree = fit(pa.array(["a", "a", "b", "b"]))
    assert (tree.route([pa.array(["c", None, "a"])]) == tree.suppressed).tolist() == [True, True, False]
    tree = fit(pa.array(["a", "b"]), hierarchy=Hierarchy(groups={"g": ["a", "b"]}))
    assert (tree.route([pa.array(["c", "b"])]) == tree.suppressed).tolist() == [True, False]


def test_storage_variants_route_alike() -> None:
    plain = pa.array(["a", "b", None, "c"])
    tree = fit(plain)
    expected = tree.route([plain]).tolist()
    for variant in (plain.dictionary_encode(), plain.cast(pa.large_string()), pa.chunked_array([plain[:1], plain[1:]]),
                    plain.dictionary_encode().cast(pa.dictionary(pa.int8(), pa.large_string()))):
        assert tree.route([variant]).tolist() == expected
    numbers = fit(pa.array([1, 2, 8, 9], pa.int32()))
    for type_ in (pa.int8(), pa.int64(), pa.int16(), pa.int32()):
        assert numbers.route([pa.array([1, 2, 8, 9], type_)]).tolist() == [0, 0, 1, 1]


def test_wrong_columns_are_refused() -> None:
    tree = fit(pa.array([1, 2, 8, 9]))
    with pytest.raises(InputError, match="fitted on int64"):
        tree.route([pa.array(["x"])])
    with pytest.raises(InputError, match="1 columns, and was given 2"):
        tree.route([pa.array([1]), pa.array([1])])


def test_written_form() -> None:
    values = pa.array(["a", "b", None, "c, d", "e", "e"])
    trees = [fit(values), fit(pa.array([1.5, float("inf"), float("nan"), None, -0.0, 0.0])),
             fit(pa.array(["a", "b", "c"]), hierarchy=Hierarchy(groups={"g": ["a", "b"], "h": ["c"]}))]
    for tree in trees:
        written = json.loads(json.dumps(tree.to_json(), allow_nan=False))
        again = Tree.from_json(written)
        assert again == tree
        assert fingerprint(again) == fingerprint(tree)
        assert again.to_json() == tree.to_json()
    assert len({fingerprint(tree) for tree in trees}) == 3


def test_a_tree_shows_no_value_that_no_label_shows() -> None:
    """A category that was only in suppressed rows is not stored."""
    cube = Cube(pa.table({"a": ["x", "rare"], COUNT: [30, 1]}), ("a",))
    tree = build_tree(cube, {"a": Column(role="quasi", why="x")}, Guarantees(k=10, suppression=0.1))
    assert "rare" not in json.dumps(tree.to_json())
    assert (tree.route([pa.array(["x", "rare"])]) == tree.suppressed).tolist() == [False, True]


def test_interval_size_counts_null_and_the_values_between() -> None:
    coding = IntervalCoding("a", "int64", 12, 12, ("5", "9", "20"), (2, 6, 11))
    assert coding.size((1, 0, 1, 3)) == 1 + 5
    assert coding.label((1, 1, 1, 3)) == "null or NaN or [5, 9]"
    assert coding.size(coding.everything) == 12


def test_groups_of_numbers_do_not_set_apart_who_stands_at_a_cut() -> None:
    def groups(values: pa.Array) -> list[str]:
        (coding,) = fit(values, cells="bounds").columns
        return list(coding.group(coding.encode(values)))

    assert groups(pa.array([20, 29, 41, 45])) == ["lowest quarter"] * 2 + ["third quarter"] * 2
    quarters = [f"{which} quarter" for which in ("lowest", "second", "third", "highest")]
    assert groups(pa.array(range(16))) == [quarter for quarter in quarters for _ in range(4)]
    assert groups(pa.array([None, None, 1, 1])) == ["null"] * 2 + ["any value"] * 2
    assert groups(pa.array([5, 5])) == ["any value"] * 2
