"""``lakeveil report``: one HTML page about one release."""

from __future__ import annotations

from jobs._console import Console, Json, PolicyFile, entry


def report(policy: PolicyFile, json: Json = False) -> None:
    """Render what lies beside the release as one self-contained HTML page. Aggregates only."""
    with Console(json) as console:
        from engine import road
        from engine.plan import Policy

        page = road.report(Policy.load(policy))
        console.show({"report": page}, f"report: {page}")


main = entry(report)

if __name__ == "__main__":
    main()
