"""Groups of protected columns against loops over rows, and what is not said of small ones."""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.utility import groups as groups_
from engine.anonymity.utility import learn, measure_groups, suppression_by_group
from tests.engine.anonymity.utility.rows import ABOVE, Case, case, cases, shuffled


@pytest.fixture
def every_group(monkeypatch) -> None:
    """However small, for as many as there may be in a case."""
    monkeypatch.setattr(groups_, "LEAST", 1)


def group_of(found: Case, name: str, value) -> str:
    if name == "h":
        return "null" if value is None else ABOVE[value]
    return "null" if value is None else value


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(cases())
@pytest.mark.usefixtures("every_group")
def test_rows_give_the_same_groups(found: Case) -> None:
    protected = {name: f"{name}_out" for name in ("h", "out") if name in found.cube.table.column_names}
    groups, differences = measure_groups(found.recoded, protected, 1, None)
    width = len(found.names)
    domains = [found.domain(j) for j in range(width)]
    for name, released in protected.items():
        expected = defaultdict(lambda: [0, 0, 0.0])
        for labels, value in zip(found.labels, found.table[name].to_pylist(), strict=True):
            line = expected[group_of(found, name, value)]
            line[0] += 1
            line[1] += labels is None
            line[2] += 1 if labels is None else sum(
                (found.size(j, labels[j]) - 1) / max(domains[j] - 1, 1) for j in range(width)) / width
        here = [group for group in groups if group.column == released]
        seen = sorted((g.rows, g.suppressed, round(g.loss, 9)) for g in here)
        assert seen == sorted((rows, gone, round(lost / rows, 9)) for rows, gone, lost in expected.values())
        large = [g for g in here if g.rows >= 10]
        told = {d.measure: d for d in differences if d.column == released}
        if len(large) > 1:
            shares = [g.suppressed / g.rows for g in large]
            assert told["suppression"].difference == pytest.approx(max(shares) - min(shares))
            assert told["loss"].difference == pytest.approx(max(g.loss for g in large) - min(g.loss for g in large))
        else:
            assert told == {}


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(cases())
def test_the_order_of_the_cube_changes_nothing(found: Case) -> None:
    protected = dict.fromkeys([*found.names, "out"], "")
    one, other = (measure_groups(recoded, protected, 1, None) for recoded in (found.recoded, shuffled(found)))
    assert [g.model_copy(update={"loss": round(g.loss, 9)}) for g in one[0]] == [
        g.model_copy(update={"loss": round(g.loss, 9)}) for g in other[0]]


@pytest.fixture(scope="module")
def people() -> Case:
    rng = np.random.default_rng(6)
    origin = ["many"] * 300 + ["some"] * 120 + [f"rare{i % 15:02}" for i in range(30)]
    n = np.concatenate([rng.integers(0, 20, 300), rng.integers(0, 90, 150)])
    yes = (n > 10) ^ (rng.random(450) < 0.1)
    return case(pa.table({"n": n, "s": origin, "out": np.where(yes, "yes", "no")}), k=8, suppression=0.05)


@pytest.mark.slow
def test_accuracy_is_of_the_groups_own_test_rows(people) -> None:
    learned = learn(people.recoded, "out", "out")
    groups, differences = measure_groups(people.recoded, {"s": "origin"}, 8, learned)
    table = people.cube.table["s"].to_pylist()
    for group in groups:
        if group.rows < 80:
            assert group.accuracy_raw is group.accuracy_released is None
            continue
        mine = np.array([value == group.group for value in table])
        test = learned.test * mine
        assert group.accuracy_raw == pytest.approx(test @ learned.right_raw / test.sum())
        assert group.accuracy_released == pytest.approx(test @ learned.right_released / test.sum())
    assert {d.measure for d in differences} == {
        "suppression", "loss", "accuracy, trained raw", "accuracy, trained on the release"}
    assert {d.lowest for d in differences} | {d.highest for d in differences} == {"many", "some"}


def test_small_groups_have_no_name_and_add_up(people) -> None:
    groups, _ = measure_groups(people.recoded, {"s": "origin", "out": "answer"}, 8, None)
    origins = [group for group in groups if group.column == "origin"]
    assert [group.group for group in origins[:2]] == ["many", "some"]
    assert "rare" not in json.dumps([group.group for group in groups])
    assert [(group.group, group.rows) for group in origins[2:]] == [("15 smaller groups", 30)]
    assert sum(group.rows for group in origins) == 450
    assert sum(group.suppressed for group in origins) == sum(labels is None for labels in people.labels)
    assert {group.group for group in groups if group.column == "answer"} == {"yes", "no"}


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20), st.integers(2, 12))
def test_few_rows_have_no_line_of_their_own(rows: list[int], k: int) -> None:
    lines = list(groups_._listed([f"v{i}" for i in range(len(rows))], np.array(rows), 30, least := max(k, groups_.LEAST)))
    assert sorted(i for _, held in lines for i in held) == list(range(len(rows)))
    alone = [rows[held[0]] for label, held in lines if "smaller" not in label]
    assert min(alone, default=least) >= least or len(rows) == 1
    assert min([rows[held[0]] for label, held in lines if label.startswith("v")], default=30) >= 30


def test_groups_are_those_that_suppression_is_told_of(people) -> None:
    groups, _ = measure_groups(people.recoded, {"n": "n", "s": "s"}, 8, None)
    told = suppression_by_group(people.recoded, ("n", "s"), 8)
    assert [(g.column, g.group, g.rows, g.suppressed) for g in groups] == [
        (g.column, g.group, g.rows, g.suppressed) for g in told]


def test_nobody_is_protected(people) -> None:
    assert measure_groups(people.recoded, {}, 8, None) == ((), ())


def test_one_group_has_nothing_to_differ_from() -> None:
    found = case(pa.table({"n": [1] * 30, "out": ["x"] * 30}))
    groups, differences = measure_groups(found.recoded, {"out": "out"}, 2, None)
    assert [(g.group, g.rows) for g in groups] == [("x", 30)]
    assert differences == ()
