"""The search against all nodes of small lattices, and what it promises."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import measure_guarantees
from engine.anonymity.lattice import FullDomain, fit, search
from engine.anonymity.lattice.levels import levels_of
from engine.anonymity.mondrian import build_tree
from engine.errors import GuaranteeNotMet, PolicyError
from engine.plan.fingerprint import fingerprint
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.reserved import COUNT
from tests.engine.anonymity.claimed import CLAIMS
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.lattice import obvious

GROUPS = {"north": {"cold": ["a", "b", "c"], "mild": ["d"]}, "south": {"warm": ["e", "f"], "hot": ["g"]}}
ABOVE = {leaf: (low, high) for high, lower in GROUPS.items() for low, leaves in lower.items() for leaf in leaves}
HIERARCHIES = {"h": Hierarchy(groups=GROUPS), "w": Hierarchy(widths=[5, 20])}
PROMISED = {"k alone": {}, **CLAIMS}
FIGURES = ("loss", "precision", "discernibility", "classes")
ROWS = st.lists(st.tuples(
    st.sampled_from("abcdefg") | st.none(), st.sampled_from([0.0, 2.0, 7.0, 19.0, 33.5, math.nan, None]),
    st.integers(0, 2) | st.none(),
    st.sampled_from(["flu", "cold", "well"]), st.integers(0, 4), st.integers(0, 6)), min_size=4, max_size=40)
NAMES = ("h", "w", "c", "s", "n", "who")
TYPES = (pa.string(), pa.float64(), pa.int32(), pa.string(), pa.int64(), pa.int64())
QUASI, SENSITIVE = NAMES[:3], NAMES[3:]


def as_table(rows: list[tuple]) -> pa.Table:
    return pa.table([pa.array(cells, type_) for cells, type_ in zip(zip(*rows, strict=True), TYPES, strict=True)], names=NAMES)


def as_rows(rows: list[tuple]) -> list[tuple]:
    return [tuple(obvious.NAN if isinstance(v, float) and math.isnan(v) else v for v in row[:3]) for row in rows]


def as_columns(rows: list[tuple], weight: float = 1.0) -> list[obvious.Column]:
    h, w, c = zip(*as_rows(rows), strict=True)
    return [obvious.Column.of(list(h), [lambda v: ABOVE[v][0], lambda v: ABOVE[v][1]], list(ABOVE), weight),
            obvious.Column.of(list(w), [lambda v: v // 5, lambda v: v // 20]), obvious.Column.of(list(c), [])]


def policy(weight: float = 1.0) -> dict[str, Column]:
    return {name: Column(role="quasi", why="test", hierarchy=HIERARCHIES.get(name), weight=weight if name == "h" else 1.0)
            for name in QUASI}


def gone(found: FullDomain, table: pa.Table) -> frozenset[int]:
    leaf = found.route([table[name] for name in found.names])
    return frozenset(np.flatnonzero(leaf == found.suppressed).tolist())


@pytest.mark.slow
@pytest.mark.parametrize("claim", PROMISED)
@settings(max_examples=12, deadline=None)
@given(rows=ROWS, k=st.integers(2, 4), budget=st.sampled_from([0.0, 0.1, 0.4, 1.0]), wanted=st.tuples(
    st.sampled_from(FIGURES), st.sampled_from([1.0, 5.0])))
def test_no_node_is_better(claim, rows, k, budget, wanted) -> None:
    table, (minimize, weight) = as_table(rows), wanted
    guarantees = Guarantees(k=k, suppression=budget, **PROMISED[claim])
    try:
        found = search(Cube(cube_of(table).table, QUASI, SENSITIVE), policy(weight), guarantees, minimize)
    except GuaranteeNotMet:
        reject()
    expected = obvious.best(as_rows(rows), as_columns(rows, weight), guarantees,
                            {name: table[name].combine_chunks() for name in SENSITIVE}, minimize)
    assert (found.levels, gone(found, table)) == (expected.levels, expected.gone)
    assert found.proven


@pytest.mark.slow
@pytest.mark.parametrize("claim", PROMISED)
@settings(max_examples=15)
@given(rows=ROWS, k=st.integers(2, 4), budget=st.sampled_from([0.0, 0.2, 1.0]), largest=st.sampled_from([0, 20]))
def test_every_promise_is_kept_of_a_lattice_of_any_size(claim, rows, k, budget, largest) -> None:
    table = as_table(rows)
    guarantees = Guarantees(k=k, suppression=budget, **PROMISED[claim])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "LARGEST", largest)
        try:
            found = search(Cube(cube_of(table).table, QUASI, SENSITIVE), policy(), guarantees)
        except GuaranteeNotMet:
            reject()
    leaf = found.route([table[name] for name in QUASI])
    labels = {name: pa.array(np.array(found.labels(i), object)[leaf]) for i, name in enumerate(QUASI)}
    kept = pa.table({**labels, **{name: table[name] for name in SENSITIVE}}).filter(pa.array(leaf != found.suppressed))
    verdicts = measure_guarantees(Cube(kept.append_column(COUNT, pa.array(np.ones(len(kept), np.int64))), QUASI, SENSITIVE),
                                  guarantees, len(rows))
    assert [one for one in verdicts if not one.holds] == []
    assert not found.proven or largest == 20


def crowd(rows: int = 400, seed: int = 1) -> Cube:
    draw = np.random.default_rng(seed)
    return cube_of(pa.table({
        "h": draw.choice(list("abcdefg"), rows), "w": draw.integers(0, 60, rows).astype(float), "c": draw.integers(0, 4, rows),
        "s": draw.choice(["flu", "cold", "well"], rows)}), ("s",))


def test_order_and_splitting_of_the_cube_do_not_matter() -> None:
    cube = crowd()
    promised = Guarantees(k=4, l={"column": "s", "entropy": 2}, t={"column": "s", "max": 0.4}, suppression=0.1)
    found = search(cube, policy(), promised)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(cube.table.num_rows)
        shuffled = pa.concat_tables([cube.table.take(order[:50]), cube.table.take(order[50:])])
        again = search(Cube(shuffled, QUASI, ("s",)), policy(), promised)
        assert again == found
        assert fingerprint(again) == fingerprint(found)
    counts = cube.table[COUNT].to_numpy()
    first = np.ones(len(counts), np.int64)
    split = pa.concat_tables([cube.table, cube.table]).set_column(4, COUNT, pa.array(np.concatenate([first, counts - first])))
    split = split.filter(pa.array(split[COUNT].to_numpy() > 0))
    assert search(Cube(split, QUASI, ("s",)), policy(), promised) == found


@pytest.mark.parametrize("promised", [
    Guarantees(k=500), Guarantees(k=500, suppression=1.0), Guarantees(l={"column": "s", "distinct": 4}),
    Guarantees(k=2, l={"column": "s", "recursive": {"c": 0.1, "l": 2}}), Guarantees(k=2, l={"column": "s", "entropy": 3.5})])
def test_the_impossible_is_refused_as_a_tree_refuses_it(promised) -> None:
    with pytest.raises(GuaranteeNotMet) as of_tree:
        build_tree(crowd(), policy(), promised)
    with pytest.raises(GuaranteeNotMet) as of_lattice:
        search(crowd(), policy(), promised)
    assert of_lattice.value.as_dict() == of_tree.value.as_dict()


def test_what_cannot_be_generalized_is_refused_as_a_tree_refuses_it() -> None:
    for cube, said in ((Cube(pa.table({"a": pa.array([b"x", b"y"]), COUNT: [1, 1]}), ("a",)), "binary"),
                       (cube_of(pa.table({"suppressed": [1, 2]})), "'suppressed'")):
        with pytest.raises(PolicyError, match=said):
            search(cube, columns(cube), Guarantees(k=2))
    unknown = cube_of(pa.table({"h": ["a", "b", "z"]}))
    with pytest.raises(PolicyError, match="does not know 1 of the column's 3"):
        search(unknown, columns(unknown, h=HIERARCHIES["h"]), Guarantees(k=2))
    empty = cube_of(pa.table({"a": pa.array([], pa.int64())}))
    with pytest.raises(GuaranteeNotMet, match="0 rows"):
        search(empty, columns(empty), Guarantees(k=2))


def test_weight_moves_precision_to_the_column_that_matters() -> None:
    cube = cube_of(pa.table({"a": [1, 1, 2, 2], "b": ["x", "y", "x", "y"]}))
    for heavy, expected in (("a", (0, 1)), ("b", (1, 0))):
        record = {name: Column(role="quasi", why="x", weight=3.0 if name == heavy else 1.0) for name in "ab"}
        assert search(cube, record, Guarantees(k=2)).levels == expected


def test_suppression_leaves_out_outliers_within_the_budget() -> None:
    table = pa.table({"a": [7] * 30 + [9] * 2})
    cube = cube_of(table)
    assert search(cube, columns(cube), Guarantees(k=15, suppression=1 / 32)).levels == (1,)
    found = search(cube, columns(cube), Guarantees(k=15, suppression=2 / 32))
    assert found.levels == (0,)
    assert gone(found, table) == {30, 31}


def test_with_suppression_a_finer_node_may_hold_where_all_coarser_ones_fail() -> None:
    """Two balanced corners and two lopsided ones: each pair of neighbours is lopsided, the whole is not."""
    corners = {(1, "p"): (10, 10), (2, "q"): (10, 10), (1, "q"): (6, 0), (2, "p"): (0, 6)}
    table = pa.Table.from_pylist([{"a": a, "b": b, "s": s} for (a, b), counts in corners.items()
                                  for s, count in zip("xy", counts, strict=True) for _ in range(count)])
    cube = cube_of(table, ("s",))
    balanced = {"column": "s", "recursive": {"c": 1.2, "l": 2}}
    found = search(cube, columns(cube), Guarantees(k=2, l=balanced, suppression=0.25))
    assert (found.levels, len(found.classes), len(gone(found, table))) == ((0, 0), 2, 12)
    assert search(cube, columns(cube), Guarantees(k=2, l=balanced, suppression=0.2)).levels == (1, 1)


def test_everything_may_be_suppressed_but_is_not() -> None:
    cube = cube_of(pa.table({"a": [1, 2, 3]}))
    found = search(cube, columns(cube), Guarantees(k=2, suppression=1.0))
    assert (found.levels, len(found.classes)) == ((1,), 1)


def test_levels_that_merge_nothing_are_passed_over() -> None:
    cube = cube_of(pa.table({"zip": ["10115", "10116", "20115", "20116"], "one": [5, 5, 5, 5]}))
    record = columns(cube, zip=Hierarchy(mask="right"))
    found = search(cube, record, Guarantees(k=2))
    assert (found.levels, found.heights) == ((1, 0), (6, 1))
    assert [levels_of(cube, name, record[name]).offered for name in cube.quasi] == [(0, 1, 5), (0,)]
    assert levels_of(cube, "zip", record["zip"]).thinned().offered == (0, 5)
    assert found.labels(0)[:2] == ["1011*", "2011*"]


def test_work_has_an_end(monkeypatch) -> None:
    """A search that is cut short still keeps its promise, and says that others may be better."""
    monkeypatch.setattr(fit, "MOST_WORK", 0)
    found = search(crowd(), policy(), Guarantees(k=5))
    assert not found.proven
    assert np.bincount(found.route([crowd().table[name] for name in QUASI]), crowd().table[COUNT].to_numpy()).min() >= 5


def test_a_lattice_too_large_is_looked_at_in_part(monkeypatch) -> None:
    table = pa.table({"a": ["00", "01", "10", "11"] * 3, "b": ["00", "01", "02", "03"] * 3, "c": ["x", "y", "x", "y"] * 3})
    cube = cube_of(table)
    record = columns(cube, a=Hierarchy(mask="right"), b=Hierarchy(mask="left"))
    whole = search(cube, record, Guarantees(k=3))
    monkeypatch.setattr(fit, "LARGEST", 8)
    part = search(cube, record, Guarantees(k=3))
    assert whole.proven
    assert not part.proven
    assert part.levels == whole.levels == (0, 0, 0)


@pytest.mark.slow
def test_more_columns_than_an_array_has_dimensions() -> None:
    cube = cube_of(pa.table({f"q{i}": [1, 1, 2, 2] if i < 2 else [3, 3, 3, 3] for i in range(70)}))
    found = search(cube, columns(cube), Guarantees(k=2))
    assert found.levels == (0,) * 70
    assert not found.proven
