"""``lakeveil doctor``: what this machine has, lacks, and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Console, Json, entry


def doctor(
    policy: Annotated[Path | None, typer.Option(help="Also look for the keys that this policy names.")] = None,
    spark: Annotated[bool, typer.Option("--spark", help="Also start Spark and write a Delta table.")] = False,
    json: Json = False,
) -> None:
    """Check Java, Spark, Delta, Python, recognizers, keys and Ray, and print the fix for each thing that is off."""
    with Console(json) as console:
        from engine import doctor as clinic
        from jobs import _views

        checks = clinic.diagnose(policy=policy, spark=spark)
        console.show([check.as_dict() for check in checks], _views.checks(checks))
        raise typer.Exit(clinic.exit_code(checks))


main = entry(doctor)

if __name__ == "__main__":
    main()
