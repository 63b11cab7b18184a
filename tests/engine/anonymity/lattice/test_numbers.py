"""Columns of which each class publishes a number: they make no classes, and the numbers are those of the classes' rows."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from engine.anonymity.cube import Cube
from engine.anonymity.lattice import FullDomain, search
from engine.anonymity.utility.recoded import Recoded
from engine.anonymity.utility.squares import squared_error
from engine.errors import GuaranteeNotMet, PolicyError
from schemas.policy import Column, Guarantees
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.lattice.test_fit import FIGURES, HIERARCHIES, gone
from udfs.recode import recode

ROWS = st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 2), st.integers(-9, 9) | st.none()), min_size=4, max_size=40)
HOWS = ("mean", "median", "mode")


def numbers(cube: Cube, how: str, **hierarchies) -> dict[str, Column]:
    found = columns(cube, **hierarchies)
    return found | {"n": found["n"].model_copy(update={"aggregate": how})}


def expected(values: list[int | None], how: str) -> str:
    real = sorted(value for value in values if value is not None)
    if not real:
        return "null"
    if how == "mean":
        return str(round(Fraction(sum(real), len(real))))  # half to even
    if how == "median":
        return str(real[(len(real) + 1) // 2 - 1])
    return str(min(Counter(real).items(), key=lambda one: (-one[1], one[0]))[0])


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(rows=ROWS, k=st.integers(2, 4), budget=st.sampled_from([0.0, 0.2, 0.5]), how=st.sampled_from(HOWS),
       minimize=st.sampled_from(FIGURES))
def test_classes_are_those_of_the_other_columns(rows, k, budget, how, minimize) -> None:
    table = pa.table({name: pa.array(cells, type_) for name, cells, type_ in zip(
        "hcn", zip(*rows, strict=True), (pa.string(), pa.int64(), pa.int64()), strict=True)})
    cube, promised = cube_of(table), Guarantees(k=k, suppression=budget)
    try:
        found = search(cube, numbers(cube, how, h=HIERARCHIES["h"]), promised, minimize)
    except GuaranteeNotMet:
        reject()
    others = cube_of(table.select(["h", "c"]))
    alone = search(others, columns(others, h=HIERARCHIES["h"]), promised, minimize)
    assert (found.levels[:2], found.proven) == (alone.levels, alone.proven)
    assert gone(found, table) == gone(alone, table)
    assert FullDomain.from_json(json.loads(json.dumps(found.to_json()))) == found
    written = recode(*(table[name].combine_chunks() for name in found.names), tree=found.to_json())
    classes = defaultdict(list)
    told = list(zip(*(written.field(name).to_pylist() for name in "hc"), strict=True))
    left = gone(found, table)
    for number, (labels, (*_, value)) in enumerate(zip(told, rows, strict=True)):
        if number not in left:
            classes[labels].append(value)
    for number, (labels, label) in enumerate(zip(told, written.field("n").to_pylist(), strict=True)):
        if number not in left:
            assert label == expected(classes[labels], how)


def test_a_later_row_is_in_the_class_of_its_other_values() -> None:
    table = pa.table({"n": [1.0, 2.0, 6.0, math.nan, 40.0, 60.0], "h": list("aaabbb")})
    cube = cube_of(table)
    found = search(cube, numbers(cube, "mean"), Guarantees(k=3))
    assert (found.levels, found.labels(0)[:2]) == ((1, 0), ["3", "50"])
    assert found.route([pa.array([1e9, None, math.nan, 5.0]), pa.array(["a", "b", "a", "z"])]).tolist() == [0, 1, 0, 2]
    assert found.sizes(0) == {"3": 6, "50": 6}


def test_a_column_of_numbers_alone_is_one_class() -> None:
    cube = cube_of(pa.table({"n": [1, 2, 3, 10]}))
    found = search(cube, numbers(cube, "median"), Guarantees(k=4))
    assert (found.labels(0), len(found.classes)) == (["2", "*"], 1)


def test_what_has_no_order_has_no_number() -> None:
    cube = cube_of(pa.table({"n": ["x", "y", "x", "y"]}))
    with pytest.raises(PolicyError, match="a mode is of numbers or dates") as caught:
        search(cube, numbers(cube, "mode"), Guarantees(k=2))
    assert caught.value.where == "columns.n.aggregate"


def test_squared_error_is_what_the_classes_leave() -> None:
    table = pa.table({"n": [0, 2, 10, 12], "h": list("aabb")})
    cube = cube_of(table)
    recoded = Recoded(search(cube, numbers(cube, "mean"), Guarantees(k=2)), cube)
    assert squared_error(recoded, recoded.columns[0]) == pytest.approx(4 / np.var([0, 2, 10, 12]) / 4)


def test_rare_values_of_other_columns_may_be_suppressed_beside() -> None:
    table = pa.table({"n": list(range(20)), "c": ["x"] * 9 + ["y"] * 9 + ["z", "w"], "d": ["q"] * 20})
    cube = cube_of(table)
    found = search(cube, numbers(cube, "median"), Guarantees(k=2, suppression=0.1, suppress="values"))
    assert sorted(zip(found.labels(1)[:-1], found.labels(0)[:-1], strict=True)) == [("*", "18"), ("x", "4"), ("y", "13")]
