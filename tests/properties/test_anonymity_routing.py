"""Whatever a table holds: guarantees hold after routing its rows, and every way of giving the cube gives one tree."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import measure_guarantees
from engine.anonymity.hierarchies import ancestors
from engine.anonymity.mondrian import build_tree
from engine.anonymity.tree import Tree
from engine.anonymity.utility import summarize
from engine.errors import GuaranteeNotMet
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.policy.recoding import Recoding
from schemas.reserved import COUNT
from tests.engine.anonymity.reading import true_of

MIDNIGHT = dt.datetime(2020, 1, 1)  # noqa: DTZ001 - naive on purpose
KINDS = {
    "int": (pa.int64(), st.one_of(st.integers(-5, 5), st.integers(-2**63, 2**63 - 1))),
    "small": (pa.int8(), st.integers(-3, 3)),
    "float": (pa.float64(), st.floats(width=64)),
    "single": (pa.float32(), st.floats(width=32)),
    "skew": (pa.int32(), st.sampled_from([0] * 30 + [1, 1000000])),
    "decimal": (pa.decimal128(12, 2), st.decimals(-99, 99, places=2)),
    "huge": (pa.decimal128(38, 0), st.integers(-10**37, 10**37).map(Decimal)),
    "date": (pa.date32(), st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1))),
    "time": (pa.timestamp("us"), st.integers(0, 10**9).map(lambda s: MIDNIGHT + dt.timedelta(milliseconds=s))),
    "zoned": (pa.timestamp("us", "UTC"), st.integers(0, 10**6).map(lambda s: dt.datetime.fromtimestamp(s, dt.UTC))),
    "bool": (pa.bool_(), st.booleans()),
    "text": (pa.string(), st.text('ab,{}*"[] ', max_size=3)),
    "coded": (pa.dictionary(pa.int32(), pa.string()), st.sampled_from("abc")),
    "null": (pa.string(), st.none()),
    "one": (pa.int64(), st.just(7)),
    "dates": (pa.date32(), st.dates(dt.date(2018, 1, 1), dt.date(2022, 1, 1))),
    "masked": (pa.string(), st.text("01", min_size=0, max_size=3)),
    "widths": (pa.float64(), st.one_of(st.floats(-50, 50), st.just(float("nan")))),
    "groups": (pa.string(), st.sampled_from("abcdef")),
}
HIERARCHIES = {
    "dates": Hierarchy(dates=["month", "year"]), "masked": Hierarchy(mask="right"), "widths": Hierarchy(widths=[5, 20]),
    "groups": Hierarchy(groups={"g": {"x": ["a", "b"], "y": ["c"]}, "h": ["d", "e", "f"]}),
}


@st.composite
def cases(draw):
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3, unique=True))
    rows = draw(st.integers(1, 40))
    columns = {}
    for kind in kinds:
        type_, values = KINDS[kind]
        cells = draw(st.lists(st.one_of(st.none(), values, values, values), min_size=rows, max_size=rows))
        columns[kind] = pa.array(cells, type_)
    columns["secret"] = pa.array(draw(st.lists(st.sampled_from(["p", "q", None]), min_size=rows, max_size=rows)), pa.string())
    k = draw(st.integers(2, 6))
    promised = Guarantees(
        k=k, l=draw(st.sampled_from([(), [{"column": "secret", "distinct": 2}]])),
        t=draw(st.sampled_from([(), [{"column": "secret", "max": 0.3}]])), suppression=draw(st.sampled_from([0.0, 0.1, 0.5])))
    return pa.table(columns), promised, Recoding(cells=draw(st.sampled_from(["bounds", "tight"])))


def cube_of(table: pa.Table) -> Cube:
    """One tuple per row: a cube need not be aggregated."""
    counted = table.append_column(COUNT, pa.array([1] * table.num_rows, pa.int64()))
    return Cube(counted, tuple(table.column_names[:-1]), ("secret",))


def fit(cube: Cube, promised: Guarantees, recoding: Recoding) -> Tree:
    columns = {name: Column(role="quasi", why="x", hierarchy=HIERARCHIES.get(name)) for name in cube.quasi}
    return build_tree(cube, columns, promised, recoding)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(case=cases(), data=st.data())
def test_routed_rows_keep_what_was_promised(case, data) -> None:
    table, promised, recoding = case
    cube = cube_of(table)
    secrets = len(set(table["secret"].to_pylist()))
    try:
        tree = fit(cube, promised, recoding)
    except GuaranteeNotMet:
        assert table.num_rows < promised.k or (promised.l and secrets < 2)
        return
    leaf = tree.route([table[name] for name in tree.names])
    labels = {name: pa.array(tree.labels(i)).take(pa.array(leaf)) for i, name in enumerate(tree.names)}
    written = pa.table({**labels, "secret": table["secret"]}).filter(pa.array(leaf < tree.suppressed))
    released = cube_of(written)
    verdicts = measure_guarantees(released, promised, table.num_rows)
    assert [v.guarantee for v in verdicts if not v.holds] == []

    order = data.draw(st.permutations(range(table.num_rows)))
    shuffled = fit(cube_of(table.take(order)), promised, recoding)
    assert shuffled == tree
    assert shuffled.route([table.take(order)[name] for name in tree.names]).tolist() == leaf[list(order)].tolist()
    assert Tree.from_json(json.loads(json.dumps(tree.to_json(), allow_nan=False))) == tree

    summary = summarize(tree, released, cube, promised)
    assert 0 <= summary.loss <= 1
    assert summary.suppressed_rows == (leaf == tree.suppressed).sum()
    assert len(np.unique(leaf[leaf < tree.suppressed])) == len(tree.leaves)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(case=cases(), data=st.data())
def test_rows_that_came_later_get_true_labels_or_none(case, data) -> None:
    """Hierarchies name nodes above a value, everything else is read as a person reads it."""
    table, promised, recoding = case
    try:
        tree = fit(cube_of(table), promised, recoding)
    except GuaranteeNotMet:
        return
    number = data.draw(st.integers(1, 15))
    cells = {kind: st.lists(st.one_of(st.none(), KINDS[kind][1]), min_size=number, max_size=number) for kind in tree.names}
    later = {kind: pa.array(data.draw(cells[kind]), KINDS[kind][0]) for kind in tree.names}
    leaf = tree.route(list(later.values()))
    for i, kind in enumerate(tree.names):
        texts = tree.labels(i)
        for at, value in zip(leaf.tolist(), later[kind].to_pylist(), strict=True):
            assert true_of_kind(kind, texts[at], value), (kind, texts[at])


def true_of_kind(kind: str, label: str, value: object) -> bool:
    if label == "*" or kind not in HIERARCHIES:
        return true_of(label, value, pa.string() if kind == "coded" else KINDS[kind][0])
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return label == ("null" if value is None else "NaN")
    levels = ancestors(pa.array([value], KINDS[kind][0]), HIERARCHIES[kind], where=kind)
    return label in {str(value), json.dumps(value, default=str), *(level[0].as_py() for level in levels)}
