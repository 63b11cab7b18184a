"""``lakeveil sample``: rows of a generator that was trained before."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs._console import Console, Json, entry


def sample(
    target: Annotated[str, typer.Argument(metavar="SYNTHETIC|POLICY", help="A synthetic table, or the policy that made it.")],
    out: Annotated[str, typer.Option("--out", "-o", help="Path of the Delta table to write.")],
    rows: Annotated[int, typer.Option("--rows", "-n", help="How many.")] = 1000,
    given: Annotated[list[str] | None, typer.Option("--given", "-g", help=(
        "COLUMN=VALUE, COLUMN=LOW..HIGH, COLUMN= for a missing value, or 'COLUMN=\"\"' for an empty text; several of one column "
        "are alternatives."))] = None,
    json: Json = False,
) -> None:
    """Draw more rows from a trained generator, all kinds or those that meet conditions. Costs no epsilon."""
    with Console(json) as console:
        from engine import synthetic
        from jobs import _views

        drawn = synthetic.sample(target, rows, given or (), out)
        console.show(drawn, _views.sample(drawn))


main = entry(sample)

if __name__ == "__main__":
    main()
