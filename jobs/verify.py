"""``lakeveil verify``: measure a published release again."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs._console import Backend, Console, Json, entry


def verify(
    target: Annotated[str, typer.Argument(metavar="RELEASE|POLICY", help="A released table, its receipt, or its policy.")],
    backend: Backend = "spark",
    json: Json = False,
) -> None:
    """Hold a published table against its receipt: same bytes, or rows, and every guarantee measured anew."""
    with Console(json) as console:
        from engine import road
        from jobs import _views

        receipt = road.verify_target(target, road.open_backend(backend))
        console.show(receipt, _views.receipt(receipt))


main = entry(verify)

if __name__ == "__main__":
    main()
