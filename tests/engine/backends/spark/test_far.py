"""A cube on Spark answers as one in memory does, grouped or not, whatever its columns hold."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from engine.anonymity.far import columns as far_columns
from engine.anonymity.far import fit, growth
from engine.anonymity.far.columns import placed
from engine.anonymity.far.places import Hashed, Leveled
from engine.anonymity.far.tally import Fork, Spread
from engine.anonymity.mondrian import build_tree
from engine.anonymity.values import comparable, is_ordered
from engine.errors import PolicyError
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.far.held import HeldCube

pytestmark = [pytest.mark.spark, pytest.mark.slow]
QUASI = ("age", "pay", "price", "seen", "born", "job", "zip")
BESIDE = ("s", "who")
RULES = {"zip": Hierarchy(mask="right"), "born": Hierarchy(dates=("month", "year"))}


def people(rows: int = 1_200) -> pa.Table:
    draw = np.random.default_rng(7)
    pay = np.round(draw.lognormal(3, 1, rows), 1)
    pay[:20], pay[20:40] = np.nan, -0.0
    day = draw.integers(0, 9_000, rows).tolist()
    return pa.table({
        "age": [None if one == 7 else int(one) for one in draw.integers(-3, 90, rows)], "pay": pay,
        "price": pa.array([Decimal(int(one)).scaleb(-2) for one in draw.integers(-500, 9_000, rows)], pa.decimal128(20, 2)),
        "seen": pa.array([dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=one * 977) for one in day],
                         pa.timestamp("us", "UTC")),
        "born": [dt.date(1950, 1, 1) + dt.timedelta(one) for one in day],
        "job": pa.array([None if one == 3 else f"j{one}" for one in draw.zipf(1.6, rows)]),
        "zip": [f"{one:04d}" for one in draw.integers(0, 900, rows)],
        "s": draw.choice(["flu", "cold", "well"], rows), "who": draw.integers(0, 400, rows)})


@pytest.fixture(params=["rows", "grouped"])
def both(request, spark, monkeypatch):
    """A cube on Spark, of rows as they are or of tuples that are found among them, and the same in memory."""
    from engine.backends.spark import far  # noqa: PLC0415 - needs pyspark
    from engine.backends.spark.types import arrow_schema  # noqa: PLC0415 - the same

    table = people()
    twice = table if request.param == "rows" else pa.concat_tables([table, table, table])
    held = cube_of(twice, BESIDE)
    monkeypatch.setattr(far, "D_MAX", 100 if request.param == "rows" else held.table.num_rows - 1)
    frame = spark.createDataFrame(twice).repartition(5)
    cube = far.cube_of(frame, table.column_names, arrow_schema(frame.schema), len(QUASI), rows=twice.num_rows, table="people")
    with closing(cube):
        yield cube, HeldCube(held)


def listed(found: pa.Table) -> list[str]:
    return sorted(map(repr, found.select(sorted(found.column_names)).to_pylist()))


def test_columns_are_counted_as_in_memory(both) -> None:
    cube, held = both
    assert (cube.quasi, cube.sensitive, cube.rows) == (held.quasi, held.sensitive, held.rows)
    assert cube.tuples == pytest.approx(held.tuples, rel=0.1)
    for name in QUASI:
        assert cube.type(name) == held.type(name)
        assert listed(cube.grouped(name, 5_000)) == listed(held.grouped(name, 5_000).select(["key", COUNT]))
        assert cube.distinct(name) == pytest.approx(held.distinct(name), rel=0.1)
    assert cube.grouped("born", 50) is None
    for name, level in (("zip", 2), ("born", 1)):
        found = [one.grouped(name, 1_000, Leveled(RULES[name], level)) for one in both]
        assert listed(found[0]) == listed(found[1])
    assert cube.frequent("job", 6).select(["key", COUNT]) == held.frequent("job", 6).select(["key", COUNT])


def test_a_sample_is_some_of_the_values_the_same_each_time_and_the_largest(both) -> None:
    cube, held = both
    for name in ("pay", "price", "seen", "age"):
        values = pc.unique(held.table[name].combine_chunks().drop_null())
        values = values.filter(pc.invert(pc.is_null(values, nan_is_null=True)))
        found = cube.sample(name, 40)
        assert found.type == held.type(name)
        assert pc.all(pc.is_in(found, value_set=values)).as_py()
        assert 10 < len(found) < 90
        assert max(comparable(found)) == max(comparable(values))
        assert sorted(comparable(found)) == sorted(comparable(cube.sample(name, 40)))
        assert len(cube.sample(name, 10**6)) == len(values)


@pytest.mark.usefixtures("few")
def test_nodes_are_counted_as_in_memory(both) -> None:
    cube, held = both
    found = {name: placed(name, cube, Column(role="quasi", why="t", hierarchy=RULES.get(name)), claimed=True) for name in QUASI}
    axes = [one.axis for one in found.values()]
    codes = [("who", Hashed()), ("s", fit._target(cube, "s"))]
    cuts = np.array([[0, axes[0].extent // 2, ~0, 1], [5, 2, ~1, ~2]], np.int32)
    nothing = np.zeros((2, len(axes)), np.int64)
    spread, fork = Spread.along(axes, (0, 3), claims=2), Fork(cuts, nothing, nothing, np.arange(2))
    with cube.coded({name: one.place for name, one in found.items()}, codes) as here, \
            held.coded({name: one.place for name, one in found.items()}, codes) as there:
        some, other = here.counts(fork, spread), there.counts(fork, spread)
    assert some.keys() == other.keys() == {0, 1}
    for node, counted in some.items():
        for along, expected in zip(counted.along, other[node].along, strict=True):
            assert along.position.tolist() == expected.position.tolist()
            assert along.rows.tolist() == expected.rows.tolist()
            assert [one.tolist() for one in along.values] == [one.tolist() for one in expected.values]
        assert counted.along[0].values[0][-1, 0] > 100  # as many people, about


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in (("MOST_KEYS", 60), ("MOST_CATEGORIES", 6), ("MOST_LABELS", 60), ("ABOUT", 40)):
        monkeypatch.setattr(far_columns, name, number)
    monkeypatch.setattr(growth, "IN_HAND", 300)


@pytest.mark.usefixtures("few")
def test_columns_with_more_values_than_positions(both) -> None:
    cube, held = both
    promised = Guarantees(k=5, l={"column": "s", "distinct": 2}, suppression=0.02)
    record = columns(cube_of(people(), BESIDE), **RULES)
    tree = build_tree(cube, record, promised)
    assert [coding.kind for coding in tree.columns] == ["interval"] * 4 + ["taxonomy", "pooled", "taxonomy"]
    assert [is_ordered(held.type(name)) for name in QUASI[:4]] == [True] * 4
    leaf, rows = tree.route([held.table[name] for name in QUASI]), np.asarray(held.table[COUNT])
    sizes = np.bincount(leaf, rows, len(tree.leaves) + 1)
    assert len(tree.leaves) > 20
    assert sizes[:-1].min() >= 5
    assert sizes[-1] <= 0.02 * held.rows
    ill = np.unique(np.stack([leaf, pc.dictionary_encode(held.table["s"].combine_chunks()).indices]), axis=1)[0]
    assert np.bincount(ill)[:-1 if sizes[-1] else None].min() >= 2


@pytest.mark.usefixtures("few")
def test_what_a_hierarchy_does_not_know_is_counted_and_refused(both) -> None:
    cube, held = both
    ends = Hierarchy(table=[(f"{one:04d}", f"{one // 10:03d}") for one in range(890)])
    unknown = len({one for one in held.table["zip"].to_pylist() if int(one) >= 890})
    with pytest.raises(PolicyError, match=f"does not know {unknown} of the column's .* distinct values"):
        placed("zip", cube, Column(role="quasi", why="t", hierarchy=ends), claimed=True)
