"""k, l, t, suppression and risk against pycanon and against loops over rows."""

from __future__ import annotations

from collections import Counter, defaultdict

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pycanon.anonymity import k_anonymity, l_diversity, t_closeness

from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import class_sizes, measure_guarantees
from engine.anonymity.risk import measure_classes, measure_risk
from engine.errors import InputError
from schemas.policy import Guarantees
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import cube_of

PROMISED = Guarantees(k=2, l=[{"column": "s", "distinct": 2}], t=[{"column": "s", "max": 0.5}], suppression=0.1)
rows_ = st.lists(st.tuples(st.sampled_from(["*", "[1, 2]", "null"]), st.sampled_from(["A", "{A, B}"]),
                           st.sampled_from(["flu", "cold", "none"])), min_size=1, max_size=60)


def counted(rows: list[tuple]) -> Cube:
    table = pa.table({name: [row[i] for row in rows] for i, name in enumerate(("a", "b", "s"))})
    return cube_of(table, ("s",))


def measured(cube: Cube, promised: Guarantees = PROMISED, source_rows: int | None = None) -> dict:
    return {v.guarantee: v for v in measure_guarantees(cube, promised, source_rows or cube.rows)}


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from("xy"), st.one_of(st.none(), st.sampled_from([1.0, 2.0, 3.0, float("nan")]))),
                     min_size=1, max_size=30), least=st.integers(2, 4))
def test_a_row_without_a_subject_is_about_nobody(rows, least) -> None:
    people = defaultdict(set)
    for label, who in rows:
        people[label] |= set() if who is None or who != who else {who}  # noqa: PLR0124 - NaN
    fewest = min(map(len, people.values()))
    table = pa.table({"q": [label for label, _ in rows], "who": pa.array([who for _, who in rows], pa.float64())})
    cube, promised = cube_of(table, ("who",)), Guarantees(k=2, subjects={"column": "who", "least": least})
    found = measured(cube, promised)["subjects(who)"]
    assert (found.measured, found.holds) == (fewest, fewest >= least)
    apart = measure_guarantees(cube, promised, cube.rows, InParts(cube))  # as a table is that is counted where it lies
    assert {v.guarantee: v for v in apart}["subjects(who)"] == found


class InParts:
    """A written table, a class at a time."""

    def __init__(self, cube: Cube) -> None:
        self._cube = cube

    def beside(self, column: str) -> list[Cube]:
        """Returns one cube a class."""
        table, quasi = self._cube.table, self._cube.quasi
        labels = table[quasi[0]]
        return [Cube(table.filter(pc.equal(labels, label)), quasi, (column,)) for label in pc.unique(labels)]

    def alone(self, column: str) -> Cube:
        """Is not asked for: how many people there are needs no other class."""
        raise AssertionError(column)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(rows=rows_)
def test_against_pycanon(rows) -> None:
    frame = pa.table({name: [row[i] for row in rows] for i, name in enumerate(("a", "b", "s"))}).to_pandas()
    assume(frame["s"].nunique() > 1)
    found = measured(counted(rows))
    assert found["k"].measured == k_anonymity(frame, ["a", "b"])
    assert found["l(s)"].measured == l_diversity(frame, ["a", "b"], ["s"])
    assert found["t(s)"].measured == pytest.approx(t_closeness(frame, ["a", "b"], ["s"]), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from("pq"),
                               st.one_of(st.none(), st.sampled_from([1.0, float("nan"), 0.0, -0.0]))), min_size=1, max_size=40),
       data=st.data())
def test_against_loops_with_null_and_nan(rows, data) -> None:
    def key(value):
        return "null" if value is None else "NaN" if value != value else value + 0.0  # noqa: PLR0124 - NaN

    classes = defaultdict(Counter)
    for a, b, s in rows:
        classes[a, b][key(s)] += 1
    whole = Counter(key(s) for *_, s in rows)
    apart = [sum(abs(c[v] / c.total() - n / len(rows)) for v, n in whole.items()) / 2 for c in classes.values()]
    table = pa.table({"a": [r[0] for r in rows], "b": [r[1] for r in rows], "s": pa.array([r[2] for r in rows], pa.float64()),
                      COUNT: [1] * len(rows)})
    cube = Cube(table.take(data.draw(st.permutations(range(len(rows))))), ("a", "b"), ("s",))
    found = measured(cube)
    assert found["k"].measured == min(c.total() for c in classes.values())
    assert found["l(s)"].measured == min(map(len, classes.values()))
    assert found["t(s)"].measured == pytest.approx(max(apart), abs=1e-12)
    assert sorted(class_sizes(cube)) == sorted(c.total() for c in classes.values())


def test_exactly_on_the_line_holds() -> None:
    rows = [("x", "A", s) for s in ("u",) * 3 + ("v",) * 7] + [("y", "A", s) for s in ("u",) * 5 + ("v",) * 5]
    for limit, holds in ((0.1, True), (0.0999, False)):
        promised = Guarantees(k=10, t=[{"column": "s", "max": limit}])
        assert measured(counted(rows), promised)["t(s)"].holds is holds
    assert measured(counted(rows), Guarantees(k=10))["k"].holds
    assert not measured(counted(rows), Guarantees(k=11))["k"].holds


def test_suppression_is_counted_from_the_source() -> None:
    cube = counted([("x", "A", "u")] * 9)
    assert measured(cube, source_rows=10)["suppression"].measured == pytest.approx(0.1)
    assert measured(cube, source_rows=10)["suppression"].holds
    assert not measured(cube, source_rows=11)["suppression"].holds
    assert not measured(cube, source_rows=8)["suppression"].holds


def test_a_release_without_rows_meets_no_k() -> None:
    empty = Cube(counted([("x", "A", "u")]).table.slice(0, 0), ("a", "b"), ("s",))
    found = measured(empty, source_rows=5)
    assert not any(found[name].holds for name in ("k", "l(s)", "t(s)", "suppression"))
    assert measure_risk(empty).prosecutor_max == 0
    assert measure_classes(empty).classes == (0,)


def test_a_claim_on_a_column_that_was_not_counted() -> None:
    with pytest.raises(InputError, match="'other'"):
        measured(counted([("x", "A", "u")]), Guarantees(k=2, l=[{"column": "other", "distinct": 2}]))


def test_risk_of_known_class_sizes() -> None:
    """Sizes 2, 3 and 5: as in El Emam and Dankar, 1/2 at most, three classes over ten rows on average."""
    cube = counted([("x", "A", "u")] * 2 + [("y", "A", "u")] * 3 + [("z", "A", "u")] * 5)
    risk, classes = measure_risk(cube), measure_classes(cube)
    assert (risk.prosecutor_max, risk.prosecutor_mean, risk.journalist_max, risk.marketer) == (0.5, 0.3, 0.5, 0.3)
    assert (classes.edges, classes.classes, classes.rows) == ((1, 2, 3, 5), (0, 1, 1, 1), (0, 2, 3, 5))
    assert (classes.smallest, classes.largest, classes.mean) == (2, 5, pytest.approx(10 / 3))
