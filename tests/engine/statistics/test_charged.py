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
