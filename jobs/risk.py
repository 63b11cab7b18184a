"""``lakeveil risk``: what a table gives away about the people in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Console, Json, entry

POPULATION = "Beside a population"


def risk(
    target: Annotated[str, typer.Argument(metavar="TABLE|POLICY", help=(
        "A table; or a policy: its source, and beside it its release once that is published."))],
    columns: Annotated[str | None, typer.Option(help=(
        "What others could know of a person: a,b,c or '*' for all; a policy's quasi-identifiers by default."))] = None,
    format: Annotated[str | None, typer.Option(help="delta, parquet, csv or jsonl; found from the path by default.")] = None,  # noqa: A002 - the option's name
    threshold: Annotated[float, typer.Option(help="A row with a greater risk than this is at risk.")] = 0.2,
    max_size: Annotated[int, typer.Option(min=1, help="Measure all combinations of up to so many columns.")] = 3,
    singled_out: Annotated[float, typer.Option(min=0, max=1, help=(
        "Columns single people out if they leave more than this share of the rows alone."))] = 0.05,
    suda: Annotated[int, typer.Option(min=0, help="Most columns of a minimal sample unique; 0 looks for none.")] = 3,
    population: Annotated[str | None, typer.Option(rich_help_panel=POPULATION, help=(
        "A table of everybody, with the same columns; the rows are among its own."))] = None,
    fraction: Annotated[float | None, typer.Option(rich_help_panel=POPULATION, help="Share of all people in the table.")] = None,
    population_size: Annotated[int | None, typer.Option(rich_help_panel=POPULATION, min=1, help="Number of all people.")] = None,
    backend: Annotated[str | None, typer.Option(help="'local' or 'spark'; local unless Spark is around already.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the record here; over an earlier one alone.")] = None,
    json: Json = False,
) -> None:
    """Measure re-identification risk: attackers' chances, uniqueness, columns that single people out. Shows no data values."""
    with Console(json) as console:
        from engine import road
        from engine.anonymity.risk.assess import Wanted
        from engine.risk import road as risks
        from jobs import _views_risk

        wanted = Wanted(threshold=threshold, max_size=max_size, singled_out=singled_out, suda=suda, fraction=fraction,
                        population_size=population_size)
        asked = risks.Asked(columns, population, format, out, wanted)
        engine = road.open_backend(backend or road.backend_around("local"))
        found = risks.risk(target, engine, asked, console.progress)
        console.show(found, *_views_risk.risk(found))


main = entry(risk)

if __name__ == "__main__":
    main()
