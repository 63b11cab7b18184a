"""``lakeveil synthesize``: a synthetic table, trained on a verified release with differential privacy."""

from __future__ import annotations

from jobs._console import Console, Json, PolicyFile, entry


def synthesize(policy: PolicyFile, json: Json = False) -> None:
    """Train a generator on Ray workers under the policy's epsilon and write a synthetic table with its receipt."""
    with Console(json) as console:
        from engine import road
        from engine.plan import Policy
        from jobs import _views

        receipt = road.synthesize(Policy.load(policy), console.progress)
        console.show(receipt, _views.synthesis(receipt))


main = entry(synthesize)

if __name__ == "__main__":
    main()
