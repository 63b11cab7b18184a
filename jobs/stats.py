"""``lakeveil stats``: differentially private statistics of a policy's source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Backend, Console, Json, PolicyFile, entry


def stats(
    policy: PolicyFile,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show costs and expected errors; read and spend nothing.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=(
        "A Delta table, or a file that ends with .json or .csv; by default as the policy says, or beside its release."))] = None,
    backend: Backend = "spark",
    json: Json = False,
) -> None:
    """Release counts, sums, means and quantiles under the policy's epsilon, every subject's part bounded, with a receipt."""
    with Console(json) as console:
        from engine import road, statistics
        from jobs import _views_statistics

        asked = road.policy_of(policy)
        if dry_run:
            planned = statistics.plan(asked)
            console.show(planned, *_views_statistics.plan(planned))
            return
        found = statistics.stats(asked, road.open_backend(backend), console.progress, out=out)
        console.show(found, *_views_statistics.statistics(found))


main = entry(stats)

if __name__ == "__main__":
    main()
