"""Cuts that are drawn with noise are charged by whoever draws them; what is wrong before the first draw is free."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from engine import road
from engine.backends.ledger import LocalLedger
from engine.backends.local import LocalBackend
from engine.errors import BudgetExceeded, GuaranteeNotMet, InputError, PolicyError
from engine.ledger.view import budget
from engine.plan import Policy
from engine.privacy.cuts import CutBudget
from engine.privacy.ledger import Book
from schemas.dp_events import Promised
from schemas.receipt import Receipt
from tests.engine.ledger.policies import made
from tests.engine.release.test_noisy_cuts import table, written

pytestmark = pytest.mark.slow


def policy(**changes) -> Policy:
    cap = {"ledger": "ledger", "population": "people", "cap": {"epsilon": 9, "delta": 1e-5}}
    return Policy.parse({**written(**changes), "budget": cap})


@pytest.fixture
def store(tmp_path, monkeypatch, key) -> LocalLedger:
    monkeypatch.chdir(tmp_path)
    write_deltalake("lake/noisy", table())
    return made("ledger")


def events(store) -> list[tuple]:
    return [one.events for one in Book.of(store.path, store.read()).reservations.values()]


def test_release_and_plan_are_charged_and_a_third_draw_is_refused(store):
    receipt = road.anonymize(policy(), LocalBackend())
    once = (Promised(epsilon=4, delta=1e-6),)
    assert events(store) == [once]
    assert receipt.charge.epsilon == pytest.approx(4.0, abs=0.01)
    assert receipt.lineage == receipt.charge.lineage
    entry = Book.of(store.path, store.read()).entries[-1]
    assert (entry.kind, entry.receipt, entry.unit, entry.purpose) == ("settle", receipt.release_id, "subject", "cuts")
    stored = Receipt.model_validate_json(open("releases/noisy.receipt.json", encoding="utf-8").read())  # noqa: PTH123, SIM115 - a file
    assert stored == receipt
    road.plan(policy(), LocalBackend())
    assert events(store) == [once, once]
    with pytest.raises(BudgetExceeded, match="spent 8"):
        road.plan(policy(), LocalBackend())
    with pytest.raises(BudgetExceeded):
        road.anonymize(policy(release__path="releases/other"), LocalBackend())
    told = budget("ledger", LocalBackend())
    assert told.standings[0].spent == pytest.approx(8.0, abs=0.01)
    assert told.standings[0].population == "people"


def test_nothing_drawn_costs_nothing(store):
    with pytest.raises(InputError):
        road.plan(policy(source__table="lake/mistyped"), LocalBackend())
    assert events(store) == [()]


def test_what_the_table_cannot_hold_is_refused_before_anything_is_drawn(store, monkeypatch):
    """Or it was drawn for nothing, as often as one likes."""
    def drawn(self, rows):
        raise AssertionError

    monkeypatch.setattr(CutBudget, "count", drawn)
    pq.write_table(table().append_column("at", pa.array([0] * 3000, pa.time64("us"))), "lake/times.parquet")
    for _ in range(3):
        with pytest.raises(PolicyError, match="cannot hold a column of type time64"):
            road.plan(policy(source__table="lake/times.parquet", source__format="parquet",
                             columns__at={"role": "insensitive", "why": "w"}), LocalBackend())
    assert events(store) == [()] * 3


def test_a_refusal_by_a_noisy_count_was_drawn(store):
    write_deltalake("lake/small", table(40))
    with pytest.raises(GuaranteeNotMet, match="too few rows"):
        road.plan(policy(source__table="lake/small"), LocalBackend())
    assert events(store) == [(Promised(epsilon=4, delta=1e-6),)]


def test_a_release_of_a_release_shares_its_budget(store):
    first = road.anonymize(policy(), LocalBackend())
    second = policy(source__table="releases/noisy", release__path="releases/second")
    assert budget_lineage(second) == first.lineage


def budget_lineage(one: Policy) -> str:
    from engine.release.lineage import lineage_of  # noqa: PLC0415 - beside its use

    return lineage_of(one)


def test_without_noise_nothing_is_charged_and_the_lineage_is_on_the_receipt(store):
    receipt = road.anonymize(policy(recoding=None, synthesis=None), LocalBackend())
    assert events(store) == []
    assert receipt.charge is None
    assert receipt.lineage.endswith("lake/noisy")
