"""A source beside its recoding: tuples, leaves and labels; and one table reckoned by hand."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from engine.anonymity.utility import Recoded, measure_utility, summarize
from engine.anonymity.utility.recoded import counts_of
from engine.errors import InputError
from schemas.policy import Guarantees, Hierarchy
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import cube_of
from tests.engine.anonymity.utility.rows import Case, case, cases, shuffled


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(cases())
def test_leaves_and_labels_are_those_of_the_rows(found: Case) -> None:
    recoded = found.recoded
    rows = Counter(labels for labels in found.labels if labels is not None)
    seen: Counter = Counter()
    for leaf, count in enumerate(recoded.leaf_rows[:-1].tolist()):
        seen[tuple(column.labels[column.of_leaf[leaf]] for column in recoded.columns)] += count
    assert +seen == rows
    assert recoded.leaf_rows[-1] == found.labels.count(None)
    for number, column in enumerate(recoded.columns):
        assert len(set(column.labels)) == len(column.labels)
        assert column.of_leaf[-1] == len(column.labels)
        assert {column.labels[i]: s for i, s in enumerate(column.sizes[:-1].tolist())} == found.tree.sizes(number)
        assert column.rows.sum() == len(found.rows)
        assert (column.rows[column.place] >= recoded.counts).all()


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(cases())
def test_the_order_of_the_cube_changes_no_figure(found: Case) -> None:
    def figures(cube):
        return summarize(found.tree, found.released, cube, Guarantees(k=found.k)).model_dump(exclude={"class_sizes"})

    one, other = figures(found.cube), figures(shuffled(found).source)
    assert one["suppression_by_group"] == other["suppression_by_group"]
    for name, figure in one["metrics"].items():
        assert other["metrics"][name] == (figure if figure is None else pytest.approx(figure, rel=1e-12, abs=1e-12)), name


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(cases())
def test_the_loss_of_leaves_adds_up_to_that_of_columns(found: Case) -> None:
    record = summarize(found.tree, found.released, found.cube, Guarantees(k=found.k))
    assert found.recoded.leaf_loss @ found.recoded.leaf_rows / len(found.rows) == pytest.approx(record.loss)


def test_a_table_reckoned_by_hand() -> None:
    """Six people, three towns in two regions; k=2 makes (10, a) (10, a) | (20, R) (30, R) | (40, b) (40, b)."""
    towns = Hierarchy(groups={"R": ["a", "c"], "S": ["b"]})
    table = pa.table({"n": [10, 10, 20, 30, 40, 40], "h": ["a", "a", "a", "c", "b", "b"], "out": ["x"] * 6})
    found = case(table, 2, cells="tight", h=towns)
    assert found.labels == [("10", "a")] * 2 + [("[20, 30]", "R")] * 2 + [("40", "b")] * 2
    record = summarize(found.tree, found.released, found.cube, Guarantees(k=2))
    n, h = record.utility
    assert (n.loss, h.loss) == pytest.approx((2 * (1 / 3) / 6, 2 * (1 / 2) / 6))
    assert (n.precision, h.precision) == pytest.approx((1 - 2 * (math.log(2) / math.log(4)) / 6, 1 - 2 * (1 / 2) / 6))
    # of the interval's two rows each value is one of two; of the four rows in R three are a and one is c
    assert n.entropy_bits == pytest.approx(2)
    assert h.entropy_bits == pytest.approx(-math.log2(3 / 4) - math.log2(1 / 4))
    metrics = record.metrics
    assert (metrics.discernibility, metrics.discernibility_star, metrics.classes) == (12, 12, 3)
    assert metrics.discernibility_share == pytest.approx((12 - 10) / (36 - 10))
    assert (metrics.average_class_size, metrics.c_avg) == (2, 1)
    assert metrics.average_class_share == pytest.approx((2 - 6 / 4) / (6 - 6 / 4))
    assert metrics.ambiguity == pytest.approx(math.log10((4 * 1 + 2 * 4) / 6))
    assert metrics.ambiguity_mean_log == pytest.approx(2 * math.log10(4) / 6)


def test_a_label_of_two_levels_counts_at_the_lower() -> None:
    """Groups of unequal depth repeat a value upwards: 'd' and 'e' are their own parents."""
    uneven = Hierarchy(groups={"G": {"x": ["a", "b"]}, "H": ["d", "e"]})
    table = pa.table({"h": ["a", "b", "d", "d", "e", "e"], "out": ["x"] * 6})
    found = case(table, 2, h=uneven)
    record = summarize(found.tree, found.released, found.cube, Guarantees(k=2))
    assert Counter(label for (label,) in found.labels) == {"x": 2, "d": 2, "e": 2}
    assert record.utility[0].precision == pytest.approx(1 - 2 * (1 / 3) / 6)
    assert record.utility[0].entropy_bits == pytest.approx(2)


def test_counts_of_any_integer_type() -> None:
    table = pa.table({"n": [1, 2], COUNT: pa.array([3, 4], pa.int32())})
    assert counts_of(type(cube_of(pa.table({"n": [1]})))(table, ("n",))).tolist() == [3, 4]


def test_labels_of_another_recoding_are_refused_without_being_told() -> None:
    found = case(pa.table({"n": [1, 1, 2, 2], "out": ["x"] * 4}))
    foreign = cube_of(pa.table({"n": ["secret", "secret"]}))
    with pytest.raises(InputError) as refused:
        measure_utility(found.tree, foreign, 4)
    assert "secret" not in str(refused.value)


def test_a_cube_of_other_columns_is_refused() -> None:
    found = case(pa.table({"n": [1, 1, 2, 2], "out": ["x"] * 4}))
    other = Recoded(found.tree, cube_of(pa.table({"m": [1, 1]})))
    with pytest.raises(KeyError):
        np.asarray(other.leaf)
