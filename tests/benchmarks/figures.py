"""What a benchmark says: one entry for each line of it, printed and written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def line(measure: str, value: float, unit: str, bar: float | None, note: str) -> dict[str, Any]:
    """Returns one entry; less is better."""
    return {"measure": measure, "value": value, "unit": unit, "bar": bar, "better": "lower",
            "holds": None if bar is None else bool(value <= bar), "peer": None, "note": note}


def missing(measure: str, why: str) -> dict[str, Any]:
    """Returns the entry of what was not measured."""
    return {**line(measure, 0, "", None, why), "value": None}


def shown(found: dict[str, Any]) -> dict[str, Any]:
    """Prints an entry, and returns it."""
    value = "absent" if found["value"] is None else f"{found['value']:.6g}"
    bar = "" if found["bar"] is None else f"<= {found['bar']:g}"
    mark = {True: "ok", False: "MISSED", None: ""}[found["holds"]]
    text = f"{found['measure']:<50} {value:>9} {found['unit']:<8} {bar:<10} {mark:<7} {found['note']}"
    print(text, flush=True)  # noqa: T201 - what a benchmark is for
    return found


def summed_up(lines: Sequence[dict[str, Any]]) -> None:
    """Prints each bar with its figure and whether it is met, and what was not measured."""
    barred = [found for found in lines if found["bar"] is not None or found["value"] is None]
    met = sum(found["holds"] is True for found in barred)
    missed = sum(found["holds"] is False for found in barred)
    print(f"\n{met} bars met, {missed} missed, {len(barred) - met - missed} not measured")  # noqa: T201 - what a benchmark is for
    for found in barred:
        word = {True: "met", False: "MISSED", None: f"absent: {found['note']}"}[found["holds"]]
        figure = "" if found["value"] is None else f"{found['value']:>10.6g} <= {found['bar']:<10g}"
        print(f"{found['measure']:<62} {figure:<24} {word}")  # noqa: T201 - the same


def ended(lines: Sequence[dict[str, Any]], name: str) -> int:
    """Writes ``build/bench/NAME.json``; returns 0 if every bar holds."""
    result = ROOT / "build" / "bench" / f"{name}.json"
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(list(lines), indent=1) + "\n", encoding="utf-8")
    return 0 if all(found["holds"] is not False for found in lines) else 1
