"""Written statistics beside their receipt: whether they are the figures that were released."""

from __future__ import annotations

import csv
import io
import json
import logging
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.artifacts import file_of, read, released
from engine.backends.ledger import LocalLedger
from engine.backends.rows import read_columns
from engine.backends.tables import open_table
from engine.errors import GuaranteeNotMet, InputError, LakeveilError, SetupError
from engine.privacy.accounting import by_accountant
from engine.privacy.events import within
from engine.privacy.ledger import Book
from engine.privacy.spending import come_to
from engine.release.files import receipt_path
from engine.statistics.road import ROWS, digest_of
from schemas.dp_events import Event
from schemas.ledger import Charged
from schemas.policy.v1 import Source
from schemas.statistics import Figure, StatisticsPlan, StatisticsReceipt

if TYPE_CHECKING:
    from engine.ledger.charge import Opens

_LOG = logging.getLogger("lakeveil")

SLACK = 1e-6
"""Relatively, what a claim may be short of what is found: conversions are bisections, and libraries differ in the last digits."""


def names_statistics(target: str) -> bool:
    """Whether a target is statistics, or their receipt.

    Raises:
        InputError: If no receipt lies beside it.
    """
    try:
        told = json.loads(file_of(receipt_path(released(target))).read_bytes())
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("receipt") == StatisticsReceipt.model_fields["receipt"].default


def verify(target: str, backend: Opens | None = None) -> StatisticsReceipt:
    """Reads written statistics, and holds them against their receipt, which is returned as of where they lie now.

    The figures are those of its digest; its events come to no more than it claims, by theorem and by accountant, where
    dp_accounting is installed; the ledger holds its charge, of these events and of this unit, where it can be read.

    Args:
        target: Statistics, or their receipt.
        backend: What opens the ledger; delta-rs by default.

    Raises:
        InputError: If they cannot be read, or are not those that the receipt was written for, or the ledger lacks the charge.
        GuaranteeNotMet: If the receipt claims less than its events come to.
    """
    path = released(target)
    receipt = read(receipt_path(path), StatisticsReceipt)
    try:
        figures = [Figure.model_validate(row) for row in _rows(path)]
    except (OSError, ValueError, KeyError):
        raise InputError("the statistics cannot be read", where=path, next="restore them as they were released") from None
    paid = {spend.query for spend in receipt.plan.spends}
    if (digest_of(figures), len(figures)) != (receipt.sha256, receipt.figures) or {one.query for one in figures} - paid:
        raise InputError("the statistics are not those that their receipt was written for", where=path,
                         allowed=f"{receipt.figures:,} figures of digest {receipt.sha256[:12]}…, of queries that it accounts for",
                         next="restore them as they were released; to release others is paid for again")
    _require_claim(receipt.plan, path)
    if receipt.charge is not None:
        _require_charge(receipt, receipt.charge, backend)
    return receipt.model_copy(update={"output": path})


def _events(plan: StatisticsPlan) -> tuple[Event, ...]:
    return tuple(event for spend in plan.spends for event in spend.events)


def _require_claim(plan: StatisticsPlan, path: str) -> None:
    """Checks that a receipt claims no less than its events come to, of a unit and of a row."""
    rows = [spend.record_events for spend in plan.spends]
    claims = {"theorem": (plan.epsilon, come_to(_events(plan), plan.delta), plan.delta),
              **_accounted(plan, plan.epsilon_by_accountant, _events(plan), ""),
              **_accounted(plan, plan.epsilon_record, tuple(chain(*rows)) if all(rows) else None, " of a row")}
    for name, (claimed, comes_to, delta) in claims.items():
        if comes_to is None or comes_to > claimed * (1 + SLACK):
            raise GuaranteeNotMet(
                "the receipt claims less than its events come to", where=f"{receipt_path(path)}, epsilon by {name}",
                allowed="no promise" if comes_to is None else f"epsilon {comes_to:.6g} at delta {delta:g}; it says {claimed:.6g}",
                next="restore the receipt as it was written")


def _accounted(
    plan: StatisticsPlan, claimed: dict[str, float | None], events: tuple[Event, ...] | None, whom: str,
) -> dict[str, tuple[float, float | None, float]]:
    """Returns what is claimed by accountants, what they find, and at which delta; nothing where dp_accounting is absent."""
    told = {name: epsilon for name, epsilon in claimed.items() if epsilon is not None}
    found: dict[str, float | None] = {}
    if told and events is not None:
        try:
            found = by_accountant(events, plan.accounted_at)
        except SetupError:
            return {}
    return {f"{name}{whom}": (epsilon, found.get(name), plan.accounted_at) for name, epsilon in told.items()}


def _require_charge(receipt: StatisticsReceipt, charge: Charged, backend: Opens | None) -> None:
    """Checks that a ledger holds what a receipt says it was charged, if it can be read from here."""
    from engine.ledger.anchors import require_entries  # noqa: PLC0415 - loads the accountant

    store = backend.ledger(charge.ledger) if backend else LocalLedger(charge.ledger)
    try:
        stored = store.read()
    except LakeveilError:
        _LOG.warning("the ledger %s cannot be read from here: whether it holds the charge was not looked up", charge.ledger)
        return
    book = Book.of(store.path, stored)
    require_entries(book, [charge])
    held = book.reservations.get(charge.reservation)
    ran = _events(receipt.plan)
    if held is None or not (within(ran, held.events) and within(held.events, ran)):
        raise InputError("the ledger was charged for other events than the receipt states", where=f"{book.where}, {charge.entry}",
                         next="restore the receipt as it was written")
    entry = book.entries[charge.entry]
    if charge.delta != entry.delta or min(charge.epsilon, charge.total) * (1 + SLACK) < entry.epsilon:
        raise InputError("the receipt states less than the ledger was charged", where=f"{book.where}, {charge.entry}",
                         next="restore the receipt as it was written")
    if not receipt.plan.unit == charge.unit == held.first.unit:
        raise InputError("the ledger was charged for another unit than the receipt states", where=f"{book.where}, {charge.entry}",
                         allowed=f"per {held.first.unit}", next="restore the receipt as it was written")


def _rows(path: str) -> list[dict[str, Any]]:
    """Returns the rows of a Delta table, or of a file that ends with .json or .csv, in their order."""
    file: Path = file_of(path)
    if path.endswith(".json"):
        found: list[dict[str, Any]] = json.loads(file.read_bytes())
        return found
    if path.endswith(".csv"):
        rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    else:
        table = open_table(Source(table=path))
        rows = read_columns(table, table.schema, ROWS.names).to_pylist()
    return [{**row, "groups": json.loads(row["groups"]), "deviation": None if row["deviation"] == "" else row["deviation"]}
            for row in rows]
