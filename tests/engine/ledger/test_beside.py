"""How work would stand beside a budget: the same as what happens to it then, and nothing is written."""

from __future__ import annotations

import pytest

from engine.backends.local import LocalBackend
from engine.errors import LakeveilError
from engine.ledger import charged
from engine.ledger.beside import beside, standings_of
from engine.ledger.caps import as_property
from schemas.ledger import OwnersCap
from tests.engine.ledger.policies import made, policy_of, times

HERE = LocalBackend()


def outcome(policy, count, unit) -> str | None:
    """Returns what a charge is refused with, if it is."""
    try:
        with charged(policy, purpose="p", events=times(count), unit=unit):
            return None
    except LakeveilError as error:
        return error.what


@pytest.mark.parametrize(("count", "more"), [
    (1, {}), (5, {}), (6, {}), (3, {"epsilon": 9.0}), (4, {"epsilon": 9.0}), (1, {"population": "others"}), (1, {"lineage": "x"}),
    (1, {"unit": "record"}),
], ids=str)
def test_what_is_foretold_happens(tmp_path, count, more):
    store = made(tmp_path / "ledger", as_property([OwnersCap(population="people", epsilon=0.8, delta=0)]))
    with charged(policy_of(store.path), purpose="p", events=times(5)):
        pass
    unit = more.pop("unit", "subject")
    policy = policy_of(store.path, **more)
    found = beside(policy, times(count), unit=unit, backend=HERE)
    assert len(store.read().rows) == 1
    assert found.asked == pytest.approx(count / 10)
    refusal = outcome(policy, count, unit)
    assert (found.allowed, found.refusal) == (refusal is None, refusal)
    if refusal is None:
        assert found.left == pytest.approx(0.3), "of the owner's cap, which is the lower one"
        assert found.standings == standings_of(policy, HERE)
        assert [one.share for one in found.standings] == pytest.approx([10 * (5 + count) / one.cap for one in found.standings])
        assert all(one.alert for one in found.standings if one.share >= 50)


def test_a_ledger_that_cannot_be_read_would_be_refused_and_stops_nothing_afterwards(tmp_path, caplog):
    policy = policy_of(tmp_path / "none")
    found = beside(policy, times(1), unit="subject", backend=HERE)
    assert (found.allowed, found.refusal, found.left, found.standings) == (False, "there is no ledger here", None, ())
    assert standings_of(policy, HERE) == ()
    assert "could not be told" in caplog.text


def test_without_a_budget_there_is_nothing_to_tell(tmp_path):
    policy = policy_of(tmp_path / "none").model_copy(update={"budget": None})
    assert beside(policy, times(1), unit="subject", backend=HERE) is None
    assert standings_of(policy, HERE) == ()
