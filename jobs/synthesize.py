"""``lakeveil synthesize``: a synthetic table, trained on a verified release with differential privacy."""

from __future__ import annotations

from jobs._console import Console, Json, PolicyFile, ReceiptFile, entry


def synthesize(policy: PolicyFile, receipt: ReceiptFile = None, json: Json = False) -> None:
    """Train a generator on Ray workers under the policy's epsilon and write a synthetic table with its receipt."""
    with Console(json) as console:
        from engine import road
        from jobs import _views

        made = road.synthesize(road.policy_of(policy, receipt), console.progress)
        console.show(made, _views.synthesis(made))


main = entry(synthesize)

if __name__ == "__main__":
    main()
