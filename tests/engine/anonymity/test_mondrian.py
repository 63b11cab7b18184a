"""The fitted tree against a slow, recursive Mondrian on rows that follows the same rule."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.cube import Cube
from engine.anonymity.mondrian import LOOKAHEAD, build_tree
from engine.anonymity.utility import summarize
from engine.errors import GuaranteeNotMet, PolicyError
from engine.plan.fingerprint import fingerprint
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import columns, cube_of

ADULT = Path(__file__).parents[4] / "shared" / "data" / "adult"
TAXONOMY = {"north": {"cold": ["a", "b", "c"], "mild": ["d"]}, "south": ["e", "f", "g"]}


# --- the slow, obvious one -------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One column on rows: a position per value, and the chain of ancestors where it has a hierarchy."""

    position: dict
    chains: dict | None
    sizes: list | None
    domain: int

    @classmethod
    def ordered(cls, values: list) -> Line:
        real = sorted({v for v in values if v is not None})
        return cls._of([None] * (None in values) + real)

    @classmethod
    def categories(cls, values: list) -> Line:
        count = Counter(values)
        return cls._of(sorted(count, key=lambda v: (-count[v], v is not None, v or "")))

    @classmethod
    def _of(cls, order: list) -> Line:
        return cls({v: i for i, v in enumerate(order)}, None, None, len(order))

    @classmethod
    def taxonomy(cls, values: list, listed: list[tuple]) -> Line:
        chain = {row[0]: row for row in listed}
        height = len(listed[0])
        weight = [Counter() for _ in range(height)]
        for value in values:
            if value is not None:
                for level in range(height):
                    weight[level][chain[value][level]] += 1
        real = sorted({v for v in values if v is not None}, key=lambda v: [
            (-weight[level][chain[v][level]], chain[v][level]) for level in range(height - 1, -1, -1)])
        special = None in values
        sizes = [Counter(row[level] for row in listed) for level in range(height)]
        sizes[-1]["*"] += special
        chains = {**chain, None: (None,) * (height - 1) + ("*",)}
        for level in range(height - 1):
            sizes[level][None] = 1
        order = [None] * special + real
        return cls({v: i for i, v in enumerate(order)}, chains, sizes, len(listed) + special)

    def level(self, values: list) -> int:
        return next(i for i in range(len(self.sizes)) if len({self.chains[v][i] for v in values}) == 1)

    def loss(self, values: list) -> float:
        if self.chains is None:
            places = [self.position[v] for v in values]
            return (max(places) - min(places)) / max(self.domain - 1, 1)
        level = self.level(values)
        return (self.sizes[level][self.chains[values[0]][level]] - 1) / max(self.domain - 1, 1)


class Oracle:
    """Recursive Mondrian on rows: (quasi values..., sensitive)."""

    def __init__(self, rows: list[tuple], lines: list[Line], guarantees: Guarantees) -> None:
        self.rows, self.lines, self.g = rows, lines, guarantees
        self.whole = Counter(row[-1] for row in rows)

    def holds(self, rows: list[tuple]) -> bool:
        here = Counter(row[-1] for row in rows)
        if len(rows) < (self.g.k or 1) or any(len(here) < claim.distinct for claim in self.g.l):
            return False
        apart = sum(abs(here[v] * len(self.rows) - n * len(rows)) for v, n in self.whole.items())
        return all(apart <= 2 * claim.max * (1 + 1e-12) * len(rows) * len(self.rows) for claim in self.g.t)

    def loss(self, rows: list[tuple]) -> float:
        return len(rows) * sum(line.loss([row[j] for row in rows]) for j, line in enumerate(self.lines))

    def worth(self, rows: list[tuple], parts: list[list[tuple]]) -> float:
        return round(self.loss(rows) - sum(map(self.loss, parts)), 9)

    def options(self, rows: list[tuple]) -> list:
        found = [self.threshold(rows, j, line) for j, line in enumerate(self.lines)]
        return found + [self.specialization(rows, j, line) for j, line in enumerate(self.lines) if line.chains]

    def threshold(self, rows: list[tuple], j: int, line: Line):
        best = None
        for cut in sorted({line.position[row[j]] for row in rows})[:-1]:
            parts = [[r for r in rows if line.position[r[j]] <= cut], [r for r in rows if line.position[r[j]] > cut]]
            if all(map(self.holds, parts)) and (best is None or self.worth(rows, parts) > best[0]):
                best = (self.worth(rows, parts), parts)
        return best

    def specialization(self, rows: list[tuple], j: int, line: Line):
        level = line.level([row[j] for row in rows])
        if level == 0:
            return None
        children = defaultdict(list)
        for row in sorted(rows, key=lambda r: line.position[r[j]]):
            children[line.chains[row[j]][level - 1]].append(row)
        alone = [c for c in children.values() if self.holds(c)]
        rest = [r for c in children.values() if not self.holds(c) for r in c]
        if rest and not self.holds(rest) and alone:
            smallest = min(alone, key=len)
            alone.remove(smallest)
            rest += smallest
        parts = [*alone, rest] if rest else alone
        if len(parts) < 2 or (rest and not self.holds(rest)):
            return None
        return (self.worth(rows, parts), parts)

    def partition(self, rows: list[tuple]) -> list[list[tuple]]:
        options = self.options(rows)
        ranked = sorted((i for i, o in enumerate(options) if o), key=lambda i: -options[i][0])[:LOOKAHEAD]
        total = {i: round(options[i][0] + sum(max([0, *(o[0] for o in self.options(part) if o)]) for part in options[i][1]), 9)
                 for i in ranked}
        best = min(total, key=lambda i: (-total[i], i), default=None)
        if best is None or total[best] <= 1e-9:
            return [rows]
        return [leaf for part in options[best][1] for leaf in self.partition(part)]


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
    st.one_of(st.none(), st.sampled_from("abcdefg")), st.sampled_from("xyz")), min_size=6, max_size=40)
SCHEMA = pa.schema([("n", pa.int64()), ("s", pa.string()), ("h", pa.string()), ("secret", pa.string())])
LISTED = [("a", "cold", "north", "*"), ("b", "cold", "north", "*"), ("c", "cold", "north", "*"), ("d", "mild", "north", "*"),
          ("e", "e", "south", "*"), ("f", "f", "south", "*"), ("g", "g", "south", "*")]


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(rows=tables, k=st.integers(2, 5), l=st.integers(0, 2), t=st.sampled_from([None, 0.2, 0.5]))
def test_same_partition_as_the_oracle(rows, k, l, t) -> None:  # noqa: E741 - the literature's letter
    table = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], SCHEMA)
    cube = cube_of(table, ("secret",))
    promised = Guarantees(k=k, l=[{"column": "secret", "distinct": l}] if l > 1 else (),
                          t=[{"column": "secret", "max": t}] if t else ())
    if len({row[-1] for row in rows}) < l:
        with pytest.raises(GuaranteeNotMet):
            build_tree(cube, columns(cube, h=Hierarchy(groups=TAXONOMY)), promised)
        return
    tree = build_tree(cube, columns(cube, h=Hierarchy(groups=TAXONOMY)), promised)
    n, s, h = ([row[j] for row in rows] for j in range(3))
    oracle = Oracle(rows, [Line.ordered(n), Line.categories(s), Line.taxonomy(h, LISTED)], promised)
    expected = {frozenset(Counter(map(repr, part)).items()) for part in oracle.partition(rows)}
    assert as_partition(tree, table) == expected


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
        return tuple(float(size @ [c.size(leaf[j]) for leaf in tree.leaves]) for j, c in enumerate(tree.columns))

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
    (False, 5, 0.034), (False, 10, 0.060), (True, 5, 0.0715), (True, 10, 0.115)])
def test_adult_loses_no_more_than_the_bar(taxonomies, k, bar) -> None:
    if not ADULT.is_dir():
        pytest.skip("the Adult table is not on this machine: ../shared/data/adult")
    table = pyarrow.csv.read_csv(ADULT / "adult.csv", parse_options=pyarrow.csv.ParseOptions(delimiter=";"))
    cube = cube_of(table)
    hierarchies = {}
    for name in cube.quasi if taxonomies else ():
        with (ADULT / f"adult_hierarchy_{name}.csv").open(newline="") as lines:
            hierarchies[name] = Hierarchy(table=[row for row in csv.reader(lines, delimiter=";") if row])
    tree = build_tree(cube, columns(cube, **hierarchies), Guarantees(k=k))
    leaf = tree.route([table[name] for name in tree.names])
    labels = pa.table({name: pa.array(tree.labels(i)).take(pa.array(leaf)) for i, name in enumerate(tree.names)})
    measured = summarize(tree, cube_of(labels), cube, Guarantees(k=k))
    assert measured.suppressed_rows == 0
    assert measured.class_sizes.smallest >= k
    assert measured.loss <= bar
