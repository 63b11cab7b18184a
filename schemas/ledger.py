"""Ledger: an append-only record of privacy budget reserved and spent, an entry a row.

Entries are chained: each names the digest of the one before, so that an entry that was altered or taken out is noticed. An entry
holds constants of mechanisms and names of tables, and never a data value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, model_validator

from schemas.base import Record
from schemas.dp_events import Event
from schemas.names import one_name
from schemas.policy.terms import DeltaOrZero, Text

Unit = Literal["subject", "record"]
Kind = Literal["reserve", "extend", "settle"]
Named = Annotated[Text, AfterValidator(one_name)]
"""By its path, by its one name in a catalog (earlier releases kept it as it was written), or by any other name."""

FIRST = "0" * 64
"""What the first entry names in place of a digest."""

LEDGER = pa.schema([
    pa.field("number", pa.int64()), pa.field("previous", pa.string()), pa.field("id", pa.string()), pa.field("kind", pa.string()),
    pa.field("reservation", pa.string()), pa.field("time", pa.timestamp("us", "UTC")), pa.field("job", pa.string()),
    pa.field("purpose", pa.string()), pa.field("lineage", pa.string()), pa.field("population", pa.string()),
    pa.field("unit", pa.string()), pa.field("source", pa.string()), pa.field("events", pa.string()),
    pa.field("epsilon", pa.float64()), pa.field("delta", pa.float64()), pa.field("policy", pa.string()),
    pa.field("receipt", pa.string()), pa.field("principal", pa.string()), pa.field("lakeveil", pa.string()),
    pa.field("subject", pa.string()),
])
"""The table of a ledger. Columns may be added, never changed."""

ADDED = frozenset({"subject"})
"""Columns that ledgers of earlier releases have not, until an entry is added."""

_EVENTS: TypeAdapter[tuple[Event, ...]] = TypeAdapter(tuple[Event, ...])


class Entry(Record):
    """One entry: a reservation is begun, extended, or settled."""

    number: int = Field(ge=0, description="Its place: 0, 1, 2 and so on, without gaps.")
    previous: str = Field(pattern="^[0-9a-f]{64}$", description="Digest of the entry before.")
    id: str = Field(min_length=1, description="Chosen by who sends it: the same entry sent again is the same entry.")
    kind: Kind
    reservation: str = Field(min_length=1, description="Id of the entry that began it.")
    time: AwareDatetime = Field(description="UTC, never before that of the entry before.")
    job: str = Field(description="Name of the policy.")
    purpose: str = Field(description="'training', 'statistics', 'cuts', and so on.")
    lineage: Named = Field(description="The source that all releases go back to.")
    population: Text = Field(description="Whom its rows are about.")
    unit: Unit = Field(description="Whom events protect: all of a subject, or one row.")
    source: Named = Field(description="The table that the policy names, by its absolute path or its name in a catalog.")
    events: tuple[Event, ...] = Field(description="What is reserved, or reserved besides, or has run.")
    epsilon: float = Field(ge=0, allow_inf_nan=False, description="Of these events alone, at delta.")
    delta: float = Field(ge=0, lt=1)
    policy: str = Field(description="Fingerprint of the policy.")
    receipt: str | None = Field(None, description="Id of the release, the synthesis or the statistics that it paid for.")
    principal: str = Field(description="Who ran it, as the operating system says.")
    lakeveil: str
    subject: str | None = Field(None, description=(
        "Column of the source that tells its subjects apart; None where a row is protected, and in entries of earlier releases."))


def row_of(entry: Entry) -> dict[str, Any]:
    """Returns an entry as a row of ``LEDGER``."""
    plain = entry.model_dump(exclude={"events"})
    return {**plain, "time": entry.time.astimezone(UTC), "events": _EVENTS.dump_json(entry.events).decode()}


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Returns the entry that a row holds.

    Raises:
        pydantic.ValidationError: If it holds none.
    """
    return Entry.model_validate({**row, "events": _EVENTS.validate_json(row["events"] or "")})


def digest(row: Mapping[str, Any]) -> str:
    """Returns the SHA-256 of a row, whatever columns are added later: of what it holds, by name."""
    held = {name: value for name, value in row.items() if value is not None}
    return hashlib.sha256(json.dumps(held, sort_keys=True, default=_moment, allow_nan=False).encode()).hexdigest()


def _moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError
    return value.astimezone(UTC).isoformat(timespec="microseconds")


class OwnersCap(Record):
    """A cap that the owner of the data sets in the ledger itself, for all policies."""

    lineage: Named | None = Field(None, description="Only what is charged to this one; every lineage if absent.")
    population: Text | None = Field(None, description="Only what is charged to this one; every population if absent.")
    epsilon: float = Field(gt=0, allow_inf_nan=False)
    delta: DeltaOrZero

    @model_validator(mode="after")
    def _of_something(self) -> OwnersCap:
        if self.lineage is None and self.population is None:
            msg = "a cap is for a lineage, or a population, or both"
            raise ValueError(msg)
        return self


class OwnersCaps(Record):
    """All caps of the owner of the data, as a property of the ledger's table holds them."""

    number: int = Field(0, ge=0, description="How often they were set by then. The log says it, too.")
    caps: tuple[OwnersCap, ...] = ()


class Replaced(Record):
    """Caps of the owner of the data, as they were and as they are set."""

    before: tuple[OwnersCap, ...] | None = Field(description="None where they could not be read.")
    after: tuple[OwnersCap, ...]


class Charged(Record):
    """On a receipt: where what it spent is summed up."""

    ledger: str
    lineage: str
    population: str
    unit: Unit
    reservation: str
    entry: int = Field(description="Number of the last entry of this charge.")
    digest: str = Field(description="Of that entry: a ledger that lacks it was cut short, or is another one.")
    epsilon: float = Field(description="Of this charge alone, at delta.")
    delta: float
    total: float = Field(description="Epsilon of all that lineage and population are charged by then, this included.")


class Standing(Record):
    """What is left of one cap."""

    lineage: str | None = Field(description="None for all that the population is in.")
    population: str | None = Field(description="None for all of the lineage.")
    unit: Unit | None
    by: Literal["policy", "owner"] | None = Field(description="Who set the cap.")
    cap: float | None = Field(description="Epsilon; None where nobody set one, or another delta is asked for.")
    delta: float
    spent: float | None = Field(description="Epsilon of what has run, composed jointly; None where delta promises none.")
    reserved: float | None = Field(description="What open reservations add to that; None where nothing is promised of both.")
    left: float | None = Field(description="So much of pure epsilon certainly fits.")
    share: float | None = Field(description="Of the cap, in percent: spent and reserved; None where nothing is promised of them.")
    alert: int | None = Field(None, description="The highest alert that is reached, in percent.")
    reservations: int
    open: int = Field(description="Reservations that were never settled: at work, or crashed. They count whole.")
    by_accountant: dict[str, float | None] = Field(description=(
        "Epsilon of spent and reserved; None where an accountant has no answer, or finds no epsilon at this delta."))


class Beside(Record):
    """How a charge would stand beside a budget, were it made now. Nothing is charged."""

    ledger: str
    asked: float | None = Field(description="Epsilon of it alone, at the delta of the policy's cap; None where there is none.")
    left: float | None = Field(description="Of the cap of which least is left, before it; None where that cannot be told.")
    allowed: bool
    refusal: str | None = Field(None, description="What would be said of it, if it would be refused.")
    standings: tuple[Standing, ...] = Field((), description="Each cap that holds it, and the alerts that are reached, after it.")


class Line(Record):
    """One entry, as a timeline shows it."""

    number: int
    time: AwareDatetime
    kind: Kind
    reservation: str
    job: str
    purpose: str
    lineage: str
    population: str
    epsilon: float
    delta: float
    principal: str
    receipt: str | None
    subject: str | None


class Budget(Record):
    """What ``lakeveil budget`` tells."""

    budget: Literal["lakeveil/budget/v1"] = "lakeveil/budget/v1"
    ledger: str
    entries: int
    head: str = Field(description="Digest of the last entry.")
    alerts: tuple[int, ...] = Field(description="Percentages of a cap.")
    reached: int = Field(description="How many of the alerts the worst standing has reached.")
    replaced: Replaced | None = Field(None, description="Caps of the data's owner, where this call has set them.")
    standings: tuple[Standing, ...]
    timeline: tuple[Line, ...]
