"""Statistics beside a real ledger: what is charged, what the receipt says of it, and the cap."""

from __future__ import annotations

import shutil

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from engine import statistics
from engine.backends.local import LocalBackend
from engine.errors import BudgetExceeded, InputError
from engine.ledger.view import budget
from engine.plan import Policy
from tests.engine.statistics.policies import policy

pytestmark = pytest.mark.slow
pytest.importorskip("dp_accounting", reason="dp_accounting is not installed: pip install 'lakeveil[privacy]'")


@pytest.fixture
def charged_policy(tmp_path, monkeypatch) -> Policy:
    monkeypatch.chdir(tmp_path)
    write_deltalake("lake/people", pa.table({"id": [f"P{n}" for n in range(50)], "sex": ["FM"[n % 2] for n in range(50)]}))
    plain = policy(epsilon=1, queries={"people": {"count": "subjects", "by": ["sex"]}})
    asked = {"ledger": "ledger", "population": "people", "cap": {"epsilon": 1.5, "delta": 0}}
    written = plain.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return Policy.parse({**written, "budget": asked})


def test_what_was_released_is_charged_once_and_a_cap_ends_it(charged_policy, tmp_path):
    with pytest.raises(InputError):
        statistics.stats(charged_policy, LocalBackend())  # no ledger yet
    budget("ledger", LocalBackend(), new=True)
    found = statistics.stats(charged_policy, LocalBackend(), out=tmp_path / "first.json")
    charge = found.receipt.charge
    assert (charge.population, charge.unit, charge.total) == ("people", "subject", pytest.approx(1))
    with pytest.raises(BudgetExceeded):
        statistics.stats(charged_policy, LocalBackend(), out=tmp_path / "second.json")
    assert not (tmp_path / "second.json").exists()
    again = statistics.stats(charged_policy.model_copy(update={"statistics": charged_policy.statistics.model_copy(
        update={"epsilon": 0.4})}), LocalBackend(), out=tmp_path / "third.json")
    assert again.receipt.charge.total == pytest.approx(1.4)


def test_a_ledger_that_lacks_what_statistics_were_charged_is_refused(charged_policy, tmp_path):
    """A new ledger at the old one's path would be a fresh budget."""
    budget("ledger", LocalBackend(), new=True)
    statistics.stats(charged_policy, LocalBackend())
    shutil.rmtree("ledger")
    budget("ledger", LocalBackend(), new=True)
    with pytest.raises(InputError, match="lacks an entry that a receipt names"):
        statistics.stats(charged_policy, LocalBackend(), out=tmp_path / "second.json")


def test_the_ledger_holds_what_verified_statistics_were_charged(charged_policy, tmp_path, caplog):
    budget("ledger", LocalBackend(), new=True)
    found = statistics.stats(charged_policy, LocalBackend(), out=tmp_path / "out.json")
    for backend in (None, LocalBackend()):
        assert statistics.verify(str(tmp_path / "out.json"), backend) == found.receipt
    spend, = found.receipt.plan.spends
    dearer = spend.model_copy(update={"events": (spend.events[0].model_copy(update={"count": 2}),)})
    plan = found.receipt.plan.model_copy(update={"spends": (dearer,), "epsilon": 2.0, "epsilon_by_accountant": {}})
    receipt, path = found.receipt.model_copy(update={"plan": plan}), tmp_path / "out.json.receipt.json"
    path.write_text(receipt.model_dump_json())
    with pytest.raises(InputError, match="charged for other events"):
        statistics.verify(str(tmp_path / "out.json"))
    fewer = found.receipt.plan.model_copy(update={"spends": (spend.model_copy(update={"events": ()}),)})
    path.write_text(found.receipt.model_copy(update={"plan": fewer}).model_dump_json())
    with pytest.raises(InputError, match="charged for other events"):
        statistics.verify(str(tmp_path / "out.json"))
    for less in ({"epsilon": 0.3}, {"total": 0.3}, {"delta": 1e-9}):
        path.write_text(found.receipt.model_copy(
            update={"charge": found.receipt.charge.model_copy(update=less)}).model_dump_json())
        with pytest.raises(InputError, match="states less than the ledger was charged"):
            statistics.verify(str(tmp_path / "out.json"))
    of_rows = found.receipt.charge.model_copy(update={"unit": "record"})
    for other in ({"plan": found.receipt.plan.model_copy(update={"unit": "record"})}, {"charge": of_rows}):
        path.write_text(found.receipt.model_copy(update=other).model_dump_json())
        with pytest.raises(InputError, match="charged for another unit"):
            statistics.verify(str(tmp_path / "out.json"))
    path.write_text(found.receipt.model_dump_json())
    shutil.rmtree("ledger")
    assert statistics.verify(str(tmp_path / "out.json")) == found.receipt
    assert "whether it holds the charge was not looked up" in caplog.text
    budget("ledger", LocalBackend(), new=True)
    with pytest.raises(InputError, match="lacks an entry that a receipt names"):
        statistics.verify(str(tmp_path / "out.json"))
