"""What a ledger's entries come to, and whether one more may be added. Pure: entries in, a decision out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from engine.errors import BudgetExceeded, InputError, PolicyError
from engine.privacy.accounting import epsilon_of
from engine.privacy.events import ROUNDING, added_up, merged, within
from engine.privacy.port import Stored
from schemas.dp_events import Event
from schemas.ledger import FIRST, Entry, Unit, digest, entry_of
from schemas.policy.privacy_budget import Cap

ENDLESS = 1e300
"""Stands for an infinite epsilon where a figure has to be finite: no cap allows it, and as a cap it allows everything."""


@dataclass(frozen=True)
class Reservation:
    """A charge: what was reserved, and what ran, once that is known.

    Attributes:
        first: The entry that began it.
        reserved: Events reserved, extensions included.
        ran: Events that ran; None while that is not known.
    """

    first: Entry
    reserved: tuple[Event, ...]
    ran: tuple[Event, ...] | None = None

    @property
    def events(self) -> tuple[Event, ...]:
        """What it counts for: all that was reserved, until it is settled."""
        return self.reserved if self.ran is None else self.ran


@dataclass(frozen=True)
class Scope:
    """Whose charges are added up: those of one lineage, of one population, or of both.

    Attributes:
        lineage: None for every lineage.
        population: None for every population.
        cap: What they may come to.
        by_owner: Whether the owner of the data set the cap.
    """

    lineage: str | None
    population: str | None
    cap: Cap
    by_owner: bool = False

    def holds(self, entry: Entry) -> bool:
        """Whether an entry is one of its charges."""
        return self.lineage in {None, entry.lineage} and self.population in {None, entry.population}


@dataclass
class Book:
    """A ledger as it was read.

    Attributes:
        where: The ledger.
        version: Of its table.
        entries: In their order.
        reservations: By id.
        digests: Of the entries, as they are stored.
    """

    where: str
    version: int
    entries: list[Entry] = field(default_factory=list)
    reservations: dict[str, Reservation] = field(default_factory=dict)
    digests: list[str] = field(default_factory=list)
    _by_id: dict[str, Entry] = field(default_factory=dict)

    @property
    def head(self) -> str:
        """Digest of the last entry."""
        return self.digests[-1] if self.digests else FIRST

    @classmethod
    def of(cls, where: str, stored: Stored) -> Book:
        """Reads rows, each of which has to follow the one before, and none of which is missing at the end.

        More rows than the log says are no fault: earlier releases of Lakeveil did not say.

        Raises:
            InputError: If an entry was altered or taken out, or says what no ledger says.
        """
        book = cls(where, stored.version)
        for row in sorted(stored.rows, key=lambda row: -1 if row["number"] is None else row["number"]):
            book._add(row)
        if len(book.entries) < (stored.entries or 0):
            raise book._altered(len(book.entries), f"the log says that there were {stored.entries:,} entries")
        return book

    def _add(self, row: Mapping[str, Any]) -> None:
        number = len(self.entries)
        try:
            entry = entry_of(row)
        except (ValidationError, ValueError):
            raise self._altered(number, "it cannot be read") from None
        if entry.number != number or entry.previous != self.head:
            raise self._altered(number, "it does not follow the one before")
        if self.entries and entry.time < self.entries[-1].time:
            raise self._altered(number, "its time is before that of the one before")
        problem = self.problem(entry)
        if problem:
            raise self._altered(number, problem)
        self.entries.append(entry)
        self._by_id[entry.id] = entry
        self.digests.append(digest(row))
        self._count(entry)

    def _count(self, entry: Entry) -> None:
        if entry.kind == "reserve":
            self.reservations[entry.reservation] = Reservation(entry, merged(entry.events))
            return
        known = self.reservations[entry.reservation]
        if entry.kind == "extend":
            self.reservations[entry.reservation] = Reservation(known.first, merged((*known.reserved, *entry.events)))
        else:
            self.reservations[entry.reservation] = Reservation(known.first, known.reserved, merged(entry.events))

    def problem(self, entry: Entry) -> str:
        """Returns why an entry cannot stand after those that are there; an empty text if it can."""
        if entry.id in self._by_id:
            return "its id is that of another entry"
        known = self.reservations.get(entry.reservation)
        if entry.kind == "reserve":
            return "" if entry.id == entry.reservation else "it begins a reservation of another id"
        return "there is no such reservation" if known is None else _problem(entry, known)

    def _altered(self, number: int, why: str) -> InputError:
        return InputError(f"the ledger was altered or cut: {why}", where=f"{self.where}, entry {number}",
                          next="nothing is charged until its table is restored to the last version that is whole")

    def entry(self, id_: str) -> Entry | None:
        """Returns the entry of an id."""
        return self._by_id.get(id_)

    def events(self, scope: Scope, *, settled: bool | None = None, but: str = "") -> tuple[Event, ...]:
        """Returns what the charges of a scope come to.

        Args:
            scope: Whose.
            settled: Only charges that are, or are not; all if None.
            but: A reservation that is left out.
        """
        return merged(event for one in self.charges(scope) if settled in {None, one.ran is not None} and one.first.id != but
                      for event in one.events)

    def charges(self, scope: Scope) -> list[Reservation]:
        """Returns the reservations of a scope, in their order."""
        return [one for one in self.reservations.values() if scope.holds(one.first)]

    def moment(self, clock: datetime) -> datetime:
        """Returns the time of the next entry: times do not go back, and no sum depends on them."""
        return max([clock, *(entry.time for entry in self.entries[-1:])])

    def require(self, entry: Entry, scopes: Iterable[Scope]) -> None:
        """Checks that an entry may be added.

        Args:
            entry: The next one.
            scopes: The caps that there are; those that do not hold the entry do not count.

        Raises:
            InputError: If it does not fit the entries that are there.
            PolicyError: If it protects others than the charges that it would be added to, its source has another lineage or
                other subjects, or its lineage another population.
            BudgetExceeded: If a cap would be passed.
        """
        problem = self.problem(entry)
        if problem:
            raise InputError(f"the ledger does not take this entry: {problem}", where=f"{self.where}, reservation "
                             f"{entry.reservation[:8]}…", next="the charge stays as it is")
        if entry.kind == "settle":
            return
        self._require_lineage(entry)
        scopes = tuple(scopes)
        self._require_population(entry, scopes)
        self._require_subject(entry)
        for scope in scopes:
            if scope.holds(entry):
                self._require_unit(entry, scope)
                self._require_room(entry, scope)

    def _require_lineage(self, entry: Entry) -> None:
        mine = (entry.source, entry.lineage)
        charged = (one.first for one in self.reservations.values() if one.events)
        other = next((one for one in charged if one.lineage != entry.lineage
                      and any(_overlap(his, own) for his in (one.source, one.lineage) for own in mine)), None)
        if other is not None:
            raise PolicyError("this source, one that it is a part of, or a part of it was charged under another lineage",
                              where=f"{entry.source}, budget.lineage: {entry.lineage}", allowed=other.lineage,
                              next=f"say budget.lineage: {other.lineage}")

    def _require_population(self, entry: Entry, scopes: Iterable[Scope]) -> None:
        """Another name for the same people would be a fresh budget: only the owner of the data says that they are others.

        By a cap for both names: one for a population in general, meant for its own source, would admit it to every other.
        """
        names = list(dict.fromkeys(one.first.population for one in self.reservations.values()
                                   if one.first.lineage == entry.lineage and one.events))
        allowed = [scope.population for scope in scopes if scope.by_owner and scope.lineage == entry.lineage]
        if names and entry.population not in (*names, *allowed):
            raise PolicyError(
                "the people of this lineage were charged under another name", where=f"budget.population: {entry.population}",
                allowed=", ".join(names), next=f"say budget.population: {names[-1]}; if these are other people, the owner of the "
                "data says so with a cap of this lineage for them, {lineage, population, epsilon, delta}: lakeveil budget LEDGER "
                "--caps FILE")

    def _require_subject(self, entry: Entry) -> None:
        """What hides one visit does not hide a patient with fifty. Releases rename columns: so each source is held to its own."""
        other = next((one.first.subject for one in self.reservations.values()
                      if (one.first.source, one.first.population) == (entry.source, entry.population) and one.events
                      and one.first.subject not in {None, entry.subject}), None)
        if entry.subject is not None and other is not None:
            raise PolicyError(
                "this source was charged for subjects that another column tells apart", where=f"source.subject: {entry.subject}",
                allowed=other, next=f"say source.subject: {other}; other people have another name in budget.population")

    def _require_unit(self, entry: Entry, scope: Scope) -> None:
        units: set[Unit] = {one.first.unit for one in self.charges(scope) if one.events}
        if units - {entry.unit}:
            raise PolicyError(
                f"what protects a {entry.unit} cannot be added to what protects a {(units - {entry.unit}).pop()}",
                where=f"{self.where}: {entry.lineage}, {entry.population}",
                allowed=f"unit: {(units - {entry.unit}).pop()}", next="protect the same unit")

    def _require_room(self, entry: Entry, scope: Scope) -> None:
        cap, there = scope.cap, self.events(scope)
        total = epsilon_of((*there, *entry.events), cap.delta)
        if total <= cap.epsilon * (1 + ROUNDING):
            return
        whose = "data owner" if scope.by_owner else "policy"
        spent, together = epsilon_of(self.events(scope, settled=True), cap.delta), epsilon_of(there, cap.delta)
        alone = epsilon_of(entry.events, cap.delta)
        deltas = added_up((*there, *entry.events))[1]
        raise BudgetExceeded(
            "the privacy budget does not allow this", where=f"{self.where}: {said(scope)}",
            allowed=f"epsilon {cap.epsilon:g} at delta {cap.delta:g}, the cap of the {whose}; "
                    f"spent {spent:.4g}, reserved {together - spent:.4g}, asked {alone:.4g}, "
                    f"left {max(0.0, cap.epsilon - together):.4g}; all together it would be {total:.4g}",
            next="ask for less, or wait until what is reserved is settled; lakeveil budget shows what was spent on what"
                 + (f"; it is delta that is too little: {deltas:.3g} is promised in all" if deltas > cap.delta else ""))


def _overlap(one: str, other: str) -> bool:
    """Whether two tables are one, or a file or folder of the other: a part of a table is about the same people."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _problem(entry: Entry, known: Reservation) -> str:
    """Returns why an entry cannot go on with a reservation; an empty text if it can."""
    if known.ran is not None:
        return "its reservation is settled"
    first = known.first
    if (first.lineage, first.population, first.unit) != (entry.lineage, entry.population, entry.unit):
        return "it names others than its reservation"
    more = entry.kind == "settle" and not within(entry.events, known.reserved)
    return "it settles more than was reserved" if more else ""


def said(scope: Scope) -> str:
    """Returns whose charges a scope adds up, in words."""
    return ", ".join([f"lineage {scope.lineage}" if scope.lineage else "every lineage",
                      f"population {scope.population}" if scope.population else "every population"])
