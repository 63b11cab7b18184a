"""Written statistics are those of their receipt, in whatever form; one digit more or less is seen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from engine import statistics
from engine.backends.local import LocalBackend
from engine.errors import GuaranteeNotMet, InputError
from engine.statistics.road import ROWS, digest_of
from tests.engine.statistics.policies import policy

QUERIES = {"sexes": {"count": "rows", "by": ["sex"]}, "pay": {"mean": "pay"}, "ranks": {"quantiles": "pay"}}


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("engine.statistics.planning.by_accountant", lambda *_: {})
    write_deltalake("lake/people", pa.table({"id": ["a", "b", "c"], "sex": ["F", "M", "F"], "pay": [1, 2, 30_000]}))
    return tmp_path


@pytest.mark.parametrize("name", ["out", "out.json", "out.csv"])
def test_what_was_released_is_recognized_wherever_it_lies(lake, name):
    found = statistics.stats(policy(queries=QUERIES), LocalBackend(), out=lake / name)
    assert statistics.verify(str(lake / name)) == found.receipt
    for part in (name, f"{name}.receipt.json"):
        shutil.move(lake / part, lake / f"moved-{part}")
    for target in (f"moved-{name}", f"moved-{name}.receipt.json"):
        assert statistics.names_statistics(target)
        assert statistics.verify(target).output == f"moved-{name}"


@pytest.mark.parametrize("name", ["out", "out.json", "out.csv"])
def test_what_was_changed_is_told(lake, name):
    found = statistics.stats(policy(queries=QUERIES), LocalBackend(), out=lake / name)
    one, *others = found.figures
    changed = one.model_copy(update={"value": one.value + 1})
    for figures in ((changed, *others), tuple(others), (*found.figures, one)):
        write(lake / name, figures)
        with pytest.raises(InputError, match="not those that their receipt"):
            statistics.verify(name)
    write(lake / name, found.figures)
    assert statistics.verify(name).sha256 == found.receipt.sha256


@pytest.mark.parametrize("name", ["out", "out.json", "out.csv"])
def test_a_deviation_of_zero_is_one(lake, name):
    """Noise of a large epsilon may have none that a double holds."""
    found = statistics.stats(policy(queries=QUERIES), LocalBackend(), out=lake / name)
    figures = [one.model_copy(update={"deviation": 0.0}) for one in found.figures]
    write(lake / name, figures)
    altered(name, lambda told: told.update(sha256=digest_of(figures)))
    assert statistics.verify(name).figures == len(figures)


def write(path, figures) -> None:
    rows = [{**one.model_dump(), "groups": json.dumps(one.groups)} for one in figures]
    if path.suffix == ".json":
        path.write_text(json.dumps([one.model_dump() for one in figures]))
    elif path.suffix == ".csv":
        lines = [",".join(ROWS.names), *(",".join(_cell(row[column]) for column in ROWS.names) for row in rows)]
        path.write_text("\n".join(lines))
    else:
        write_deltalake(DeltaTable(path), pa.Table.from_pylist(rows, ROWS), mode="overwrite")


def _cell(value) -> str:
    return '"' + ("" if value is None else str(value)).replace('"', '""') + '"'


@pytest.mark.parametrize("name", ["out", "out.json", "out.csv"])
def test_what_cannot_be_read_is_told(lake, name):
    statistics.stats(policy(queries=QUERIES), LocalBackend(), out=lake / name)
    if name == "out":
        shutil.rmtree(lake / name)
    (lake / name).write_text("nothing")
    with pytest.raises(InputError):
        statistics.verify(name)


def test_other_things_are_no_statistics(lake):
    with pytest.raises(InputError, match="there is no receipt beside this"):
        statistics.names_statistics("lake/people")
    for text in ("nonsense", "[]", '{"receipt": "lakeveil/release/v1"}'):
        (lake / "lake/people.receipt.json").write_text(text)
        assert not statistics.names_statistics("lake/people")


def altered(name: str, change) -> str:
    """Changes a receipt's JSON in place."""
    path = Path(f"{name}.receipt.json")
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))
    return name


@pytest.mark.parametrize("change", [
    lambda told: told["plan"].update(epsilon=0.9), lambda told: told["plan"]["spends"][0]["events"][0].update(rate=3.0),
    lambda told: told["plan"].update(delta=1e-9)], ids=["epsilon", "events", "delta"])
def test_a_receipt_that_claims_less_than_its_events_is_told(lake, change):
    asked = {**QUERIES, "jobs": {"count": "rows", "by": ["sex"], "keys": "selected"}}
    statistics.stats(policy(queries=asked, delta=1e-6), LocalBackend(), out=lake / "out.json")
    assert statistics.verify("out.json").plan.epsilon == 1
    with pytest.raises(GuaranteeNotMet, match="claims less") as caught:
        statistics.verify(altered("out.json", change))
    assert "epsilon by theorem" in caught.value.where


def test_an_accountant_that_finds_more_is_told(lake, monkeypatch):
    statistics.stats(policy(queries=QUERIES), LocalBackend(), out=lake / "out.json")
    altered("out.json", lambda told: told["plan"].update(epsilon_by_accountant={"pld": 0.7, "rdp": None, "zcdp": 0.8}))
    for found, told in (({"pld": 0.8, "zcdp": 0.8}, "pld"), ({"pld": 0.7, "zcdp": None}, "zcdp")):
        monkeypatch.setattr("engine.statistics.verification.by_accountant", lambda *_, found=found: found)
        with pytest.raises(GuaranteeNotMet, match=f"by {told}"):
            statistics.verify("out.json")
    monkeypatch.setattr("engine.statistics.verification.by_accountant", lambda *_: {"pld": 0.7, "rdp": 3.0, "zcdp": 0.8})
    assert statistics.verify("out.json").plan.epsilon_by_accountant["pld"] == 0.7


@pytest.mark.parametrize("change", [
    lambda told: told["plan"]["epsilon_record"].update(pld=1e-9),
    lambda told: told["plan"]["spends"][0]["record_events"][1].update(sensitivity=4),
    lambda told: told["plan"]["spends"][0].update(record_events=[]),
], ids=["epsilon", "events", "none"])
def test_what_is_claimed_of_a_row_is_composed_of_its_events(lake, monkeypatch, change):
    """By hand: two rows of a subject count, in one of two groups, so that a row changes its cell by 1 and another by 2; a mean's
    sum changes by the whole range, where another row comes in.
    """
    adding = lambda events, _: {"pld": sum(event.rate * event.sensitivity * event.count for event in events), "rdp": None}
    for room in ("planning", "verification"):
        monkeypatch.setattr(f"engine.statistics.{room}.by_accountant", adding)
    asked = policy(queries={"sexes": QUERIES["sexes"], "pay": QUERIES["pay"]}, max_rows_per_subject=2)
    found = statistics.stats(asked, LocalBackend(), out=lake / "out.json")
    first, *_ = found.receipt.plan.spends
    assert [(event.sensitivity, event.count) for event in first.record_events] == [(1, 1), (2, 1)]
    assert found.receipt.plan.epsilon_record["pld"] == pytest.approx(0.5 * 3 / 2 + 0.25 / 2 + 0.25)
    assert statistics.verify("out.json").plan == found.receipt.plan
    with pytest.raises(GuaranteeNotMet, match="claims less") as caught:
        statistics.verify(altered("out.json", change))
    assert "epsilon by pld of a row" in caught.value.where


@pytest.mark.parametrize("change", [lambda told: told.update(figures=1), lambda told: told["plan"]["spends"].pop(0)],
                         ids=["number", "a query unpaid"])
def test_a_receipt_of_other_figures_is_told(lake, change):
    statistics.stats(policy(queries=QUERIES), LocalBackend(), out=lake / "out.json")
    with pytest.raises(InputError, match="not those that their receipt"):
        statistics.verify(altered("out.json", change))
