"""What a scan found, as a policy is proposed from it: by columns of the table, and only of the table that it is for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.backends.tables import open_table
from engine.errors import InputError
from engine.release.files import local_path
from schemas.findings import ColumnFindings, ScanReport
from schemas.policy import Role
from schemas.policy.v1 import Source

CONTAINERS = ("struct", "map", "list", "variant")
"""Types under which a scan lists a nested column, before what it holds."""

_NAMED = 5
"""Columns that an error names, at most."""


@dataclass(frozen=True)
class Column:
    """One top-level column: all that was found in it, nested fields included.

    Attributes:
        name: Its name in the table.
        parts: Findings of the column, or of each field in it.
    """

    name: str
    parts: tuple[ColumnFindings, ...]

    @property
    def nested(self) -> bool:
        """Whether it is a structure of other fields."""
        return self.parts[0].type in CONTAINERS

    @property
    def documents(self) -> bool:
        """Whether its texts hold documents, or are a structure of other fields."""
        return len(self.parts) > 1 or self.nested

    @property
    def role(self) -> Role:
        """The most identifying role among its parts."""
        order: tuple[Role, ...] = ("direct", "text", "sensitive", "quasi", "insensitive")
        return min((part.role for part in self.parts), key=order.index)


def columns_of(found: ScanReport) -> tuple[Column, ...]:
    """Returns the table's columns: what is in a nested one (``address.city``, ``phones[]``), or in its documents, together.

    Raises:
        InputError: If the findings do not say in which column a nested path stands.
    """
    grouped: dict[str, list[ColumnFindings]] = {}
    for part in found.columns:
        if not part.column:
            raise InputError("these are the findings of an earlier version", where=found.table, next="scan the table again")
        grouped.setdefault(part.column, []).append(part)
    return tuple(Column(name, tuple(parts)) for name, parts in grouped.items())


def require_names(found: ScanReport) -> None:
    """Refuses columns whose names are data: a policy would have to quote them, and so would the release.

    Raises:
        InputError: If there is one.
    """
    masked = [part.path for part in found.columns if part.masked and part.path == part.column]
    if masked:
        several = "names of columns identify" if len(masked) > 1 else "the name of a column identifies"
        listed = ", ".join([*masked[:_NAMED], *(["…"] if len(masked) > _NAMED else [])])
        raise InputError(f"{several} somebody: {listed}", where=found.table,
                         allowed="names that say what a column holds", next="rename them at the source (the number after * is "
                         "the line of the scan's table), or write a header line where the file has none; then scan again")


def require_same(found: ScanReport, table: str, scan: Path) -> None:
    """Refuses the findings of another table.

    Raises:
        InputError: If they name another, or other columns than the table has.
    """
    if not _same(found.table, table):
        raise InputError(f"these are the findings of another table: {found.table}", where=str(scan),
                         next=f"scan {table}, or call the table as the scan did")
    place = local_path(table)
    if place is None or not place.exists():
        return  # of a catalog, say: the plan tells what is missing
    names, listed = set(open_table(Source(table=table, format=found.format)).schema.names), {c.name for c in columns_of(found)}
    if names != listed:
        gone = ", ".join(sorted(listed - names)[:_NAMED])
        raise InputError(
            f"the table has other columns than the findings: {len(listed - names)} of these are not in it"
            f"{f' ({gone})' if gone else ''}, and {len(names - listed)} of its own were not scanned", where=str(scan),
            next=f"scan {table} again")


def _same(scanned: str, table: str) -> bool:
    """Whether two names of tables mean the same; the scan may have run in another folder, and named a path below that."""
    one, other = (str(place.resolve()) if (place := local_path(name)) is not None and place.exists() else name.rstrip("/")
                  for name in (scanned, table))
    return one == other or (not Path(one).is_absolute() and other.endswith(f"/{one}"))
