"""``lakeveil verify``: measure a published release again."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs._console import Backend, Console, Json, entry


def verify(
    target: Annotated[str, typer.Argument(metavar="RELEASE|POLICY", help=(
        "A released table, its receipt, or its policy; or statistics, or their receipt."))],
    backend: Backend = "spark",
    json: Json = False,
) -> None:
    """Hold a published table against its receipt: same bytes, or rows, and every guarantee measured anew; or the same figures."""
    with Console(json) as console:
        from engine import road, statistics
        from jobs import _views, _views_statistics

        if not road.is_policy(target) and statistics.names_statistics(target):
            told = statistics.verify(target, road.open_backend(road.backend_around("local")))
            console.show(told, _views_statistics.verified(told))
            return
        receipt = road.verify_target(target, road.open_backend(backend))
        console.show(receipt, _views.receipt(receipt))


main = entry(verify)

if __name__ == "__main__":
    main()
