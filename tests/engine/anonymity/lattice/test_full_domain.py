"""Labels and routing of a full-domain recoding, its written form, and what stands where it is expected in the engine."""

from __future__ import annotations

import datetime as dt
import json
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.cube import Cube
from engine.anonymity.hierarchies import generalize_level
from engine.anonymity.lattice import FullDomain, search
from engine.anonymity.mondrian import build_tree
from engine.anonymity.recoding import recoding_from_json
from engine.anonymity.utility import summarize
from engine.anonymity.values import normalized
from engine.anonymity.written import StarCoding
from engine.errors import GuaranteeNotMet, InputError
from engine.plan.fingerprint import fingerprint
from schemas.policy import Guarantees, Hierarchy
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import columns, cube_of
from udfs.recode import recode

KINDS = {
    "whole": (pa.int32(), st.integers(-3, 3), None),
    "real": (pa.float64(), st.sampled_from([0.0, -0.0, 1.5, 7.25, math.inf, math.nan]), None),
    "word": (pa.string(), st.sampled_from(["a", "*", "null", "NaN", "[1, 2]", "", "{a}"]), None),
    "truth": (pa.bool_(), st.booleans(), None),
    "coded": (pa.dictionary(pa.int32(), pa.string()), st.sampled_from("abc"), None),
    "day": (pa.date32(), st.dates(dt.date(2019, 11, 1), dt.date(2021, 2, 1)), Hierarchy(dates=["month", "year"])),
    "code": (pa.string(), st.text("01", min_size=0, max_size=3), Hierarchy(mask="right")),
    "width": (pa.float64(), st.sampled_from([0.5, 3.0, 12.0, -7.0, math.nan]), Hierarchy(widths=[5, 20])),
    "group": (pa.string(), st.sampled_from("abcdef"), Hierarchy(groups={"g": {"x": ["a", "b"], "y": ["c"]}, "h": [*"def"]})),
}


def fit(values: pa.Array, k: int = 2, hierarchy: Hierarchy | None = None, suppression: float = 0.0) -> FullDomain:
    cube = Cube(pa.table({"a": values, COUNT: pa.array([1] * len(values), pa.int64())}), ("a",))
    return search(cube, columns(cube, **({"a": hierarchy} if hierarchy else {})), Guarantees(k=k, suppression=suppression))


def labels(found: FullDomain, values: pa.Array) -> list[str]:
    return [found.labels(0)[leaf] for leaf in found.route([values])]


@pytest.mark.parametrize(("values", "expected"), [
    (pa.array([20, 20, 41, 41]), ["20", "20", "41", "41"]),
    (pa.array([20, 20, 41, 42]), ["*"] * 4),
    (pa.array([5, 5]), ["5", "5"]),
    (pa.array([None, None, 8.0, 8.0, math.nan, math.nan]), ["null", "null", "8", "8", "NaN", "NaN"]),
    (pa.array([True, True, None, None]), ["true", "true", "null", "null"]),
    (pa.array(["*", "*", "null", "null", None, None]), ['"*"', '"*"', '"null"', '"null"', "null", "null"]),
    (pa.array([dt.datetime(2020, 1, 2, 3, tzinfo=dt.UTC)] * 2, pa.timestamp("us", "UTC")), ["2020-01-02T03:00:00Z"] * 2),
    (pa.array([None, None], pa.string()), ["null", "null"]),
])
def test_a_column_without_a_hierarchy_is_kept_or_becomes_a_star(values, expected) -> None:
    assert labels(fit(values), values) == expected


def test_a_hierarchy_has_one_level_for_all_values() -> None:
    """A tree would keep December as a month; here January needs the year, so all get it."""
    days = pa.array([dt.date(2020, 1, 5), dt.date(2020, 2, 9), dt.date(2021, 12, 1), dt.date(2021, 12, 9), None, None])
    found = fit(days, hierarchy=Hierarchy(dates=["month", "year"]))
    assert (found.levels, found.heights) == ((2,), (3,))
    assert labels(found, days) == ["2020", "2020", "2021", "2021", "null", "null"]
    assert found.sizes(0) == {"2020": 2, "2021": 2, "null": 1}


def test_rows_that_came_later() -> None:
    days = fit(pa.array([dt.date(2020, 1, 5), dt.date(2020, 2, 9)] * 2), hierarchy=Hierarchy(dates=["month", "year"]), k=4)
    assert labels(days, pa.array([dt.date(2020, 12, 31), dt.date(2019, 1, 1), None])) == ["2020", "*", "*"]
    assert days.route([pa.array([dt.date(2020, 12, 31), None])]).tolist() == [0, days.suppressed]
    values = fit(pa.array([3, 3, 9, 9]))
    assert values.route([pa.array([3, 5, 9, None, 10, 1])]).tolist() == [0, 2, 1, 2, 2, 2]
    words = fit(pa.array(["a", "a", None, None]))
    assert (words.route([pa.array(["a", None, "z"])]) == words.suppressed).tolist() == [False, False, True]
    stars = fit(pa.array(["a", "b"]))
    assert labels(stars, pa.array(["a", None, "z"])) == ["*"] * 3
    assert (stars.route([pa.array(["z", None])]) == 0).all()
    listed = fit(pa.array(["a", "b"]), hierarchy=Hierarchy(groups={"g": ["a", "b"]}))
    assert (listed.route([pa.array(["c", "b", None])]) == listed.suppressed).tolist() == [True, False, True]


def test_known_labels_that_were_never_kept_together_are_suppressed() -> None:
    table = pa.table({"a": [1, 1, 2, 2], "b": ["x", "x", "y", "y"]})
    cube = cube_of(table)
    found = search(cube, columns(cube), Guarantees(k=2))
    assert found.levels == (0, 0)
    assert (found.route([pa.array([1, 1, 2]), pa.array(["x", "y", "y"])]) == found.suppressed).tolist() == [False, True, False]


def test_a_recoding_shows_no_value_that_no_label_shows() -> None:
    assert "rare" not in json.dumps(fit(pa.array(["x"] * 30 + ["rare"]), k=10, suppression=0.1).to_json())
    assert "7.5" not in json.dumps(fit(pa.array([7.5, 1.0])).to_json())


def test_wrong_columns_are_refused() -> None:
    for found in (fit(pa.array([1, 1, 8, 8])), fit(pa.array([1, 2, 8, 9]))):
        with pytest.raises(InputError, match="fitted on int64"):
            found.route([pa.array(["x"])])
        with pytest.raises(InputError, match="1 columns, and was given 2"):
            found.route([pa.array([1]), pa.array([1])])


def test_a_star_stands_for_everything() -> None:
    star = StarCoding("a", "string", 7, 7, (), ())
    assert (star.label((0,)), star.size((0,))) == ("*", 7)
    codes = star.encode(pa.array(["x", None]))
    assert star.cover([(0,), (0,)])(np.array([0, 1]), codes).tolist() == [True, True]
    assert star.group(codes) == ("", "")


@st.composite
def cases(draw):
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3, unique=True))
    rows = draw(st.integers(2, 30))
    cells = {kind: draw(st.lists(KINDS[kind][1] | st.none(), min_size=rows, max_size=rows)) for kind in kinds}
    return pa.table({kind: pa.array(cells[kind], KINDS[kind][0]) for kind in kinds})


def assert_of_level(shown: list[str], values: pa.Array, hierarchy: Hierarchy | None, *, level: int, height: int) -> None:
    if level == height:
        assert set(shown) <= {"*"}
    elif level == 0:
        assert len(set(shown)) == len(values.unique())
    else:
        labels_of_level = generalize_level(values, hierarchy, level).to_pylist()
        special = ["null" if value is None else "NaN" if value != value else None for value in values.to_pylist()]  # noqa: PLR0124 - NaN differs from itself
        assert shown == [mark or label for mark, label in zip(special, labels_of_level, strict=True)]


@pytest.mark.slow
@settings(max_examples=60)
@given(table=cases(), k=st.integers(2, 4), budget=st.sampled_from([0.0, 0.3]))
def test_whatever_a_table_holds(table, k, budget) -> None:
    """Labels are those of the level, classes are of k rows, and the kernel says what the recoding says."""
    cube = cube_of(table)
    hierarchies = {name: KINDS[name][2] for name in cube.quasi if KINDS[name][2]}
    try:
        found = search(cube, columns(cube, **hierarchies), Guarantees(k=k, suppression=budget))
    except GuaranteeNotMet:
        assert table.num_rows < k
        return
    leaf = found.route([table[name] for name in found.names])
    kept = leaf != found.suppressed
    assert (~kept).sum() <= budget * table.num_rows
    assert set(np.bincount(leaf[kept]).tolist()) & set(range(1, k)) == set()
    for i, name in enumerate(found.names):
        values = normalized(table[name]).filter(pa.array(kept))
        shown = np.array(found.labels(i), object)[leaf[kept]].tolist()
        assert_of_level(shown, values, KINDS[name][2], level=found.levels[i], height=found.heights[i])
    kernel = recode(*(table[name] for name in found.names), tree=found.to_json())
    assert kernel.field("suppressed").to_pylist() == (~kept).tolist()
    assert [kernel.field(name).to_pylist() for name in found.names] == [
        [found.labels(i)[number] for number in leaf] for i in range(len(found.names))]


def of_level(values: pa.Array, hierarchy: Hierarchy | None, level: int, height: int) -> list[str | None]:
    """Returns the label of each value at one level, by the rule alone; None for a value that the hierarchy does not know."""
    texts = [text and text.replace("nan", "NaN") for text in values.cast(pa.string()).to_pylist()]
    if level == height:
        unknown = set() if hierarchy is None or hierarchy.kind != "groups" else set(texts) - {*"abcdef", None}
        return [None if text in unknown else "*" for text in texts]
    named = texts if level == 0 else generalize_level(values, hierarchy, level).to_pylist()
    return ["null" if text is None else "NaN" if text == "NaN" else name for text, name in zip(texts, named, strict=True)]


LATER = {**{name: KINDS[name] for name in ("whole", "day", "width")}, "group": (pa.string(), st.sampled_from("abcdefz"))}


@pytest.mark.slow
@settings(max_examples=80)
@given(data=st.data(), rows=st.integers(4, 20), k=st.integers(2, 3))
def test_later_rows_are_kept_exactly_where_their_labels_stand_together(data, rows, k) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(LATER)), min_size=1, max_size=3, unique=True))
    cells = {name: data.draw(st.lists(KINDS[name][1] | st.none(), min_size=rows, max_size=rows)) for name in names}
    table = pa.table({name: pa.array(cells[name], KINDS[name][0]) for name in names})
    cube = cube_of(table)
    hierarchies = {name: KINDS[name][2] for name in names if KINDS[name][2]}
    found = search(cube, columns(cube, **hierarchies), Guarantees(k=k, suppression=0.3))
    later = {name: pa.array(data.draw(st.lists(LATER[name][1] | st.none(), min_size=9, max_size=9)), KINDS[name][0])
             for name in names}
    expected = list(zip(*(of_level(later[name], KINDS[name][2], found.levels[i], found.heights[i])
                          for i, name in enumerate(names)), strict=True))
    published = list(zip(*(found.labels(i)[:-1] for i in range(len(names))), strict=True))
    leaf = found.route(list(later.values()))
    assert [published[number] if number < found.suppressed else None for number in leaf] == [
        labels_ if labels_ in published else None for labels_ in expected]


@pytest.mark.parametrize(("values", "hierarchy"), [
    (pa.array(["a", "a", None, None, "c, d", "e"]), None), (pa.array([1.5, math.inf, math.nan, None] * 2), None),
    (pa.array(["a", "b", "c"]), Hierarchy(groups={"g": ["a", "b"], "h": ["c"]})), (pa.array(["a", "b"]), None)])
def test_written_form(values, hierarchy) -> None:
    found = fit(values, hierarchy=hierarchy)
    again = recoding_from_json(json.loads(json.dumps(found.to_json(), allow_nan=False)))
    assert isinstance(again, FullDomain)
    assert again == found
    assert fingerprint(again) == fingerprint(found)
    assert (again.route([values]) == found.route([values])).all()


def test_what_does_not_say_its_kind_is_a_tree() -> None:
    cube = cube_of(pa.table({"a": [1, 2, 8, 9]}))
    tree = build_tree(cube, columns(cube), Guarantees(k=2))
    assert "kind" not in tree.to_json()
    assert recoding_from_json(tree.to_json()) == tree


def test_the_record_of_a_release_measures_it() -> None:
    table = pa.table({"a": [1] * 6 + [2, 3], "b": list("stuvwxyz"), "h": list("aabbccdd")})
    cube = cube_of(table)
    found = search(cube, columns(cube, h=Hierarchy(groups={"g": ["a", "b"], "i": ["c", "d"]})), Guarantees(k=3, suppression=0.25))
    leaf = found.route([table[name] for name in found.names])
    kept = pa.array(leaf != found.suppressed)
    shown = {name: pa.array(np.array(found.labels(i), object)[leaf]) for i, name in enumerate(found.names)}
    released = pa.table(shown).filter(kept)
    record = summarize(found, cube_of(released), cube, Guarantees(k=3, suppression=0.25))
    assert (record.leaves, record.suppressed_rows) == (len(found.classes), 8 - released.num_rows)
    size = {name: np.array([found.sizes(i)[label] for label in released[name].to_pylist()]) for i, name in enumerate(found.names)}
    domain = {"a": 3, "b": 8, "h": 4}
    for column in record.utility:
        lost = ((size[column.column] - 1) / (domain[column.column] - 1)).sum() + record.suppressed_rows
        assert column.loss == pytest.approx(lost / 8, abs=1e-12)
    assert [(group.group, group.rows) for group in record.suppression_by_group if group.column == "b"] == [("group 1", 8)]
