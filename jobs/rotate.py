"""``lakeveil rotate``: give releases tokens under other keys, and prove that joins hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Backend, Console, Json, entry


def rotate(
    policies: Annotated[list[Path], typer.Argument(
        metavar="OLD NEW ...", help="The policy of each release, and the one that it shall have.")],
    finish: Annotated[bool, typer.Option(
        "--finish", help="Nobody reads old tokens any more: remove the bridges of the policies named, the new ones.")] = False,
    bridge: Annotated[bool, typer.Option(
        help="Leave a table of old and new tokens beside each new release, for as long as both are read.")] = True,
    beside: Annotated[list[Path] | None, typer.Option("--beside", help=(
        "The policy of another release: refuse if it would join with these no more. May be given several times."))] = None,
    subject_keys: Annotated[bool, typer.Option(
        "--subject-keys", help="Wrap the subjects' keys under NEW's key instead. No token changes.")] = False,
    backend: Backend = "spark",
    json: Json = False,
) -> None:
    """Give releases tokens under other keys; all that share a domain together. The old releases stay."""
    with Console(json) as console:
        from engine import road, rotation
        from engine.plan import Policy
        from jobs import _views

        read = [Policy.load(one) for one in policies]
        if finish:
            gone = rotation.finish(read)
            console.show({"removed": list(gone)}, f"removed: {', '.join(gone)}")
        elif subject_keys:
            tables = rotation.rewrap(rotation.pairs_of(read))
            console.show([one.model_dump(mode="json") for one in tables], *map(_views.rewrapped, tables))
        else:
            others = [Policy.load(one) for one in beside or ()]
            done = rotation.rotate(
                rotation.pairs_of(read), road.open_backend(backend), console.progress, bridge=bridge, beside=others)
            console.show(done, _views.rotation(done))


main = entry(rotate)

if __name__ == "__main__":
    main()
