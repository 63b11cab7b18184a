"""``lakeveil run``: the whole road for one policy."""

from __future__ import annotations

from jobs._console import Backend, Console, Json, PolicyFile, entry


def run(policy: PolicyFile, backend: Backend = "spark", json: Json = False) -> None:
    """Walk the whole road: scan, plan, anonymize, verify, publish; synthesize and evaluate if the policy asks; report."""
    with Console(json) as console:
        from engine import road
        from engine.plan import Policy
        from jobs import _views

        walked = road.walk(Policy.load(policy), road.open_backend(backend), console.progress)
        console.show(_views.walk_record(walked), *_views.walk(walked))


main = entry(run)

if __name__ == "__main__":
    main()
