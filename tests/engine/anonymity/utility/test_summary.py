"""The record of a recoding against loops over rows."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from engine.anonymity.cube import Cube
from engine.anonymity.mondrian import build_tree
from engine.anonymity.utility import GROUPS, summarize
from engine.errors import InputError
from schemas.policy import Guarantees, Hierarchy
from schemas.policy.recoding import Recoding
from schemas.receipt import Anonymity
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import columns, cube_of

LISTED = {"g": ["a", "b", "unused"], "h": ["c", "d"]}


def released(tree, table: pa.Table) -> Cube:
    leaf = tree.route([table[name] for name in tree.names])
    labels = pa.table({f"{name}_out": pa.array(tree.labels(i)).take(pa.array(leaf)) for i, name in enumerate(tree.names)})
    return cube_of(labels.filter(pa.array(leaf < tree.suppressed)))


@pytest.fixture
def source() -> pa.Table:
    rng = np.random.default_rng(11)
    return pa.table({"n": pa.array(rng.integers(0, 12, 200), mask=rng.random(200) < 0.1), "s": rng.choice(list("uvw"), 200),
                     "h": rng.choice(list("abcd"), 200, p=[0.6, 0.3, 0.08, 0.02])})


def test_loss_is_the_mean_over_rows(source) -> None:
    promised = Guarantees(k=8, suppression=0.05)
    tree = build_tree(cube_of(source), columns(cube_of(source), h=Hierarchy(groups=LISTED)), promised, Recoding(cells="tight"))
    cube = released(tree, source)
    measured = summarize(tree, cube, cube_of(source), promised)

    numbers = sorted({n for n in source["n"].to_pylist() if n is not None})
    lost = np.zeros(3)
    leaf = tree.route([source[name] for name in tree.names])
    members = [source.filter(pa.array(leaf == number)) for number in range(tree.suppressed)]
    for number in leaf.tolist():
        if number == tree.suppressed:
            lost += 1
            continue
        here = [numbers.index(n) for n in members[number]["n"].to_pylist() if n is not None]
        null = members[number]["n"].null_count > 0
        size = null + (max(here) - min(here) + 1 if here else 0)
        lost[0] += (size - 1) / len(numbers)
        lost[1] += (len(set(members[number]["s"].to_pylist())) - 1) / 2
        here = set(members[number]["h"].to_pylist())
        size = 1 if len(here) == 1 else 3 if here <= {"a", "b"} else 2 if here <= {"c", "d"} else 5
        lost[2] += (size - 1) / 4
    expected = lost / 200
    assert [u.loss for u in measured.utility] == pytest.approx(expected.tolist(), abs=1e-12)
    assert measured.loss == pytest.approx(expected.mean(), abs=1e-12)
    assert measured.suppressed_rows == (leaf == tree.suppressed).sum()
    assert [u.column for u in measured.utility] == ["n_out", "s_out", "h_out"]
    assert [u.distinct_before for u in measured.utility] == [13, 3, 4]
    assert measured.leaves == len(tree.leaves)
    assert Anonymity.model_validate_json(measured.model_dump_json()) == measured


def test_without_the_source_cube_groups_are_left_out(source) -> None:
    promised = Guarantees(k=8)
    tree = build_tree(cube_of(source), columns(cube_of(source), h=Hierarchy(groups=LISTED)), promised)
    full, short = (summarize(tree, released(tree, source), given, promised) for given in (cube_of(source), 200))
    assert short.suppression_by_group == ()
    assert short.loss == full.loss


def test_labels_that_the_tree_does_not_have_are_refused(source) -> None:
    tree = build_tree(cube_of(source), columns(cube_of(source), h=Hierarchy(groups=LISTED)), Guarantees(k=8))
    foreign = Cube(pa.table({"n_out": ["secret"], "s_out": ["*"], "h_out": ["*"], COUNT: [200]}), ("n_out", "s_out", "h_out"))
    with pytest.raises(InputError) as caught:
        summarize(tree, foreign, 200, Guarantees(k=8))
    assert "secret" not in str(caught.value)


def test_groups_add_up_and_small_ones_have_no_name() -> None:
    names = ["big"] * 300 + ["mid"] * 250 + [f"rare{i:02}" for i in range(18)]
    table = pa.table({"s": names, "n": [1] * 550 + list(range(18))})
    promised = Guarantees(k=20, suppression=0.05)
    cube = cube_of(table)
    tree = build_tree(cube, columns(cube), promised)
    gone = int((tree.route([table["s"], table["n"]]) == tree.suppressed).sum())
    measured = summarize(tree, released(tree, table), cube, promised)
    assert gone > 0
    for column in ("s_out", "n_out"):
        lines = [g for g in measured.suppression_by_group if g.column == column]
        assert sum(line.rows for line in lines) == 568
        assert sum(line.suppressed for line in lines) == gone == measured.suppressed_rows
        assert len(lines) <= GROUPS + 1
    named = [g.group for g in measured.suppression_by_group if g.column == "s_out"]
    assert named[:2] == ["big", "mid"]
    assert "rare" not in json.dumps(named)


def test_everything_in_one_class_loses_everything() -> None:
    table = pa.table({"n": [1, 2, 3], "s": ["a", "b", "c"]})
    tree = build_tree(cube_of(table), columns(cube_of(table)), Guarantees(k=3))
    measured = summarize(tree, released(tree, table), cube_of(table), Guarantees(k=3))
    assert measured.loss == 1.0
    assert measured.risk.prosecutor_max == pytest.approx(1 / 3)
