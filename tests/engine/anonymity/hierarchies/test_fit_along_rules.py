"""Trees that are fitted along rules: what is promised holds, labels are true of every row, later rows get true labels or none."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.guarantees import measure_guarantees
from engine.anonymity.hierarchies import ancestors, as_text, level
from engine.anonymity.mondrian import build_tree
from engine.anonymity.tree import Tree
from engine.errors import GuaranteeNotMet, PolicyError
from schemas.policy import Guarantees, Hierarchy
from tests.engine.anonymity.cubes import columns, cube_of

RULES = {
    "ages": (pa.int16(), st.integers(80, 99), "ages"),
    "edges": (pa.float64(), st.sampled_from([0.1, 0.3, 2.0, 7.5, 20.0]), {"edges": [[0.3, 2, 10], [2]]}),
    "weekdays": (pa.date32(), st.dates(dt.date(2024, 1, 1), dt.date(2024, 1, 31)), {"dates": ["weekday"]}),
    "weeks": (pa.timestamp("us"), st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2024, 2, 28)), {"dates": ["day", "week"]}),  # noqa: DTZ001 - naive on purpose
    "zips": (pa.string(), st.sampled_from(["60601", "60602", "03601", "69201", "69202-1234"]),
             {"postal": {"country": "us", "populations": {"606": 30_000, "036": 10, "692": 20_000}}}),
    "addresses": (pa.string(), st.sampled_from(["10.0.0.1", "10.0.1.1", "::ffff:10.1.0.1", "2001:db8::1"]), "ip"),
    "codes": (pa.string(), st.sampled_from(["J45", "J45.1", "j44", "I21.9", "C50"]), "icd10"),
    "norths": (pa.float64(), st.sampled_from([41.81, 41.99, 42.0, 90.0, -90.0]), {"latitude": [0.1, 1, 30]}),
    "stages": (pa.string(), st.sampled_from("abcde"), {"order": {"values": list("abcde"), "groups": [2, 2]}}),
    "prefixes": (pa.string(), st.text("ab", max_size=4), {"prefix": [3, 1]}),
    "hashes": (pa.string(), st.text("0b", min_size=1, max_size=4), {"geohash": [3, 2]}),
    "chunks": (pa.string(), st.text("ab", max_size=4), {"mask": {"chunk": 2}}),
}


def fit(table: pa.Table, k: int, suppression: float) -> Tree:
    cube = cube_of(table)
    rules = {name: Hierarchy.model_validate(RULES[name][2]) for name in table.column_names}
    return build_tree(cube, columns(cube, **rules), Guarantees(k=k, suppression=suppression))


@st.composite
def tables(draw):
    names = draw(st.lists(st.sampled_from(sorted(RULES)), min_size=1, max_size=2, unique=True))
    rows = draw(st.integers(4, 30))
    return pa.table({name: pa.array(draw(st.lists(st.none() | RULES[name][1], min_size=rows, max_size=rows)), RULES[name][0])
                     for name in names})


def is_true(label: str, value: pa.Scalar, rule: Hierarchy) -> bool:
    """Whether a label is the value itself, or one of its ancestors."""
    if label == "*":
        return True
    if not value.is_valid:
        return label == "null"
    values = pa.array([value.as_py()], value.type)
    text = as_text(values)[0].as_py()
    return label in {text, json.dumps(text), *(found[0].as_py() for found in ancestors(values, rule))}


@pytest.mark.slow
@settings(max_examples=20)
@given(tables(), st.integers(2, 4), st.sampled_from([0.0, 0.2]), st.data())
def test_labels_are_true_and_promises_hold(table, k, suppression, data) -> None:
    try:
        tree = fit(table, k, suppression)
    except GuaranteeNotMet:
        assert table.num_rows < k
        return
    leaf = tree.route([table[name] for name in tree.names])
    kept = leaf < tree.suppressed
    labels = {name: pa.array(tree.labels(at)).take(pa.array(leaf)) for at, name in enumerate(tree.names)}
    written = pa.table(labels).filter(pa.array(kept))
    assert all(verdict.holds for verdict in measure_guarantees(
        cube_of(written), Guarantees(k=k, suppression=suppression), table.num_rows))
    for name in tree.names:
        rule = Hierarchy.model_validate(RULES[name][2])
        for row in np.flatnonzero(kept).tolist():
            assert is_true(labels[name][row].as_py(), table[name][row], rule)
    assert Tree.from_json(json.loads(json.dumps(tree.to_json(), allow_nan=False))) == tree
    order = data.draw(st.permutations(range(table.num_rows)))
    assert fit(table.take(order), k, suppression) == tree


@pytest.mark.slow
@settings(max_examples=10)
@given(tables(), st.data())
def test_later_rows_get_true_labels_or_none(table, data) -> None:
    try:
        tree = fit(table, 2, 0.2)
    except GuaranteeNotMet:
        return
    later = {name: pa.array(data.draw(st.lists(st.none() | RULES[name][1], min_size=4, max_size=4)), RULES[name][0])
             for name in tree.names}
    leaf = tree.route(list(later.values()))
    for at, name in enumerate(tree.names):
        for row, place in enumerate(leaf.tolist()):
            if place < tree.suppressed:
                assert is_true(tree.labels(at)[place], later[name][row], Hierarchy.model_validate(RULES[name][2]))


@pytest.mark.parametrize(("name", "unknown"), [
    ("ages", 131), ("zips", "10001"), ("addresses", "10.0.0.300"), ("codes", "A10"), ("norths", 90.5), ("stages", "f")])
def test_later_values_that_a_rule_does_not_know_are_suppressed(name, unknown) -> None:
    type_, _, written = RULES[name]
    known = {"ages": 85, "zips": "60601", "addresses": "10.0.0.1", "codes": "J45", "norths": 42.0, "stages": "a"}[name]
    table = pa.table({name: pa.array([known] * 4, type_)})
    tree = fit(table, 2, 0.0)
    assert (tree.route([pa.array([known, unknown], type_)]) == tree.suppressed).tolist() == [False, True]
    assert level(pa.array([unknown], type_), Hierarchy.model_validate(written), 1).to_pylist() == [None]
    with pytest.raises(PolicyError, match="does not know 1 of the column's 2"):
        fit(pa.table({name: pa.array([known, unknown], type_)}), 2, 0.0)


def test_people_of_ninety_and_older_stay_together_once_a_class_needs_them() -> None:
    table = pa.table({"ages": pa.array([88, 89, 90, 94, 97, 103], pa.int16())})
    tree = fit(table, 2, 0.0)
    leaf = tree.route([table["ages"]])
    labels = [tree.labels(0)[place] for place in leaf.tolist()]
    assert labels[2:] == ["90+"] * 4
    assert "90+" not in labels[:2]
