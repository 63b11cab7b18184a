"""An inventory, read: tables by level, columns that a person should look at, and what the newest scans saw otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from engine.backends.base import InventoryStore
from engine.detect.columns.sensitivity import LEVELS
from engine.errors import InputError
from engine.lake.rows import Identity, identity
from schemas.findings import Sensitivity, percent
from schemas.inventory import Attention, Difference, InventorySummary, TableStanding

UNSURE = 0.6
"""Confidence below which a column's role should be looked at, if the column would be confidential."""

_NAMED = 2
_NARROW = ("run_id", "planned", "lake", "table", "table_id", "status", "scanned_at")
_WIDE = ("run_id", "lake", "table", "table_id", "format", "version", "status", "error_code", "error", "rows", "column_count",
         "sensitivity", "scanned_at", "columns")
Row = dict[str, Any]


def summarize(store: InventoryStore, lake: str | None = None) -> InventorySummary:
    """Reads an inventory.

    Args:
        store: Where it lies.
        lake: Only what was scanned under this name.

    Raises:
        InputError: If there is none.
    """
    if not store.exists():
        raise InputError("there is no inventory here", where=store.path,
                         next="lakeveil scan LAKE makes one beside the lake, or where --inventory says")
    narrow = [row for row in _sorted(store.read(_NARROW).to_pylist()) if lake in (None, row["lake"])]
    history = _by_table(narrow)
    wanted = {row["run_id"] for rows in history.values() for row in _newest_and_before(rows)}
    wide = _by_table(row for row in _sorted(store.read(_WIDE, wanted).to_pylist()) if lake in (None, row["lake"]))
    present = [_known(rows) for rows in wide.values() if rows[-1]["status"] != "gone"]
    return InventorySummary(
        inventory=store.path, scanned_at=max((row["scanned_at"] for row in narrow), default=None), missing=_missing(narrow),
        levels={level: sum(row["sensitivity"] == level for row in present) for level in LEVELS},
        columns=sum(row["column_count"] or 0 for row in present), tables=tuple(map(_standing, present)),
        attention=tuple(_attention(present)), differences=tuple(_differences(wide, _complete(narrow))))


def _sorted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["scanned_at"], row["table"]))


def _by_table(rows: Iterable[Row]) -> dict[Identity, list[Row]]:
    found: dict[Identity, list[Row]] = {}
    for row in rows:
        found.setdefault(identity(row["table"], row["table_id"]), []).append(row)
    return dict(sorted(found.items()))


def _newest_and_before(rows: list[Row]) -> list[Row]:
    """Returns the newest row of a table, and the two newest of those that hold columns."""
    done = [row for row in rows if row["status"] == "done"]
    return [rows[-1], *done[-2:]]


def _known(rows: list[Row]) -> Row:
    """Returns a table's newest row; where that is a failure, with what the last scan that did not fail had found."""
    done = [row for row in rows if row["status"] == "done"]
    failure = {name: rows[-1][name] for name in ("status", "error_code", "error", "scanned_at")}
    return {**(done or rows)[-1], **failure}


def _runs(rows: list[Row]) -> dict[str, tuple[int, int]]:
    """Returns run → rows that it wrote, rows that it planned."""
    wrote = Counter(row["run_id"] for row in rows if row["status"] != "gone")
    return {row["run_id"]: (wrote[row["run_id"]], row["planned"]) for row in rows}


def _missing(rows: list[Row]) -> int:
    """Returns how many tables the newest run did not come to; 0 where another ran at the same time, and may have."""
    newest = rows[-1]["run_id"] if rows else ""
    began = next((row["scanned_at"] for row in rows if row["run_id"] == newest), None)
    if any(row["scanned_at"] > began and row["run_id"] != newest for row in rows):
        return 0
    wrote, planned = _runs(rows).get(newest, (0, 0))
    return max(0, planned - wrote)


def _complete(rows: list[Row]) -> dict[str, Any]:
    """Returns lake → when its first whole scan ended; a table that appears later is a new one."""
    whole = {run for run, (wrote, planned) in _runs(rows).items() if wrote >= planned}
    ends: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["run_id"] in whole:
            ends.setdefault(row["lake"], {})[row["run_id"]] = row["scanned_at"]
    return {lake: min(times.values()) for lake, times in ends.items()}


def _standing(row: Row) -> TableStanding:
    return TableStanding(**{name: row[name] for name in TableStanding.model_fields})


def _attention(rows: list[Row]) -> Iterator[Attention]:
    """Yields restricted columns, then confidential ones whose role is unsure; a container is left to what it holds."""
    found = []
    for row in rows:
        for column in row["columns"] or ():
            unsure = column["sensitivity"] == "confidential" and column["confidence"] < UNSURE
            if column["type"] not in ("struct", "list", "map") and (unsure or column["sensitivity"] == "restricted"):
                found.append(Attention(
                    table=row["table"], column=column["path"], sensitivity=column["sensitivity"], because=column["because"],
                    role=column["role"], confidence=column["confidence"],
                    found=tuple(f"{one['entity_type']} {percent(one['share'])}" for one in (column["entities"] or ())[:_NAMED])))
    yield from sorted(found, key=lambda one: (-LEVELS.index(one.sensitivity), one.table))


def _differences(tables: dict[Identity, list[Row]], complete: dict[str, Any]) -> Iterator[Difference]:
    """Yields what each table's newest scan saw otherwise than the one before, newest first."""
    found: list[Difference] = []
    for rows in tables.values():
        newest, done = rows[-1], [row for row in rows if row["status"] == "done"]
        if newest["status"] == "gone":
            found.append(_difference(newest, "table gone", before=done[-1]["sensitivity"] if done else None))
        elif len(done) > 1 and newest["status"] == "done":
            found += _of_columns(done[-2], done[-1])
        elif len(done) == 1 and _after(done[0], complete.get(done[0]["lake"])):
            found.append(_difference(done[0], "new table", after=done[0]["sensitivity"]))
    yield from sorted(found, key=lambda one: -one.seen_at.timestamp())


def _after(row: Row, complete: Any) -> bool:  # noqa: ANN401 - a time, or None
    return complete is not None and row["scanned_at"] > complete


def _of_columns(before: Row, after: Row) -> Iterator[Difference]:
    old = {column["path"]: column["sensitivity"] for column in before["columns"] or ()}
    new = {column["path"]: column["sensitivity"] for column in after["columns"] or ()}
    for path, level in new.items():
        if path not in old:
            yield _difference(after, "new column", path, after=level)
        elif level != old[path]:
            raised = LEVELS.index(level) > LEVELS.index(old[path])
            yield _difference(after, "level raised" if raised else "level lowered", path, old[path], level)
    for path in old.keys() - new.keys():
        yield _difference(after, "column gone", path, before=old[path])


def _difference(
    row: Row, change: Any, column: str | None = None, before: Sensitivity | None = None,  # noqa: ANN401 - a literal
    after: Sensitivity | None = None,
) -> Difference:
    return Difference(table=row["table"], column=column, change=change, before=before, after=after, seen_at=row["scanned_at"])
