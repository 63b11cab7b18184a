"""Noisy trees: a function of their draws, drawn with the chances that epsilon allows; labels true, classes not too small."""

from __future__ import annotations

import json
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.noisy import noisy_tree
from engine.errors import GuaranteeNotMet, InputError, PolicyError
from engine.privacy.cuts import CutBudget
from schemas.policy import Column
from tests.engine.anonymity.cubes import cube_of
from tests.engine.anonymity.drawing import Best, Told, distribution
from tests.engine.anonymity.reading import true_of

AGE = Column(role="quasi", why="w", domain={"min": 0, "max": 9})
TOWN = Column(role="quasi", why="w", domain={"values": ("Ulm", "Bonn", "Trier")})
COLUMNS = {"age": AGE, "town": TOWN}
ROWS = st.lists(st.tuples(st.one_of(st.none(), st.integers(-3, 15)), st.sampled_from([None, "Ulm", "Bonn", "Trier"])),
                min_size=4, max_size=40)


def table(rows) -> pa.Table:
    ages, towns = zip(*rows, strict=True)
    return pa.table({"age": pa.array(ages, pa.int64()), "town": pa.array(towns, pa.string())})


def leaves(tree, rows: pa.Table) -> Counter:
    return Counter(tree.route([rows[name] for name in tree.names]).tolist())


@given(ROWS)
def test_with_exact_counts_classes_are_large_enough_and_labels_true(rows) -> None:
    source = table(rows)
    tree = noisy_tree(cube_of(source), COLUMNS, 4, 3, Best())
    found = tree.route([source[name] for name in tree.names]).tolist()
    assert tree.suppressed not in found
    assert min(Counter(found).values()) >= 4
    for leaf, row in zip(found, source.to_pylist(), strict=True):
        assert all(true_of(tree.labels(j)[leaf], row[name], source.schema.field(name).type) for j, name in enumerate(tree.names))


@given(ROWS, ROWS)
def test_the_tree_is_a_function_of_its_draws(rows, others) -> None:
    """Told the same draws, another table gives the same tree, to the byte: what is not drawn is not of the data."""
    drawn = Best()
    tree = noisy_tree(cube_of(table(rows)), COLUMNS, 4, 3, drawn)
    again = noisy_tree(cube_of(table(others)), COLUMNS, 4, 3, Told(list(drawn.drawn)))
    assert json.dumps(again.to_json()) == json.dumps(tree.to_json())


@given(ROWS, st.randoms())
def test_the_order_of_rows_decides_nothing(rows, random) -> None:
    shuffled = random.sample(rows, len(rows))
    assert noisy_tree(cube_of(table(rows)), COLUMNS, 4, 3, Best()) == noisy_tree(cube_of(table(shuffled)), COLUMNS, 4, 3, Best())


def slow(rows: list, k: int, depth: int) -> list[list]:
    """The tree on rows, by the rule in words: the first cut that removes most, as far as its smaller side has room."""
    domains = [[None, *range(10)], [None, "Ulm", "Bonn", "Trier"]]
    place = [lambda age: 0 if age is None else min(max(age, 0), 9) + 1, domains[1].index]

    def grow(rows: list, cell: list, left: int) -> list[list]:
        found = []
        for j, (low, high) in enumerate(cell):
            width = len(domains[j]) - 1
            for position in range(low, high):
                sides = [[row for row in rows if (place[j](row[j]) <= position) == below] for below in (True, False)]
                drop = [(high - position) / width, (position - low + 1) / width]
                found.append((sides, drop, j, position))
        most = max((max(drop) for _, drop, *_ in found), default=0)
        if not left or not found:
            return [rows]
        scores = [min(sum(len(side) * round(1024 * one / most) for side, one in zip(sides, drop, strict=True)),
                      4 * 1024 * max(min(map(len, sides)) - k + 1, 0)) for sides, drop, *_ in found]
        sides, _, j, position = found[scores.index(max(scores))]
        if min(map(len, sides)) < k:
            return [rows]
        cells = [[(end if axis != j else half) for axis, end in enumerate(cell)]
                 for half in ((cell[j][0], position), (position + 1, cell[j][1]))]
        return [leaf for side, half in zip(sides, cells, strict=True) for leaf in grow(side, half, left - 1)]

    return grow(rows, [(0, 10), (0, 3)], depth)


@given(ROWS)
def test_same_classes_as_the_slow_tree(rows) -> None:
    source = table(rows)
    tree = noisy_tree(cube_of(source), COLUMNS, 4, 3, Best())
    assert sorted(leaves(tree, source).values()) == sorted(map(len, slow(rows, 4, 3)))
    together = {frozenset(map(repr, leaf)) for leaf in slow(rows, 4, 3)}
    found = tree.route([source["age"], source["town"]]).tolist()
    assert {frozenset(repr(row) for row, of in zip(rows, found, strict=True) if of == leaf) for leaf in set(found)} == together


SMALL = {"x": Column(role="quasi", why="w", domain={"min": 0, "max": 2})}
LEAST, CHOOSING, COUNTING, DEPTH = 2, 0.5, 0.7, 2
EPSILON = DEPTH * CHOOSING + (DEPTH + 1) * COUNTING


def outcomes(values: list[int]) -> dict[str, float]:
    """How likely each tree of a tiny table is, a refusal among them; by the definitions of both mechanisms."""
    def draw(chance) -> str:
        try:
            return json.dumps(noisy_tree(cube_of(pa.table({"x": values})), SMALL, LEAST, DEPTH, chance).to_json())
        except GuaranteeNotMet:
            return "refused"

    return distribution(draw, LEAST, CHOOSING, COUNTING)


TABLES = [[0, 0, 1, 2], [0, 0, 0, 2, 2], [1, 1, 1], [0, 2]]


@pytest.mark.slow
@pytest.mark.parametrize(("values", "more"), [(TABLES[0], 0), (TABLES[1], 1), (TABLES[2], 2), (TABLES[3], 1)])
def test_one_row_changes_the_chance_of_no_tree_by_more_than_epsilon(values, more) -> None:
    """No estimate: all that can be drawn is enumerated, with its exact chance, with and without one row."""
    without, with_row = outcomes(values), outcomes([*values, more])
    assert math.isclose(sum(without.values()), 1)
    assert without.keys() == with_row.keys()
    assert len(without) > 4
    worst = max(abs(math.log(without[tree] / with_row[tree])) for tree in without)
    assert 0.1 < worst <= EPSILON + 1e-9


@pytest.mark.slow
def test_trees_are_drawn_with_the_chances_that_were_computed() -> None:
    """Each tree's frequency is within 5.5 standard deviations, two draws aside: a false alarm in about a million runs."""
    expected, draws = outcomes(TABLES[0]), 600
    budget = CutBudget(Fraction(CHOOSING), Fraction(COUNTING), 0)

    def drawn() -> str:
        try:
            return json.dumps(noisy_tree(cube_of(pa.table({"x": TABLES[0]})), SMALL, LEAST, DEPTH, budget).to_json())
        except GuaranteeNotMet:
            return "refused"

    found = Counter(drawn() for _ in range(draws))
    assert found.keys() <= expected.keys()
    for tree, chance in expected.items():
        assert abs(found[tree] - draws * chance) <= 5.5 * math.sqrt(draws * chance * (1 - chance)) + 2


def test_a_table_of_too_few_rows_is_refused_by_a_noisy_count() -> None:
    with pytest.raises(GuaranteeNotMet, match="too few rows for noisy cuts"):
        noisy_tree(cube_of(table([(3, "Ulm")] * 5)), COLUMNS, 4, 3, Best(margin=2))


GROUPS = {"south": ["Ulm", "Passau"], "north": ["Kiel", "Bremen"]}


@pytest.mark.parametrize(("values", "column"), [
    (pa.array([0, 1, 5, 9, None, -4, 12], pa.int32()), {"domain": {"min": 0, "max": 9}}),
    (pa.array([0, 10**6, 5 * 10**6, 10**7]), {"domain": {"min": 0, "max": 10**7}}),
    (pa.array([0.5, 1.25, float("nan"), None, -1.0, 99.0]), {"domain": {"min": 0, "max": 10}}),
    (pa.array(["Ulm", "Kiel", None, "Passau"]), {"hierarchy": {"groups": GROUPS}}),
    (pa.array([3, 14, 27, None]), {"hierarchy": {"widths": [10, 20]}, "domain": {"min": 0, "max": 40}}),
    (pa.array(["1230", "1299", "4500"]), {"hierarchy": {"mask": "right"}, "domain": {"values": ["1230", "1299", "4500"]}}),
    (pa.array([True, False, None]), {"domain": {"values": ["true", "false"]}}),
    (pa.array([7, 8, 20]), {"domain": {"values": ["20", "7", "8"]}}),
])
def test_every_kind_of_column_routes_as_it_was_counted(values, column) -> None:
    """Exact counts of both sides are what the tree sends there: positions while drawing and codes afterwards agree."""
    source = pa.table({"x": pa.concat_arrays([values] * 8)})
    tree = noisy_tree(cube_of(source), {"x": Column(role="quasi", why="w", **column)}, 8, 4, Best())
    found = leaves(tree, source)
    assert tree.suppressed not in found
    assert min(found.values()) >= 8
    assert 1 < len(found) <= len(tree.leaves)


@pytest.mark.parametrize(("values", "column", "error", "words"), [
    (["Ulm", "Kiel"], {"domain": {"values": ["Ulm"]}}, InputError, "does not list for the column"),
    (["Ulm", "Rom"], {"hierarchy": {"groups": GROUPS}}, InputError, "does not list for the column"),
    (["a", "b"], {"domain": {"min": 0, "max": 2}}, PolicyError, "need to know what a column of type string may hold"),
    (["a", "b"], {}, PolicyError, "need to know"),
    ([1, 2], {"domain": {"values": ["1", "two"]}}, PolicyError, "does not fit its type"),
    ([1.5, 2.5], {"hierarchy": {"widths": [10]}, "domain": {"min": 0, "max": 9}}, PolicyError, "needs each value"),
    ([1, 2], {"hierarchy": {"widths": [10]}, "domain": {"min": 0, "max": 9000}}, PolicyError, "needs each value"),
])
def test_what_is_not_public_is_refused_without_a_value(values, column, error, words) -> None:
    with pytest.raises(error, match=words) as raised:
        noisy_tree(cube_of(pa.table({"x": values})), {"x": Column(role="quasi", why="w", **column)}, 2, 2, Best())
    assert "Rom" not in str(raised.value)
    assert "Kiel" not in str(raised.value)


def test_a_row_more_raises_scores_by_their_sensitivity_at_most() -> None:
    """What the mechanism asks of scores: monotone, and no more than was said."""
    seen: list[np.ndarray] = []

    class Watching(Best):
        def choose(self, scores, sensitivity) -> int:
            seen.append(np.array(scores) / sensitivity)
            return 0

    rows = [(number % 10, ("Ulm", "Bonn", "Trier")[number % 3]) for number in range(30)]
    for more in [(0, "Ulm"), (9, "Trier"), (None, None), (4, "Bonn")]:
        seen.clear()
        for source in (rows, [*rows, more]):
            noisy_tree(cube_of(table(source)), COLUMNS, 2, 1, Watching())
        assert ((seen[1] - seen[0] >= 0) & (seen[1] - seen[0] <= 1)).all()
