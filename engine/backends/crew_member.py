"""One process of ``engine.backends.crew``: reads a source a line, scans it, writes a report a line."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from functools import partial
from typing import IO, Any

import pyarrow as pa

_STEP = 0.02
"""Least advance that is worth a line."""


def main() -> None:
    """Scans what stdin names, until it ends; then, or when the caller is gone, the process ends at once."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is not part of the talk
    pa.set_cpu_count(int(sys.argv[1]))
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_take, args=(jobs,), daemon=True).start()
    while True:
        _say(out, _scan(json.loads(jobs.get()), out))


def _take(jobs: queue.SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        jobs.put(line)
    os._exit(0)


def _scan(job: dict[str, Any], out: IO[bytes]) -> dict[str, Any]:
    from engine.backends.local import LocalBackend  # noqa: PLC0415 - so that the caller's end is noticed while this loads
    from engine.backends.outcome import outcome  # noqa: PLC0415
    from engine.detect.detector import Detector  # noqa: PLC0415
    from engine.detect.plugins.budget import Deadline  # noqa: PLC0415
    from engine.errors import LakeveilError  # noqa: PLC0415
    from schemas.policy.v1 import Source  # noqa: PLC0415

    Deadline.hopeless = staticmethod(partial(os._exit, 1))
    source, said = Source.model_validate(job["source"]), 0.0

    def progress(_: str, share: float) -> None:
        nonlocal said
        if share - said >= _STEP:
            said = share
            _say(out, {"share": share})

    detector = Detector.model_validate_json(job["detector"]) if job["detector"] else None
    found = outcome(lambda: LocalBackend().scan(
        source, sample=job["sample"], whole=job["whole"], detector=detector, progress=progress), source.table)
    if isinstance(found, LakeveilError):
        return {"error": found.as_dict()}
    return {"report": found.model_dump(mode="json")}


def _say(out: IO[bytes], told: dict[str, Any]) -> None:
    out.write(json.dumps(told).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    main()
