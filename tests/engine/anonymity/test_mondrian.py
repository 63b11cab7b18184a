"""The fitted tree against a slow, recursive Mondrian on rows, and what its interface promises."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.anonymity import large
from engine.anonymity.cube import Cube
from engine.anonymity.loops.ground import CLASSES, LOSS, SQUARES, TARGET, Aim
from engine.anonymity.modelled import modelled
from engine.anonymity.mondrian import build_tree
from engine.anonymity.utility import summarize
from engine.errors import GuaranteeNotMet, PolicyError
from engine.plan.fingerprint import fingerprint
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.policy.recoding import Accuracy, Recoding
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.slow_tree import Line, SlowTree, large_from

ADULT = Path(__file__).parents[4] / "shared" / "data" / "adult"
COLD = Hierarchy(groups={"north": {"cold": ["a", "b", "c"], "mild": ["d"]}, "south": ["e", "f", "g"]})


def as_partition(tree, table: pa.Table) -> set:
    leaf = tree.route([table[name] for name in tree.names])
    assert (leaf < tree.suppressed).all()
    rows = list(zip(*(table[name].to_pylist() for name in table.column_names), strict=True))
    held = defaultdict(list)
    for number, row in zip(leaf.tolist(), rows, strict=True):
        held[number].append(row)
    return {frozenset(Counter(map(repr, part)).items()) for part in held.values()}


tables = st.lists(st.tuples(
    st.one_of(st.none(), st.integers(-4, 4)), st.one_of(st.none(), st.sampled_from("pqrst")),
    st.one_of(st.none(), st.sampled_from("abcdefg")), st.sampled_from("abdeg"), st.sampled_from("xyz"), st.integers(0, 4)),
    min_size=6, max_size=40)
SCHEMA = pa.schema([("n", pa.int64()), *((name, pa.string()) for name in ("s", "h", "g", "secret")), ("pay", pa.int64())])
PROMISED = [
    {}, {"l": [{"column": "secret", "distinct": 2}]}, {"t": [{"column": "secret", "max": 0.2}]},
    {"l": [{"column": "pay", "entropy": 1.7}]}, {"l": [{"column": "pay", "recursive": {"c": 2.0, "l": 2}}]},
    {"t": [{"column": "pay", "max": 0.3, "distance": "ordered"}, {"column": "secret", "max": 0.6}]},
    {"t": [{"column": "secret", "max": 0.3, "distance": "hierarchical", "hierarchy": {"groups": {"u": ["x", "y"], "v": ["z"]}}}]},
    {"beta": [{"column": "pay", "max": 1.5}]}, {"beta": [{"column": "secret", "max": 3, "enhanced": True}]},
    {"delta": [{"column": "secret", "below": 0.9}]}, {"subjects": {"column": "pay", "least": 3}},
]
LISTED = [("a", "cold", "north", "*"), ("b", "cold", "north", "*"), ("c", "cold", "north", "*"), ("d", "mild", "north", "*"),
          ("e", "e", "south", "*"), ("f", "f", "south", "*"), ("g", "g", "south", "*")]


GOALS = {"loss": LOSS, "discernibility": SQUARES, "class-size": CLASSES, Accuracy(accuracy="secret"): TARGET}


def keeper(rows: list[tuple], cube: Cube, guarantees: Guarantees):
    """Whether rows are enough: k, and each model asked about their counts."""
    weights = cube.table[COUNT].to_numpy()
    asked = []
    for claim in guarantees.on_columns:
        model, codes = modelled(claim, cube.table[claim.column], weights)
        code = dict(zip(cube.table[claim.column].to_pylist(), codes, strict=True))
        asked.append((SCHEMA.names.index(claim.column), model, code))

    def keeps(part: list[tuple]) -> bool:
        return len(part) >= guarantees.k and all(
            model.hold(np.bincount([code[row[j]] for row in part], minlength=len(model.table))[None])[0]
            for j, model, code in asked)
    return keeps


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(rows=tables, k=st.integers(2, 4), promised=st.sampled_from(PROMISED), large=st.booleans(), told=st.booleans(),
       sparse=st.sampled_from([0, 2]),
       recoding=st.builds(Recoding, cells=st.sampled_from(["bounds", "tight"]), optimize=st.sampled_from(list(GOALS))))
def test_same_partition_as_the_slow_tree(*, rows, k, promised, large, told, sparse, recoding) -> None:
    table = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], SCHEMA)
    cube, guarantees = cube_of(table, ("secret", "pay")), Guarantees(k=k, **promised)
    policy = columns(cube, h=COLD, g=COLD)
    policy["n"] = policy["n"].model_copy(update={"aggregate": "mean" if told else None})
    keeps = keeper(rows, cube, guarantees)
    with large_from(sparse=sparse) if large else nullcontext():
        if not keeps(rows):
            with pytest.raises(GuaranteeNotMet):
                build_tree(cube, policy, guarantees, recoding)
            return
        tree = build_tree(cube, policy, guarantees, recoding)
    n, s, h, g = ([row[j] for row in rows] for j in range(4))
    lines = [Line.told(n) if told else Line.ordered(n), Line.categories(s), Line.taxonomy(h, LISTED), Line.taxonomy(g, LISTED)]
    aim = Aim(tight=recoding.cells == "tight", goal=GOALS[recoding.optimize])
    slow = SlowTree(lines, keeps, k, aim, target=SCHEMA.names.index("secret")).grown(rows, large=large)
    assert as_partition(tree, table) == {frozenset(Counter(map(repr, part)).items()) for part in slow}


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(rows=tables, k=st.integers(2, 4), least=st.integers(2, 4))
def test_numbers_of_values_are_counted_one_by_one_or_not(rows, k, least) -> None:
    """People are too many for a matrix of counts: large nodes ask how many there are below and above a cut."""
    table = pa.table({"n": [row[0] for row in rows], "s": [row[1] for row in rows], "pay": [row[5] for row in rows]})
    cube, guarantees = cube_of(table, ("pay",)), Guarantees(k=k, subjects={"column": "pay", "least": least})
    assume(len(set(table["pay"].to_pylist())) >= least)
    found = []
    for most in (4096, 0):
        with large_from(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(large, "MOST_VALUES", most)
            found.append(build_tree(cube, columns(cube), guarantees))
    assert found[0] == found[1]


# --- what the interface promises -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_order_and_splitting_of_the_cube_do_not_matter() -> None:
    rng = np.random.default_rng(1)
    table = pa.table({"a": rng.integers(0, 30, 400), "b": rng.choice(list("uvwxyz"), 400), "secret": rng.choice(list("pq"), 400)})
    cube = cube_of(table, ("secret",))
    promised = Guarantees(k=4, t=[{"column": "secret", "max": 0.4}], suppression=0.05)
    tree = build_tree(cube, columns(cube), promised)
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(cube.table.num_rows)
        shuffled = pa.concat_tables([cube.table.take(order[:50]), cube.table.take(order[50:])])
        again = build_tree(Cube(shuffled, cube.quasi, cube.sensitive), columns(cube), promised)
        assert again == tree
        assert fingerprint(again) == fingerprint(tree)
    halves = cube.table.set_column(3, COUNT, pa.array(np.full(cube.table.num_rows, 1)))
    counts = cube.table[COUNT].to_numpy()
    split = pa.concat_tables([halves, cube.table.set_column(3, COUNT, pa.array(counts - 1)).filter(pa.array(counts > 1))])
    assert build_tree(Cube(split, cube.quasi, cube.sensitive), columns(cube), promised) == tree


def test_k_above_the_table_says_what_is_allowed() -> None:
    cube = cube_of(pa.table({"a": [1, 2, 3]}))
    with pytest.raises(GuaranteeNotMet) as caught:
        build_tree(cube, columns(cube), Guarantees(k=4, suppression=1.0))
    assert "3 rows" in caught.value.what
    assert "at most 3" in caught.value.allowed


def test_more_distinct_values_than_there_are() -> None:
    cube = cube_of(pa.table({"a": [1, 2, 3], "secret": ["x", "x", "y"]}), ("secret",))
    with pytest.raises(GuaranteeNotMet, match=r"l\(secret\) ≥ 3 cannot hold: it is 2"):
        build_tree(cube, columns(cube), Guarantees(k=2, l=[{"column": "secret", "distinct": 3}]))


def test_a_list_cannot_be_generalized() -> None:
    cube = Cube(pa.table({"a": pa.array([b"x", b"y"]), COUNT: [1, 1]}), ("a",))
    with pytest.raises(PolicyError, match="binary"):
        build_tree(cube, columns(cube), Guarantees(k=2))


def test_the_name_of_the_flag_is_taken() -> None:
    cube = cube_of(pa.table({"suppressed": [1, 2]}))
    with pytest.raises(PolicyError, match="'suppressed'"):
        build_tree(cube, columns(cube), Guarantees(k=2))


def test_weight_moves_precision_to_the_column_that_matters() -> None:
    rng = np.random.default_rng(5)
    table = pa.table({"a": rng.integers(0, 20, 300), "b": rng.integers(0, 20, 300)})
    cube = cube_of(table)

    def losses(weight: float) -> tuple[float, float]:
        policy = {"a": Column(role="quasi", why="x", weight=weight), "b": Column(role="quasi", why="x")}
        tree = build_tree(cube, policy, Guarantees(k=5))
        size = np.bincount(tree.route([table["a"], table["b"]]), minlength=len(tree.leaves))[:len(tree.leaves)]
        sizes = [np.array([coding.size(box) for box in boxes]) for coding, boxes in zip(tree.columns, tree.boxes, strict=True)]
        return tuple(float(size @ found[tree.leaves[:, j]]) for j, found in enumerate(sizes))

    even, tilted = losses(1.0), losses(20.0)
    assert tilted[0] < even[0]
    assert tilted[1] > even[1]


def test_suppression_leaves_out_outliers_within_the_budget() -> None:
    """Two rows of another value would blur all thirty."""
    table = pa.table({"a": [7] * 30 + [9] * 2})
    cube = cube_of(table)

    def suppressed(share: float) -> list[bool]:
        tree = build_tree(cube, columns(cube), Guarantees(k=15, suppression=share))
        return (tree.route([table["a"]]) == tree.suppressed).tolist()

    assert suppressed(0.0) == [False] * 32
    assert suppressed(1 / 32) == [False] * 32
    assert suppressed(2 / 32) == [False] * 30 + [True] * 2


def test_suppression_never_costs_loss() -> None:
    rng = np.random.default_rng(7)
    table = pa.table({"a": rng.zipf(1.6, 300).clip(0, 200), "b": rng.zipf(1.9, 300).clip(0, 50),
                      "secret": rng.integers(0, 3, 300)})
    cube = cube_of(table, ("secret",))
    for t in ((), [{"column": "secret", "max": 0.3}]):
        loss = []
        for share in (0.0, 0.03, 0.2):
            promised = Guarantees(k=20, t=t, suppression=share)
            tree = build_tree(cube, columns(cube), promised)
            leaf = tree.route([table["a"], table["b"]])
            kept = leaf < tree.suppressed
            assert (~kept).sum() <= share * 300
            labels = pa.table({name: pa.array(tree.labels(i)).take(pa.array(leaf)) for i, name in enumerate(tree.names)})
            loss.append(summarize(tree, cube_of(labels.filter(pa.array(kept))), cube, promised).loss)
        assert loss[1] <= loss[0] + 1e-12
        assert loss[2] <= loss[0] + 1e-12


@pytest.mark.slow
@pytest.mark.parametrize(("taxonomies", "k", "bar"), [
    (False, 5, 0.027), (False, 10, 0.049), (False, 100, 0.18), (True, 5, 0.059), (True, 10, 0.083)])
def test_adult_loses_no_more_than_the_bar(taxonomies, k, bar) -> None:
    if not ADULT.is_dir():
        pytest.skip("the Adult table is not on this machine: ../shared/data/adult")
    table = pyarrow.csv.read_csv(ADULT / "adult.csv", parse_options=pyarrow.csv.ParseOptions(delimiter=";"))
    cube = cube_of(table)
    hierarchies = {}
    for name in cube.quasi if taxonomies else ():
        with (ADULT / f"adult_hierarchy_{name}.csv").open(newline="") as lines:
            hierarchies[name] = Hierarchy(table=[row for row in csv.reader(lines, delimiter=";") if row])
    tree = build_tree(cube, columns(cube, **hierarchies), Guarantees(k=k), Recoding(cells="tight"))
    leaf = tree.route([table[name] for name in tree.names])
    labels = pa.table({name: pa.array(tree.labels(i)).take(pa.array(leaf)) for i, name in enumerate(tree.names)})
    measured = summarize(tree, cube_of(labels), cube, Guarantees(k=k))
    assert measured.suppressed_rows == 0
    assert measured.class_sizes.smallest >= k
    assert measured.loss <= bar
