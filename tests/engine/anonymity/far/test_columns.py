"""Columns with more values than an axis has positions: bounds, a pool, labels of a level. What is published stays true."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from engine.anonymity import hierarchies
from engine.anonymity.far import fit, near
from engine.anonymity.far.columns import placed
from engine.anonymity.mondrian import build_tree
from engine.anonymity.recoding import recoding_from_json
from engine.anonymity.tree import Tree
from engine.errors import InputError, PolicyError
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.policy.recoding import Recoding
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.far.held import HeldCube

QUASI = Column(role="quasi", why="test")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in (("MOST_KEYS", 40), ("MOST_CATEGORIES", 10), ("MOST_LABELS", 40), ("ABOUT", 30)):
        monkeypatch.setattr(f"engine.anonymity.far.columns.{name}", number)


def wide(rows: int = 500) -> pa.Table:
    draw = np.random.default_rng(3)
    pay = np.round(draw.lognormal(3, 1, rows), 2)
    pay[:9], jobs = np.nan, draw.zipf(1.6, rows)
    some = [None if i % 50 == 11 else one for i, one in enumerate(pay)]
    return pa.table({"pay": pa.array(some, pa.float64(), from_pandas=False),
                     "job": pa.array([None if one == 3 else f"job {one}" for one in jobs]),
                     "zip": [f"{one:04d}" for one in draw.integers(0, 2_000, rows)]})


def classes(tree: Tree, table: pa.Table) -> tuple[np.ndarray, list[np.ndarray]]:
    leaf = tree.route([table[name] for name in tree.names])
    return leaf, [np.array(tree.labels(place), object)[leaf] for place in range(len(tree.columns))]


@pytest.mark.slow
def test_numbers_between_bounds_are_cut_as_their_bounds_would_be(few: None) -> None:
    table = wide().select(["pay"])
    cube = cube_of(table)
    far = HeldCube(cube)
    axis, place, _ = placed("pay", far, QUASI, claimed=False)
    position = place.of(table["pay"].combine_chunks())
    assert axis.extent <= 42
    assert np.array_equal(np.bincount(position, minlength=axis.extent), np.bincount(
        axis.positions, np.asarray(far.placed("pay", place).sort_by("key")[COUNT]), axis.extent).astype(int))
    bounds = place.bounds
    merged = pa.array([None if v is None else v if np.isnan(v) else bounds[np.searchsorted(bounds, v)]
                       for v in table["pay"].to_pylist()], pa.float64(), from_pandas=False)
    slow = build_tree(cube_of(pa.table({"pay": merged})), columns(cube), Guarantees(k=5))
    tree = build_tree(far, columns(cube), Guarantees(k=5))
    assert classes(tree, table)[1][0].tolist() == classes(slow, pa.table({"pay": merged}))[1][0].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("cells", ["bounds", "tight"])
def test_every_label_is_true_and_every_class_large(few: None, cells: str) -> None:
    table, rules = wide(), {"zip": Hierarchy(mask="right")}
    tree = build_tree(HeldCube(cube_of(table)), columns(cube_of(table), **rules), Guarantees(k=5), Recoding(cells=cells))
    assert recoding_from_json(tree.to_json()) == tree
    leaf, (pay, job, zip_) = classes(tree, table)
    assert tree.suppressed not in leaf
    assert min(Counter(zip(pay, job, zip_, strict=True)).values()) >= 5
    for value, label in zip(table["job"].to_pylist(), job, strict=True):
        assert label == "*" or ("null" if value is None else value) in label.strip("{}").split(", ")
    known = [hierarchies.as_text(table["zip"]).to_pylist(), *(
        hierarchies.level(table["zip"].combine_chunks(), rules["zip"], level).to_pylist() for level in range(1, 5))]
    assert all(label in {level[i] for level in known} for i, label in enumerate(zip_))
    assert set(job) > {"*"}
    for value, label in zip(table["pay"].to_pylist(), pay, strict=True):
        assert holds(label, value), (label, value)


def holds(label: str, value: float | None) -> bool:
    parts = label.split(" or ")
    if label == "*" or value is None or np.isnan(value):
        return label == "*" or ("null" if value is None else "NaN") in parts
    said = next((part for part in parts if part not in {"null", "NaN"}), "none")
    if said == "any value":
        return True
    if said[:2] in {"≤ ", "> ", "≥ "}:
        number = float(said[2:])
        return {"≤": value <= number, ">": value > number, "≥": value >= number}[said[0]]
    if said[0] not in "([":
        return float(said) == value
    low, high = (float(end) for end in said[1:-1].split(", "))
    return (low < value if said[0] == "(" else low <= value) and value <= high


def test_labels_stand_for_the_values_below_them(few: None) -> None:
    table = wide().select(["zip"])
    axis, place, level = placed("zip", HeldCube(cube_of(table)), Column(role="quasi", why="t", hierarchy=Hierarchy(mask="right")),
                                claimed=True)
    assert (level, axis.extent) == (2, 20)
    text = pc.utf8_slice_codeunits(table["zip"].combine_chunks(), 0, 2)
    place_of = dict(zip(text.to_pylist(), place.of(table["zip"].combine_chunks()).tolist(), strict=True))
    assert sorted(place_of.values()) == list(range(20))
    below = {label: len(set(table["zip"].filter(pc.equal(text, label)).to_pylist())) for label in place_of}
    share = {label: axis.shares[0][axis.nodes[0, at]] for label, at in place_of.items()}
    distinct = len(set(table["zip"].to_pylist()))
    assert share == pytest.approx({label: (number - 1) / (distinct - 1) for label, number in below.items()})


def test_values_that_a_hierarchy_does_not_know_are_refused(few: None) -> None:
    table = pa.table({"zip": [f"{i:04d}" for i in range(100)]})
    listed = Hierarchy(table=[(f"{i:04d}", "low" if i < 50 else "high") for i in range(99)])
    with pytest.raises(PolicyError, match="does not know 1 of the column's 100 distinct values"):
        placed("zip", HeldCube(cube_of(table)), Column(role="quasi", why="t", hierarchy=listed), claimed=False)
    with pytest.raises(PolicyError, match="does not fit a column of type"):
        placed("zip", HeldCubeOfBytes(), Column(role="quasi", why="t", hierarchy=listed), claimed=False)


class HeldCubeOfBytes:
    def type(self, _: str) -> pa.DataType:
        return pa.binary()


@pytest.mark.parametrize(("promised", "said"), [
    ({"t": {"column": "s", "max": 0.3}}, r"t\(s\) is on a column of more than 5 values"),
    ({"l": {"column": "s", "entropy": 2.5}}, r"entropy l\(s\) is on a column of more than 5 values"),
    ({"k": 1_000}, "k=1000 cannot hold")])
def test_what_cannot_be_kept_is_refused(promised: dict, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "MOST_VALUES", 5)
    table = pa.table({"a": range(60), "s": [f"s{i % 20}" for i in range(60)]})
    with pytest.raises(Exception, match=said) as refused:
        fit.grow(HeldCube(cube_of(table, ("s",))), {"a": QUASI}, Guarantees(**promised), Recoding())
    assert type(refused.value).__name__ in {"PolicyError", "GuaranteeNotMet"}


def test_the_whole_table_has_to_keep_what_is_promised() -> None:
    table = pa.table({"a": range(60), "s": ["x"] * 60})
    with pytest.raises(Exception, match="cannot hold: it is 1 in the whole table"):
        fit.grow(HeldCube(cube_of(table, ("s",))), {"a": QUASI}, Guarantees(l={"column": "s", "distinct": 2}), Recoding())


def test_what_needs_the_cube_in_memory_is_refused() -> None:
    cube = HeldCube(cube_of(pa.table({"a": range(60)})))
    for asked, said in (({"coarsest": 0}, "a's labels of level 0 are too many"), ({"aggregate": "mean"}, "aggregate needs them")):
        with pytest.raises(InputError, match=f"60 distinct combinations, and {said}"):
            fit.grow(cube, {"a": Column(role="quasi", why="t", **asked)}, Guarantees(k=2), Recoding())
    for promised, said in ((Guarantees(k=2, suppress="cells", suppression=0.1), "suppress: cells needs"), (
            Guarantees(k_map=2, population={"table": "everybody"}), "guarantees.population needs")):
        with pytest.raises(InputError, match=f"60 distinct combinations, and {said} them in memory"):
            fit.grow(cube, {"a": QUASI}, promised, Recoding())
    with pytest.raises(InputError, match="cuts: quasi needs them"):
        fit.grow(cube, {"a": QUASI}, Guarantees(k=2), Recoding(cuts="quasi"))
    high = Column(role="quasi", why="t", hierarchy=Hierarchy(widths=(10, 30)), coarsest=4)
    with pytest.raises(PolicyError, match="coarsest is level 4, and the hierarchy has 3"):
        fit.grow(cube, {"a": high}, Guarantees(k=2), Recoding())
    with pytest.raises(InputError, match="figures are taken in memory"):
        near(cube, what="figures are taken in memory")
    assert cube.closed == 1
