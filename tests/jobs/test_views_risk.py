"""Risks on a screen and on a command line: before beside after, shares that are neither nothing nor all, no data values."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.csv
import pytest
from rich.console import Console
from typer.testing import CliRunner

from engine.anonymity.risk.assess import Wanted, assess
from engine.backends.frequencies import LocalFrequencies
from engine.release.report.risks import risk_lines
from jobs import _views_risk
from jobs.cli import app
from schemas.receipt import TableVersion
from schemas.risk import RiskReport, TableRisk

BEFORE = pa.table({"age": [n % 61 for n in range(300)], "zip": [n % 7 for n in range(300)], "land": ["DE"] * 300})
AFTER = pa.table({"age": ["[0, 60]"] * 300, "zip": ["*"] * 299 + ["6"], "land": ["DE"] * 300})


def measured(table: pa.Table, name: str, population: pa.Table | None = None, **wanted) -> TableRisk:
    beside = None if population is None else (
        LocalFrequencies(population, population.column_names), TableVersion(table="everybody", rows=0))
    return assess(LocalFrequencies(table, table.column_names), TableVersion(table=name, rows=0), Wanted(**wanted),
                  lambda *_: None, population=beside)


def record(after: TableRisk | None = None, *, population: bool = False, **wanted) -> RiskReport:
    everybody = pa.concat_tables([BEFORE] * 4) if population else None
    return RiskReport(lakeveil="0", created="2026", backend="local", threshold=0.2, max_size=3, singled_out=0.05,
                      before=measured(BEFORE, "people", everybody, **wanted), after=after)


def shown(found: RiskReport) -> str:
    screen = Console(file=io.StringIO(), width=120)
    for part in _views_risk.risk(found):
        screen.print(part)
    return screen.file.getvalue()


def test_a_table_alone():
    text = shown(record())
    for said in ("people: 300 rows, 3 columns", "figure", "before", "rows that are alone", "prosecutor: worst row",
                 "minimal sets of columns leave more than 5.00%", "age × zip", "distinctness", "special uniques", "people: roles",
                 "docs/risk.md"):
        assert said in text, said
    for unsaid in ("after", "journalist", "unique among", "policy says", "not measured"):
        assert unsaid not in text, unsaid


def test_beside_a_population_and_an_estimate():
    text = shown(record(population=True, fraction=0.25))
    for said in ("journalist: worst row", "marketer", "smallest class of the population", "rows that it does not hold all of",
                 "unique among 1,200, estimated", "zayatz", "pitman", "snb", "a match of a row that is alone is right"):
        assert said in text, said


def test_before_beside_after():
    after = measured(AFTER, "release", fraction=0.25)
    text = shown(record(after, population=True, fraction=0.25))
    assert "people: 300 rows, 3 columns; release: 300 rows, 3 columns" in text
    line = next(line for line in text.splitlines() if "rows that are alone" in line)
    assert "1 (0.33%)" in line
    journalist = next(line for line in text.splitlines() if "journalist: worst row" in line)
    assert journalist.rstrip().endswith("-"), "the release was not compared"
    assert "release: no minimal sets of columns" in text


def test_roles_beside_those_of_a_policy():
    text = shown(record(in_policy={"age": "quasi", "land": "sensitive"}))
    assert "policy says" in text
    assert "sensitive" in text


def test_what_was_not_measured_is_said():
    found = record(suda=0)
    left = found.before.model_copy(update={"left_out": ("special uniques: too many",)})
    assert "not measured: special uniques: too many" in shown(found.model_copy(update={"before": left}))


@pytest.mark.parametrize(("share", "said"), [
    (0, "0.00%"), (1e-9, "<0.01%"), (0.00011, "0.01%"), (0.5, "50.00%"), (0.99995, ">99.99%"), (1, "100.00%")])
def test_a_small_share_is_not_nothing_and_a_large_one_not_all(share, said):
    assert _views_risk._percent(share) == said


def test_lines_of_the_report():
    after = measured(AFTER, "release", pa.concat_tables([AFTER] * 4), fraction=0.25)
    lines = {what: (before, later) for what, before, later, _ in risk_lines(record(after, population=True, fraction=0.25))}
    assert lines["Highest chance"] == ("1 in 1", "1 in 1")
    assert lines["Rows that are alone"][1] == "1"
    assert lines["Smallest group of everybody"] == ("4", "4")
    assert lines["Unique among everybody"][0].endswith("%")
    assert set(lines) >= {"Classes", "Mean chance", "Rows at risk", "Journalist", "Marketer", "Sets of columns that single out"}
    bare = {what: (before, later) for what, before, later, _ in risk_lines(record(measured(AFTER, "release"), fraction=0.25))}
    assert bare["Unique among everybody"][1] == "not measured"
    assert "Journalist" not in bare
    assert list(risk_lines(record())) == []


@pytest.fixture
def people(tmp_path):
    rows = range(60)
    pyarrow.csv.write_csv(pa.table({"name": [f"Jane Q. Public {n}" for n in rows], "age": [n % 20 for n in rows],
                                    "town": [n % 3 for n in rows]}), tmp_path / "people.csv")
    return tmp_path / "people.csv"


def run(*arguments):
    return CliRunner().invoke(app, ["risk", *map(str, arguments), "--backend", "local"])


def test_the_command(people, tmp_path):
    done = run(people, "--columns", "*", "--fraction", "0.1", "--out", tmp_path / "risk.json")
    assert done.exit_code == 0, done.output
    assert "age × town" in done.stdout
    assert "Jane" not in done.stdout + done.stderr + (tmp_path / "risk.json").read_text()
    assert RiskReport.model_validate_json((tmp_path / "risk.json").read_text()).before.uniqueness.population == 600


def test_the_command_as_json(people):
    done = run(people, "--columns", "age,town", "--json", "--suda", "0", "--max-size", "1")
    found = json.loads(done.stdout)
    assert found["risk"] == "lakeveil/risk/v1"
    assert found["before"]["special_uniques"] is None
    assert len(found["before"]["combinations"]) == 2


@pytest.mark.parametrize(("arguments", "code", "said"), [
    ((), 2, "no columns are named"), (("--columns", "agee"), 3, "did you mean 'age'?"),
    (("--columns", "age", "--fraction", "2"), 2, "--fraction is a share"),
    (("--columns", "age", "--max-size", "0"), 2, "max-size"),
    (("--columns", "age", "--format", "xml"), 2, "no format"),
    (("--columns", "age", "--population", "nobody.csv"), 3, "no table here")])
def test_what_the_command_refuses(people, arguments, code, said):
    done = run(people, *arguments)
    assert done.exit_code == code
    assert said in done.output
