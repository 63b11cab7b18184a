"""``lakeveil plan``: what would run, before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Backend, Console, Json, PolicyFile, entry

Beside = Annotated[list[Path] | None, typer.Option("--beside", help=(
    "Another policy whose release shall join with this one's; may be given several times."))]


def plan(policy: PolicyFile, backend: Backend = "spark", beside: Beside = None, json: Json = False) -> None:
    """Show what 'anonymize' would do: measure the table, compile the policy, change nothing."""
    with Console(json) as console:
        from engine import road
        from engine.plan import Policy
        from engine.plan.joins import joins

        promised = Policy.load(policy)
        compiled = road.plan(promised, road.open_backend(backend), console.progress)
        others = [road.plan(Policy.load(other), road.open_backend(backend), console.progress) for other in beside or ()]
        joined = joins([compiled, *others])
        together = ["", "After the runs these join:", *(f"  {line}" for line in joined)] if others else []
        text = "\n".join([compiled.explain(), *together])
        console.show({
            "policy": promised.name, "policy_fingerprint": promised.fingerprint, "plan_fingerprint": compiled.fingerprint,
            "rows": compiled.rows, "stages": [type(stage).__name__ for stage in compiled.stages], "joins": joined,
            "explain": text,
        }, text)


main = entry(plan)

if __name__ == "__main__":
    main()
