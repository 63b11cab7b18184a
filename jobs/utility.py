"""``lakeveil utility``: what a release is still good for."""

from __future__ import annotations

from jobs._console import Backend, Console, Json, PolicyFile, ReceiptFile, entry


def utility(policy: PolicyFile, receipt: ReceiptFile = None, backend: Backend = "spark", json: Json = False) -> None:
    """Hold a release against its source: random counts, a model trained on either, and what each protected group lost."""
    with Console(json) as console:
        from engine import road, usefulness
        from jobs import _views_utility

        found = usefulness.utility(road.policy_of(policy, receipt), road.open_backend(backend), console.progress)
        console.show(found, _views_utility.utility(found))


main = entry(utility)

if __name__ == "__main__":
    main()
