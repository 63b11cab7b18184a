"""Hierarchies against rules written out with datetime, slices and decimals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.hierarchies import ancestors, generalize_level
from engine.errors import PolicyError
from schemas.policy import Hierarchy

DATES = Hierarchy(dates=["month", "quarter", "year", "decade"])


def as_lists(levels: list[pa.Array]) -> list[tuple]:
    return list(zip(*(level.to_pylist() for level in levels), strict=True))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.one_of(st.none(), st.dates()), max_size=30))
def test_dates(days) -> None:
    expected = [(None,) * 5 if d is None else (d.isoformat()[:7], f"{d.year:04}-Q{(d.month + 2) // 3}", d.isoformat()[:4],
                                                f"{d.year // 10 * 10:04}s", "*") for d in days]
    assert as_lists(ancestors(pa.array(days, pa.date32()), DATES)) == expected
    stamps = [d and dt.datetime(d.year, d.month, d.day, 23, 59) for d in days]  # noqa: DTZ001 - naive on purpose
    assert as_lists(ancestors(pa.array(stamps, pa.timestamp("us")), DATES)) == expected


@settings(deadline=None, max_examples=25)
@given(st.lists(st.one_of(st.none(), st.text("ab0é", max_size=5)), max_size=20), st.sampled_from(["right", "left"]))
def test_masks(texts, side) -> None:
    top = max((len(t) for t in texts if t is not None), default=0)
    hide = (lambda t, n: t[:max(len(t) - n, 0)] + "*" * min(n, len(t))) if side == "right" else (
        lambda t, n: "*" * min(n, len(t)) + t[n:])
    expected = [(None,) * (top + 1) if t is None else (*(hide(t, n) for n in range(1, top + 1)), "*") for t in texts]
    assert as_lists(ancestors(pa.array(texts, pa.string()), Hierarchy(mask=side))) == expected


@settings(deadline=None, max_examples=25)
@given(st.lists(st.one_of(st.none(), st.integers(-10**6, 10**6)), max_size=20))
def test_widths_of_integers(numbers) -> None:
    found = as_lists(ancestors(pa.array(numbers, pa.int32()), Hierarchy(widths=[5, 20])))
    expected = [(None,) * 3 if n is None else (
        f"[{n - n % 5}, {n - n % 5 + 4}]", f"[{n - n % 20}, {n - n % 20 + 19}]", "*") for n in numbers]
    assert found == expected


@settings(deadline=None, max_examples=25)
@given(st.lists(st.decimals(-1000, 1000, places=2), min_size=1, max_size=20))
def test_widths_put_a_number_where_a_person_would(numbers) -> None:
    """0.3 lies in [0.3, 0.4), whatever a binary division says."""
    for values in (pa.array(numbers, pa.decimal128(10, 2)), pa.array([float(n) for n in numbers])):
        for number, label in zip(numbers, generalize_level(values, Hierarchy(widths=[0.1]), 1).to_pylist(), strict=True):
            low, high = map(Decimal, label.strip("[)").split(", "))
            assert low <= number < high
            assert high - low == Decimal("0.1")


def test_groups_of_uneven_depth() -> None:
    taxonomy = Hierarchy(groups={"warm": {"red": ["r1", "r2"], "yellow": ["y"]}, "cold": ["b"]})
    assert as_lists(ancestors(pa.array(["r2", "y", "b"]), taxonomy)) == [
        ("red", "warm", "*"), ("yellow", "warm", "*"), ("b", "cold", "*")]


@pytest.mark.parametrize("rows", [[("1", "odd"), ("2", "even")], [("1", "odd", "*"), ("2", "even", "*")]])
def test_tables_end_in_a_star(rows) -> None:
    assert as_lists(ancestors(pa.array([2, 1, None]), Hierarchy(table=rows))) == [("even", "*"), ("odd", "*"), (None, None)]


def test_booleans_and_dictionaries() -> None:
    taxonomy = Hierarchy(groups={"either": [True, False]})
    assert as_lists(ancestors(pa.array([True, None, False]), taxonomy)) == [("either", "*"), (None, None), ("either", "*")]
    colours = pa.array(["r", "g", "r"]).dictionary_encode()
    assert as_lists(ancestors(colours, Hierarchy(table=[("r", "x"), ("g", "y")]))) == [("x", "*"), ("y", "*"), ("x", "*")]


def test_unknown_values_are_counted_not_shown() -> None:
    with pytest.raises(PolicyError) as caught:
        ancestors(pa.array(["a", "secret1", "secret2"]), Hierarchy(groups={"g": ["a"]}), where="columns.x.hierarchy")
    assert "2 of the column's 3" in caught.value.what
    assert caught.value.where == "columns.x.hierarchy"
    assert "secret" not in str(caught.value)


def test_groups_of_booleans_for_a_column_of_texts_are_told_to_be_quoted() -> None:
    """YAML reads ``{agreed: [yes], refused: [no]}`` as booleans; a column of booleans, or of 'true' and 'false', takes them."""
    answers = Hierarchy(groups={"agreed": [True], "refused": [False]})
    with pytest.raises(PolicyError, match="in quotes"):
        ancestors(pa.array(["yes", "no"]), answers)
    for values in (pa.array([True, False]), pa.array(["true", "false"])):
        assert ancestors(values, answers)[0].to_pylist() == ["agreed", "refused"]
    with pytest.raises(PolicyError) as caught:
        ancestors(pa.array(["a"]), Hierarchy(groups={"g": ["b"]}))
    assert "quotes" not in str(caught.value)


@pytest.mark.parametrize("rows", [
    [("a", "x", "p"), ("b", "x", "q")],  # x has two parents
    [("a", "x"), ("a", "y")],  # a value stands twice
])
def test_not_a_tree(rows) -> None:
    with pytest.raises(PolicyError, match="two parents"):
        ancestors(pa.array(["a"]), Hierarchy(table=rows))


def test_rows_of_different_length() -> None:
    with pytest.raises(PolicyError, match="differ in length"):
        ancestors(pa.array(["a"]), Hierarchy(table=[("a", "x"), ("b", "x", "y")]))


@pytest.mark.parametrize(("values", "hierarchy"), [
    (pa.array([1]), Hierarchy(dates=["year"])), (pa.array(["2020-01-01"]), Hierarchy(dates=["year"])),
    (pa.array(["1"]), Hierarchy(widths=[5])), (pa.array([True]), Hierarchy(mask="right")),
    (pa.array([1.5]), Hierarchy(mask="left")),
])
def test_wrong_type(values, hierarchy) -> None:
    for call in (lambda: ancestors(values, hierarchy), lambda: generalize_level(values, hierarchy, 1)):
        with pytest.raises(PolicyError, match=f"type {values.type}"):
            call()


def test_a_mask_is_not_made_for_long_text() -> None:
    with pytest.raises(PolicyError, match="one level per sign"):
        ancestors(pa.array(["x" * 65]), Hierarchy(mask="right"))


def test_one_level_is_total() -> None:
    taxonomy = {"groups": {"g": ["a"]}}
    assert generalize_level(pa.array(["a", None, "?"]), taxonomy, 1).to_pylist() == ["g", None, "*"]
    assert generalize_level(pa.array(["a", None, "?"]), taxonomy, 9).to_pylist() == ["*", None, "*"]
    odd = pa.array([1.5, float("nan"), float("inf"), None])
    assert generalize_level(odd, {"widths": [1]}, 1).to_pylist() == ["[1, 2)", "*", "*", None]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.one_of(st.none(), st.integers(0, 300)), max_size=30), st.integers(1, 4))
def test_one_level_is_that_level_of_all(numbers, level) -> None:
    values, hierarchy = pa.array(numbers, pa.int64()), Hierarchy(widths=[10, 50, 100])
    assert generalize_level(values, hierarchy, level).equals(ancestors(values, hierarchy)[level - 1])
