"""What is told of a ledger, and what its owner writes into it."""

from __future__ import annotations

import json

import pytest

from engine.backends.local import LocalBackend
from engine.errors import BudgetExceeded
from engine.ledger import charged
from engine.ledger.view import budget
from jobs._views_budget import _standing
from schemas.dp_events import Gaussian
from schemas.ledger import Budget
from tests.engine.ledger.policies import made, policy_of, times


@pytest.mark.parametrize(("source", "lineage"), [
    ("lake/t", "lake/t"), ("lake/t", "./lake/t/"), ("lake/t", "link/t"), ("t", "./t"), ("s3://bucket/t", "s3a://bucket/t/"),
    ("main.clinic.visits", "main.clinic.visits"),
])
@pytest.mark.parametrize("new", [True, False])
def test_an_owners_cap_names_a_lineage_as_charges_do(tmp_path, monkeypatch, source, lineage, new):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lake").mkdir()
    (tmp_path / "link").symlink_to("lake")
    (tmp_path / "caps.json").write_text(json.dumps([{"lineage": lineage, "epsilon": 0.2, "delta": 0}]))
    if not new:
        made("ledger")
    budget("ledger", LocalBackend(), new=new, caps=tmp_path / "caps.json")
    with pytest.raises(BudgetExceeded, match="the cap of the data owner"), \
            charged(policy_of("ledger", source=source), purpose="statistics", events=times(3)):
        pytest.fail("the work began")


def test_where_nothing_is_promised_json_has_no_infinity(tmp_path, monkeypatch):
    """Gaussian noise has no epsilon at delta 0: as a cap of the owner may ask, later."""
    monkeypatch.chdir(tmp_path)
    made("ledger")
    for settled in (True, False):
        with charged(policy_of("ledger", epsilon=50, delta=1e-6), purpose="p", events=[Gaussian(noise_multiplier=5)]) as charge:
            charge.settle(charge.events if settled else [])
    (tmp_path / "caps.json").write_text(json.dumps([{"population": "people", "epsilon": 1, "delta": 0}]))
    for found in (budget("ledger", LocalBackend(), caps=tmp_path / "caps.json"), budget("ledger", LocalBackend(), at_delta=0.0)):
        plain = json.dumps(found.model_dump(mode="json"), allow_nan=False)
        assert Budget.model_validate_json(plain) == found
        (one, *_) = found.standings
        assert (one.spent, one.reserved, one.by_accountant["pld"]) == (None, None, None)
        assert "∞" in str(list(_standing(one)))
    assert found.reached == 0
    (capped, *_) = budget("ledger", LocalBackend()).standings
    assert (capped.share, capped.left, capped.alert) == (None, 0.0, 100)
    assert budget("ledger", LocalBackend()).reached == 3


@pytest.mark.parametrize("name", ["clinic", "here/visits"])
def test_a_name_that_charges_have_stays_as_it_is(tmp_path, monkeypatch, name):
    """Even where another folder stands in the place of its path by now."""
    monkeypatch.chdir(tmp_path)
    made("ledger")
    with charged(policy_of("ledger", lineage=name), purpose="statistics", events=times(1)) as charge:
        pass
    (tmp_path / "moved").mkdir()
    (tmp_path / "here").symlink_to("moved")
    (tmp_path / "caps.json").write_text(json.dumps([{"lineage": charge.stated.lineage, "epsilon": 0.2, "delta": 0}]))
    (one, *_) = budget("ledger", LocalBackend(), caps=tmp_path / "caps.json").standings
    assert (one.lineage, one.share) == (charge.stated.lineage, pytest.approx(50))
