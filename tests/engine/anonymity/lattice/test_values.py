"""Values that are suppressed wherever they stand: the search against all nodes, the labels, the budget, the refusals."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from deltalake.table import DeltaTable
from hypothesis import event, given, reject, settings
from hypothesis import strategies as st

from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import measure_guarantees, starred_rows
from engine.anonymity.lattice import FullDomain, search
from engine.anonymity.lattice.levels import levels_of
from engine.anonymity.utility import summarize
from engine.anonymity.utility.queries import query_errors
from engine.anonymity.utility.recoded import Recoded
from engine.backends.local import LocalBackend
from engine.errors import GuaranteeNotMet, PolicyError
from engine.plan import Policy, compile_plan
from engine.plan.fingerprint import fingerprint
from engine.release.report.figures import figures
from engine.release.verification import verify_published
from schemas.policy import Guarantees, Hierarchy
from schemas.reserved import COUNT
from tests.engine.anonymity.claimed import CLAIMS
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.lattice import obvious
from tests.engine.anonymity.lattice.test_fit import ABOVE, FIGURES, HIERARCHIES, gone
from udfs.recode import recode

QUASI, SENSITIVE = ("h", "w", "c"), ("s", "n", "who")
TYPES = (pa.string(), pa.float64(), pa.string(), pa.string(), pa.int64(), pa.int64())
ROWS = st.lists(st.tuples(
    st.sampled_from("abcdefg") | st.none(), st.sampled_from([0.0, 2.0, 2.0, 7.0, math.nan, None]),
    st.sampled_from(["p", "p", "p", "q", "q", "*", "rare", None]),
    st.sampled_from(["flu", "cold", "well"]), st.integers(0, 4), st.integers(0, 6)), min_size=4, max_size=40)


def as_table(rows: list[tuple]) -> pa.Table:
    return pa.table([pa.array(cells, type_) for cells, type_ in zip(zip(*rows, strict=True), TYPES, strict=True)],
                    names=[*QUASI, *SENSITIVE])


def written_by(found: FullDomain, table: pa.Table, sensitive: tuple[str, ...] = ()) -> Cube:
    labels = recode(*(table[name].combine_chunks() for name in found.names), tree=found.to_json())
    written = pa.table({**{name: labels.field(name) for name in found.names}, **{name: table[name] for name in sensitive},
                        COUNT: pa.array(np.ones(table.num_rows, np.int64))})
    return Cube(written.filter(pa.compute.invert(labels.field("suppressed"))), found.names, sensitive)


@pytest.mark.slow
@pytest.mark.parametrize("claim", ["k alone", "subjects", "recursive", "equal", "delta", "several"])
@settings(max_examples=15, deadline=None)
@given(rows=ROWS, k=st.integers(2, 5), budget=st.sampled_from([0.1, 0.3, 0.6]), minimize=st.sampled_from(FIGURES))
def test_no_node_is_better_and_every_promise_is_kept(claim, rows, k, budget, minimize) -> None:
    table, guarantees = as_table(rows), Guarantees(k=k, suppression=budget, suppress="values", **CLAIMS.get(claim, {}))
    cube = Cube(cube_of(table).table, QUASI, SENSITIVE)
    try:
        found = search(cube, columns(cube, h=HIERARCHIES["h"]), guarantees, minimize)
    except GuaranteeNotMet:
        reject()
    plain = [tuple(obvious.NAN if isinstance(v, float) and math.isnan(v) else v for v in row[:3]) for row in rows]
    h, w, c = zip(*plain, strict=True)
    expected = obvious.best(plain, [
        obvious.Column.of(list(h), [lambda v: ABOVE[v][0], lambda v: ABOVE[v][1]], list(ABOVE)),
        obvious.Column.of(list(w), [], budget=budget * len(rows)), obvious.Column.of(list(c), [], budget=budget * len(rows))],
        guarantees, {name: table[name].combine_chunks() for name in SENSITIVE}, minimize)
    assert (found.levels, gone(found, table)) == (expected.levels, expected.gone)
    written = written_by(found, table, SENSITIVE)
    assert [one for one in measure_guarantees(written, guarantees, len(rows)) if not one.holds] == []
    starred = starred_rows(written, "values")
    event(f"{min(starred, 1)} starred")
    summary = summarize(found, written, cube, guarantees)
    assert summary.starred_rows == starred
    if minimize == "loss":
        assert summary.loss == pytest.approx(expected.figure)
    assert FullDomain.from_json(found.to_json()) == found


def test_rare_values_become_stars_and_common_ones_stay() -> None:
    table = pa.table({"a": ["x"] * 6 + ["y"] * 6 + ["z", "*", None], "b": [1] * 15})
    cube = cube_of(table)
    found = search(cube, columns(cube), Guarantees(k=3, suppression=0.2, suppress="values"))
    labels = recode(*table.columns, tree=found.to_json())
    assert labels.field("a").to_pylist() == ["x"] * 6 + ["y"] * 6 + ["*"] * 3
    assert not any(labels.field("suppressed").to_pylist())
    assert (found.levels, found.proven) == ((0, 0), True)
    assert search(cube, columns(cube), Guarantees(k=3, suppression=0.19, suppress="values")).levels == (1, 0)
    rows = search(cube, columns(cube), Guarantees(k=3, suppression=0.2))
    assert gone(rows, table) == {12, 13, 14}
    later = recode(pa.array(["x", "new", "z"]), pa.array([1, 1, 1]), tree=found.to_json())
    assert later.field("a").to_pylist() == ["x", "*", "*"]
    assert "z" not in str(found.to_json()["columns"][0]["points"])


def test_the_rarest_are_those_that_parts_of_the_budget_pay_for() -> None:
    """Of 40 rows that may be suppressed 10, 20 or all; values of equally many rows go together."""
    values = [f"v{number}" for number, rows in enumerate([100, 30, 9, 9, 2, 2, 1]) for _ in range(rows)]
    cube = cube_of(pa.table({"a": values}))
    for budget, named in ((40, [7, 4, 2, 0]), (20, [7, 4, 0]), (8, [7, 6, 4, 0]), (3, [7, 6, 0]), (0, [7, 0])):
        column = levels_of(cube, "a", columns(cube)["a"], budget)
        assert [int(np.count_nonzero(~np.asarray(nodes == nodes.max()))) if level else 7
                for level, nodes in enumerate(column.nodes)] == named, budget
        assert column.offered == (0,) * (len(named) - 1) + (1,)
        assert column.thinned().offered == (0, 1)


def test_a_value_that_no_kept_class_has_is_not_taken_for_a_rare_one() -> None:
    cube = cube_of(pa.table({"a": [*"xxxxxx", *"yyy", *"uv"]}))
    column = levels_of(cube, "a", columns(cube)["a"], 2)
    coding, boxes = column.finish(1, np.array([0, 2]))
    assert [coding.label(box) for box in boxes] == ["x", "*"]
    assert coding.encode(pa.array(["x", "y", "u", "v", "new", None])).tolist() == [0, 1, 2, 2, 2, 2]
    assert boxes == [(0,), (2,)]


def test_what_costs_least_is_suppressed() -> None:
    """Nobody is in a class too small, but the place says more if the two rare ones are not told."""
    table = pa.table({"place": [*"a" * 40, *"b" * 40, *"c" * 3, *"d" * 3], "age": [1, 2] * 43})
    cube = cube_of(table)
    found = search(cube, columns(cube), Guarantees(k=3, suppression=0.07, suppress="values"))
    labels = recode(*table.columns, tree=found.to_json())
    assert found.levels == (0, 0)
    assert sorted(set(labels.field("place").to_pylist())) == ["*", "a", "b"]
    assert not any(labels.field("suppressed").to_pylist())
    rows = search(cube, columns(cube), Guarantees(k=3, suppression=0.07))
    assert gone(rows, table) == set(range(80, 86))


def test_too_few_rare_rows_for_a_class_are_left_out() -> None:
    table = pa.table({"a": ["x"] * 8 + ["y", "z"]})
    cube = cube_of(table)
    found = search(cube, columns(cube), Guarantees(k=3, suppression=0.2, suppress="values"))
    assert gone(found, table) == {8, 9}
    assert starred_rows(written_by(found, table), "values") == 0


@pytest.mark.parametrize(("values", "expected"), [
    (pa.array([7] * 3 + [-1, -2, None]), ["7"] * 3 + ["*"] * 3),
    (pa.array([math.nan] * 3 + [-0.0, 0.0, 0.0] + [1.5, 2.5, None]), ["NaN"] * 3 + ["0"] * 3 + ["*"] * 3),
    (pa.array([None] * 3 + [True] * 3 + [False]), ["null"] * 3 + ["true"] * 3 + [None]),
    (pa.array([Decimal("1.50")] * 3 + [Decimal("2.50")] * 4), ["1.50"] * 3 + ["2.50"] * 4),
    (pa.array([dt.date(2020, 1, 1)] * 3 + [dt.date(2021, 1, 1), None, dt.date(2022, 1, 1)]), ["2020-01-01"] * 3 + ["*"] * 3),
    (pa.array([dt.datetime(2020, 1, 1, tzinfo=dt.UTC)] * 3 + [None, dt.datetime(2021, 1, 1, tzinfo=dt.UTC)],
              pa.timestamp("us", "UTC")), ["2020-01-01T00:00:00Z"] * 3 + [None] * 2),
    (pa.array(["*"] * 3 + ["null"] * 3 + ["[1, 2]"] * 3 + ["a", "b", "c"]),
     ['"*"'] * 3 + ['"null"'] * 3 + ['"[1, 2]"'] * 3 + ["*"] * 3)])
def test_labels_of_every_type(values, expected) -> None:
    table = pa.table({"a": values, "b": [1] * len(values)})
    cube = cube_of(table)
    found = search(cube, columns(cube), Guarantees(k=3, suppression=0.5, suppress="values"))
    labels = recode(*table.columns, tree=found.to_json())
    shown = [None if out else label for label, out in zip(*(labels.field(name).to_pylist() for name in ("a", "suppressed")),
                                                          strict=True)]
    assert shown == expected
    if "*" in expected:
        plain = search(cube, columns(cube), Guarantees(k=3, suppression=0.5))
        named = {label for label in expected if label != "*"}
        assert named == set(plain.labels(0)[:-1]), "values that are told are told alike"


def test_the_order_of_the_cube_does_not_matter() -> None:
    draw = np.random.default_rng(5)
    cube = cube_of(pa.table({"a": draw.zipf(1.6, 300).astype(str), "b": draw.integers(0, 5, 300)}))
    promised = Guarantees(k=4, suppression=0.4, suppress="values")
    found = search(cube, columns(cube), promised)
    shuffled = Cube(cube.table.take(draw.permutation(cube.table.num_rows)), cube.quasi)
    assert fingerprint(search(shuffled, columns(cube), promised)) == fingerprint(found)


def test_a_star_below_the_top_of_a_hierarchy_counts_and_is_refused() -> None:
    """A mask leaves nothing of a value of one sign, at a level at which others keep some."""
    table = pa.table({"zip": ["1"] * 5 + ["23"] * 3 + ["24"] * 3, "a": ["x"] * 11})
    cube = cube_of(table)
    record = columns(cube, zip=Hierarchy(mask="right"))
    with pytest.raises(GuaranteeNotMet, match=r"rows are left out, or '\*' in a column that says more of others"):
        search(cube, record, Guarantees(k=5, suppression=0.1, suppress="values"))
    assert search(cube, record, Guarantees(k=5, suppression=0.1)).levels == (1, 0)


def test_what_counts_in_the_written_table() -> None:
    table = pa.table({"a": ["*", "*", "1", None], "b": ["*", "x", "*", None], "c": ["*"] * 4, COUNT: [3, 4, 5, 6]})
    written = Cube(table, ("a", "b", "c"))
    assert [starred_rows(written, how) for how in ("rows", "cells", "values")] == [0, 3, 12]
    verdict = measure_guarantees(written, Guarantees(k=2, suppression=0.15, suppress="values"), 20)[-1]
    assert (verdict.measured, verdict.holds) == (14 / 20, False)
    assert verdict.detail == "2 of 20 rows left out, 12 '*' in a column that says more of others"
    assert starred_rows(Cube(table.slice(0, 0), ("a", "b")), "values") == 0


def test_utility_takes_a_suppressed_value_for_any_that_is_not_told() -> None:
    table = pa.table({"a": [1] * 20 + [2] * 20 + [3, 4, 5, None], "b": ["x", "y"] * 22})
    cube = cube_of(table)
    recoded = Recoded(search(cube, columns(cube), Guarantees(k=2, suppression=0.1, suppress="values")), cube)
    column = recoded.columns[0]
    assert (sorted(column.labels), sorted(column.sizes.tolist())) == (["*", "1", "2"], [1, 1, 6, 6])
    assert column.spread.total(np.ones(6))[column.labels.index("*")] == 4
    assert query_errors(recoded, 20).median < 0.1


def document(**changes):
    return {
        "apiVersion": "lakeveil/v1", "name": "rare", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "lake/rare"}, "recoding": {"model": "full-domain"},
        "columns": {"age": {"role": "quasi", "hierarchy": {"widths": [10, 40]}, "why": "w"},
                    "place": {"role": "quasi", "why": "w"}},
        "guarantees": {"k": 3, "suppression": "10%", "suppress": "values"}, "release": {"path": "releases/rare"}} | changes


@pytest.mark.slow
def test_from_policy_to_verdict(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_deltalake("lake/rare", pa.table({"age": [21, 25, 28] * 9 + [21] * 3,
                                           "place": [*"aaaaaaaaabbbbbbbbbccccccccc", *"xyz"]}))
    backend, policy = LocalBackend(), Policy.parse(document())
    plan = compile_plan(policy, backend.measure(policy))
    assert "10.0% of rows suppressed: left out, or '*' in a column that says more of others" in plan.explain()
    release = backend.execute(plan)
    receipt = release.publish()
    assert (receipt.anonymity.suppressed_rows, receipt.anonymity.starred_rows) == (0, 3)
    assert all(verdict.holds for verdict in receipt.verdicts)
    written = DeltaTable("releases/rare").to_pyarrow_table()["place"].to_pylist()
    assert sorted(set(written)) == ["*", "a", "b", "c"]
    assert written.count("*") == 3
    assert [figure.shown for figure in figures(receipt.anonymity) if figure.name == "Rows with a suppressed value"] == ["3"]
    assert all(found.holds for found in verify_published(receipt, release.store))


@pytest.mark.parametrize(("changes", "said"), [
    ({"recoding": {"model": "tree"}}, "values goes with recoding.model: full-domain"),
    ({"columns": {"age": {"role": "quasi", "hierarchy": {"widths": [10]}, "why": "w"}}}, "columns without a hierarchy"),
    ({"guarantees": {"k": 3, "suppress": "values"}}, "suppress: values needs a budget"),
])
def test_policies_that_disagree_are_refused(changes, said) -> None:
    with pytest.raises(PolicyError, match=said):
        Policy.parse(document(**changes))
