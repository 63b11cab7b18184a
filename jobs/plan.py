"""``lakeveil plan``: what would run, before anything runs."""

from __future__ import annotations

from jobs._console import Backend, Console, Json, PolicyFile, entry


def plan(policy: PolicyFile, backend: Backend = "spark", json: Json = False) -> None:
    """Show what 'anonymize' would do: measure the table, compile the policy, change nothing."""
    with Console(json) as console:
        from engine import road
        from engine.plan import Policy

        promised = Policy.load(policy)
        compiled = road.plan(promised, road.open_backend(backend), console.progress)
        text = compiled.explain()
        console.show({
            "policy": promised.name, "policy_fingerprint": promised.fingerprint, "plan_fingerprint": compiled.fingerprint,
            "rows": compiled.rows, "stages": [type(stage).__name__ for stage in compiled.stages], "explain": text,
        }, text)


main = entry(plan)

if __name__ == "__main__":
    main()
