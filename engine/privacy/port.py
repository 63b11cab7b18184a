"""The port of the ledger: where its entries lie. Backends implement it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Stored:
    """One version of a stored ledger.

    Attributes:
        version: Of the table.
        rows: In any order.
        caps: What the owner of the data wrote into the table: JSON, or nothing.
        entries: How many rows there were after the last append, as the log says; None where it says nothing.
        caps_set: How often caps were set, as the log says; None where it says nothing.
    """

    version: int
    rows: Sequence[Mapping[str, Any]]
    caps: str = ""
    entries: int | None = None
    caps_set: int | None = None


class LedgerStore(Protocol):
    """Where a ledger lies: an append-only Delta table with the schema ``schemas.ledger.LEDGER``."""

    path: str

    def create(self, caps: str) -> None:
        """Makes an empty ledger.

        Args:
            caps: As they are set the first time, or nothing.

        Raises:
            InputError: If something is there.
            SetupError: If it cannot be written.
        """
        ...

    def read(self) -> Stored:
        """Returns the newest version.

        Raises:
            InputError: If there is none, or it is something else, or a file is missing.
            SetupError: If it is out of reach.
        """
        ...

    def append(self, row: Mapping[str, Any], at: int) -> bool:
        """Appends a row, unless another entry came after version ``at``; does nothing then.

        A store that can appends as the very next version, or not at all. Where Spark commits, what is no entry may come between:
        table services, and caps of the owner, which hold from the next entry on.

        Returns:
            Whether it was appended.

        Raises:
            SetupError: If it cannot be written. It may have been appended all the same.
        """
        ...

    def set_caps(self, caps: str, number: int) -> None:
        """Writes the caps of the owner of the data.

        Args:
            caps: JSON.
            number: How often they are set by then: what the log says from now on, whatever version the table is restored to.

        Raises:
            SetupError: If they cannot be written.
        """
        ...
