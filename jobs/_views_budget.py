"""How a privacy budget looks on a screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.ledger.alerts import tenths
from jobs._views import _table as table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from schemas.ledger import Beside, Budget, Line, OwnersCap, Replaced, Standing

REACHED = 8
"""Exit code of the first alert that is reached; those of the second and third follow."""

STANDING = ("lineage", "population", "delta", "spent", "reserved", "left", "cap", "of cap", "charges (open)")

MOST = 40
"""Entries that are shown, the last ones."""


def exit_code(found: Budget) -> int:
    """Returns the exit code: 0 while no alert is reached."""
    return REACHED + found.reached - 1 if found.reached else 0


def budget(found: Budget) -> list[RenderableType]:
    """Returns what is left of each cap, epsilon by accountant, and the last entries."""
    parts: list[RenderableType] = [table(
        f"{found.ledger}: {found.entries:,} entries, the last {found.head[:12]}…",
        STANDING, map(_standing, found.standings))]
    parts.append(table("epsilon of spent and reserved, by accountant: pld counts, the others are looser",
                       ("lineage", "population", "pld", "rdp", "zcdp"), (
        (_all(one.lineage), _all(one.population), *(_figure(one.by_accountant[name]) for name in ("pld", "rdp", "zcdp")))
        for one in found.standings)))
    shown = found.timeline[-MOST:]
    left_out = f", the last {MOST} of {len(found.timeline):,}" if len(found.timeline) > MOST else ""
    columns = ("", "UTC", "", "charge", "job", "for", "epsilon alone", "delta", "by")
    parts.append(table(f"entries{left_out}", columns, map(_line, shown)))
    return [*(_replaced(found.replaced) if found.replaced else ()), *parts, *alerts(found.standings)]


def _replaced(found: Replaced) -> list[RenderableType]:
    """Returns the caps of the data's owner as they were, and as they are set in their place."""
    return [table("caps of the data's owner", ("", "lineage", "population", "epsilon", "delta"),
                  [row for when, caps in (("before", found.before), ("now", found.after)) for row in _caps(when, caps)])]


def _caps(when: str, caps: Sequence[OwnersCap] | None) -> list[tuple[str, ...]]:
    if not caps:
        return [(when, "none" if caps is not None else "could not be read", "", "", "")]
    return [(when, _all(one.lineage), _all(one.population), f"{one.epsilon:g}", f"{one.delta:g}") for one in caps]


def alerts(standings: Sequence[Standing], said: str = "is") -> list[str]:
    """Returns a line for each cap of which an alert is reached."""
    return [f"{one.alert}% of a cap {said} reached: {_all(one.lineage)}, {_all(one.population)}"
            for one in standings if one.alert]


def beside(found: Beside) -> list[RenderableType]:
    """Returns how a charge would stand beside a budget: asked, left, whether it would be refused, and each cap after it."""
    figures = f"asked {_figure(found.asked)}, left {_figure(found.left)}"
    told = "it would be allowed" if found.allowed else f"it would be refused: {found.refusal}"
    lines: list[RenderableType] = [f"{found.ledger}: epsilon {figures}; {told}; nothing is charged now"]
    after = table("after it", STANDING, map(_standing, found.standings)) if found.standings else None
    return [*lines, *([after] if after else []), *alerts(found.standings, "would be")]


def _standing(one: Standing) -> tuple[str, ...]:
    cap = "-" if one.cap is None else f"{one.cap:g} ({one.by})"
    share = "-" if one.share is None else f"{tenths(one.share):.1f}%"
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
