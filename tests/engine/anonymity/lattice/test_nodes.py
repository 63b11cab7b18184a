"""Columns, nodes and figures of a lattice: roll-up against counting rows, bounds against what they bound."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.cube import Cube
from engine.anonymity.hierarchies import generalize_level
from engine.anonymity.lattice import nodes as module
from engine.anonymity.lattice.keeping import Promises
from engine.anonymity.lattice.levels import Levels, levels_of
from engine.anonymity.lattice.nodes import Nodes, numbered
from engine.anonymity.lattice.objectives import objective
from engine.errors import PolicyError
from schemas.policy import Column, Guarantees, Hierarchy
from tests.engine.anonymity.cubes import columns, cube_of

GROUPS = Hierarchy(groups={"g": {"x": ["a", "b"], "y": ["c"]}, "h": {"z": ["d", "e"], "w": ["f"]}})
FIGURES = ("loss", "precision", "discernibility", "classes")
TABLES = st.lists(st.tuples(st.sampled_from("abcdef") | st.none(), st.text("01", min_size=2, max_size=2), st.integers(0, 3),
                            st.sampled_from("xy")), min_size=2, max_size=40)


def lattice(rows: list[tuple], figure: str = "loss", **promised: object) -> Nodes:
    table = pa.table([pa.array(cells) for cells in zip(*rows, strict=True)], names=["h", "m", "n", "s"])
    cube = Cube(cube_of(table).table, ("h", "m", "n"), ("s",))
    record = columns(cube, h=GROUPS, m=Hierarchy(mask="right"))
    found = [levels_of(cube, name, record[name]) for name in cube.quasi]
    guarantees = Guarantees(k=2, l={"column": "s", "entropy": 1.01}, **promised)
    return Nodes.of(cube, found, Promises.of(cube, guarantees), objective(figure, found, cube.rows))


def every(nodes: Nodes) -> list[tuple[int, ...]]:
    return list(itertools.product(*map(range, nodes.shape)))


def told(nodes: Nodes, node: tuple[int, ...]) -> Counter:
    """Returns the rows of each combination of a class and a sensitive value, classes named by their columns' nodes."""
    classes = nodes.classes(node)
    names = [tuple(int(column.nodes[level][column.base[first]]) for column, level in zip(nodes.columns, node, strict=True))
             for first in classes.first]
    assert len(set(zip(classes.of.tolist(), names, strict=True))) == len(set(names)) == classes.number
    assert np.bincount(classes.of, classes.rows).tolist() == classes.sizes.tolist()
    return Counter({(name, int(nodes.secret[first])): int(rows)
                    for name, first, rows in zip(names, classes.first, classes.rows, strict=True)})


@pytest.mark.slow
@settings(max_examples=40)
@given(rows=TABLES, order=st.randoms(use_true_random=False), most=st.sampled_from([0, 30, 10**6]))
def test_counts_do_not_depend_on_what_was_looked_at_before(rows, order, most) -> None:
    nodes, expected = lattice(rows), Counter[object]()
    looked_at = every(nodes) * 2
    order.shuffle(looked_at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_TUPLES", most)
        for node in looked_at:
            fresh = Nodes(nodes.columns, nodes.secret, nodes.rows, nodes.people, nodes.promises, nodes.objective)
            expected = told(fresh, node)
            assert told(nodes, node) == expected
    assert sum(expected.values()) == len(rows)
    assert nodes.work > 0


@given(columns_=st.lists(st.lists(st.integers(0, 2**20), min_size=6, max_size=6), max_size=6))
def test_equal_combinations_have_equal_numbers(columns_) -> None:
    """Products of more than 64 bits among them."""
    number, many = numbered([np.array(column, np.int64) for column in columns_], 6)
    rows = list(zip(*columns_, strict=True)) or [()] * 6
    assert len({*zip(rows, number.tolist(), strict=True)}) == len(set(rows)) == many
    assert set(number.tolist()) == set(range(many))


@pytest.mark.slow
@pytest.mark.parametrize("figure", FIGURES)
@settings(max_examples=20)
@given(rows=TABLES)
def test_bounds_are_below_what_they_bound(figure, rows) -> None:
    nodes = lattice(rows, figure, suppression=0.5)
    least = nodes.objective.least(nodes.rows)
    assert least.shape == nodes.shape
    found = {node: nodes.check(node) for node in every(nodes)}
    for node, checked in found.items():
        if checked.key is not None:
            assert least[node] <= checked.key.loss <= 1
            assert not checked.hopeless
        coarser = [other for other in found if all(a >= b for a, b in zip(other, node, strict=True))]
        assert all(found[other].key is None or found[other].key.loss >= checked.floor for other in coarser)
        assert all(found[other].hopeless for other in found if found[other].key is None and checked.hopeless
                   and all(a <= b for a, b in zip(other, node, strict=True)))
        assert not checked.hopeless or all(found[other].key is None for other in found
                                           if all(a <= b for a, b in zip(other, node, strict=True)))


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_at_the_ends(figure) -> None:
    """Values as they are lose nothing of their columns; one class loses all."""
    nodes = lattice([("a", "00", 0, "x"), ("a", "00", 0, "y"), ("f", "11", 1, "x"), ("f", "11", 1, "y")], figure)
    bottom, top = nodes.check((0, 0, 0)).key, nodes.check(nodes.top).key
    assert bottom.loss == {"loss": 0, "precision": 0, "discernibility": 0.5, "classes": 0.5}[figure]
    assert top.loss == pytest.approx(8 / 9 if figure == "precision" else 1, abs=1e-9)  # both codes are ** below the level of *
    assert (nodes.size, nodes.top) == (math.prod(nodes.shape), tuple(size - 1 for size in nodes.shape))


def test_a_suppressed_row_loses_all() -> None:
    rows = [("a", "00", 0, s) for s in "xy" * 4] + [("f", "11", 1, "x"), ("f", "11", 1, "x")]
    for figure, expected in (("loss", 2 / 10), ("precision", 2 / 10), ("discernibility", (64 + 2 * 10) / 100), ("classes", 1.0)):
        assert lattice(rows, figure, suppression=0.2).check((0, 0, 0)).key.loss == pytest.approx(expected, abs=1e-9)
    assert lattice(rows, suppression=0.1).check((0, 0, 0)).key is None


def test_a_suppressed_class_may_take_another_with_it() -> None:
    """Shares of x: 20 of 34, 1 of 4, none of 30. Without the last of them the second is too far from the table that is left."""
    counts = {"a": "x" * 20 + "y" * 14, "b": "xyyy", "c": "y" * 30}
    table = pa.table({"q": [q for q, held in counts.items() for _ in held], "s": [*"".join(counts.values())]})
    cube = Cube(cube_of(table).table, ("q",), ("s",))
    found = [levels_of(cube, "q", Column(role="quasi", why="x"))]
    for largest, kept in ((0.31, "abc"), (0.305, "ab"), (0.3, "a")):
        promised = Promises.of(cube, Guarantees(k=2, t={"column": "s", "max": largest}, suppression=1.0))
        nodes = Nodes.of(cube, found, promised, objective("loss", found, cube.rows))
        classes = nodes.classes((0,))
        first = classes.first[promised.keep(classes).classes[classes.of]]
        assert "".join(sorted(set(cube.table["q"].take(pa.array(first)).to_pylist()))) == kept


@given(values=st.lists(st.sampled_from("abcdef") | st.none(), min_size=1, max_size=20))
def test_levels_nest_and_each_merges_something(values) -> None:
    cube = cube_of(pa.table({"h": pa.array(values, pa.string())}))
    column = levels_of(cube, "h", columns(cube, h=GROUPS)["h"])
    texts = cube.table["h"].combine_chunks()
    assert (column.offered[0], column.height, column.scale) == (0, 3, 5 + (None in values))
    sizes = [int(nodes.max()) + 1 for nodes in column.nodes]
    assert sizes == sorted(set(sizes), reverse=True)
    assert set(column.nodes[-1].tolist()) == {0}
    for level, nodes, lost in zip(column.offered, column.nodes, column.lost, strict=True):
        labels = generalize_level(texts, GROUPS, level).to_pylist() if level else texts.to_pylist()
        here = nodes[column.base].tolist()
        if level < column.height:
            assert len(set(zip(here, labels, strict=True))) == len(set(here)) == len(set(labels))
            below = Counter(generalize_level(pa.array([*"abcdef"]), GROUPS, level).to_pylist())
            expected = [0 if label is None or not level else below[label] - 1 for label in labels]
            assert lost[column.base].tolist() == expected
        coding, boxes = column.finish(column.offered.index(level), np.unique(nodes))
        assert [coding.label(boxes[node]) for node in here] == [
            "*" if level == 3 else label or "null" for label in labels]


def test_every_second_level() -> None:
    cube = cube_of(pa.table({"m": ["0000", "0001", "0011", "0111", "1111"]}))
    column = levels_of(cube, "m", columns(cube, m=Hierarchy(mask="right"))["m"])
    assert (column.offered, column.height) == ((0, 1, 2, 3, 4), 5)  # **** merges all that * would
    half = column.thinned()
    assert (half.offered, half.thinned().offered, half.thinned().thinned().offered) == ((0, 2, 4), (0, 4), (0, 4))
    for place, level in enumerate(half.offered):
        whole = column.offered.index(level)
        assert half.nodes[place].tolist() == column.nodes[whole].tolist()
        assert half.finish(place, np.array([0])) == column.finish(whole, np.array([0]))


def test_values_that_a_column_cannot_have() -> None:
    cube = cube_of(pa.table({"a": ["x", "y"]}))
    with pytest.raises(PolicyError, match="does not fit a column of type string"):
        levels_of(cube, "a", columns(cube, a=Hierarchy(widths=[5]))["a"])
    assert isinstance(levels_of(cube, "a", columns(cube)["a"]), Levels)
