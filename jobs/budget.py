"""``lakeveil budget``: what is spent, reserved and left of a privacy budget."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Console, Json, entry


def budget(
    target: Annotated[str, typer.Argument(metavar="POLICY|LEDGER", help="A policy with a budget, or a ledger.")],
    at_delta: Annotated[float | None, typer.Option("--at-delta", help="Tell epsilon at this delta, beside no cap.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Make the ledger, which is not there yet.")] = False,
    caps: Annotated[Path | None, typer.Option("--caps", help=(
        "YAML list of caps of the data's owner, {lineage, population, epsilon, delta}: write them into the ledger, in place of "
        "all that it has; [] clears it of caps."))] = None,
    backend: Annotated[str | None, typer.Option(help="'local' or 'spark'; local unless Spark is around already.")] = None,
    json: Json = False,
) -> None:
    """Show what is spent, reserved and left, entry by entry; exits with 8, 9 or 10 where an alert is reached."""
    with Console(json) as console:
        from engine import road
        from engine.ledger.view import budget as told
        from jobs import _views_budget

        opened = road.open_backend(backend or road.backend_around("local"))
        found = told(target, opened, at_delta=at_delta, new=new, caps=caps)
        console.show(found, *_views_budget.budget(found))
        console.leave(_views_budget.exit_code(found))


main = entry(budget)

if __name__ == "__main__":
    main()
