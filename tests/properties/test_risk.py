"""What must be true of risks whatever the table: more columns tell more apart, more people hide better, merging classes helps."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.risk.attackers import population_risk, sample_risk
from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.risk.tuples import Tuples
from engine.backends.frequencies import LocalFrequencies
from schemas.receipt import TableVersion
from tests.engine.anonymity.risk.tables import subsets, tables

VERSION = TableVersion(table="everybody", rows=0)
sizes_ = st.lists(st.integers(1, 12), min_size=2, max_size=15)


@given(tables(least=1, most=16))
def test_more_columns_tell_more_apart(table):
    names = table.column_names
    coded = Tuples.of(table, names)
    found = {at: coded.by([names[place] for place in at]) for at in subsets(len(names))}
    for at, sizes in found.items():
        for part, fewer in found.items():
            if set(part) < set(at):
                assert fewer.count <= sizes.count
                assert fewer.distinctness <= sizes.distinctness
                assert fewer.separation <= sizes.separation + 1e-12
                assert fewer.alone <= sizes.alone


@given(sizes_, st.data(), st.sampled_from([0.1, 0.2, 0.5]))
def test_merging_two_classes_never_raises_a_risk(sizes, data, threshold):
    one, other = data.draw(st.lists(st.integers(0, len(sizes) - 1), min_size=2, max_size=2, unique=True))
    merged = [size for place, size in enumerate(sizes) if place not in {one, other}] + [sizes[one] + sizes[other]]
    before, after = sample_risk(Sizes.of(sizes), threshold), sample_risk(Sizes.of(merged), threshold)
    assert after.prosecutor_max <= before.prosecutor_max
    assert after.prosecutor_mean <= before.prosecutor_mean
    assert after.at_risk <= before.at_risk
    assert after.alone <= before.alone


@given(sizes_)
def test_figures_agree_with_each_other(sizes):
    found = sample_risk(Sizes.of(sizes), 0.2)
    assert 0 < found.prosecutor_mean <= found.prosecutor_max <= 1
    assert found.alone <= found.classes <= found.rows
    assert (found.prosecutor_max == 1) == (found.alone > 0)
    assert found.at_risk == pytest.approx(sum(size for size in sizes if size < 5) / sum(sizes))
    assert sample_risk(Sizes.of(sizes), 1.0).at_risk == 0


@given(tables(least=1, most=12), st.data())
def test_more_people_never_raise_a_risk(table, data):
    names = table.column_names
    more = data.draw(st.lists(st.integers(0, table.num_rows - 1), max_size=20))
    less = data.draw(st.integers(0, len(more)))
    here = LocalFrequencies(table, names)
    everybody = [pa.concat_tables([table, table.take(pa.array(more[:upto], pa.int64()))]) for upto in (less, len(more))]
    few, many = (population_risk(here.matched(LocalFrequencies(each, names)), VERSION, 0.3) for each in everybody)
    assert many.journalist_max <= few.journalist_max
    assert many.marketer <= few.marketer + 1e-12
    assert many.at_risk <= few.at_risk
    assert many.alone <= few.alone
    assert many.smallest >= few.smallest
    assert few.short == many.short == 0
    alone = sample_risk(here.sizes([tuple(names)])[0], 0.3)
    assert few.journalist_max <= alone.prosecutor_max
    assert few.marketer <= alone.prosecutor_mean + 1e-12
