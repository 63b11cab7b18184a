"""Whatever is promised, the table that the tree recodes keeps it: measured on the recoded rows, by the verdicts of a release."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from engine import road
from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import measure_guarantees
from engine.anonymity.mondrian import build_tree
from engine.anonymity.possible import refuse_impossible
from engine.errors import GuaranteeNotMet
from engine.plan import Policy
from schemas.policy import Guarantees
from schemas.reserved import COUNT
from tests.engine.anonymity.claimed import CLAIMS
from tests.engine.anonymity.cubes import columns, cube_of

ROWS = st.lists(st.tuples(
    st.integers(0, 9) | st.none(), st.sampled_from([0.0, -1.5, 2.5, float("nan")]), st.sampled_from("abc"),
    st.sampled_from(["flu", "cold", "well"]), st.integers(0, 4), st.integers(0, 6)), min_size=4, max_size=60)


def recoded(table: pa.Table, cube: Cube, guarantees: Guarantees, quasi: tuple[str, ...]) -> Cube:
    """Recodes rows, leaves out those that are suppressed, and counts what is left."""
    tree = build_tree(cube, columns(Cube(cube.table, quasi, cube.sensitive)), guarantees)
    leaf = tree.route([table[name] for name in quasi])
    kept = pa.array(np.flatnonzero(leaf != tree.suppressed))
    labels = {name: pa.array(np.array(tree.labels(place), object)[leaf]) for place, name in enumerate(quasi)}
    released = pa.table({**labels, **{name: table[name] for name in cube.sensitive}}).take(kept)
    return Cube(released.append_column(COUNT, pa.array(np.ones(released.num_rows, np.int64))), quasi, cube.sensitive)


@pytest.mark.slow
@pytest.mark.parametrize("claim", CLAIMS)
@settings(max_examples=30)
@given(rows=ROWS, k=st.integers(2, 4), budget=st.sampled_from([0.0, 0.1, 0.4, 1.0]))
def test_every_promise_is_kept(claim: str, rows: list[tuple], k: int, budget: float) -> None:
    names = ("a", "b", "c", "s", "n", "who")
    table = pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)})
    guarantees = Guarantees(k=k, suppression=budget, **CLAIMS[claim])
    cube = cube_of(table, ("s", "n", "who"))
    try:
        released = recoded(table, cube, guarantees, ("a", "b", "c"))
    except GuaranteeNotMet:  # of the whole table, even: then there is nothing to cut
        reject()
    verdicts = measure_guarantees(released, guarantees, len(rows))
    assert [one for one in verdicts if not one.holds] == []
    assert len(verdicts) == 2 + len(guarantees.on_columns)


@pytest.mark.parametrize(("values", "least", "said", "allowed", "next_"), [
    ("aaabbc", 4, "an l of 4 cannot hold: the column has 3 different value", "an l from 2 to 3", "ask for a smaller l, or drop"),
    ("aaaaaa", 2, "an l of 2 cannot hold: the column has 1 different value", "a column of two values or more", "drop the column"),
])
def test_fewer_values_than_l_are_said_to_be_so(values: str, least: int, said: str, allowed: str, next_: str) -> None:
    cube = cube_of(pa.table({"a": range(6), "s": list(values)}), ("s",))
    with pytest.raises(GuaranteeNotMet, match=said) as caught:
        refuse_impossible(cube, Guarantees(k=2, l={"column": "s", "recursive": {"c": 2, "l": least}}))
    assert caught.value.allowed == allowed
    assert caught.value.next.startswith(next_)
    assert "inf" not in str(caught.value)


def test_what_the_whole_table_does_not_keep_is_refused_in_words() -> None:
    table = pa.table({"a": range(6), "s": ["flu"] * 5 + ["well"], "who": [1, 1, 1, 2, 2, 2]})
    cube = cube_of(table, ("s", "who"))
    for claim, said in ((CLAIMS["subjects"], r"subjects\(who\) ≥ 3 cannot hold: it is 2"),
                        (CLAIMS["recursive"], r"recursive l\(s\) < 2.5 cannot hold: it is 5")):
        with pytest.raises(GuaranteeNotMet, match=said):
            build_tree(cube, columns(cube), Guarantees(k=2, **claim))


@pytest.mark.slow
def test_a_policy_with_all_of_them_is_released_verified_and_reported(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASE_KEY", "a1" * 32)
    draw = np.random.default_rng(5)
    pq.write_table(pa.table({
        "who": draw.integers(0, 150, 500), "age": draw.integers(18, 90, 500), "days": draw.integers(1, 9, 500),
        "sick": np.array(["flu", "cold", "well"])[draw.integers(0, 3, 500)]}), "stays.parquet")
    (tmp_path / "sick.csv").write_text("flu;bodily;*\ncold;bodily;*\nwell;none;*\n")
    kept = {"why": "needed"}
    policy = Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "stays", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "stays.parquet", "subject": "who"},
        "columns": {
            "who": {"role": "direct", "operator": {"token": {"domain": "who", "key": "env:CASE_KEY"}}, "rename": "whom", **kept},
            "age": {"role": "quasi", **kept}, "days": {"role": "sensitive", "rename": "stay", **kept},
            "sick": {"role": "sensitive", **kept}},
        "guarantees": {
            "k": 4, "subjects": {"column": "who", "least": 4}, "suppression": "5%",
            "l": [{"column": "sick", "entropy": 1.5}, {"column": "days", "recursive": {"c": 3, "l": 2}}],
            "t": [{"column": "days", "max": 0.4, "distance": "ordered"},
                  {"column": "sick", "max": 0.5, "distance": "hierarchical", "hierarchy": {"file": "sick.csv"}}],
            "beta": {"column": "sick", "max": 2, "enhanced": True}, "delta": {"column": "sick", "below": 2}},
        "release": {"path": "release"}}, folder=tmp_path)
    road.anonymize(policy, road.open_backend("local"))
    _, verdicts = road.verify("release", road.open_backend("local"))
    assert {one.guarantee for one in verdicts if one.holds} == {
        "rows", "k", "subjects(whom)", "entropy l(sick)", "recursive l(stay)", "ordered t(stay)", "hierarchical t(sick)",
        "enhanced beta(sick)", "delta(sick)", "suppression"}
    people: dict[str, set[str]] = {}
    for row in DeltaTable("release").to_pyarrow_table().to_pylist():
        people.setdefault(row["age"], set()).add(row["whom"])
    assert min(map(len, people.values())) == next(one.measured for one in verdicts if one.guarantee == "subjects(whom)") >= 4
    road.report(policy)
    assert "people in a group of whom" in (tmp_path / "release.report.html").read_text()
