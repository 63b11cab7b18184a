"""Whatever a person writes, and whatever a column holds: an answer, or an error of ours that quotes nothing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.anonymity.hierarchies import ancestors, generalize_level, height
from engine.anonymity.hierarchies.arrays import Kept, by_key
from engine.anonymity.hierarchies.files import read_rows
from engine.errors import PolicyError
from schemas.policy import Hierarchy

SMALL = st.integers(-1, 40)
LISTS = st.lists(SMALL | st.sampled_from([0.1, 0.5, float("inf"), float("nan")]), max_size=3)
WORDS = st.sampled_from(["us", "gb", "right", "who", "cm", "year", "week", "block", "a", "ages", ""])
WRITTEN = {
    "dates": st.lists(st.sampled_from(["hour", "day", "week", "weekday", "month", "quarter", "year", "decade"]), max_size=3),
    "mask": WORDS | st.fixed_dictionaries({"chunk": SMALL}), "prefix": st.lists(SMALL, max_size=3), "widths": LISTS,
    "edges": st.lists(LISTS, max_size=2),
    "ages": st.fixed_dictionaries({}, optional={"top": SMALL, "bands": st.lists(SMALL, max_size=3)}),
    "postal": WORDS | st.fixed_dictionaries({"country": WORDS}, optional={
        "populations": st.dictionaries(WORDS | st.just("606"), SMALL, max_size=2)}),
    "latitude": LISTS, "longitude": LISTS, "geohash": st.lists(SMALL, max_size=3),
    "ip": st.fixed_dictionaries({}, optional={"v4": st.lists(SMALL, max_size=3), "v6": st.lists(SMALL, max_size=3)}),
    "icd10": st.fixed_dictionaries({}, optional={"edition": WORDS, "levels": st.lists(WORDS, max_size=2)}),
    "order": st.fixed_dictionaries({
        "values": st.lists(WORDS | SMALL | st.booleans(), max_size=5), "groups": st.lists(SMALL, max_size=2)}),
    "groups": st.dictionaries(
        WORDS, st.lists(WORDS, max_size=3) | st.dictionaries(WORDS, st.lists(WORDS, max_size=2)), max_size=2),
    "table": st.lists(st.lists(WORDS, max_size=3), max_size=3),
}
ANYTHING = st.one_of(WORDS, *(strategy.map(lambda given, kind=kind: {kind: given}) for kind, strategy in WRITTEN.items()))
ARRAYS = st.one_of(
    st.lists(st.none() | st.text(max_size=8), max_size=5).map(lambda cells: pa.array(cells, pa.string())),
    st.lists(st.none() | st.integers(-2**63, 2**63 - 1), max_size=5).map(lambda cells: pa.array(cells, pa.int64())),
    st.lists(st.none() | st.floats(), max_size=5).map(lambda cells: pa.array(cells, pa.float64())),
    st.lists(st.none() | st.decimals(-10**6, 10**6, places=3), max_size=5).map(lambda cells: pa.array(
        [cell if cell is None else Decimal(cell) for cell in cells], pa.decimal128(12, 3))),
    st.lists(st.none() | st.dates(), max_size=5).map(lambda cells: pa.array(cells, pa.date32())),
    st.lists(st.none() | st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)), max_size=5).map(  # noqa: DTZ001 - naive on purpose
        lambda cells: pa.array(cells, pa.timestamp("us"))),
    st.lists(st.none() | st.booleans(), max_size=5).map(lambda cells: pa.array(cells, pa.bool_())))


@pytest.mark.slow
@settings(max_examples=300)
@given(ANYTHING, ARRAYS, st.integers(1, 5))
def test_any_hierarchy_of_any_column(written, values, index) -> None:
    try:
        hierarchy = Hierarchy.model_validate(written)
    except ValidationError:
        return
    try:
        found = generalize_level(values, hierarchy, index)
    except PolicyError:
        return
    assert found.type == pa.string()
    assert found.is_valid().equals(values.is_valid()), "null stays null, and nothing else becomes null"
    try:
        levels = ancestors(values, hierarchy)
    except PolicyError:
        return
    assert len(levels) == height(values, hierarchy)
    assert set(levels[-1].to_pylist()) <= {"*", None}


@pytest.mark.slow
@settings(max_examples=150)
@given(st.binary(max_size=40) | st.text(';,"\n\r\tab*', max_size=30).map(str.encode), st.sampled_from([None, ";", ","]))
def test_any_file(tmp_path_factory, data, separator) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    try:
        rows = read_rows(path, separator)
    except PolicyError:
        return
    assert len({len(row) for row in rows}) == 1


def test_what_was_made_is_kept_for_the_same_object_only() -> None:
    made = []
    kept = Kept(lambda given: made.append(given) or len(made), most=2)
    one, alike = {"a": 1}, {"a": 1}
    assert [kept(one), kept(one), kept(alike), kept(one)] == [1, 1, 2, 1]
    others = [{"n": n} for n in range(5)]
    assert [kept(other) for other in others] == [3, 4, 5, 6, 7]
    assert kept(one) == 8, "few are kept"


def test_what_fails_is_not_kept() -> None:
    def fail(given: object) -> None:
        raise ValueError(given)

    kept = Kept(fail)
    for _ in range(2):
        with pytest.raises(ValueError, match="x"):
            kept("x")


def test_labels_by_key_are_asked_once_for_each_key() -> None:
    asked = []
    labels = by_key(pa.array([5, 3, 5]).to_numpy(), pa.array([True, False, True, True]).to_numpy(zero_copy_only=False),
                    lambda key: asked.append(key) or str(key))
    assert labels.to_pylist() == ["5", None, "3", "5"]
    assert asked == [3, 5]


def test_the_ages_of_arx_are_widths(shared_data) -> None:
    """Bands of 5, 10 and 20 years; its file begins with 1 and puts each age into the band of the year before: 5 into 0-4."""
    rows = read_rows(shared_data / "adult" / "adult_hierarchy_age.csv")
    ages = pa.array([int(row[0]) - 1 for row in rows])
    for index in (1, 2, 3):
        ours = generalize_level(ages, Hierarchy(widths=[5, 10, 20]), index).to_pylist()
        assert [label.strip("[]").replace(", ", "-") for label in ours] == [row[index] for row in rows]
