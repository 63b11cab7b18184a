"""Each model against its definition, one class at a time; distances against a transport problem; verdicts against pyCANON."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pycanon.anonymity import basic_beta_likeness, delta_disclosure, entropy_l_diversity, l_diversity, t_closeness
from scipy.optimize import linprog

from engine.anonymity.claims import Claim, Claims
from engine.anonymity.guarantees import measure_guarantees
from engine.anonymity.modelled import modelled
from engine.anonymity.models import (
    Disclosure,
    DistinctDiversity,
    EntropyDiversity,
    EqualCloseness,
    HierarchicalCloseness,
    Likeness,
    Model,
    OrderedCloseness,
    RecursiveDiversity,
)
from engine.errors import PolicyError
from schemas.policy import Guarantees
from schemas.policy.guarantees import TCloseness
from tests.engine.anonymity.cubes import cube_of

HALVES = [np.array([0, 0, 1, 1]), np.zeros(4, np.int64)]
"""Two pairs of values below a root."""

CLASSES = st.lists(st.lists(st.integers(0, 6), min_size=4, max_size=4).filter(any), min_size=1, max_size=4)


def models(table: np.ndarray) -> list[Model]:
    return [DistinctDiversity("s", 2, table), EntropyDiversity("s", 1.9, table), RecursiveDiversity("s", 1.5, table, 2),
            RecursiveDiversity("s", 3.0, table, 3), EqualCloseness("s", 0.3, table), OrderedCloseness("s", 0.2, table),
            HierarchicalCloseness("s", 0.25, table, HALVES), Likeness("s", 0.8, table), Likeness("s", 0.8, table, enhanced=True),
            Disclosure("s", 0.9, table)]


def moved(here: np.ndarray, there: np.ndarray, cost: np.ndarray) -> float:
    """The cheapest way to move one distribution to another, as a linear programme."""
    n = len(here)
    rows = np.vstack([np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))])
    return float(linprog(cost.ravel(), A_eq=rows, b_eq=np.concatenate([here, there]), method="highs").fun)


@pytest.mark.slow
@settings(max_examples=60)
@given(classes=CLASSES)
def test_distances_are_those_of_the_transport_problem(classes: list[list[int]]) -> None:
    counts = np.array(classes)
    table = counts.sum(axis=0)
    assume((table > 0).all())
    apart = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) / 3
    trees = np.where(np.equal.outer(HALVES[0], HALVES[0]), 0.5, 1.0)
    np.fill_diagonal(trees, 0)
    for model, cost in ((EqualCloseness("s", 1, table), 1 - np.eye(4)), (OrderedCloseness("s", 1, table), apart),
                        (HierarchicalCloseness("s", 1, table, HALVES), trees)):
        for row, found in zip(counts, model.measure(counts), strict=True):
            assert found == pytest.approx(moved(row / row.sum(), table / table.sum(), cost), abs=1e-9)


@pytest.mark.slow
@settings(max_examples=60)
@given(classes=CLASSES)
def test_shares_against_their_definitions(classes: list[list[int]]) -> None:
    counts = np.array(classes)
    table = counts.sum(axis=0)
    assume((table > 0).all())
    q = table / table.sum()
    for place, row in enumerate(counts):
        p, falling = row / row.sum(), sorted(row.tolist(), reverse=True)
        there = p > 0
        one = {type(model).__name__ + str(getattr(model, "enhanced", "")): model.hold(counts)[place] for model in models(table)}
        assert one["EntropyDiversity"] == (-sum(x * math.log(x) for x in p[there]) >= math.log(1.9) - 1e-12)
        assert RecursiveDiversity("s", 1.5, table, 2).hold(counts)[place] == (falling[0] < 1.5 * sum(falling[1:]))
        assert one["RecursiveDiversity"] == (falling[0] < 3 * sum(falling[2:]))
        assert one["LikenessFalse"] == bool(((p - q) / q <= 0.8 + 1e-12).all())
        assert one["LikenessTrue"] == bool(((p - q) / q <= np.minimum(0.8, -np.log(q)) + 1e-12).all())
        assert one["Disclosure"] == bool((np.abs(np.log(p[there] / q[there])) < 0.9).all())


@settings(max_examples=60)
@given(classes=CLASSES)
def test_what_holds_in_classes_holds_in_their_union(classes: list[list[int]]) -> None:
    """On this rests that a node which cannot keep a claim is not cut."""
    counts = np.array(classes)
    table = counts.sum(axis=0) + 1
    for model in models(table):
        if model.hold(counts).all():
            assert model.hold(counts.sum(axis=0, keepdims=True))[0], model


@pytest.mark.slow
@settings(max_examples=60)
@given(rows=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), min_size=3, max_size=40), gone=st.integers(0, 3))
def test_stricter_models_hold_whatever_is_taken_out(rows: list[tuple[str, int]], gone: int) -> None:
    kept = rows[gone:] if len(rows) > gone else rows
    whole, left = (np.bincount([value for _, value in some], minlength=4) for some in (rows, kept))
    assume((left > 0).all())
    counts = np.array([np.bincount([v for k, v in kept if k == key], minlength=4) for key in sorted({k for k, _ in kept})])
    for before, after in zip(models(whole), models(left), strict=True):
        held = before.stricter(gone / len(rows)).hold(counts)
        assert (after.hold(counts) | ~held).all(), before


@given(rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(1, 4)), min_size=1, max_size=30))
def test_classes_are_judged_one_by_one(rows: list[tuple[int, int, int]]) -> None:
    """In any order of tuples, a class without any among them."""
    classes, codes, weights = (np.array(column) for column in zip(*rows, strict=True))
    for model in models(np.bincount(codes, weights, 4).astype(np.int64) + 1):
        held = Claim(model, codes).hold(classes, 6, weights)
        for place in range(6):
            counts = np.bincount(codes[classes == place], weights[classes == place], 4).astype(np.int64)[None]
            assert held[place] == (counts.any() and model.hold(counts)[0]), model


PROMISED = Guarantees(
    k=2, l=[{"column": "s", "distinct": 2}, {"column": "s", "entropy": 1.5}], t=[{"column": "s", "max": 0.5},
    {"column": "n", "max": 0.5, "distance": "ordered"}], beta={"column": "s", "max": 2}, delta={"column": "s", "below": 2})


@pytest.mark.slow
@settings(max_examples=25)
@given(rows=st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from(["flu", "cold", "none"]), st.integers(0, 5)),
                     min_size=2, max_size=50))
def test_verdicts_as_pycanon_s(rows: list[tuple[str, str, int]]) -> None:
    table = pa.table({name: [row[i] for row in rows] for i, name in enumerate(("a", "s", "n"))})
    frame = table.to_pandas()
    assume(frame["s"].nunique() > 1)
    assume(frame["n"].nunique() > 1)
    found = {one.guarantee: one.measured for one in measure_guarantees(cube_of(table, ("s", "n")), PROMISED, len(rows))}
    assert found["l(s)"] == l_diversity(frame, ["a"], ["s"])
    assert math.floor(found["entropy l(s)"] + 1e-9) == pytest.approx(entropy_l_diversity(frame, ["a"], ["s"]), abs=1)
    assert found["t(s)"] == pytest.approx(t_closeness(frame, ["a"], ["s"]), abs=1e-9)
    assert found["ordered t(n)"] == pytest.approx(t_closeness(frame, ["a"], ["n"]), abs=1e-9)
    assert found["beta(s)"] == pytest.approx(basic_beta_likeness(frame, ["a"], ["s"]), abs=1e-9)
    assert found["delta(s)"] == pytest.approx(delta_disclosure(frame, ["a"], ["s"]), abs=1e-9)


def test_orders_and_hierarchies_of_categories() -> None:
    values, counts = pa.chunked_array([["mild", "severe", None, "none"]]), np.array([4, 2, 1, 3])
    order = TCloseness(column="s", max=0.2, distance="ordered", order=("null", "none", "mild", "severe", "fatal"))
    model, codes = modelled(order, values, counts)
    assert (model.table.tolist(), codes.tolist()) == ([1, 3, 4, 2, 0], [2, 3, 0, 1])
    with pytest.raises(PolicyError, match="1 of the column's values are not in the order"):
        modelled(order.model_copy(update={"order": ("null", "none", "mild")}), values, counts)
    with pytest.raises(PolicyError, match="have no order"):
        modelled(TCloseness(column="s", max=0.2, distance="ordered"), values, counts)


def test_codes_do_not_depend_on_the_order_of_rows() -> None:
    cells = ["b", None, "a", "c", "a"]
    for some in (cells, cells[::-1]):
        cube = cube_of(pa.table({"q": [1, 1, 2, 2, 2], "s": some}), ("s",))
        claims = Claims.of(cube, Guarantees(k=2, t={"column": "s", "max": 1}))
        assert claims.models[0].model.table.tolist() == [1, 2, 1, 1]


def test_sums_are_of_whole_numbers() -> None:
    counts = Counter(found for found in EqualCloseness("s", 0.5, np.array([3, 3])).measure(np.array([[1, 1], [3, 3]])).tolist())
    assert counts == {0.0: 2}
