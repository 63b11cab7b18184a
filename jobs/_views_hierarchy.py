"""How a hierarchy looks on a screen: its levels in figures, and what is to be said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from schemas.findings import printable
from schemas.hierarchy import in_words

if TYPE_CHECKING:
    from rich.console import RenderableType

    from schemas.hierarchy import HierarchyReport


def report(found: HierarchyReport) -> list[RenderableType]:
    """Returns a line a level, the labels that were asked for, remarks, and the file that was written."""
    parts: list[RenderableType] = [Text(f"{found.hierarchy}: {found.values:,} values, by {found.kind}", style="bold")]
    if found.levels:
        levels = _table("level", "labels", "values below each: fewest", "most", "labels of one value")
        for one in found.levels:
            levels.add_row(f"{one.level}", f"{one.labels:,}", f"{one.fewest:,}", f"{one.most:,}", f"{one.single:,}")
        parts.append(levels)
    for one in found.levels:
        if one.named is not None:
            labels = _table(f"labels of level {one.level}", "values below")
            for label in one.named:
                labels.add_row(printable(label.label), f"{label.values:,}")
            parts.append(labels)
    for remark in found.remarks:
        place = "" if remark.level is None else f" at level {remark.level}"
        count = "" if remark.count is None else f" ({remark.count:,})"
        lines = f", as in {in_words(remark.lines)}" if remark.lines else ""
        parts.append(Text(f"{'refused' if remark.refused else 'note'}{place}: {remark.what}{count}{lines}",
                          style="red" if remark.refused else "dim"))
    return [*parts, f"written: {found.written}"] if found.written else parts


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(columns):
        table.add_column(name, overflow="fold", justify="right" if place else "left")
    return table
