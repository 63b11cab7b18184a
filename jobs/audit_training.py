"""``lakeveil audit-training``: what canaries prove about the loop that trains, beside what is claimed."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs._console import Console, Json, PolicyFile, ReceiptFile, entry


def audit_training(
    policy: PolicyFile,
    receipt: ReceiptFile = None,
    canaries: Annotated[int, typer.Option(
        min=10, max=100_000, help="Random units; a coin of each says whether it is in the training.")] = 5000,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999999999, help="Of all lower bounds together.")] = 0.999,
    steps_only: Annotated[bool, typer.Option("--steps-only", help="Audit single steps, and no whole training.")] = False,
    json: Json = False,
) -> None:
    """Audit the training loop by canaries: a lower bound on epsilon beside the claim; reads no row, spends nothing."""
    with Console(json) as console:
        from engine import road, synthetic
        from jobs import _views_audit

        asked = road.policy_of(policy, receipt)
        found = synthetic.audit_training(asked, console.progress, canaries=canaries, confidence=confidence, steps_only=steps_only)
        console.show(found, *_views_audit.audit(found))


main = entry(audit_training)

if __name__ == "__main__":
    main()
