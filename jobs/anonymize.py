"""``lakeveil anonymize``: a raw table becomes a verified, published release."""

from __future__ import annotations

from jobs._console import Backend, Console, Json, PolicyFile, entry


def anonymize(policy: PolicyFile, backend: Backend = "spark", json: Json = False) -> None:
    """Plan, execute, re-read and verify, then publish with a receipt. Publishes nothing if a guarantee fails."""
    with Console(json) as console:
        from engine import road
        from engine.plan import Policy
        from jobs import _views

        receipt = road.anonymize(Policy.load(policy), road.open_backend(backend), console.progress)
        console.show(receipt, _views.receipt(receipt))


main = entry(anonymize)

if __name__ == "__main__":
    main()
