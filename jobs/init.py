"""``lakeveil init``: a first policy from what a scan found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Console, Json, entry


def init(
    table: Annotated[str, typer.Argument(help="The table that is to be released.")],
    purpose: Annotated[str, typer.Option(help="What the release is for; it goes to the receipt.")],
    from_scan: Annotated[Path | None, typer.Option(help="Findings of 'scan --out'; scans now by default.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The policy to write; it must not exist yet.")] = Path("policy.yaml"),
    recognizers: Annotated[Path | None, typer.Option(help=(
        "What to look for, plug-ins included, as conf/recognizers/default.yaml has it; the policy names it, too."))] = None,
    release: Annotated[str | None, typer.Option(help="Where the release will go; releases/NAME by default.")] = None,
    subject: Annotated[str | None, typer.Option(help="Column that identifies the person of a row; kept as a token.")] = None,
    needs: Annotated[list[str] | None, typer.Option(help="A column the purpose needs; again for each. Others go.")] = None,
    keep_text: Annotated[bool, typer.Option("--keep-text", help="Redact free text instead of dropping it.")] = False,
    json: Json = False,
) -> None:
    """Write a first policy: roles from the findings, their evidence as comments, 'why' left for a person to fill."""
    with Console(json) as console:
        from engine import propose

        written = propose.write_policy(
            table, out, propose.Wanted(purpose, subject, tuple(needs or ()), keep_text=keep_text),
            from_scan=from_scan, recognizers=recognizers, release=release, progress=console.progress)
        console.show(written.as_dict(), *written.lines())


main = entry(init)

if __name__ == "__main__":
    main()
