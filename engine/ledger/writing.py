"""One entry more: read, decide, append as the very next entry, or begin again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.errors import InputError, SetupError
from engine.ledger.anchors import require_entries
from engine.ledger.caps import owners
from engine.principal import principal
from engine.privacy.accounting import epsilon_of
from engine.privacy.ledger import ENDLESS, Book, Scope
from engine.privacy.port import LedgerStore
from engine.version import lakeveil_version
from schemas.dp_events import Event
from schemas.ledger import Charged, Entry, Kind, Unit, digest, row_of

TRIES = 200
"""How often an entry that others were faster than is decided anew. Somebody gets on each time."""

_LONGEST = 0.5
"""Seconds between two tries, at most."""

_STANDS: dict[Kind, str] = {
    "reserve": "nothing was charged", "extend": "what was reserved before stays charged",
    "settle": "all that was reserved stays charged"}
"""What becomes of a charge whose next entry could not be added, by what that does."""


@dataclass(frozen=True)
class Account:
    """What the entries of one charge share.

    Attributes:
        scope: Lineage and population, and the policy's cap.
        unit: Whom events protect.
        source: The table.
        job: Name of the policy.
        policy: Its fingerprint.
        purpose: What is paid for.
        subject: The column that tells subjects apart, where they are protected.
        anchors: Charges that the ledger has to hold, since receipts name them.
    """

    scope: Scope
    unit: Unit
    source: str
    job: str
    policy: str
    purpose: str
    subject: str | None = None
    anchors: tuple[Charged, ...] = ()


@dataclass(frozen=True)
class Written:
    """An entry that is in the ledger.

    Attributes:
        entry: It.
        digest: Its digest.
        book: The ledger before it.
        scopes: The caps that hold it.
    """

    entry: Entry
    digest: str
    book: Book
    scopes: tuple[Scope, ...]


def write(
    store: LedgerStore, account: Account, kind: Kind, reservation: str | None, events: Sequence[Event], *,
    id: str | None = None, receipt: str | None = None,  # noqa: A002 - the word of the record
) -> Written:
    """Adds an entry, if it may be added. Sent again under the same id it is the same entry.

    Args:
        store: The ledger.
        account: What is charged.
        kind: What the entry does.
        reservation: Of which charge it is; None for the entry that begins one.
        events: What is reserved, or has run.
        id: Of the entry; a fresh one by default.
        receipt: Id of what was paid for.

    Raises:
        BudgetExceeded: If a cap would be passed.
        PolicyError, InputError: If the entry does not fit the ledger, or that is damaged.
        SetupError: If the ledger cannot be read or written now. Who cannot know whether an entry is in it counts it as spent.
    """
    id_ = id or secrets.token_hex(16)
    for number in range(TRIES):
        stored = store.read()
        book = Book.of(store.path, stored)
        require_entries(book, account.anchors)
        scopes = (account.scope, *owners(stored, store.path))
        there = book.entry(id_)
        if there is not None:
            _require_same(there, kind, reservation or id_, events, store.path)
            return Written(there, book.digests[there.number], book, tuple(scope for scope in scopes if scope.holds(there)))
        entry = following(book, account, kind, events, id_, reservation=reservation, receipt=receipt)
        book.require(entry, scopes)
        row = row_of(entry)
        if store.append(row, stored.version):
            return Written(entry, digest(row), book, tuple(scope for scope in scopes if scope.holds(entry)))
        time.sleep(min(_LONGEST, 0.005 * 2 ** min(number, 8)) * (0.5 + secrets.randbelow(1000) / 1000))
    raise SetupError("other runs write to the ledger all the time", where=store.path, next=f"run again; {_STANDS[kind]}")


def require_room(store: LedgerStore, account: Account, events: Sequence[Event]) -> None:
    """Checks that so much might be reserved now. As ``write``, which does it."""
    stored = store.read()
    book = Book.of(store.path, stored)
    require_entries(book, account.anchors)
    book.require(following(book, account, "reserve", events, "asked"), (account.scope, *owners(stored, store.path)))


def following(
    book: Book, account: Account, kind: Kind, events: Sequence[Event], id_: str, *, reservation: str | None = None,
    receipt: str | None = None,
) -> Entry:
    """Returns the entry that comes next, if it may. As ``write``, which adds it.

    Raises:
        SetupError: If dp_accounting is missing.
    """
    scope = account.scope
    return Entry(
        number=len(book.entries), previous=book.head, id=id_, kind=kind, reservation=reservation or id_,
        time=book.moment(datetime.now(UTC)), job=account.job, purpose=account.purpose, lineage=scope.lineage or "",
        population=scope.population or "", unit=account.unit, source=account.source, events=tuple(events),
        epsilon=min(epsilon_of(events, scope.cap.delta), ENDLESS), delta=scope.cap.delta, policy=account.policy,
        receipt=receipt, principal=principal(), lakeveil=lakeveil_version(), subject=account.subject)


def _require_same(there: Entry, kind: Kind, reservation: str, events: Sequence[Event], where: str) -> None:
    if (there.kind, there.reservation, there.events) != (kind, reservation, tuple(events)):
        raise InputError("an entry of this id is in the ledger already, and says something else",
                         where=f"{where}, entry {there.number}", next="give each entry an id of its own")
