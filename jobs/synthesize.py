"""``lakeveil synthesize``: a synthetic table, trained on a verified release with differential privacy."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs._console import Console, Json, PolicyFile, ReceiptFile, entry


def synthesize(
    policy: PolicyFile,
    receipt: ReceiptFile = None,
    dry_run: Annotated[bool, typer.Option(
        "--dry-run", help=(
            "Print noise multiplier, steps, epsilon, memory, time, and what is left of the budget; train and spend nothing.")
        )] = False,
    json: Json = False,
) -> None:
    """Train a generator on Ray workers under the policy's epsilon and write a synthetic table with its receipt."""
    with Console(json) as console:
        from engine import road, synthetic
        from engine.ledger.beside import standings_of
        from jobs import _views, _views_budget

        asked = road.policy_of(policy, receipt)
        if dry_run:
            expected = synthetic.forecast(asked)
            console.show(expected, _views.forecast(expected), *(_views_budget.beside(expected.budget) if expected.budget else ()))
            return
        made = synthetic.synthesize(asked, console.progress)
        console.show(made, _views.synthesis(made), *_views_budget.alerts(standings_of(asked)))


main = entry(synthesize)

if __name__ == "__main__":
    main()
