"""``lakeveil forget``: destroy the keys of subjects, and say what is gone and what remains."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Console, Json, entry


def forget(
    subjects: Annotated[str, typer.Argument(metavar="SUBJECTS-TABLE", help="A table that lists the subjects to forget.")],
    policy: Annotated[list[Path], typer.Option("--policy", help="A policy with subject_keys; may be given several times.")],
    out: Annotated[Path, typer.Option("--out", help="Where the certificate goes: a new JSON file.")],
    column: Annotated[str | None, typer.Option("--column", help="Column of the identifiers; source.subject by default.")] = None,
    json: Json = False,
) -> None:
    """Destroy the keys of subjects: what is under them can be read by nobody, in any release. Cannot be undone."""
    with Console(json) as console:
        from engine.forgetting import forget
        from engine.plan import Policy
        from jobs import _views

        certificate = forget([Policy.load(one) for one in policy], subjects, out, column)
        console.show(certificate, _views.certificate(certificate))


main = entry(forget)

if __name__ == "__main__":
    main()
