"""Several processes that scan tables on this machine, each with a scanner of its own.

Processes, because a scanner spends its time in Python, and because a library that dies of a corrupt file then takes one table
with it. They are started as programs, not forked: nothing of a caller's ``__main__`` is run again, and threads are no danger.
Talk is one JSON document a line; nothing is unpickled. A member ends when its caller does, however that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from engine.backends import ROOT
from engine.backends.base import Heard
from engine.backends.outcome import CrashError, restored
from engine.detect.detector import Detector
from engine.errors import LakeveilError
from schemas.findings import ScanReport
from schemas.policy.v1 import Source

Outcome = ScanReport | LakeveilError

_CHUNK = 1 << 20


@dataclass
class _Member:
    """One process, and the table that it is at."""

    process: subprocess.Popen[bytes]
    place: int
    source: Source
    said: bytes = b""


def cores() -> int:
    """Returns how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def scan_in_crew(
    sources: Iterable[Source], *, sample: int | None, whole: bool = False, detector: Detector | None = None, workers: int,
    heard: Heard,
) -> Generator[tuple[int, Outcome]]:
    """Scans tables in ``workers`` processes. See ``engine.backends.base.LakeBackend.scan_many``."""
    how = {"sample": sample, "whole": whole, "detector": detector.model_dump_json() if detector else None}
    crew = _Crew(workers, how, heard)
    try:
        yield from crew.scan(enumerate(sources))
    finally:
        crew.end()


class _Crew:
    def __init__(self, workers: int, how: dict[str, int | bool | str | None], heard: Heard) -> None:
        self._workers = workers
        self._threads = max(1, cores() // workers)
        self._how = how
        self._heard = heard
        self._idle: list[subprocess.Popen[bytes]] = []
        self._busy = selectors.DefaultSelector()

    def scan(self, sources: Iterator[tuple[int, Source]]) -> Iterator[tuple[int, Outcome]]:
        more = True
        while True:
            while more and len(self._busy.get_map()) < self._workers:
                following = next(sources, None)
                more = following is not None
                if following is not None:
                    self._send(*following)
            if not self._busy.get_map():
                return
            for key, _ in self._busy.select():
                yield from self._listen(key.data)

    def end(self) -> None:
        """Ends every process."""
        members = [key.data.process for key in self._busy.get_map().values()]
        for process in (*self._idle, *members):
            process.kill()
            _ended(process)
        self._busy.close()

    def _send(self, place: int, source: Source) -> None:
        process = self._idle.pop() if self._idle else _started(self._threads)
        member = _Member(process, place, source)
        self._busy.register(_pipe(process.stdout), selectors.EVENT_READ, member)
        self._heard(place, 0.0)
        job = {"source": source.model_dump(mode="json"), **self._how}
        with contextlib.suppress(BrokenPipeError):  # it died at once; the end of its output will tell
            _pipe(process.stdin).write(json.dumps(job).encode() + b"\n")
            _pipe(process.stdin).flush()

    def _listen(self, member: _Member) -> Iterator[tuple[int, Outcome]]:
        said = os.read(_pipe(member.process.stdout).fileno(), _CHUNK)
        if not said:
            yield member.place, self._died(member)
            return
        *lines, member.said = (member.said + said).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "share" in told:
                self._heard(member.place, told["share"])
                continue
            self._busy.unregister(_pipe(member.process.stdout))
            self._idle.append(member.process)
            yield member.place, ScanReport.model_validate(told["report"]) if "report" in told else restored(told["error"])

    def _died(self, member: _Member) -> CrashError:
        self._busy.unregister(_pipe(member.process.stdout))
        code = _ended(member.process)
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return CrashError(f"the process that scanned the table died ({how})", where=member.source.table,
                       next="scan the table by itself, or fewer at a time with --workers: memory may have run out")


def _started(threads: int) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    errors = None if os.environ.get("LAKEVEIL_DEBUG") == "1" else subprocess.DEVNULL  # a library's complaint can hold data
    return subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours
        [sys.executable, "-P", "-m", "engine.backends.crew_member", str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=errors, env={**os.environ, "PYTHONPATH": path}, start_new_session=True)  # Ctrl-C is the caller's to answer


def _ended(process: subprocess.Popen[bytes]) -> int:
    code = process.wait()
    _pipe(process.stdin).close()
    _pipe(process.stdout).close()
    return code


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TypeError("the process was started without pipes")
    return stream
