"""How a lake's scan and its inventory look on a screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from jobs import _views

if TYPE_CHECKING:
    from rich.console import RenderableType

    from schemas.findings import ScanReport
    from schemas.inventory import InventorySummary, LakeScan

SHOWN = 12
"""Lines of each list that are shown unless all are asked for."""

_STYLES = {"restricted": "bold red", "confidential": "yellow", "internal": "", "public": "green"}
_BAR = 40
UNSURE = 0.6
"""Confidence below which a role is shown with a question mark."""


def scanned(found: ScanReport | LakeScan, summary: InventorySummary | None) -> list[RenderableType]:
    """Returns the findings of one table; or what a run over a lake did, and what is known of the lake now."""
    if summary is None:
        return [_views.findings(found)]  # type: ignore[arg-type]  # without a summary it is one table
    return [_done(found), *known(summary, title=False)]  # type: ignore[arg-type]  # with one, a lake


def known(summary: InventorySummary, *, everything: bool = False, title: bool = True) -> list[RenderableType]:
    """Returns tables by level, then what failed, what a person should look at and what changed; long lists cut."""
    most = None if everything else SHOWN
    lake = _common(summary)
    when = f", last scanned {summary.scanned_at:%Y-%m-%d %H:%M} UTC" if summary.scanned_at else ""
    counts = f"{_many(len(summary.tables), 'table')}, {_many(summary.columns, 'column')}"
    head = Text(f"{lake or summary.inventory}: {counts}{when}", style="bold")
    parts: list[RenderableType] = [head] if title else []
    parts.append(_levels(summary))
    if summary.missing:
        early = f"The last scan was cut short, {_many(summary.missing, 'table')} before its end: run it again.\n"
        parts.append(Text(early, "yellow"))
    parts += _list("could not be scanned", ("table", "why"), list(_failed(summary, lake)), most)
    parts += _list("to look at", ("table", "column", "sensitivity", "role", "found"), list(_attention(summary, lake)), most)
    parts += _list("changed since the scan before", ("table", "column", "what", "level"), list(_changes(summary, lake)), most)
    parts.append(f"inventory: {summary.inventory}")
    return parts


def _done(found: LakeScan) -> RenderableType:
    counts = [_many(found.tables, "table"), f"{found.scanned:,} scanned"]
    counts += [f"{number:,} {word}" for number, word in (
        (found.skipped, "unchanged"), (len(found.failures), "failed"), (found.gone, "gone")) if number]
    size = f"{_many(found.rows, 'row')}, {_size(found.bytes_scanned)}, {found.seconds:.1f} s"
    lines = [Text(f"{found.lake}: {', '.join(counts)}; {size}", style="bold")]
    if found.other_files:
        lines.append(Text(f"not looked at: {_many(found.other_files, 'file')} of other kinds", style="dim"))
    return Group(*lines)


def _levels(summary: InventorySummary) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    most = max(summary.levels.values(), default=0) or 1
    for level, count in reversed(summary.levels.items()):
        if count or level != "public":
            bar = "█" * max(count and 1, round(count * _BAR / max(most, _BAR)))
            table.add_row(Text(level, _STYLES[level]), f"{count:,}", Text(bar, _STYLES[level]))
    return Padding(table, (1, 0, 1, 2))


def _list(
    title: str, columns: tuple[str, ...], rows: list[tuple[str | Text, ...]], most: int | None,
) -> Iterator[RenderableType]:
    if not rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    before: str | Text = ""
    for row in rows[:most]:
        table.add_row("" if row[0] == before else row[0], *row[1:])
        before = row[0]
    left = len(rows) - len(rows[:most])
    more = [Text(f"… and {left:,} more: lakeveil inventory --all shows them\n", "dim")] if left else []
    yield Group(Text(title, style="bold"), table, *more)


def _failed(summary: InventorySummary, lake: str) -> Iterator[tuple[str | Text, ...]]:
    for table in summary.tables:
        if table.status == "failed":
            yield _short(table.table, lake), f"{table.error} ({table.error_code})"


def _attention(summary: InventorySummary, lake: str) -> Iterator[tuple[str | Text, ...]]:
    for one in summary.attention:
        role = one.role if one.confidence >= UNSURE else f"{one.role}?"
        yield (_short(one.table, lake), one.column, Text(one.sensitivity, _STYLES[one.sensitivity]), role,
               ", ".join(one.found) or "-")


def _changes(summary: InventorySummary, lake: str) -> Iterator[tuple[str | Text, ...]]:
    for one in summary.differences:
        level = " → ".join(level for level in (one.before, one.after) if level)
        yield _short(one.table, lake), one.column or "", one.change, Text(level, _STYLES.get(one.after or "", ""))


def _common(summary: InventorySummary) -> str:
    lakes = {table.lake for table in summary.tables}
    return lakes.pop() if len(lakes) == 1 else ""


def _size(number: int) -> str:
    return f"{number / 1e6:,.1f} MB" if number >= 1e6 else f"{number / 1e3:,.0f} kB"  # noqa: PLR2004 - a megabyte


def _many(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _short(table: str, lake: str) -> str:
    return table.removeprefix(lake).lstrip("/.") or table if lake else table
