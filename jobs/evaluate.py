"""``lakeveil evaluate``: how close the synthetic table is, and how private."""

from __future__ import annotations

from jobs._console import Console, Json, PolicyFile, ReceiptFile, entry


def evaluate(policy: PolicyFile, receipt: ReceiptFile = None, json: Json = False) -> None:
    """Compare the synthetic table with the release and with held-out rows: distances, marginals, prediction, privacy."""
    with Console(json) as console:
        from engine import road, synthetic
        from jobs import _views

        found = synthetic.evaluate(road.policy_of(policy, receipt), console.progress)
        console.show(found, _views.evaluation(found))


main = entry(evaluate)

if __name__ == "__main__":
    main()
