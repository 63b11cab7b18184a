"""Reserve, run, settle: what is kept, what is free again, what is refused."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from engine.backends.ledger import LocalLedger
from engine.errors import BudgetExceeded, InputError, PolicyError, SetupError
from engine.ledger import charged, writing
from engine.ledger.caps import as_property
from engine.ledger.view import told
from engine.ledger.writing import Account, write
from engine.privacy.ledger import Book, Scope
from schemas.dp_events import DiscreteLaplace, Gaussian, Promised
from schemas.ledger import OwnersCap
from tests.engine.ledger.policies import made, policy_of, times


def spent(store) -> int:
    book = Book.of(store.path, store.read())
    return sum(event.count for one in book.reservations.values() for event in one.events)


def kinds(store) -> list[str]:
    return [entry.kind for entry in Book.of(store.path, store.read()).entries]


def test_a_charge_is_reserved_extended_and_settled(tmp_path):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
    with charged(policy, purpose="statistics", events=times(2)) as charge:
        assert spent(store) == 2
        charge.extend(times(3))
        assert charge.events == tuple(times(5))
        assert charge.stated.epsilon == pytest.approx(0.5)
        charge.settle(times(4), receipt_id="r1")
    assert kinds(store) == ["reserve", "extend", "settle"]
    assert spent(store) == 4
    assert charge.stated.total == charge.stated.epsilon == pytest.approx(0.4)
    entry = Book.of(store.path, store.read()).entries[-1]
    assert (entry.receipt, entry.job, entry.purpose, entry.unit) == ("r1", "t", "statistics", "subject")
    assert charge.stated.entry == 2


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, None])
def test_what_is_never_settled_stays_charged(tmp_path, error):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
    try:
        with charged(policy, purpose="statistics", events=times(2)) as charge:
            charge.extend(times(1))
            if error:
                raise error
    except (RuntimeError, KeyboardInterrupt):
        pass
    assert spent(store) == 3


def test_a_refusal_comes_before_any_work_and_says_what_is_left(tmp_path):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
    with charged(policy, purpose="statistics", events=times(3)) as charge:
        charge.settle(times(3))
    with charged(policy, purpose="statistics", events=times(4)):
        pass
    with pytest.raises(BudgetExceeded, match=r"spent 0\.3, reserved 0\.4, asked 0\.4, left 0\.3") as refused, \
            charged(policy, purpose="statistics", events=times(4)):
        pytest.fail("the work began")
    assert "lineage" in refused.value.where
    assert spent(store) == 7
    with charged(policy, purpose="statistics", events=times(3)):
        pass
    assert spent(store) == 10, "exactly the cap fits"


def test_a_refusal_for_delta_says_so(tmp_path):
    """All of epsilon may be left, and nothing be promised at the cap's delta."""
    made(tmp_path / "ledger")
    policy, half = policy_of(tmp_path / "ledger", epsilon=3, delta=1e-6), [Promised(epsilon=0.5, delta=6e-7)]
    with charged(policy, purpose="cuts", events=half) as charge:
        charge.settle(half)
    with pytest.raises(BudgetExceeded, match=r"it is delta that is too little: 1\.2e-06 is promised in all"), \
            charged(policy, purpose="cuts", events=half):
        pytest.fail("the work began")


def test_an_extension_beyond_the_cap_is_refused_and_keeps_the_rest(tmp_path):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
    with charged(policy, purpose="statistics", events=times(9)) as charge:
        with pytest.raises(BudgetExceeded):
            charge.extend(times(2))
        assert charge.events == tuple(times(9))
        charge.settle(times(9))
    assert spent(store) == 9


def test_settling_may_only_lower(tmp_path):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
    with charged(policy, purpose="statistics", events=times(2)) as charge:
        for more in (times(3), [DiscreteLaplace(rate=0.01, sensitivity=1)], [Promised(epsilon=0.1)]):
            with pytest.raises(InputError, match="more ran than was reserved"):
                charge.settle(more)
        charge.settle([])
        for again in (charge.settle, charge.extend):
            with pytest.raises(InputError, match="settled"):
                again(times(1))
    assert spent(store) == 0


def test_without_a_budget_a_charge_remembers_events(tmp_path):
    policy = policy_of(tmp_path / "ledger").model_copy(update={"budget": None})
    with charged(policy, purpose="statistics", events=times(2)) as charge:
        charge.extend(times(1))
        charge.settle(times(2))
    assert charge.events == tuple(times(2))
    assert charge.stated is None


def test_no_ledger_is_made_on_the_way(tmp_path):
    with pytest.raises(InputError, match="there is no ledger here"), \
            charged(policy_of(tmp_path / "mistyped"), purpose="statistics", events=times(1)):
        pytest.fail("the work began")
    assert not (tmp_path / "mistyped").exists()


def account(policy) -> Account:
    scope = Scope("line", policy.budget.population, policy.budget.cap)
    return Account(scope, "subject", "lake/t", policy.name, policy.fingerprint, "statistics")


def test_an_entry_that_is_sent_twice_is_one(tmp_path):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger", epsilon=0.5)
    first = write(store, account(policy), "reserve", None, times(4), id="a" * 32)
    again = write(store, account(policy), "reserve", None, times(4), id="a" * 32)
    assert (again.entry, again.digest) == (first.entry, first.digest)
    assert spent(store) == 4
    with pytest.raises(InputError, match="says something else"):
        write(store, account(policy), "reserve", None, times(1), id="a" * 32)


def test_an_answer_that_is_lost_is_found_again(tmp_path, monkeypatch):
    """The append came through, and its process was told that it did not."""
    store, policy, append = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger"), LocalLedger.append
    monkeypatch.setattr(LocalLedger, "append", lambda self, row, at: append(self, row, at) and False)
    with charged(policy, purpose="statistics", events=times(2)):
        pass
    assert spent(store) == 2
    assert kinds(store) == ["reserve"]


def test_who_is_always_slower_gives_up_uncharged(tmp_path, monkeypatch):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
    monkeypatch.setattr(writing, "TRIES", 3)
    monkeypatch.setattr(LocalLedger, "append", lambda *_: False)
    with pytest.raises(SetupError, match="all the time"), charged(policy, purpose="statistics", events=times(2)):
        pytest.fail("the work began")
    assert kinds(store) == []


@pytest.mark.parametrize(("step", "stands"), [("extend", "what was reserved before"), ("settle", "all that was reserved")])
def test_who_gives_up_later_is_told_that_the_reservation_stands(tmp_path, monkeypatch, step, stands):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
    with charged(policy, purpose="statistics", events=times(2)) as charge:
        monkeypatch.setattr(writing, "TRIES", 3)
        monkeypatch.setattr(LocalLedger, "append", lambda *_: False)
        with pytest.raises(SetupError, match="all the time") as told:
            getattr(charge, step)(times(1))
    assert told.value.next == f"run again; {stands} stays charged"
    assert spent(store) == 2


def test_an_owners_cap_holds_whatever_the_policy_says(tmp_path):
    caps = [OwnersCap(population="people", epsilon=0.3, delta=0.0)]
    store = made(tmp_path / "ledger", as_property(caps))
    generous, other = (policy_of(tmp_path / "ledger", epsilon=100.0, source=source) for source in ("lake/t", "lake/u"))
    with charged(generous, purpose="statistics", events=times(2)):
        pass
    with pytest.raises(BudgetExceeded, match="the cap of the data owner"), charged(other, purpose="statistics", events=times(2)):
        pytest.fail("of the same people, from another table")
    with pytest.raises(BudgetExceeded, match="the cap of the policy"), \
            charged(policy_of(tmp_path / "ledger", epsilon=0.25), purpose="statistics", events=times(1)):
        pytest.fail("a policy may lower it")
    store.set_caps("[{}]", 2)
    with pytest.raises(InputError, match="caps in the ledger cannot be read"), \
            charged(generous, purpose="statistics", events=times(1)):
        pytest.fail("who cannot read the caps charges nothing")


def test_populations_have_budgets_of_their_own_where_the_owner_says_so(tmp_path):
    store = made(tmp_path / "ledger", as_property([OwnersCap(lineage="clinic", population="staff", epsilon=9, delta=0)]))
    for population in ("patients", "staff"):
        with charged(policy_of(tmp_path / "ledger", population=population, lineage="clinic"), purpose="statistics",
                     events=times(10)):
            pass
    assert spent(store) == 20


def test_a_second_name_of_the_same_people_is_no_fresh_budget(tmp_path):
    """Whatever caps there are in general, or of other lineages: two in general would double the budget of one table."""
    caps = [OwnersCap(population="patients", epsilon=9, delta=0), OwnersCap(population="people", epsilon=9, delta=0),
            OwnersCap(lineage="other", population="staff", epsilon=9, delta=0)]
    store = made(tmp_path / "ledger", as_property(caps))
    with charged(policy_of(tmp_path / "ledger", population="mistyped"), purpose="statistics", events=times(1)) as nothing:
        nothing.settle([])
    for _ in range(2):
        with charged(policy_of(tmp_path / "ledger"), purpose="statistics", events=times(5)):
            pass
    for other in ("staff", "patients", "People"):
        with pytest.raises(PolicyError, match="charged under another name") as told, \
                charged(policy_of(tmp_path / "ledger", population=other), purpose="statistics", events=times(1)):
            pytest.fail("the work began")
        assert (told.value.allowed, "--caps" in told.value.next) == ("people", True)
    with charged(policy_of(tmp_path / "ledger", population="staff", source="lake/u"), purpose="statistics", events=times(5)):
        pass
    assert spent(store) == 15


def test_units_are_not_added_up(tmp_path):
    made(tmp_path / "ledger")
    policy = policy_of(tmp_path / "ledger")
    with charged(policy, purpose="statistics", events=times(1), unit="subject"):
        pass
    with pytest.raises(PolicyError, match="protects a record cannot be added"), \
            charged(policy, purpose="statistics", events=times(1), unit="record"):
        pytest.fail("the work began")


def test_a_charge_that_came_to_nothing_binds_nobody_to_its_unit(tmp_path):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
    with charged(policy, purpose="statistics", events=times(1), unit="record") as nothing:
        nothing.settle([])
    with charged(policy, purpose="statistics", events=times(1), unit="subject"):
        pass
    (one,) = told(store, policy).standings
    assert one.unit == "subject"
    with pytest.raises(PolicyError, match="protects a record cannot be added"), \
            charged(policy, purpose="statistics", events=times(1), unit="record"):
        pytest.fail("the work began")


class Clock:
    """A machine's clock."""

    def __init__(self, now):
        self._now = now

    def now(self, zone):
        return self._now.astimezone(zone)


def test_times_do_not_go_back_and_a_clock_stops_no_charge(tmp_path, monkeypatch):
    """Neither a clock that is behind, nor one entry of a machine whose clock was years ahead."""
    store, policy, now = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger"), datetime.now(UTC)
    for days in (0, -1, 3650, 0, 3651):
        monkeypatch.setattr(writing, "datetime", Clock(now + timedelta(days=days)))
        with charged(policy, purpose="statistics", events=times(1)):
            pass
    assert [entry.time for entry in Book.of(store.path, store.read()).entries] == [
        now + timedelta(days=days) for days in (0, 0, 3650, 3650, 3651)]


def test_times_are_utc_whatever_the_zone(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
        with charged(policy, purpose="statistics", events=times(1)):
            pass
        entry = Book.of(store.path, store.read()).entries[0]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert abs(entry.time - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_cap_at_delta_zero_takes_pure_mechanisms_alone(tmp_path):
    made(tmp_path / "ledger")
    with pytest.raises(BudgetExceeded), \
            charged(policy_of(tmp_path / "ledger", epsilon=50), purpose="s", events=[Promised(epsilon=0.1, delta=1e-9)]):
        pytest.fail("the work began")


def test_noise_that_promises_nothing_is_refused(tmp_path):
    made(tmp_path / "ledger")
    policy = policy_of(tmp_path / "ledger", epsilon=50, delta=1e-6)
    with pytest.raises(BudgetExceeded, match="asked inf"), charged(policy, purpose="s", events=[Gaussian(noise_multiplier=1e-3)]):
        pytest.fail("the work began")


@pytest.mark.slow
def test_caps_compose_jointly(tmp_path):
    """Sixty-four small charges fit where their epsilons, added up, would not."""
    made(tmp_path / "ledger")
    policy = policy_of(tmp_path / "ledger", epsilon=4.0, delta=1e-6)
    with charged(policy, purpose="statistics", events=times(64)) as charge:
        charge.settle(times(64))
    assert 1.5 * charge.stated.total < 64 * 0.1
