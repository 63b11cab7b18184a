"""``lakeveil report``: one HTML page about one release."""

from __future__ import annotations

from jobs._console import Console, Json, PolicyFile, ReceiptFile, entry


def report(policy: PolicyFile, receipt: ReceiptFile = None, json: Json = False) -> None:
    """Render what lies beside the release as one self-contained HTML page. Aggregates only."""
    with Console(json) as console:
        from engine import road

        page = road.report(road.policy_of(policy, receipt))
        console.show({"report": page}, f"report: {page}")


main = entry(report)

if __name__ == "__main__":
    main()
