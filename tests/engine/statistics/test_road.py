"""Statistics from a policy to files: what is charged, what is written, and that nothing is where something went wrong."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

import engine.ledger
from engine import statistics
from engine.backends.local import LocalBackend
from engine.backends.statistics import Counted
from engine.backends.tables import LocalTable
from engine.errors import BudgetExceeded, InputError, PolicyError, SetupError
from engine.privacy.noise import LaplaceNoise
from engine.privacy.questions import Axis, questions
from engine.privacy.spending import divided
from engine.statistics.figures import after, figures_of
from engine.statistics.road import digest_of
from schemas.statistics import Figure, StatisticsReceipt
from tests.engine.statistics.policies import policy

QUERIES = {
    "all": {"count": "rows"}, "people": {"count": "subjects", "by": ["sex"]},
    "ages": {"count": "rows", "by": ["age"], "bins": {"age": 4}}, "pay": {"mean": "pay", "by": ["sex"]},
    "total": {"sum": "pay"}, "ranks": {"quantiles": "pay", "at": [0.9, 0.5, 0.1]},
    "jobs": {"count": "rows", "by": ["job"], "keys": "selected"},
}


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng, rows = np.random.default_rng(2), 1000
    write_deltalake("lake/people", pa.table({
        "id": [f"P{n}" for n in range(rows)], "age": rng.integers(17, 91, rows), "sex": ["FM"[n % 2] for n in range(rows)],
        "job": ["clerk" if n % 3 else "smith" for n in range(rows)], "pay": rng.integers(20_000, 60_000, rows),
        "note": ["secret"] * rows}))
    return tmp_path


@pytest.fixture(autouse=True)
def _unaccounted(monkeypatch):
    """Accountants have tests of their own, and take their time."""
    monkeypatch.setattr("engine.statistics.planning.by_accountant", lambda *_: {})


class Charge:
    """What a ledger hands out, remembered."""

    stated = None

    def __init__(self, events):
        self.reserved, self.settled = tuple(events), None

    def settle(self, events, *, receipt_id):
        self.settled, self.receipt = tuple(events), receipt_id


@pytest.fixture
def charges(monkeypatch):
    made = []

    @contextmanager
    def charged(policy, *, purpose, events, unit, backend):
        assert (purpose, backend.name) == ("statistics", "local")
        made.append(Charge(events))
        yield made[-1]

    monkeypatch.setattr(engine.ledger, "charged", charged)
    return made


def test_figures_are_near_the_truth_and_their_cost_is_charged(lake, charges):
    asked = policy(epsilon=100, delta=1e-6, queries=QUERIES)
    found = statistics.stats(asked, LocalBackend())
    charge, = charges
    assert charge.reserved == charge.settled == divided(asked.statistics, questions(asked, asked.statistics)).events
    assert charge.receipt == found.receipt.statistics_id
    figures = {(figure.query, *figure.groups.values(), figure.measure): figure.value for figure in found.figures}
    assert figures["all", "rows"] == pytest.approx(1000, abs=10)
    assert figures["people", "F", "subjects"] == pytest.approx(500, abs=10)
    assert sum(value for key, value in figures.items() if key[0] == "ages") == pytest.approx(1000, abs=20)
    assert figures["pay", "M", "mean"] == pytest.approx(40_000, abs=3000)
    assert figures["total", "sum"] == pytest.approx(40e6, rel=0.05)
    assert figures["ranks", "quantile 0.1"] < figures["ranks", "quantile 0.5"] < figures["ranks", "quantile 0.9"]
    assert figures["ranks", "quantile 0.5"] == pytest.approx(40_000, abs=3000)
    assert figures["jobs", "clerk", "rows"] == pytest.approx(666, abs=15)
    assert len(found.figures) == 1 + 2 + 4 + 4 + 1 + 3 + 2


def test_a_table_and_a_receipt_are_written(lake, charges):
    found = statistics.stats(policy(queries=QUERIES, delta=1e-6), LocalBackend())
    rows = DeltaTable("releases/people.statistics").to_pyarrow_table().to_pylist()
    assert [(row["query"], json.loads(row["groups"]), row["measure"], row["value"], row["deviation"]) for row in rows] == [
        (figure.query, figure.groups, figure.measure, figure.value, figure.deviation) for figure in found.figures]
    receipt = StatisticsReceipt.model_validate_json((lake / "releases/people.statistics.receipt.json").read_text())
    assert receipt == found.receipt
    assert (receipt.version, receipt.figures, receipt.sha256) == (0, len(rows), digest_of(found.figures))
    assert receipt.charge is None
    assert "secret" not in receipt.model_dump_json()
    assert any("without id are not counted" in line for line in receipt.covers)
    with pytest.raises(InputError, match="path is taken"):
        statistics.stats(policy(), LocalBackend())
    assert len(charges) == 1


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_files_are_written(lake, charges, kind):
    asked = policy(queries={"people": {"count": "subjects", "by": ["sex"]}})
    found = statistics.stats(asked, LocalBackend(), out=lake / f"o.{kind}")
    text = (lake / f"o.{kind}").read_text()
    if kind == "json":
        assert [Figure.model_validate(row) for row in json.loads(text)] == list(found.figures)
    else:
        rows = list(csv.DictReader(text.splitlines()))
        assert [float(row["value"]) for row in rows] == [figure.value for figure in found.figures]
        assert [json.loads(row["groups"])["sex"] for row in rows] == ["F", "M"]
    assert (lake / f"o.{kind}.receipt.json").exists()
    assert not (lake / "releases").exists()


def test_a_query_that_names_no_group_is_on_the_receipt(lake, charges):
    two = pa.table({"id": ["a", "b"], "job": ["spy", "clerk"]})
    write_deltalake("lake/people", two, mode="overwrite", schema_mode="overwrite")
    queries = {name: {"count": "rows", "by": ["job"], "keys": "selected"} for name in ("one", "other")} | {"n": {"count": "rows"}}
    found = statistics.stats(policy(epsilon=0.1, delta=1e-9, queries=queries), LocalBackend())
    assert found.receipt.unnamed == ("one", "other")  # but for a chance of 1e-8
    assert {figure.query for figure in found.figures} == {"n"}


@pytest.mark.parametrize(("asked", "judged"), [({}, True), ({"delta": 1e-6}, False), ({"delta": 1e-6, "subjects": 1000}, True)])
def test_a_delta_that_nobody_could_judge_is_told(lake, charges, asked, judged):
    found = statistics.stats(policy(**asked), LocalBackend())
    assert any("statistics.subjects" in line for line in found.receipt.excludes) != judged
    assert (found.receipt.plan.caveats == ()) == judged


def test_a_cap_that_would_be_passed_ends_it_before_anything_is_counted(lake, monkeypatch):
    @contextmanager
    def charged(policy, **_):
        raise BudgetExceeded("over", next="ask")
        yield

    monkeypatch.setattr(engine.ledger, "charged", charged)
    monkeypatch.setattr("engine.backends.statistics.LocalAnswers.bounded", lambda *_: pytest.fail("counted"))
    with pytest.raises(BudgetExceeded):
        statistics.stats(policy(), LocalBackend())
    assert not (lake / "releases").exists()


def test_columns_that_are_not_there_cost_nothing(lake, charges):
    write_deltalake("lake/people", pa.table({"id": ["a"]}), mode="overwrite", schema_mode="overwrite")
    with pytest.raises(InputError, match="no column 'sex'"):
        statistics.stats(policy(queries={"q": {"count": "rows", "by": ["sex"]}}), LocalBackend())
    assert charges == []


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.struct({"a": pa.int64()}), pa.binary(), pa.float64()], ids=str)
def test_a_subject_that_cannot_be_told_from_others_costs_nothing(lake, charges, kind):
    write_deltalake("lake/people", pa.table({"id": pa.array([None], kind)}), mode="overwrite", schema_mode="overwrite")
    with pytest.raises(InputError, match="column 'id' holds") as caught:
        statistics.stats(policy(), LocalBackend())
    assert "source.subject" in caught.value.next
    assert charges == []


@pytest.mark.parametrize("source", [
    {"table": "t.csv"}, {"table": "t.jsonl"}, {"table": "folder"}, {"table": "t.parquet", "format": "csv"},
    {"table": "lake/people", "format": "jsonl"}], ids=str)
def test_a_source_whose_types_its_rows_decide_is_refused_unread(lake, charges, monkeypatch, source):
    """One age that is no number would be told by a refusal that costs nothing."""
    (lake / "folder").mkdir()
    for name in ("t.csv", "t.jsonl", "folder/part.csv", "t.parquet"):
        (lake / name).write_text("id,age\nP1,n/a\n")
    for reader in ("read_csv", "read_json_lines"):
        monkeypatch.setattr(f"engine.backends.tables.{reader}", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(PolicyError, match="does not store types") as caught:
        statistics.stats(policy(source={**source, "subject": "id"}), LocalBackend())
    assert "Parquet" in caught.value.next
    assert charges == []


def test_no_row_is_read_before_the_charge(lake, monkeypatch):
    @contextmanager
    def charged(policy, **_):
        raise BudgetExceeded("over", next="ask")
        yield

    monkeypatch.setattr(LocalTable, "batches", lambda *_: pytest.fail("read"))
    monkeypatch.setattr(engine.ledger, "charged", charged)
    with pytest.raises(BudgetExceeded):
        statistics.stats(policy(), LocalBackend())


def test_a_store_that_holds_no_receipt_costs_nothing(lake, charges):
    with pytest.raises(SetupError, match="not a mounted file system"):
        statistics.stats(policy(path="s3://bucket/out"), LocalBackend())
    assert charges == []


@pytest.mark.parametrize("places", [{"path": "main.clinic.told"}, {"path": "clinic.told"}, {"release": "main.clinic.n"}], ids=str)
def test_a_name_in_a_catalog_makes_no_folder(lake, charges, places):
    for end in (statistics.stats, statistics.plan):
        with pytest.raises(PolicyError, match="name in a catalog") as caught:
            end(policy(**places), LocalBackend())
        assert "--out" in caught.value.next
    assert charges == []
    assert statistics.plan(policy(**{name: f"./{place}" for name, place in places.items()})).taken is None
    assert statistics.stats(policy(**places), LocalBackend(), out=lake / "out.json").figures


@pytest.mark.parametrize("place", ["file/deeper/out.csv", "link/out", "/proc/lakeveil/out.json"])
def test_what_cannot_be_written_costs_nothing(lake, charges, place):
    """A parent that is a file, one that leads nowhere, and one in which nobody may make anything."""
    (lake / "file").touch()
    (lake / "link").symlink_to("nowhere")
    with pytest.raises(SetupError, match="cannot write here"):
        statistics.stats(policy(), LocalBackend(), out=Path(place))
    assert charges == []


def test_a_failure_after_the_reservation_keeps_the_charge_and_writes_nothing(lake, charges, monkeypatch):
    monkeypatch.setattr(LaplaceNoise, "__call__", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        statistics.stats(policy(), LocalBackend())
    assert charges[0].settled is None
    assert not (lake / "releases").exists()


def test_an_outlier_changes_no_schema_no_bins_and_no_shapes(lake, charges):
    shapes = []
    for number in range(2):
        if number:
            write_deltalake("lake/people", pa.table({
                "id": ["X"], "age": pa.array([2**40], pa.int64()), "sex": ["?"], "job": ["spy"], "pay": pa.array([7], pa.int64()),
                "note": ["x"]}), mode="append")
        found = statistics.stats(policy(queries={name: QUERIES[name] for name in ("ages", "pay", "ranks")}), LocalBackend(),
                                 out=lake / f"{number}.json")
        shapes.append([(figure.query, figure.groups, figure.measure, figure.deviation if figure.measure == "rows" else None)
                       for figure in found.figures])
        assert found.receipt.plan == statistics.plan(policy(queries={name: QUERIES[name] for name in ("ages", "pay", "ranks")}))
    assert shapes[0] == shapes[1]


def figure(query, value, deviation=1.0, measure="rows", **groups):
    return Figure(query=query, groups=groups, measure=measure, value=value, deviation=deviation)


def test_the_deviation_of_a_mean_holds_the_noise_of_sum_and_count():
    """Of many means of one group, each with fresh noise; its count is as noisy as its sum."""
    asked = policy(epsilon=0.2, queries={"pay": {"mean": "pay"}})
    question, = questions(asked, asked.statistics)
    spends = divided(asked.statistics, (question,)).spends
    points = (np.arange(600) % 97 + 650).astype(np.int64)  # far from the middle of the domain

    class Once:
        def counted(self, *_):
            return Counted(np.full(5000, len(points)), np.full(5000, points.sum()))

    fives = replace(question, axes=(Axis("job", tuple(map(str, range(5000)))),))
    means = [one for one in figures_of(fives, spends, Once()) if one.measure == "mean"]
    assert np.mean([one.deviation for one in means]) == pytest.approx(np.std([one.value for one in means]), rel=0.08)
    sums = next(spend for spend in spends if spend.part == "sums")
    assert means[0].deviation > 1.2 * sums.mechanism.deviation * question.steps.step / 600


def test_counts_below_zero_are_shown_as_zero_where_that_is_asked_for():
    asked = policy(non_negative=True).statistics
    found = [figure("n", -3.0), figure("n", -3.0, measure="sum")]
    assert [one.value for one in after(found, asked)] == [0.0, -3.0]
    assert after(found, policy().statistics) == found


def test_quantiles_rise_whatever_the_noise(lake):
    asked = policy(epsilon=0.01, queries={"ranks": {"quantiles": "pay", "at": [0.9, 0.5, 0.1, 0.51]}})
    question, = questions(asked, asked.statistics)
    with LocalBackend().statistics(asked.source, [question]) as answers:
        found = figures_of(question, divided(asked.statistics, (question,)).of("ranks"), answers)
    assert [one.measure for one in found] == ["quantile 0.1", "quantile 0.5", "quantile 0.51", "quantile 0.9"]
    assert [one.value for one in found] == sorted(one.value for one in found)
