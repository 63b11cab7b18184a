"""Recodings that are fitted beside a population: against the slow tree, and what they promise on rows."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import nullcontext

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import measure_guarantees
from engine.anonymity.lattice import search
from engine.anonymity.loops.ground import Aim
from engine.anonymity.mondrian import build_tree
from engine.anonymity.population import Population, joined, labelled, measure_beside
from engine.errors import GuaranteeNotMet
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.policy.recoding import Recoding
from schemas.receipt import TableVersion
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.slow_tree import Line, SlowTree, large_from
from tests.engine.anonymity.test_mondrian import COLD, GOALS, LISTED

NAMES = ("n", "s", "h", "secret")
TYPES = pa.schema([("n", pa.int64()), *((name, pa.string()) for name in NAMES[1:])])
QUASI = NAMES[:3]
PEOPLE = st.tuples(st.integers(-3, 3) | st.none(), st.sampled_from("pqr") | st.none(), st.sampled_from("abcdefg") | st.none())
ROWS = st.lists(st.tuples(PEOPLE, st.sampled_from("xyz")), min_size=4, max_size=25)
CLAIMS = [
    {"k_map": 4}, {"k": 2, "k_map": 6}, {"presence": {"max": 0.6}}, {"k": 2, "presence": {"min": 0.2, "max": 0.9}},
    {"k_map": 3, "presence": {"max": 0.7}, "l": {"column": "secret", "distinct": 2}},
    {"k": 2, "k_map": 5, "t": {"column": "secret", "max": 0.4}}]


def as_table(rows: list[tuple], names: tuple[str, ...]) -> pa.Table:
    schema = pa.schema([TYPES.field(name) for name in names])
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema)


def beside(rows: list[tuple], others: list[tuple], promised: Guarantees) -> tuple[Cube, Population, dict[str, Column], Cube]:
    """Returns a source, its population, the policy's columns, and both counted together."""
    source = cube_of(as_table([(*one, secret) for one, secret in rows], NAMES), ("secret",))
    everybody = as_table([*(one for one, _ in rows), *others], QUASI)
    population = Population(TableVersion(table="everybody", rows=len(everybody)), cube_of(everybody))
    record = columns(source, h=COLD)
    return source, population, record, joined(source, population, record, promised)


def keeper(promised: Guarantees, rows: list[tuple]):
    """Whether some rows, of which those of the population end in None, are enough: by definition, row by row."""
    whole = Counter(secret for _, secret in rows)

    def keeps(part: list[tuple]) -> bool:
        secrets = Counter(row[3] for row in part if row[3] is not None)
        size, people = secrets.total(), sum(row[3] is None for row in part)
        if size < (promised.k or 1) or people < (promised.k_map or 0):
            return False
        if promised.presence and not promised.presence.min * (1 - 1e-12) <= size / people <= promised.presence.max * (1 + 1e-12):
            return False
        if any(len(secrets) < claim.distinct for claim in promised.l):
            return False
        apart = sum(abs(secrets[value] / size - count / len(rows)) for value, count in whole.items()) / 2
        return all(apart <= claim.max + 1e-12 for claim in promised.t)
    return keeps


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(rows=ROWS, others=st.lists(PEOPLE, max_size=40), claims=st.sampled_from(CLAIMS), large=st.booleans(),
       recoding=st.builds(Recoding, cells=st.sampled_from(["bounds", "tight"]), optimize=st.sampled_from(["loss", "class-size"])))
def test_same_partition_as_the_slow_tree(rows, others, claims, large, recoding) -> None:
    promised = Guarantees(population={"table": "everybody"}, **claims)
    _, _, record, cube = beside(rows, others, promised)
    together = [*((*one, secret) for one, secret in rows), *((*one, None) for one in [*(one for one, _ in rows), *others])]
    keeps = keeper(promised, rows)
    with large_from() if large else nullcontext():
        if not keeps(together):
            with pytest.raises(GuaranteeNotMet):
                build_tree(cube, record, promised, recoding)
            return
        tree = build_tree(cube, record, promised, recoding)
    n, s, h = ([row[j] for row in together] for j in range(3))
    slow = SlowTree([Line.ordered(n), Line.categories(s), Line.taxonomy(h, LISTED)], keeps, promised.k or 1,
                    Aim(tight=recoding.cells == "tight", goal=GOALS[recoding.optimize]), released=lambda row: row[3] is not None)
    expected = slow.grown(together, large=large)
    leaf = tree.route([as_table(together, NAMES)[name] for name in QUASI])
    assert (leaf < tree.suppressed).all()
    found = {frozenset(Counter(repr(together[i]) for i in np.flatnonzero(leaf == one)).items()) for one in set(leaf.tolist())}
    assert found == {frozenset(Counter(map(repr, part)).items()) for part in expected}


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(rows=ROWS, others=st.lists(PEOPLE, max_size=40), claims=st.sampled_from(CLAIMS), budget=st.sampled_from([0.0, 0.2, 1.0]),
       way=st.sampled_from(["bounds", "tight", "full-domain"]))
def test_every_promise_is_kept_on_rows(rows, others, claims, budget, way) -> None:
    promised = Guarantees(population={"table": "everybody"}, suppression=budget, **claims)
    source, population, record, cube = beside(rows, others, promised)
    try:
        found = (search(cube, record, promised) if way == "full-domain" else
                 build_tree(cube, record, promised, Recoding(cells=way)))
    except GuaranteeNotMet:  # of the whole table, even: then there is nothing to cut
        reject()
    leaf = found.route([source.table[name] for name in QUASI])
    released = {name: pa.array(found.labels(j)).take(pa.array(leaf)) for j, name in enumerate(QUASI)}
    table = source.table
    for j, name in enumerate(QUASI):
        table = table.set_column(j, name, released[name])
    written = Cube(table.filter(pa.array(leaf < found.suppressed)), QUASI, ("secret",))
    verdicts = [*measure_guarantees(written, promised, len(rows)),
                *measure_beside(written, labelled(found, population, QUASI), promised, len(rows))]
    assert [one for one in verdicts if not one.holds] == []


def crowd(size: int = 1500, seed: int = 4) -> tuple[list[tuple], list[tuple]]:
    draw = random.Random(seed)  # noqa: S311 - test data
    everybody = [(draw.randrange(60), draw.choice("pqrstu"), draw.choice("abcdefg")) for _ in range(size)]
    return [(one, draw.choice("xyz")) for one in everybody[:size // 5]], everybody[size // 5:]


@pytest.mark.slow
@pytest.mark.parametrize("fit", [build_tree, search])
def test_order_and_splitting_of_both_tables_do_not_matter(fit) -> None:
    promised = Guarantees(population={"table": "everybody"}, k_map=12, presence={"max": 0.4}, suppression=0.05,
                          t={"column": "secret", "max": 0.5})
    rows, others = crowd()
    source, population, record, cube = beside(rows, others, promised)
    expected = fit(cube, record, promised)
    for seed in range(3):
        draw = np.random.default_rng(seed)
        mixed = [Cube(one.table.take(draw.permutation(one.table.num_rows)), one.quasi, one.sensitive)
                 for one in (source, population.cube)]
        again = joined(mixed[0], Population(population.version, mixed[1]), record, promised)
        assert fit(again, record, promised) == expected


@pytest.mark.slow
def test_a_population_that_is_the_table_is_k_anonymity() -> None:
    """k-map beside the table itself asks the same; and more people of the same kind allow more."""
    rows, _ = crowd(900)
    beside_itself, promised = Guarantees(population={"table": "everybody"}, k_map=6), Guarantees(k=6)
    source, _, record, cube = beside(rows, [], beside_itself)
    lost = []
    for guarantees, counts in ((promised, source), (beside_itself, cube)):
        found = search(counts, record, guarantees)
        lost.append((found.levels, found.classes))
    assert lost[0] == lost[1]
    more = beside(rows, [one for one, _ in rows] * 5, beside_itself)
    assert sum(search(more[3], record, beside_itself).levels) < sum(lost[0][0])


def test_people_of_whom_nobody_is_released_bind_nothing() -> None:
    """South of the river everybody is absent: those classes are not there, unless their absence is to be hidden."""
    source = cube_of(pa.table({"h": ["a"] * 4 + ["d"] * 4}))
    people = cube_of(pa.table({"h": ["a"] * 8 + ["d"] * 8 + ["e"] * 2}))
    record = columns(source, h=Hierarchy(groups={"north": ["a", "d"], "south": ["e"]}))
    population = Population(TableVersion(table="everybody", rows=18), people)
    hidden = Guarantees(population={"table": "everybody"}, presence={"max": 0.5})
    found = search(joined(source, population, record, hidden), record, hidden)
    assert (found.levels, found.labels(0)[:2]) == ((0,), ["a", "d"])
    told = Guarantees(population={"table": "everybody"}, presence={"min": 0.2, "max": 0.5})
    assert search(joined(source, population, record, told), record, told).labels(0)[:1] == ["*"]
    tree = build_tree(joined(source, population, record, told), record, told)
    assert (tree.route([people.table["h"]]) < tree.suppressed).all()


def test_a_column_that_keeps_its_values_parts_people_who_are_not_released() -> None:
    """Their part of the tree is no class: it binds nothing, and nobody gets its labels."""
    source = cube_of(pa.table({"n": [1, 2, 3, 4] * 2, "sex": ["x"] * 8}))
    people = cube_of(pa.table({"n": [1, 2, 3, 4] * 4, "sex": ["x"] * 12 + ["y"] * 4}))
    record = {"n": Column(role="quasi", why="w"), "sex": Column(role="quasi", why="w", coarsest=0)}
    population = Population(TableVersion(table="everybody", rows=16), people)
    promised = Guarantees(population={"table": "everybody"}, k_map=6)
    tree = build_tree(joined(source, population, record, promised), record, promised)
    found = tree.route([people.table["n"], people.table["sex"]]) == tree.suppressed
    assert found.tolist() == [sex == "y" for sex in people.table["sex"].to_pylist()]
    assert set(labelled(tree, population, ("n", "sex")).cube.table["sex"].to_pylist()) == {"x"}


def test_without_a_smallest_share_people_may_be_unknown_to_nobody_s_harm() -> None:
    """What is measured with people left out is never better than what the fit counted."""
    source = cube_of(pa.table({"h": ["a", "b", "d"] * 2}))
    people = cube_of(pa.table({"h": ["a", "b", "d"] * 4 + ["nowhere"] * 90}))
    record = columns(source, h=COLD)
    population = Population(TableVersion(table="everybody", rows=102), people)
    promised = Guarantees(population={"table": "everybody"}, k_map=8, presence={"max": 0.5})
    found = build_tree(joined(source, population, record, promised), record, promised)
    assert labelled(found, population, ("h",)).cube.rows == 12
    verdicts = measure_beside(labelled(found, Population(population.version, source), ("h",)).cube,
                              labelled(found, population, ("h",)), promised, 6)
    assert {one.guarantee: one.measured for one in verdicts} == {"k-map": 12, "presence": 0.5}
    more = Guarantees(population={"table": "everybody"}, k_map=13)
    with pytest.raises(GuaranteeNotMet, match="it is 12 in the whole table"):
        build_tree(joined(source, population, record, more), record, more)
