"""``lakeveil stats`` as people type it, and how its results look."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pytest
import yaml
from deltalake import write_deltalake
from rich.console import Console

import engine.ledger
from engine.backends.ledger import LocalLedger
from engine.errors import BudgetExceeded
from jobs import _views_statistics
from schemas.ledger import Charged
from schemas.statistics import Figure, Statistics, StatisticsPlan, StatisticsReceipt
from tests.engine.ledger.policies import made
from tests.engine.statistics.policies import COLUMNS
from tests.jobs.command import here

pytestmark = pytest.mark.slow

BUDGET = {"ledger": "ledger", "population": "people", "cap": {"epsilon": 1, "delta": 0}}


@pytest.fixture
def lake(tmp_path, monkeypatch):
    for room in ("planning", "verification"):
        monkeypatch.setattr(f"engine.statistics.{room}.by_accountant", lambda *_: {"pld": 0.5, "rdp": None})

    class Charge:
        stated = None

        def settle(self, *_, **__):
            """Nothing is kept here."""

    @contextmanager
    def charged(policy, **_):
        if policy.statistics.epsilon > 5:
            raise BudgetExceeded("a cap would be passed", where="ledger", next="ask for less")
        yield Charge()

    monkeypatch.setattr(engine.ledger, "charged", charged)
    rng = np.random.default_rng(5)
    write_deltalake(str(tmp_path / "lake/people"), pa.table({
        "id": [f"P{n}" for n in range(300)], "age": rng.integers(17, 91, 300), "sex": ["FM"[n % 2] for n in range(300)],
        "job": ["secret agent"] * 300, "pay": rng.integers(0, 90_000, 300), "note": ["x"] * 300}))
    return tmp_path


@pytest.fixture
def ledger(lake, monkeypatch):
    monkeypatch.undo()
    monkeypatch.chdir(lake)
    made("ledger")
    return lake


def written(lake, **statistics):
    asked = {"epsilon": 1, "queries": {"people": {"count": "subjects", "by": ["sex"]}, "pay": {"mean": "pay"}}, **statistics}
    budget = {"budget": BUDGET} if asked.pop("charged", False) else {}
    (lake / "policy.yaml").write_text(yaml.safe_dump({
        "apiVersion": "lakeveil/v1", "name": "people", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "lake/people", "subject": "id"}, "columns": COLUMNS, "guarantees": {"k": 5},
        "release": {"path": "releases/people"}, "statistics": asked, **budget}))
    return "policy.yaml"


def test_a_dry_run_tells_costs_and_errors_and_writes_nothing(lake):
    done = here("stats", written(lake), "--dry-run", cwd=lake)
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert "people: epsilon 1, delta 0, per subject, of whom 1 rows count in each of 1 groups" in text
    assert "by accountant at delta 0, per subject: pld 0.5, rdp -" in text
    assert not (lake / "releases").exists()
    as_json = json.loads(here("stats", written(lake, max_groups_per_subject=2), "--dry-run", "--json", cwd=lake).stdout)
    planned = StatisticsPlan.model_validate(as_json)
    assert planned.spends[0].mechanism == "discrete Laplace noise of rate 0.25"  # half of epsilon, two groups
    assert planned.spends[1].query == "pay"


def test_statistics_are_shown_and_written(lake):
    done = here("stats", written(lake), "--backend", "local", "--out", "out.csv", cwd=lake)
    assert done.returncode == 0, done.stderr
    assert "subjects" in done.stdout
    assert "no ledger: what else was spent on these people is not added up" in done.stdout
    assert "4 figures in out.csv" in done.stdout
    assert "secret agent" not in done.stdout + done.stderr + (lake / "out.csv").read_text()
    again = here("stats", written(lake), "--backend", "local", "--out", "out.csv", cwd=lake)
    assert again.returncode == 3
    assert "path is taken" in again.stderr
    same = here("verify", "out.csv", cwd=lake)
    assert (same.returncode, "out.csv: 4 figures, the same" in same.stdout) == (0, True)
    (lake / "out.csv").write_text((lake / "out.csv").read_text().replace("sex", "age"))
    assert here("verify", "out.csv.receipt.json", cwd=lake).returncode == 3
    found = json.loads(here("stats", written(lake), "--backend", "local", "--json", cwd=lake).stdout)
    assert Statistics.model_validate(found).receipt.output == "releases/people.statistics"


@pytest.mark.parametrize(("asked", "code", "told"), [
    ({"epsilon": 6}, 6, "a cap would be passed"),
    ({"queries": {"n": {"count": "rows", "by": ["job"]}}}, 2, "columns.job needs a domain"),
    ({"delta": 1e-3, "subjects": 3000}, 2, "no promise above 1/3000"),
])
def test_what_is_refused_has_its_exit_code_and_writes_nothing(lake, asked, code, told):
    done = here("stats", written(lake, **asked), "--backend", "local", cwd=lake)
    assert done.returncode == code
    assert told in done.stderr
    assert not (lake / "releases").exists()


@pytest.mark.parametrize("epsilon", [0.6, 3.0])
def test_a_dry_run_says_how_it_stands_beside_the_budget_and_charges_nothing(ledger, epsilon):
    name = written(ledger, charged=True, epsilon=epsilon)
    for _ in range(2):
        done = here("stats", name, "--dry-run", cwd=ledger)
        assert done.returncode == 0, done.stderr
        text = " ".join(done.stdout.split())
        assert f"epsilon asked {epsilon:g}, left 1" in text
        assert ("it would be refused: the privacy budget does not allow this" in text) == (epsilon > 1)
        assert ("50% of a cap would be reached" in text) == (epsilon < 1)
    found = StatisticsPlan.model_validate_json(here("stats", name, "--dry-run", "--json", cwd=ledger).stdout)
    assert (found.budget.allowed, found.budget.asked) == (epsilon < 1, pytest.approx(epsilon))
    assert len(LocalLedger("ledger").read().rows) == 0


def test_a_dry_run_says_that_the_path_is_taken(lake):
    for name, taken in (("new.csv", "new.csv.receipt.json"), ("old.csv", "old.csv")):
        (lake / taken).touch()
        done = here("stats", written(lake), "--dry-run", "--out", name, cwd=lake)
        assert f"it would be refused: {taken} is there" in done.stdout
        found = json.loads(here("stats", written(lake), "--dry-run", "--json", "--out", name, cwd=lake).stdout)
        assert found["taken"] == taken
    assert "would be refused" not in here("stats", written(lake), "--dry-run", "--out", "free.csv", cwd=lake).stdout


def test_alerts_that_statistics_reach_are_told(ledger):
    done = here("stats", written(ledger, charged=True, epsilon=0.4), "--backend", "local", "--out", "1.csv", cwd=ledger)
    assert (done.returncode, "of a cap" in done.stdout) == (0, False)
    done = here("stats", written(ledger, charged=True, epsilon=0.4), "--backend", "local", "--out", "2.csv", cwd=ledger)
    assert (done.returncode, "80% of a cap is reached" in done.stdout) == (0, True)
    shutil.rmtree("ledger")
    done = here("stats", written(ledger, charged=True, epsilon=0.4), "--dry-run", cwd=ledger)
    assert (done.returncode, "refused: there is no ledger here" in done.stdout) == (0, True)


def screen(parts) -> str:
    out = Console(file=io.StringIO(), width=160)
    for part in parts:
        out.print(part)
    return " ".join(out.file.getvalue().split())


def test_what_a_delta_is_for_is_told(lake):
    named = {"jobs": {"count": "rows", "by": ["job"], "keys": "selected"}}
    for asked, needed in (({"delta": 1e-7}, "none of it"), ({"delta": 1e-7, "queries": named}, "5e-08 of it, to name groups")):
        text = here("stats", written(lake, **asked, noise="laplace"), "--dry-run", cwd=lake).stdout
        assert f"delta: the policy says 1e-07; with Laplace noise the theorem needs {needed}" in text
        assert "not judged: whether delta is small" in text
    text = here("stats", written(lake, delta=1e-7, noise="gaussian", subjects=300), "--dry-run", cwd=lake).stdout
    assert "delta: the policy says" not in text + here("stats", written(lake), "--dry-run", cwd=lake).stdout
    assert "not judged" not in text


def test_a_query_that_names_no_group_says_how_many_units_it_takes(lake):
    queries = {"jobs": {"count": "rows", "by": ["job"], "keys": "selected"}}
    write_deltalake(str(lake / "lake/people"), pa.table({"id": ["a"], "job": ["spy"]}), mode="overwrite", schema_mode="overwrite")
    done = here("stats", written(lake, delta=1e-9, queries=queries), "--backend", "local", "--out", "o.json", cwd=lake)
    planned = Statistics.model_validate_json(here(
        "stats", written(lake, delta=1e-9, queries=queries), "--backend", "local", "--out", "p.json", "--json", cwd=lake).stdout)
    units = planned.receipt.plan.spends[0].expected_error
    assert f"jobs: no group is named; one of about {units:.0f} units is named as often as not" in done.stdout


def test_long_queries_are_cut_and_ledgers_named():
    plan = StatisticsPlan(policy="p", unit="record", epsilon=1, delta=0, composition="added up", spends=(),
                          post_processing=("counts below 0 are shown as 0",))
    charge = Charged(ledger="lake/ledger", lineage="people", population="staff", unit="record", reservation="r", entry=1,
                     digest="d", epsilon=1, delta=0, total=2.5)
    receipt = StatisticsReceipt(statistics_id="i", lakeveil="0", created="now", backend="local", table="t", output="o",
                                figures=50, plan=plan, charge=charge, covers=(), excludes=())
    figures = tuple(Figure(query="q", groups={"job": f"j{n}" if n else None}, measure="quantile 0.5", value=n) for n in range(50))
    text = screen(_views_statistics.statistics(Statistics(receipt=receipt, figures=figures)))
    assert "q, of 50 the first 40" in text
    assert "null quantile 0.5 0" in text
    assert "j40" not in text
    assert "afterwards, at no cost: counts below 0 are shown as 0" in text
    assert "lake/ledger: charged to people, staff, where epsilon is 2.5 in all" in text
