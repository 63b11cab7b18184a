"""How a privacy budget looks on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs._views import _table as table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from schemas.ledger import Budget, Line, Standing

REACHED = 8
"""Exit code of the first alert that is reached; those of the second and third follow."""

MOST = 40
"""Entries that are shown, the last ones."""


def exit_code(found: Budget) -> int:
    """Returns the exit code: 0 while no alert is reached."""
    return REACHED + found.reached - 1 if found.reached else 0


def budget(found: Budget) -> list[RenderableType]:
    """Returns what is left of each cap, epsilon by accountant, and the last entries."""
    parts: list[RenderableType] = [table(
        f"{found.ledger}: {found.entries:,} entries, the last {found.head[:12]}…",
        ("lineage", "population", "delta", "spent", "reserved", "left", "cap", "of cap", "charges (open)"),
        (_standing(one) for one in found.standings))]
    parts.append(table("epsilon of spent and reserved, by accountant: pld counts, the others are looser",
                       ("lineage", "population", "pld", "rdp", "zcdp"), (
        (_all(one.lineage), _all(one.population), *(_figure(one.by_accountant[name]) for name in ("pld", "rdp", "zcdp")))
        for one in found.standings)))
    shown = found.timeline[-MOST:]
    left_out = f", the last {MOST} of {len(found.timeline):,}" if len(found.timeline) > MOST else ""
    columns = ("", "UTC", "", "charge", "job", "for", "epsilon alone", "delta", "by")
    parts.append(table(f"entries{left_out}", columns, map(_line, shown)))
    return [*parts, *(f"{one.alert}% of a cap is reached: {_all(one.lineage)}, {_all(one.population)}"
                      for one in found.standings if one.alert)]


def _standing(one: Standing) -> tuple[str, ...]:
    cap = "-" if one.cap is None else f"{one.cap:g} ({one.by})"
    share = "-" if one.share is None else f"{one.share:.1f}%"
    figures = (*("∞" if value is None else _figure(value) for value in (one.spent, one.reserved)), _figure(one.left))
    return (_all(one.lineage), _all(one.population), f"{one.delta:g}", *figures, cap, share,
            f"{one.reservations:,} ({one.open:,})")


def _line(one: Line) -> tuple[str, ...]:
    return (str(one.number), f"{one.time:%Y-%m-%d %H:%M:%S}", one.kind, one.reservation[:8], one.job, one.purpose,
            _figure(one.epsilon), f"{one.delta:g}", one.principal)


def _all(name: str | None) -> str:
    return name or "all"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
