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


def shown(found: dict[str, Any]) -> dict[str, Any]:
    """Prints an entry, and returns it."""
    bar = "" if found["bar"] is None else f"<= {found['bar']:g}"
    mark = {True: "ok", False: "MISSED", None: ""}[found["holds"]]
    text = f"{found['measure']:<50} {found['value']:>9.6g} {found['unit']:<8} {bar:<10} {mark:<7} {found['note']}"
    print(text, flush=True)  # noqa: T201 - what a benchmark is for
    return found


def ended(lines: Sequence[dict[str, Any]], name: str) -> int:
    """Writes ``build/bench/NAME.json``; returns 0 if every bar holds."""
    result = ROOT / "build" / "bench" / f"{name}.json"
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(list(lines), indent=1) + "\n", encoding="utf-8")
    return 0 if all(found["holds"] is not False for found in lines) else 1
