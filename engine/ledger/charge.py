"""A charge: reserved before the work, settled after it, and kept whole if nobody comes to settle it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from engine.backends.ledger import LocalLedger
from engine.errors import InputError
from engine.ledger.alerts import tell
from engine.ledger.anchors import anchors
from engine.ledger.writing import Account, Written, require_room, write
from engine.plan import Policy
from engine.privacy.accounting import epsilon_of
from engine.privacy.events import merged, within
from engine.privacy.ledger import Book, Scope
from engine.privacy.port import LedgerStore
from engine.release.lineage import lineage_of, place_of
from schemas.dp_events import Event
from schemas.ledger import Charged, Kind, Unit
from schemas.names import one_name
from schemas.policy.privacy_budget import Alerts, PrivacyBudget


class Opens(Protocol):
    """What opens ledgers: every backend."""

    def ledger(self, path: str) -> LedgerStore:
        """Opens the ledger at ``path``, which need not be there yet."""
        ...


@dataclass
class Charge:
    """What one piece of work costs.

    Attributes:
        events: All that was reserved, or what ran once that is settled.
        stated: What a receipt says of it; None where no ledger sums it up.
        reservation: Its id, by which another process can go on with it; empty where no ledger sums it up.
    """

    events: tuple[Event, ...] = ()
    stated: Charged | None = None
    reservation: str = ""
    _store: LedgerStore | None = None
    _account: Account | None = None
    _alerts: Alerts = field(default_factory=Alerts)
    _settled: bool = False

    def extend(self, events: Iterable[Event]) -> None:
        """Reserves more, before it is drawn.

        Raises:
            BudgetExceeded: If a cap would be passed. What was reserved before stays reserved.
            InputError: If the charge is settled.
        """
        more = merged(events)
        self._require_open()
        if more:
            self._write("extend", more)
            self.events = merged((*self.events, *more))

    @property
    def settled(self) -> bool:
        """Whether it was said what really ran."""
        return self._settled

    def settle(self, events: Iterable[Event], *, receipt_id: str | None = None) -> None:
        """Says what really ran. What was reserved and did not run is free again.

        Args:
            events: Of those that were reserved, each as often at most.
            receipt_id: Of what was paid for.

        Raises:
            InputError: If more ran than was reserved, or the charge is settled. All that was reserved counts then.
        """
        ran = merged(events)
        if self._settled and within(self.events, ran) and within(ran, self.events):
            return
        self._require_open()
        if not within(ran, self.events):
            raise InputError("more ran than was reserved", where=self._account.purpose if self._account else "charge",
                             next="this is a defect: what runs is reserved before")
        self._write("settle", ran, receipt_id)
        self.events, self._settled = ran, True

    def reserve(self, events: Iterable[Event]) -> None:
        """Begins the charge. See ``charged``."""
        wanted = merged(events)
        self._write("reserve", wanted)
        self.events = wanted

    def require(self, events: Iterable[Event]) -> None:
        """Checks that so much may be reserved now. Nothing is reserved.

        Raises:
            BudgetExceeded, InputError, PolicyError, SetupError: As ``charged``.
        """
        if self._store is not None and self._account is not None:
            require_room(self._store, self._account, merged(events))

    def resume(self, reservation: str) -> None:
        """Goes on with the charge of an earlier process, whose work is gone on with, too; nothing is reserved.

        Raises:
            InputError: If the ledger has no such reservation of this lineage and population.
        """
        if self._store is None or self._account is None:
            return
        book = Book.of(self._store.path, self._store.read())
        known = book.reservations.get(reservation)
        if known is None or not self._account.scope.holds(known.first):
            raise InputError("the ledger lacks a reservation that work was begun with", where=f"{book.where}, {reservation[:8]}…",
                             next="restore the ledger that it was begun with, or begin the work anew")
        last = next(entry for entry in reversed(book.entries) if entry.reservation == reservation)
        self.reservation, self.events, self._settled = reservation, known.events, known.ran is not None
        self.stated = self._said(Written(last, book.digests[last.number], book, ()), self.events)

    def _require_open(self) -> None:
        if self._settled:
            raise InputError("this charge is settled", where=self._account.purpose if self._account else "charge",
                             next="this is a defect: begin another charge")

    def _write(self, kind: Kind, events: tuple[Event, ...], receipt: str | None = None) -> None:
        if self._store is None or self._account is None:
            return
        written = write(self._store, self._account, kind, self.reservation or None, events, receipt=receipt)
        self.reservation = written.entry.reservation
        self.stated = self._said(written, events if kind == "settle" else (*self.events, *events))
        if kind != "settle":
            tell(written, self._alerts)

    def _said(self, written: Written, counted: tuple[Event, ...]) -> Charged:
        entry, scope = written.entry, self._account.scope if self._account else written.scopes[0]
        others, delta = written.book.events(scope, but=self.reservation), scope.cap.delta
        return Charged(
            ledger=written.book.where, lineage=entry.lineage, population=entry.population, unit=entry.unit,
            reservation=entry.reservation, entry=entry.number, digest=written.digest, epsilon=epsilon_of(counted, delta),
            delta=delta, total=epsilon_of((*others, *counted), delta))


@contextmanager
def charged(
    policy: Policy, *, purpose: str, events: Iterable[Event] = (), lineage: str | None = None, unit: Unit = "subject",
    backend: Opens | None = None,
) -> Iterator[Charge]:
    """Reserves privacy budget, and hands out the charge. Without a ``budget`` in the policy the charge but remembers events.

    An exception, a crash, or leaving without ``settle`` keeps all that was reserved.

    Args:
        policy: With a ``budget`` section, or without.
        purpose: What is paid for, in a word: 'training', 'statistics'.
        events: What shall run; more can be reserved later.
        lineage: What it is summed under, as it is; found from the policy and the receipts beside its source by default.
        unit: Whom the events protect.
        backend: What opens the ledger; delta-rs by default.

    Raises:
        BudgetExceeded: If a cap would be passed. Nothing is reserved then.
        InputError: If there is no ledger, or it was altered.
        PolicyError: If lineage or unit are not those of earlier charges.
        SetupError: If the ledger cannot be read or written now, or dp_accounting is missing.
    """
    charge = charge_of(policy, purpose=purpose, lineage=lineage, unit=unit, backend=backend)
    charge.reserve(events)
    yield charge


def charge_of(
    policy: Policy, *, purpose: str, lineage: str | None = None, unit: Unit = "subject", backend: Opens | None = None,
) -> Charge:
    """Returns a charge of which nothing is reserved yet: for work that may go on with an earlier one. As ``charged``."""
    budget = policy.budget
    if budget is None:
        return Charge()
    account = account_of(policy, budget, purpose=purpose, unit=unit, lineage=lineage)
    return Charge(_store=store_of(budget, backend), _account=account, _alerts=budget.alerts)


def store_of(budget: PrivacyBudget, backend: Opens | None) -> LedgerStore:
    """Returns the ledger that a policy names, opened by a backend, or by delta-rs."""
    return backend.ledger(budget.ledger) if backend else LocalLedger(budget.ledger)


def account_of(policy: Policy, budget: PrivacyBudget, *, purpose: str, unit: Unit, lineage: str | None = None) -> Account:
    """Returns what the entries of a charge share. As ``charged``."""
    scope = Scope(one_name(lineage) if lineage else lineage_of(policy), budget.population, budget.cap)
    return Account(scope, unit, place_of(policy.source.table), policy.name, policy.fingerprint, purpose,
                   policy.source.subject if unit == "subject" else None, anchors(policy))
