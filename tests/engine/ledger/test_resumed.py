"""Work that a later process goes on with is charged once."""

from __future__ import annotations

import pytest

from engine.errors import InputError
from engine.ledger import Charge, charge_of
from engine.privacy.ledger import Book
from tests.engine.ledger.policies import made, policy_of, times


def test_a_charge_is_gone_on_with(tmp_path):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
    first = charge_of(policy, purpose="training")
    first.reserve(times(2))
    first.extend(times(3))
    again = charge_of(policy, purpose="training")
    again.resume(first.reservation)
    assert (again.events, again.stated) == (first.events, first.stated)
    again.extend(times(1))
    again.settle(times(4), receipt_id="s")
    book = Book.of(store.path, store.read())
    assert [one.kind for one in book.entries] == ["reserve", "extend", "extend", "settle"]
    assert len(book.reservations) == 1


def test_who_died_after_settling_settles_the_same_again(tmp_path):
    store, policy = made(tmp_path / "ledger"), policy_of(tmp_path / "ledger")
    first = charge_of(policy, purpose="training")
    first.reserve(times(5))
    first.settle(times(4), receipt_id="s")
    again = charge_of(policy, purpose="training")
    again.resume(first.reservation)
    again.settle(times(4), receipt_id="s")
    assert again.stated == first.stated
    assert len(store.read().rows) == 2
    for wrong in (times(3), times(5)):
        with pytest.raises(InputError, match="settled"):
            again.settle(wrong)


def test_another_ledger_lacks_the_reservation(tmp_path):
    made(tmp_path / "ledger")
    other = charge_of(policy_of(tmp_path / "ledger"), purpose="training")
    with pytest.raises(InputError, match="lacks a reservation"):
        other.resume("f" * 32)


def test_a_reservation_of_other_people_is_not_taken_up(tmp_path):
    made(tmp_path / "ledger")
    one = charge_of(policy_of(tmp_path / "ledger"), purpose="training")
    one.reserve(times(1))
    with pytest.raises(InputError, match="lacks a reservation"):
        charge_of(policy_of(tmp_path / "ledger", population="staff"), purpose="training").resume(one.reservation)


def test_without_a_budget_nothing_is_gone_on_with():
    charge = Charge()
    charge.reserve(times(1))
    charge.resume("")
    assert (charge.events, charge.reservation) == (tuple(times(1)), "")
