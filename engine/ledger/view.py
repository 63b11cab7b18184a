"""What a ledger holds: by cap, by lineage and population, and entry by entry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from engine.errors import InputError, PolicyError
from engine.ledger.alerts import reached
from engine.ledger.anchors import anchors, require_entries
from engine.ledger.caps import as_property, owners, placed, read_caps, set_caps
from engine.ledger.charge import Opens
from engine.plan import Policy
from engine.privacy.accounting import by_accountant, epsilon_of
from engine.privacy.ledger import ENDLESS, Book, Scope
from engine.privacy.port import LedgerStore
from engine.release.lineage import lineage_of
from schemas.ledger import Budget, Entry, Line, OwnersCap, Replaced, Standing
from schemas.policy.privacy_budget import Alerts, Cap


def budget(target: str, backend: Opens, *, at_delta: float | None = None, new: bool = False, caps: Path | None = None) -> Budget:
    """Returns what is spent, reserved and left.

    Args:
        target: A policy, whose lineage and population are told; or a ledger, of which all are.
        backend: What opens the ledger.
        at_delta: Tell epsilon at this delta; nothing is said of caps then.
        new: Make the ledger first.
        caps: File with caps of the data's owner, which are written into the ledger first, in place of all that it has.

    Raises:
        PolicyError: If the policy has no ``budget``, or the caps cannot be accepted.
        InputError: If there is no ledger, or there is one that shall be made, or it was altered, or lacks what a receipt
            names, as a new one would.
        SetupError: If it cannot be written, or dp_accounting is missing.
    """
    if at_delta is not None and not 0 <= at_delta < 1:
        raise PolicyError("delta is a probability", where="--at-delta", allowed="0 to 1, without 1")
    policy = Policy.load(target) if target.endswith((".yaml", ".yml")) else None
    if policy is not None and policy.budget is None:
        raise PolicyError("the policy names no ledger", where=target,
                          next="add budget: {ledger: PATH, population: NAME, cap: {epsilon: 3, delta: 1e-6}}")
    store = backend.ledger(policy.budget.ledger if policy and policy.budget else target)
    wanted = read_caps(caps) if caps else None
    replaced = _make(store, policy, wanted) if new else set_caps(store, wanted) if wanted is not None else None
    return told(store, policy, at_delta).model_copy(update={"replaced": replaced})


def _make(store: LedgerStore, policy: Policy | None, wanted: Sequence[OwnersCap] | None) -> Replaced | None:
    """Makes a ledger, unless the policy could not be charged to it."""
    if policy is not None:
        lineage_of(policy)
        for charge in anchors(policy)[:1]:
            raise InputError("what this policy released was charged to a ledger already: a new one would be a fresh budget",
                             where=f"its receipt names {charge.ledger}, entry {charge.entry}",
                             next="name that one in budget.ledger; nothing was made")
    after = placed(wanted or ())
    store.create(as_property(after) if after else "")
    return None if wanted is None else Replaced(before=(), after=tuple(after))


def told(store: LedgerStore, policy: Policy | None, at_delta: float | None = None) -> Budget:
    """Returns what a ledger holds, of a policy's lineage and population or of all."""
    stored = store.read()
    book = Book.of(store.path, stored)
    alerts, scopes = Alerts(), [*owners(stored, store.path)]
    if policy is not None and policy.budget is not None:
        of = policy.budget
        mine = Scope(lineage_of(policy), of.population, of.cap)
        alerts, scopes = of.alerts, [mine, *(one for one in scopes if _touches(one, mine))]
        require_entries(book, anchors(policy))
        entries: Iterable[Entry] = (entry for entry in book.entries if any(one.holds(entry) for one in scopes))
    else:
        scopes += _uncapped(book, scopes)
        entries = book.entries
    standings = tuple(standing(book, scope, alerts, at_delta) for scope in scopes)
    passed = [alerts.at.index(one.alert) + 1 for one in standings if one.alert]
    return Budget(ledger=store.path, entries=len(book.entries), head=book.head, alerts=alerts.at,
                  reached=max(passed, default=0), standings=standings, timeline=tuple(map(_line, entries)))


def _touches(one: Scope, other: Scope) -> bool:
    return one.lineage in {None, other.lineage} and one.population in {None, other.population}


def _uncapped(book: Book, capped: Sequence[Scope]) -> list[Scope]:
    """Returns each lineage and population that has no cap of its own, with a cap that does not count.

    It is told at the delta of the last charge, whatever that is: there was a time when it could be more than a cap's may be.
    """
    known = {(scope.lineage, scope.population) for scope in capped}
    last = {(entry.lineage, entry.population): entry.delta for entry in book.entries}
    return [Scope(*names, Cap.model_construct(epsilon=ENDLESS, delta=delta))
            for names, delta in last.items() if names not in known]


def standing(book: Book, scope: Scope, alerts: Alerts, at_delta: float | None = None) -> Standing:
    """Returns what is left of a cap, or, at a delta of its own, what was spent beside any cap."""
    cap, charges = scope.cap, book.charges(scope)
    delta = cap.delta if at_delta is None else at_delta
    total = epsilon_of(book.events(scope), delta)
    spent = epsilon_of(book.events(scope, settled=True), delta)
    units: dict[Any, None] = dict.fromkeys(one.first.unit for one in charges if one.events)
    figures: dict[str, Any] = {"cap": None, "by": None, "left": None, "share": None, "alert": None}
    if at_delta is None and cap.epsilon < ENDLESS:
        share = 100 * total / cap.epsilon
        passed = reached(share, alerts)
        figures = {"cap": cap.epsilon, "by": "owner" if scope.by_owner else "policy", "left": max(0.0, cap.epsilon - total),
                   "share": finite(share), "alert": alerts.at[passed - 1] if passed else None}
    figures |= {"spent": finite(spent), "reserved": None if math.isinf(total) else max(0.0, total - spent)}
    return Standing(
        lineage=scope.lineage, population=scope.population, unit=next(iter(units)) if len(units) == 1 else None, delta=delta,
        reservations=len(charges), open=sum(one.ran is None for one in charges),
        by_accountant={name: finite(found) for name, found in by_accountant(book.events(scope), delta).items()}, **figures)


def finite(epsilon: float | None) -> float | None:
    """Returns None where nothing is promised: JSON has no word for an infinite epsilon."""
    return epsilon if epsilon is not None and math.isfinite(epsilon) else None


def _line(entry: Entry) -> Line:
    return Line(**{name: getattr(entry, name) for name in Line.model_fields})
