"""``lakeveil append``: the next version of a release that follows its source."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs._console import Backend, Console, Json, PolicyFile, entry


def append(
    policy: PolicyFile,
    whole: Annotated[bool, typer.Option(
        "--whole", help="Read all of the source, though its change data feed tells what changed.")] = False,
    refine: Annotated[bool, typer.Option(
        "--refine", help="Then cut leaves further, as far as everybody's history allows, in a version of its own.")] = False,
    backend: Backend = "spark",
    json: Json = False,
) -> None:
    """Publish the next version: what is new enters, what is gone leaves, and every guarantee holds over all versions."""
    with Console(json) as console:
        from engine import growing, road
        from engine.plan import Policy
        from jobs import _views

        asked, opened = Policy.load(policy), road.open_backend(backend)
        receipt = growing.append(asked, opened, console.progress, whole=whole)
        receipt = growing.refine(asked, opened, console.progress) if refine else receipt
        console.show(receipt, _views.receipt(receipt))


main = entry(append)

if __name__ == "__main__":
    main()
