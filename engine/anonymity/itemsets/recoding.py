"""What was fitted of a set-valued column: which label stands for each item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class ItemRecoding:
    """Global recoding of items: each has one label, or is left out wherever it stands.

    Attributes:
        column: The column.
        k: Rows that hold each combination, at least.
        m: Items of such a combination, at most.
        items: Items that have a label, as text. What is left out is not named.
        labels: Label of each.
        left_out: Distinct items of the table that are left out.
        occurrences: Of items in the rows that are released.
        suppressed: Of these, how many are left out.
        loss: Mean over occurrences of (s-1)/(D-1), one that is left out counting 1.
    """

    column: str
    k: int
    m: int
    items: tuple[str, ...]
    labels: tuple[str, ...]
    left_out: int
    occurrences: int
    suppressed: int
    loss: float

    def to_json(self) -> dict[str, Any]:
        """Returns it as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """Returns what ``to_json`` wrote."""
        return cls(**{**written, "items": tuple(written["items"]), "labels": tuple(written["labels"])})
