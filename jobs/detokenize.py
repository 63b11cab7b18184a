"""``lakeveil detokenize``: bring values back, with a purpose, an approver, limits and an audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Console, Json, PolicyFile, entry


def detokenize(
    policy: PolicyFile,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A table with columns of the release: some of its rows, say.")],
    column: Annotated[list[str], typer.Option("--column", help="A released column to bring back; may be given several times.")],
    key: Annotated[str, typer.Option("--key", help="Handle of the key, as in a policy. The policy's own is not used.")],
    purpose: Annotated[str, typer.Option("--purpose", help="What the values are needed for; stands in the audit.")],
    approver: Annotated[str, typer.Option("--approver", help="Who allowed it: one of the policy's detokenize.approvers.")],
    out: Annotated[Path, typer.Option("--out", help="Where the values go: a new Parquet file that nobody else can read.")],
    json: Json = False,
) -> None:
    """Open reversible tokens of a release. The only command that can, and never without a line in the audit."""
    with Console(json) as console:
        from engine.plan import Policy
        from engine.reversal import Asked, detokenize, write

        with write(out) as keep:
            found = detokenize(Policy.load(policy), Asked(table, tuple(column), key, purpose, approver))
            keep(found.table)
        result = {"out": str(out), "rows": found.table.num_rows, "opened": found.opened, "refused": found.refused,
                  "audit": found.audit}
        console.show(result, f"{out}: {found.opened:,} values brought back, {found.refused:,} refused; audit: {found.audit}")


main = entry(detokenize)

if __name__ == "__main__":
    main()
