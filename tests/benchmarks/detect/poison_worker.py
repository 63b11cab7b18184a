"""One process that redacts poison cells, one after the other, and says after each what became of it.

``python -m tests.benchmarks.detect.poison_worker SECONDS FIRST LAST``: the cells with numbers from FIRST to before LAST, until
the time is over. A line of JSON before each cell (its name) and after it (the outcome), so that whoever reads knows which cell
ended this process.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

import pyarrow as pa

from tests.benchmarks.detect import ours
from tests.benchmarks.detect.poison import CELLS, PLANTED
from udfs.redact_text import UNSCANNABLE, redact_text

BEFORE, AFTER = "Write to jane.before@example.org today.", "Then call +1 415 555 2671 about 4111 1111 1111 1111."
MEMORY = 12 << 30
"""Bytes of address space. A cell that needs more is a miss, not the end of the machine."""


def between(cell: bytes) -> pa.Array:
    """Returns a string array of three cells, the bytes in the middle, whether they are text or not."""
    return pa.array([BEFORE.encode(), cell, AFTER.encode()], pa.binary()).view(pa.string())


def outcome(cell: bytes, neighbours: tuple[str, str], limit: float) -> dict[str, Any]:
    """Redacts a cell between its neighbours, and finds what is in it.

    Args:
        cell: Its bytes.
        neighbours: What becomes of the neighbours without it.
        limit: Seconds of processor time.

    Returns:
        ``fate`` is ``removed``, ``quarantined``, or what went wrong: ``survived`` (the planted address), ``neighbour``, ``late``
        or an error's name; ``find`` the same of ``Scanner.find``; and the seconds that both took.
    """
    array = between(cell)
    redacted, seconds = _timed(lambda: _redacted(array, neighbours))
    found, find_seconds = _timed(lambda: _found(array))
    return {"fate": "late" if seconds > limit else redacted, "seconds": seconds,
            "find": "late" if find_seconds > limit else found, "find_seconds": find_seconds}


def _redacted(array: pa.Array, neighbours: tuple[str, str]) -> str:
    try:
        before, middle, after = redact_text(array).to_pylist()
    except Exception as error:  # noqa: BLE001 - what it is, is the result
        return type(error).__name__
    if (before, after) != neighbours:
        return "neighbour"
    if middle == UNSCANNABLE:
        return "quarantined"
    return "survived" if PLANTED.strip() in middle else "removed"


def _found(array: pa.Array) -> str:
    try:
        table = ours.scanner().find(array)
    except Exception as error:  # noqa: BLE001 - what it is, is the result
        return type(error).__name__
    claims = list(zip(table["row"].to_pylist(), table["entity_type"].to_pylist(), strict=True))
    types = [{kind for at, kind in claims if at == row} for row in range(3)]
    if not ("EMAIL_ADDRESS" in types[0] and "CREDIT_CARD" in types[2]):
        return "neighbour"
    return "quarantined" if "UNSCANNABLE" in types[1] else "removed" if "EMAIL_ADDRESS" in types[1] else "survived"


def _timed(work: Any) -> tuple[str, float]:
    begin = time.process_time()
    return work(), time.process_time() - begin


def main(seconds: float, first: int, last: int) -> None:
    """Redacts cells until the time is over."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    plain = redact_text(pa.array([BEFORE, AFTER])).to_pylist()
    begin = time.monotonic()
    for one in CELLS[first:last]:
        if time.monotonic() - begin > seconds:
            break
        _say({"name": one.name})
        _say({"name": one.name, **outcome(one.cell(), (plain[0], plain[1]), 2 * ours.budget())})


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - read by the other process


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
