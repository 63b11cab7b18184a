"""``lakeveil append``: the next version of a release that follows its source."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs._console import Backend, Console, Json, PolicyFile, entry


def append(
    policy: PolicyFile,
    whole: Annotated[bool, typer.Option(
        "--whole", help="Read all of the source, though its change data feed tells what changed.")] = False,
    backend: Backend = "spark",
    json: Json = False,
) -> None:
    """Publish the next version: what is new enters, what is gone leaves, and every guarantee holds over all versions."""
    with Console(json) as console:
        from engine import growing, road
        from engine.plan import Policy
        from jobs import _views

        receipt = growing.append(Policy.load(policy), road.open_backend(backend), console.progress, whole=whole)
        console.show(receipt, _views.receipt(receipt))


main = entry(append)

if __name__ == "__main__":
    main()
