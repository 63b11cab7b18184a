"""Every type of column and kind of hierarchy: what a label may stand for is what the tree says it covers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from engine.anonymity.utility import Recoded, learn, measure_groups, query_errors, summarize
from engine.anonymity.utility.features import Features
from schemas.policy import Guarantees, Hierarchy
from tests.engine.anonymity.utility.rows import Case, case

DAY = dt.date(2020, 1, 1)
VALUES = {
    "small integers": pa.array([1, 2, 3, None] * 10, pa.int8()),
    "large integers": pa.array([2**63 - 1, -2**63, 0, 7] * 10, pa.int64()),
    "unsigned": pa.array([2**64 - 1, 0, 5, 5] * 10, pa.uint64()),
    "single": pa.array([1.5, float("nan"), -0.0, None] * 10, pa.float32(), from_pandas=False),
    "infinite": pa.array([float("inf"), float("-inf"), 0.0, 1e308] * 10),
    "decimals": pa.array([Decimal("1.10"), Decimal("-2.00"), None, Decimal("9.99")] * 10, pa.decimal128(12, 2)),
    "huge decimals": pa.array([Decimal(10) ** 37, Decimal(-1), Decimal(0), None] * 10, pa.decimal128(38, 0)),
    "days": pa.array([DAY + dt.timedelta(days=n) for n in range(40)]),
    "times": pa.array([dt.datetime(2020, 1, 1, n % 24, tzinfo=dt.UTC) for n in range(40)], pa.timestamp("us", "UTC")),
    "truths": pa.array([True, False, None, True] * 10),
    "texts": pa.array(["a", "", "null", None] * 10),
    "coded": pa.array(["x", "y", None, "x"] * 10).dictionary_encode(),
    "months": pa.array([DAY + dt.timedelta(days=31 * n) for n in range(40)]),
    "masked": pa.array([f"{n % 7}{n % 3}" for n in range(39)] + [None]),
    "widths": pa.array([float(n) for n in range(38)] + [float("nan"), None], pa.float64(), from_pandas=False),
}
HIERARCHIES = {"months": Hierarchy(dates=["month", "year"]), "masked": Hierarchy(mask="right"),
               "widths": Hierarchy(widths=[5, 20])}


@pytest.fixture(scope="module", params=[(name, cells) for name in VALUES for cells in ("bounds", "tight")], ids="-".join)
def found(request) -> Case:
    name, cells = request.param
    table = pa.table({"q": VALUES[name], "other": [n % 3 for n in range(40)], "out": ["yes", "no", "no", "yes"] * 10})
    return case(table, 6, 0.1, cells, **({"q": HIERARCHIES[name]} if name in HIERARCHIES else {}))


def test_a_label_admits_what_its_leaf_covers(found) -> None:
    for number, column in enumerate(found.recoded.columns):
        codes = column.coding.encode(column.values)
        cover = column.coding.cover(column.boxes)
        for value in range(len(codes)):
            one = np.zeros(len(codes))
            one[value] = 1
            admitted = column.spread.total(one)
            expected = cover(np.arange(len(column.boxes)), np.full(len(column.boxes), codes[value]))
            assert (admitted[:-1] == expected).all(), number
            assert admitted[-1] == 1


def test_figures_are_shares(found) -> None:
    record = summarize(found.tree, found.released, found.cube, Guarantees(k=6, suppression=0.1))
    metrics = record.metrics
    shares = [metrics.discernibility_share, metrics.average_class_share, metrics.ambiguity_share, metrics.precision,
              metrics.entropy]
    for share in [*shares, *(figure for column in record.utility for figure in (column.loss, column.precision, column.entropy))]:
        assert 0 <= share <= 1
    for column in record.utility:
        assert column.entropy_by_level is None or 0 <= column.entropy_by_level <= column.entropy + 1e-9


def test_queries_and_features_are_finite(found) -> None:
    errors = query_errors(found.recoded, 20)
    assert np.isfinite([errors.lower, errors.median, errors.upper]).all()
    features, tuples = Features(found.recoded), np.arange(found.cube.table.num_rows)
    assert np.isfinite(features.raw(tuples)).all()
    assert np.isfinite(features.released(tuples)).all()


@pytest.mark.slow
def test_models_and_groups_take_it(found) -> None:
    learned = learn(found.recoded, "out", "out")
    assert 0 <= learned.learning.train_released <= 1
    groups, _ = measure_groups(found.recoded, {"q": "q", "out": "out"}, 1, learned)
    assert sum(group.rows for group in groups if group.column == "q") == 40


@pytest.mark.slow
@pytest.mark.parametrize("name", VALUES)
def test_any_column_may_be_the_target(name) -> None:
    table = pa.table({"n": [n % 5 for n in range(40)], "out": VALUES[name]})
    learned = learn(case(table, 4).recoded, "out", "out")
    assert 0 <= learned.learning.majority <= 1
    assert learned.learning.classes > 1


def test_an_empty_source_is_measured(found) -> None:
    empty = Recoded(found.tree, type(found.cube)(found.cube.table.slice(0, 0), found.cube.quasi, found.cube.sensitive))
    nothing = type(found.cube)(found.released.table.slice(0, 0), found.released.quasi)
    record = summarize(found.tree, nothing, empty.source, Guarantees(k=6))
    assert record.loss == record.metrics.entropy == record.metrics.discernibility == 0
    assert query_errors(empty) is None
    assert isinstance(learn(empty, "out", "out"), str)
    assert measure_groups(empty, {"q": "q", "out": "out"}, 1, None) == ((), ())


def test_where_everything_is_suppressed_nothing_can_be_counted(found) -> None:
    bare = Recoded(replace(found.tree, cuts=found.tree.cuts[:0], leaves=found.tree.leaves[:0]), found.cube)
    nothing = type(found.cube)(found.released.table.slice(0, 0), found.released.quasi)
    record = summarize(bare.tree, nothing, found.cube, Guarantees(k=6))
    assert record.loss == record.metrics.discernibility_share == 1
    assert record.metrics.entropy == pytest.approx(1)
    assert record.metrics.precision == 0
    errors = query_errors(bare, 20)
    assert set(np.unique([errors.lower, errors.median, errors.upper])) <= {0.0, 1.0}
    groups, _ = measure_groups(bare, {"q": "q"}, 1, None)
    assert all(group.suppressed == group.rows and group.loss == 1 for group in groups)
    features = Features(bare)
    assert (features.released(np.arange(3)) == features.released(np.array([3, 4, 5]))).all(), "all rows look alike"
