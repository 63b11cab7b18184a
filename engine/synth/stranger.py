"""A client of a Ray cluster that has no token: ``python -m engine.synth.stranger HOST:PORT`` ends with what became of it."""

from __future__ import annotations

import sys

ADMITTED, REFUSED = 10, 11
"""Exit codes. Any other says nothing of the cluster."""

_SECONDS = 20


def main() -> int:
    """Asks the cluster's control store for something that means nothing."""
    from ray._raylet import GcsClient  # type: ignore[attr-defined]  # noqa: PLC0415 - compiled; in this process alone
    from ray.exceptions import AuthenticationError  # noqa: PLC0415 - as above

    try:
        GcsClient(address=sys.argv[1]).internal_kv_exists(b"lakeveil", namespace=None, timeout=_SECONDS)
    except AuthenticationError:
        return REFUSED
    return ADMITTED


if __name__ == "__main__":
    sys.exit(main())
