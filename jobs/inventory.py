"""``lakeveil inventory``: what the scans of a lake found."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs._console import Console, Json, entry


def inventory(
    target: Annotated[str, typer.Argument(metavar="INVENTORY|LAKE", help="An inventory, or the lake that it lies beside.")],
    backend: Annotated[str | None, typer.Option(help="'local' or 'spark'; local unless Spark is around already.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show long lists whole.")] = False,
    json: Json = False,
) -> None:
    """Show a lake's tables by sensitivity, the columns to look at, and what changed since the scan before."""
    with Console(json) as console:
        from engine import road
        from engine.lake import road as lake
        from jobs import _views_lake

        found = lake.inventory(target, road.open_backend(backend or road.backend_around("local")))
        console.show(found, *_views_lake.known(found, everything=everything))


main = entry(inventory)

if __name__ == "__main__":
    main()
