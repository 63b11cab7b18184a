"""``lakeveil scan``: find personal data in a table, or in all tables of a lake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Console, Json, entry

LAKE = "Of a lake"


def scan(
    target: Annotated[str, typer.Argument(metavar="TABLE|LAKE|POLICY", help=(
        "A table (Delta, Parquet, CSV, JSON lines); a folder that holds many, a schema of Spark's catalog (catalog.schema), a "
        "list (.txt, or .yaml with 'tables'); or a policy."))],
    format: Annotated[str | None, typer.Option(help="delta, parquet, csv or jsonl; found from the path by default.")] = None,  # noqa: A002 - the option's name
    sample: Annotated[int | None, typer.Option(min=1, help=(
        "Look at so many random rows. By default a large table is sampled, and read whole where that finds something."))] = None,
    whole: Annotated[bool, typer.Option("--all", help="Look at every row, however many.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=(
        "Write the findings here, for 'init' and 'report'; over nothing but earlier ones."))] = None,
    backend: Annotated[str | None, typer.Option(help="'local' or 'spark'; local unless Spark is around already.")] = None,
    recognizers: Annotated[Path | None, typer.Option(help=(
        "What to look for, plug-ins included, as conf/recognizers/default.yaml has it; a policy's own by default."))] = None,
    sensitivity: Annotated[Path | None, typer.Option(help="Rules, as conf/recognizers/sensitivity.yaml has them.")] = None,
    inventory: Annotated[str | None, typer.Option(rich_help_panel=LAKE, help="Its inventory; LAKE.inventory by default.")] = None,
    include: Annotated[list[str] | None, typer.Option(rich_help_panel=LAKE, help=(
        "Only tables like this ('sales/*': * crosses folders); again for more."))] = None,
    exclude: Annotated[list[str] | None, typer.Option(rich_help_panel=LAKE, help=(
        "No tables or folders like this; again for more."))] = None,
    workers: Annotated[int | None, typer.Option(rich_help_panel=LAKE, min=1, help=(
        "Tables at a time; as many as there are cores by default."))] = None,
    fresh: Annotated[bool, typer.Option("--fresh", rich_help_panel=LAKE, help="Scan unchanged tables again, too.")] = False,
    json: Json = False,
) -> None:
    """Find personal data: entity types, counts, a proposed role and sensitivity for each column. Shows no data values.

    Of a lake each table becomes a row of its inventory. A run that was cut short goes on where it ended.
    """
    with Console(json) as console:
        console.progress("load recognizers", 0.0)
        from engine import road
        from engine.detect.plugins.budget import Deadline
        from engine.lake import road as lake
        from jobs import _views_lake

        Deadline.hopeless = console.hopeless
        engine = road.open_backend(backend or road.backend_around("local"))
        wanted = lake.Wanted(format, sample, out, inventory, tuple(include or ()), tuple(exclude or ()), workers, fresh=fresh,
                             levels=sensitivity, recognizers=recognizers, whole=whole)
        found, summary = lake.scan(target, engine, wanted, console.progress, console.standing)
        console.show(found, *_views_lake.scanned(found, summary))
        console.leave(lake.exit_code(found))


main = entry(scan)

if __name__ == "__main__":
    main()
