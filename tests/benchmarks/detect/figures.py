"""The figures of a benchmark: one entry for each line that is measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

Figure = dict[str, Any]


def figure(measure: str, value: float | None, unit: str = "", *, bar: float | None = None, peer: float | None = None,
           better: Literal["higher", "lower"] = "higher", holds: bool | None = None, note: str = "") -> Figure:
    """Returns one entry of the result file.

    Args:
        measure: What was measured.
        value: None where it could not be; ``note`` says why.
        unit: Its unit.
        bar: What it has to reach.
        peer: The peer's value of the same run.
        better: Which way is good.
        holds: Whether it is good enough; by default, whether the bar is reached.
        note: How it was measured.
    """
    if holds is None and bar is not None and value is not None:
        holds = bool(value >= bar if better == "higher" else value <= bar)
    return {"measure": measure, "value": value, "unit": unit, "bar": bar, "better": better, "holds": holds, "peer": peer,
            "note": note}


def table(figures: Iterable[Figure], *, markdown: bool = False) -> str:
    """Returns figures as lines for a terminal, or as a table in Markdown."""
    rows = [_cells(one) for one in figures]
    if markdown:
        head = "| measure | value | peer | bar | | note |\n|---|---|---|---|---|---|\n"
        return head + "".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n" for row in rows)
    return "".join(f"{row[0]:<52} {row[1]:>16} {row[2]:>12} {row[3]:>9} {row[4]:<7} {row[5]}\n" for row in rows)


def _cells(one: Figure) -> tuple[str, ...]:
    sign = "≥" if one["better"] == "higher" else "≤"
    mark = {True: "ok", False: "MISSED", None: ""}[one["holds"]]
    peer = _number(one["peer"]) if one["peer"] is not None else ""
    bar = f"{sign} {one['bar']:g}" if one["bar"] is not None else ""
    return one["measure"], f"{_number(one['value'])} {one['unit']}".strip(), peer, bar, mark, one["note"]


def _number(value: float | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
