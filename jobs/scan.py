"""``lakeveil scan``: find personal data in a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Console, Json, entry


def scan(
    target: Annotated[str, typer.Argument(metavar="TABLE|POLICY", help="Delta, Parquet, CSV or JSON lines; or a policy.")],
    format: Annotated[str | None, typer.Option(help="delta, parquet, csv or jsonl; found from the path by default.")] = None,  # noqa: A002 - the option's name
    sample: Annotated[int | None, typer.Option(min=1, help="Look at this many rows; at every distinct value by default.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the findings here, for 'init' and 'report'.")] = None,
    backend: Annotated[str | None, typer.Option(help="'local' or 'spark'; local unless Spark is around already.")] = None,
    json: Json = False,
) -> None:
    """Find personal data: entity types, counts and a proposed role for each column. Shows no data values."""
    with Console(json) as console:
        console.progress("load recognizers", 0.0)
        from engine import road
        from jobs import _views

        engine = road.open_backend(backend or road.backend_around("local"))
        found = road.scan_target(target, engine, console.progress, format=format, sample=sample, out=out)
        console.show(found, _views.findings(found))


main = entry(scan)

if __name__ == "__main__":
    main()
