"""How work stands beside a policy's budget: what it would come to before it, and which alerts are reached after it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.errors import LakeveilError
from engine.ledger.anchors import require_entries
from engine.ledger.caps import owners
from engine.ledger.charge import Opens, account_of, store_of
from engine.ledger.view import finite, standing, told
from engine.ledger.writing import following
from engine.plan import Policy
from engine.privacy.accounting import epsilon_of
from engine.privacy.events import merged
from engine.privacy.ledger import Book, Scope
from engine.privacy.port import LedgerStore
from schemas.dp_events import Event
from schemas.ledger import Beside, Entry, Standing, Unit, row_of
from schemas.policy.privacy_budget import PrivacyBudget

_LOG = logging.getLogger("lakeveil")

_ID = "asked"
"""Of an entry that is not written."""


def beside(policy: Policy, events: Iterable[Event], *, unit: Unit, backend: Opens | None = None) -> Beside | None:
    """Returns how a charge would stand beside the policy's budget, were it made now. Reads the ledger; charges nothing.

    Args:
        policy: The policy; without a ``budget`` the answer is None.
        events: What would be reserved.
        unit: Whom the events protect.
        backend: What opens the ledger; delta-rs by default.
    """
    if policy.budget is None:
        return None
    store = store_of(policy.budget, backend)
    try:
        return _beside(policy, policy.budget, merged(events), unit, store)
    except LakeveilError as error:
        return Beside(ledger=store.path, asked=None, left=None, allowed=False, refusal=error.what)


def standings_of(policy: Policy, backend: Opens | None = None) -> tuple[Standing, ...]:
    """Returns how a policy's caps stand, for who wants to tell which alerts work has reached; nothing without a ``budget``.

    A ledger that cannot be read now stops nothing: the work is done, and charged.
    """
    if policy.budget is None:
        return ()
    try:
        return told(store_of(policy.budget, backend), policy).standings
    except LakeveilError:
        _LOG.warning("which alerts on the privacy budget are reached could not be told")
        return ()


def _beside(policy: Policy, budget: PrivacyBudget, wanted: Sequence[Event], unit: Unit, store: LedgerStore) -> Beside:
    account = account_of(policy, budget, purpose="", unit=unit)
    stored = store.read()
    book = Book.of(store.path, stored)
    require_entries(book, account.anchors)
    entry = following(book, account, "reserve", wanted, _ID)
    scopes = [scope for scope in (account.scope, *owners(stored, store.path)) if scope.holds(entry)]
    after = Book.of(store.path, replace(stored, rows=[*stored.rows, row_of(entry)]))
    refusal = _refusal(book, entry, scopes)
    return Beside(
        ledger=store.path, asked=finite(epsilon_of(wanted, budget.cap.delta)), allowed=refusal is None, refusal=refusal,
        left=min(max(0.0, scope.cap.epsilon - epsilon_of(book.events(scope), scope.cap.delta)) for scope in scopes),
        standings=tuple(standing(after, scope, budget.alerts) for scope in scopes))


def _refusal(book: Book, entry: Entry, scopes: Sequence[Scope]) -> str | None:
    """Returns what would be said of a charge that is refused."""
    try:
        book.require(entry, scopes)
    except LakeveilError as error:
        return error.what
    return None
