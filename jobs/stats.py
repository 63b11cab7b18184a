"""``lakeveil stats``: differentially private statistics of a policy's source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Console, Json, PolicyFile, entry


def stats(
    policy: PolicyFile,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=(
        "Show costs, expected errors, and how that stands beside the budget; count and spend nothing."))] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=(
        "A Delta table, or a file that ends with .json or .csv; by default as the policy says, or beside its release."))] = None,
    backend: Annotated[str | None, typer.Option(help=(
        "Where it runs: 'spark' or 'local' (this process, no JVM); spark by default. A dry run, which reads the ledger alone, is "
        "local by default unless Spark is around already."))] = None,
    json: Json = False,
) -> None:
    """Release counts, sums, means and quantiles under the policy's epsilon, every subject's part bounded, with a receipt."""
    with Console(json) as console:
        from engine import road, statistics
        from engine.ledger.beside import standings_of
        from jobs import _views_budget, _views_statistics

        asked = road.policy_of(policy)
        if dry_run:
            planned = statistics.plan(asked, road.open_backend(backend or road.backend_around("local")), out=out)
            console.show(planned, *_views_statistics.plan(planned))
            return
        opened = road.open_backend(backend or "spark")
        found = statistics.stats(asked, opened, console.progress, out=out)
        console.show(found, *_views_statistics.statistics(found), *_views_budget.alerts(standings_of(asked, opened)))


main = entry(stats)

if __name__ == "__main__":
    main()
