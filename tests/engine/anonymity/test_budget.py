"""What is given up within a budget: a second tree, and claims that compare with the table that is left."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.anonymity import budget
from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import measure_guarantees, starred_rows
from engine.anonymity.lattice import FullDomain
from engine.anonymity.loops.ground import LOSS, Aim
from engine.anonymity.mondrian import build_tree
from engine.anonymity.tree import Tree
from engine.anonymity.utility import summarize
from engine.errors import GuaranteeNotMet
from engine.plan.explain import promises
from schemas.policy import Guarantees
from schemas.policy.recoding import Recoding
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.slow_tree import Line, SlowTree
from tests.engine.anonymity.test_mondrian import COLD, LISTED, as_partition
from udfs.recode import recode

NAMES = ("n", "s", "h", "secret")
people = st.tuples(
    st.one_of(st.none(), st.integers(-4, 20)), st.sampled_from("pqrstu"), st.sampled_from("abcdefg"), st.sampled_from("xxyz"))
alike = st.lists(st.tuples(people, st.integers(6, 12)), max_size=4).map(
    lambda groups: [row for row, times in groups for _ in range(times)])
rows_of = st.tuples(alike, st.lists(people, min_size=6, max_size=16)).map(lambda parts: parts[0] + parts[1])


def table_of(rows: list[tuple]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(NAMES, row, strict=True)) for row in rows],
                                pa.schema([("n", pa.int64()), *((name, pa.string()) for name in NAMES[1:])]))


def written_by(tree: Tree, table: pa.Table) -> Cube:
    """What a release holds, row by row."""
    labels = recode(*(table[name] for name in tree.names), tree=tree.to_json())
    kept = [row for row in labels.to_pylist() if not row["suppressed"]]
    secret = [value for row, value in zip(labels.to_pylist(), table["secret"].to_pylist(), strict=True) if not row["suppressed"]]
    found = pa.table({name: pa.array([row[name] for row in kept], pa.string()) for name in tree.names}
                     | {"secret": pa.array(secret, pa.string()), COUNT: pa.array([1] * len(kept), pa.int64())})
    return Cube(found, tree.names, ("secret",))


PROMISED = [{}, {"l": {"column": "secret", "distinct": 2}}, {"t": {"column": "secret", "max": 0.3}},
            {"beta": {"column": "secret", "max": 1}}, {"delta": {"column": "secret", "below": 0.8}}]


def tree_or_none(cube: Cube, promised: Guarantees, recoding: Recoding) -> Tree | None:
    try:
        return build_tree(cube, columns(cube, h=COLD), promised, recoding)
    except GuaranteeNotMet:
        return None


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(rows=rows_of, k=st.integers(2, 3), cells=st.sampled_from(["bounds", "tight"]), promised=st.sampled_from(PROMISED[:2]))
def test_what_one_tree_gives_up_grows_in_another_one(rows, k, cells, promised) -> None:
    """As the slow tree says of these rows; a row that is given up for almost nothing is given up wherever that gains."""
    table = table_of(rows)
    cube, guarantees = cube_of(table, ("secret",)), Guarantees(k=k, suppression=0.5, suppress="cells", **promised)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "PRICES", (0.1,))
        tree = tree_or_none(cube, guarantees, Recoding(cells=cells))
    if tree is None:
        return

    def keeps(part: list[tuple]) -> bool:
        return len(part) >= k and (not promised or len({row[3] for row in part}) >= 2)

    leaf = tree.route([table[name] for name in tree.names])
    second = leaf >= tree.suppressed - tree.beside
    gone = [row for row, there in zip(rows, second.tolist(), strict=True) if there]
    assert len(gone) <= len(rows) / 2
    if not keeps(gone):
        assert tree.beside == 0
        return
    event(f"{tree.beside} classes beside")
    lines = [Line.ordered([row[0] for row in rows]), Line.categories([row[1] for row in rows]),
             Line.taxonomy([row[2] for row in rows], LISTED)]
    slow = SlowTree(lines, keeps, k, Aim(tight=cells == "tight", goal=LOSS)).grown(gone)
    assert as_partition(tree, table.filter(pa.array(second))) == {frozenset(Counter(map(repr, part)).items()) for part in slow}
    assert (Tree.from_json(tree.to_json()), tree.beside) == (tree, len(slow))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(rows=rows_of, k=st.integers(2, 4), share=st.sampled_from([0.05, 0.15, 0.4]), promised=st.sampled_from(PROMISED),
       cells=st.sampled_from(["bounds", "tight"]), suppress=st.sampled_from(["rows", "cells"]))
def test_every_promise_is_kept_in_the_table_that_is_written(*, rows, k, share, promised, cells, suppress) -> None:
    table, guarantees = table_of(rows), Guarantees(k=k, suppression=share, suppress=suppress, **promised)
    cube = cube_of(table, ("secret",))
    tree = tree_or_none(cube, guarantees, Recoding(cells=cells))
    if tree is None:
        return
    written = written_by(tree, table)
    for verdict in measure_guarantees(written, guarantees, len(rows)):
        assert verdict.holds, verdict
    starred = sum(all(row[name] == "*" for name in tree.names) for row in written.table.to_pylist())
    assert starred_rows(written, "cells") == starred
    summary = summarize(tree, written, cube, guarantees)
    assert summary.suppressed_rows == len(rows) - written.rows
    assert summary.starred_rows == (starred if suppress == "cells" else 0)
    if suppress == "cells":
        assert summary.suppressed_rows + starred <= share * len(rows)
        assert summary.beside_rows <= share * len(rows)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(rows=rows_of, share=st.sampled_from([0.1, 0.3]), promised=st.sampled_from(PROMISED[2:]))
def test_more_margins_never_cost_more(rows, share, promised) -> None:
    cube, guarantees = cube_of(table_of(rows), ("secret",)), Guarantees(k=2, suppression=share, **promised)
    losses = []
    for margins in (budget.MARGINS[:1], budget.MARGINS):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(budget, "MARGINS", margins)
            tree = tree_or_none(cube, guarantees, Recoding())
            losses.append(summarize(tree, written_by(tree, table_of(rows)), cube, guarantees).loss)
    assert losses[1] <= losses[0] + 1e-9


@pytest.mark.parametrize(("cells", "odd"), [("tight", ("[21, 45]", "*")), ("bounds", ("*", "*"))])
def test_rows_that_nobody_is_like_stay_with_what_they_have_in_common(cells, odd) -> None:
    table = pa.table({"age": [20] * 9 + [30] * 9 + [40] * 9 + [21, 34, 45], "place": [*"aaaaaaaaabbbbbbbbbccccccccc", *"cab"]})
    cube = cube_of(table)
    tree = build_tree(cube, columns(cube), Guarantees(k=3, suppression=0.1, suppress="cells"), Recoding(cells=cells))
    labels = recode(*table.columns, tree=tree.to_json())
    assert not any(labels.field("suppressed").to_pylist())
    assert [tuple(row.values())[:2] for row in labels.to_pylist()[-3:]] == [odd] * 3
    assert len({tuple(row.values()) for row in labels.to_pylist()}) == 4
    later = recode(pa.array([22, 35]), pa.array(["c", "a"]), tree=tree.to_json())
    assert [row["place"] for row in later.to_pylist()] == ["*"] * 2


def test_too_many_rows_without_a_word_are_refused() -> None:
    cube = cube_of(pa.table({"a": [1, 2, 3], "b": ["x", "y", "z"]}))
    with pytest.raises(GuaranteeNotMet, match=r"3 of 3 rows are '\*' in every column") as caught:
        build_tree(cube, columns(cube), Guarantees(k=3, suppression=0.4, suppress="cells"))
    assert caught.value.allowed == "guarantees.suppression of at least 100.00%"
    assert "suppress: rows" in caught.value.next


def test_rows_without_a_word_count_as_left_out() -> None:
    table = pa.table({"a": ["*", "*", "1", None], "b": ["*", "x", "*", None], COUNT: [3, 4, 5, 6]})
    written = Cube(table, ("a", "b"), ())
    assert starred_rows(written, "cells") == 3
    for suppress, measured in (("rows", 2 / 20), ("cells", 5 / 20)):
        verdict = measure_guarantees(written, Guarantees(k=2, suppression=0.15, suppress=suppress), 20)[-1]
        assert (verdict.measured, verdict.holds) == (measured, suppress == "rows")
    assert verdict.detail == "2 of 20 rows left out, 3 '*' in every column"
    assert "at most 15.0% of rows suppressed: left out, or '*' in every column" in promises(
        Guarantees(k=2, suppression=0.15, suppress="cells"))


def test_cells_need_a_budget() -> None:
    with pytest.raises(ValueError, match="suppress: cells needs a budget"):
        Guarantees(k=2, suppress="cells")


def test_a_recoding_by_levels_has_no_second_one() -> None:
    assert FullDomain((), (), (), (), (), proven=True).beside == 0
