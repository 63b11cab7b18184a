"""Levels that a column may not exceed: the search against all nodes below them, ARX's maximum levels, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.anonymity.cube import Cube
from engine.anonymity.lattice import fit, search
from engine.errors import GuaranteeNotMet, PolicyError
from engine.plan import Policy
from schemas.policy import Column, Guarantees
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.lattice import obvious
from tests.engine.anonymity.lattice.test_fit import (
    FIGURES,
    HIERARCHIES,
    PROMISED,
    QUASI,
    ROWS,
    SENSITIVE,
    as_columns,
    as_rows,
    as_table,
    gone,
    policy,
)
from tests.engine.plan.test_policy import written

LIMITS = st.tuples(st.sampled_from([None, 0, 1, 2, 3]), st.sampled_from([None, 0, 1, 2, 3]), st.sampled_from([None, 0]))


def limited(coarsest: tuple[int | None, ...], record: dict[str, Column]) -> dict[str, Column]:
    return {name: column.model_copy(update={"coarsest": limit})
            for (name, column), limit in zip(record.items(), coarsest, strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize("claim", ["k alone", "subjects", "entropy", "equal"])
@settings(max_examples=15, deadline=None)
@given(rows=ROWS, k=st.integers(2, 4), budget=st.sampled_from([0.0, 0.1, 0.4, 0.8]),
       wanted=st.tuples(LIMITS, st.sampled_from(FIGURES)))
def test_no_node_below_the_limits_is_better(claim, rows, k, budget, wanted) -> None:
    (coarsest, minimize), table = wanted, as_table(rows)
    guarantees = Guarantees(k=k, suppression=budget, **PROMISED[claim])
    obviously = [replace(column, coarsest=limit) for column, limit in zip(as_columns(rows), coarsest, strict=True)]
    expected = obvious.best(as_rows(rows), obviously, guarantees, {name: table[name].combine_chunks() for name in SENSITIVE},
                            minimize)
    event("none keeps all" if expected is None else "found")
    try:
        found = search(Cube(cube_of(table).table, QUASI, SENSITIVE), limited(coarsest, policy()), guarantees, minimize)
    except GuaranteeNotMet:
        assert expected is None
        return
    assert expected is not None
    assert (found.levels, gone(found, table)) == (expected.levels, expected.gone)
    assert found.proven


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(rows=ROWS, k=st.integers(2, 4), budget=st.sampled_from([0.1, 0.4]), coarsest=LIMITS)
def test_rare_values_may_go_where_values_are_kept(rows, k, budget, coarsest) -> None:
    """What is left out stays within the budget either way; level 0 tells values or nothing."""
    table, guarantees = as_table(rows), Guarantees(k=k, suppression=budget, suppress="values")
    try:
        found = search(cube_of(table.select(QUASI)), limited(coarsest, policy()), guarantees)
    except GuaranteeNotMet:
        return
    for level, limit, height in zip(found.levels, coarsest, found.heights, strict=True):
        assert level <= (height if limit is None else limit)


def crowd() -> pa.Table:
    return pa.table({"h": list("aaabbbccdd") + list("eeeeefffgg"), "c": [1] * 19 + [2]})


def test_a_limit_moves_loss_to_other_columns_or_leaves_rows_out() -> None:
    cube = cube_of(crowd())
    record = columns(cube, h=HIERARCHIES["h"])
    assert search(cube, record, Guarantees(k=3)).levels[1] == 1
    kept = limited((None, 0), record)
    found = search(cube, kept, Guarantees(k=3, suppression=0.05))
    assert found.levels[1] == 0
    assert gone(found, crowd()) == {19}
    assert set(found.labels(1)[:-1]) == {"1"}


def test_what_the_limits_leave_out_is_told() -> None:
    cube = cube_of(crowd())
    record = columns(cube, h=HIERARCHIES["h"])
    with pytest.raises(GuaranteeNotMet) as caught:
        search(cube, limited((1, 0), record), Guarantees(k=3))
    assert "4 of 20 rows" in caught.value.what  # 'mild' is two rows of d, 'hot' two of g
    assert caught.value.allowed == "guarantees.suppression of at least 20.00%"
    assert search(cube, limited((1, 0), record), Guarantees(k=3, suppression=0.2)).levels == (1, 0)


def test_a_finer_node_may_hold_where_the_coarsest_fails() -> None:
    """Two balanced corners and two lopsided ones: merged along one column they balance, merged along both they may not be."""
    corners = {(1, "p"): (10, 10), (2, "q"): (10, 10), (1, "q"): (6, 0), (2, "p"): (0, 6)}
    table = pa.Table.from_pylist([{"a": a, "b": b, "s": s} for (a, b), counts in corners.items()
                                  for s, count in zip("xy", counts, strict=True) for _ in range(count)])
    cube = cube_of(table, ("s",))
    balanced = Guarantees(k=2, l={"column": "s", "recursive": {"c": 1.2, "l": 2}}, suppression=0.25)
    found = search(cube, limited((None, 0), columns(cube)), balanced)
    assert (found.levels, len(gone(found, table))) == ((0, 0), 12)
    with pytest.raises(GuaranteeNotMet):
        search(cube, limited((None, 0), columns(cube)), balanced.model_copy(update={"suppression": 0.2}))


def test_a_level_that_is_not_there_is_refused() -> None:
    cube = cube_of(crowd())
    with pytest.raises(PolicyError, match="coarsest is level 4, and the hierarchy has 3") as caught:
        search(cube, limited((4, None), columns(cube, h=HIERARCHIES["h"])), Guarantees(k=2))
    assert caught.value.where == "columns.h.coarsest"


@pytest.mark.parametrize("largest", [1, 2])
def test_limits_hold_in_a_lattice_too_large_to_be_laid_out(monkeypatch, largest) -> None:
    monkeypatch.setattr(fit, "LARGEST", largest)
    cube = cube_of(crowd())
    record = limited((2, 0), columns(cube, h=HIERARCHIES["h"]))
    found = search(cube, record, Guarantees(k=3, suppression=0.3))
    assert found.levels[0] <= 2
    assert found.levels[1] == 0
    assert not found.proven
    with pytest.raises(GuaranteeNotMet, match="1 of 20 rows"):
        search(cube, record, Guarantees(k=3))


def test_order_of_the_cube_does_not_matter() -> None:
    cube = cube_of(crowd())
    record = limited((1, 0), columns(cube, h=HIERARCHIES["h"]))
    found = search(cube, record, Guarantees(k=3, suppression=0.2))
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(cube.table.num_rows)
        assert search(Cube(cube.table.take(order), cube.quasi), record, Guarantees(k=3, suppression=0.2)) == found


def test_a_policy_may_say_both() -> None:
    both = written(recoding={"model": "full-domain"})
    both["columns"]["age"] = {"role": "quasi", "why": "x", "coarsest": 0}
    assert Policy.parse(both).columns["age"].coarsest == 0
