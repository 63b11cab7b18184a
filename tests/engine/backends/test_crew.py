"""Processes that scan: same reports as in this process, and a death takes one table with it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from engine.backends.crew import scan_in_crew
from engine.backends.local import LocalBackend
from engine.backends.outcome import CrashError, outcome, restored
from engine.errors import InputError, LakeveilError, SetupError
from schemas.findings import ScanReport
from schemas.policy.v1 import Source


def children() -> set[int]:
    """The processes that this one has started and that are alive."""
    listed = (path.read_text().split() for path in Path("/proc/self/task").glob("*/children"))
    return {int(pid) for pids in listed for pid in pids if "crew_member" in Path(f"/proc/{pid}/cmdline").read_text()}


@pytest.fixture
def sources(tmp_path):
    for number in range(6):
        write_deltalake(tmp_path / str(number), pa.table({"email": [f"a{number}@example.org"] * (number + 1)}))
    return [Source(table=str(tmp_path / str(number)), format="delta", version=0) for number in range(6)]


def plain(found):
    return found.model_copy(update={"seconds": 0.0}) if isinstance(found, ScanReport) else found.as_dict()


@pytest.mark.slow
def test_the_same_reports_as_in_this_process(sources, tmp_path):
    sources.insert(3, Source(table=str(tmp_path / "nothing"), format="csv"))
    heard = []
    here = dict(LocalBackend().scan_many(sources, sample=2, workers=1, heard=lambda *_: None))
    there = dict(scan_in_crew(sources, sample=2, workers=2, heard=lambda *told: heard.append(told)))
    assert {place: plain(found) for place, found in here.items()} == {place: plain(found) for place, found in there.items()}
    assert isinstance(there[3], InputError)
    assert {place for place, share in heard if share == 0.0} == set(range(7))
    assert not children()


@pytest.mark.slow
def test_a_killed_process_takes_one_table_with_it(sources):
    killed = []

    def heard(place: int, share: float) -> None:
        if place == 1 and share == 0.0:
            time.sleep(0.2)
            killed.extend(children())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    found = dict(scan_in_crew(sources, sample=None, workers=1, heard=heard))
    assert len(killed) == 1
    assert isinstance(found[1], CrashError)
    assert "SIGKILL" in found[1].what
    assert all(isinstance(found[place], ScanReport) for place in (0, 2, 3, 4, 5))


@pytest.mark.slow
def test_whoever_stops_listening_ends_the_processes(sources):
    with closing(scan_in_crew(sources, sample=None, workers=2, heard=lambda *_: None)) as outcomes:
        next(outcomes)
        assert len(children()) == 2
    assert not children()


def test_outcome_keeps_typed_errors_and_hides_what_others_say():
    def fail(error):
        raise error

    typed = SetupError("it broke", where="x", next="y")
    assert outcome(lambda: fail(typed), "t") is typed
    hidden = outcome(lambda: fail(KeyError("Jane Q. Public")), "t")
    assert isinstance(hidden, LakeveilError)
    assert hidden.code == "internal"
    assert "KeyError" in hidden.what
    assert "Jane" not in str(hidden)
    assert hidden.__cause__ is None
    with pytest.raises(KeyboardInterrupt):
        outcome(lambda: fail(KeyboardInterrupt()), "t")


def test_a_panic_of_a_library_is_a_failure_like_others():
    panic = type("PanicException", (BaseException,), {})

    def fail():
        raise panic("Jane Q. Public")

    assert outcome(fail, "t").what == "internal error: panic of a library"


@pytest.mark.parametrize("error", [InputError("a", where="b", allowed="c", next="d"), SetupError("a"), LakeveilError("a")])
def test_errors_survive_the_way_between_processes(error):
    assert restored(error.as_dict()).as_dict() == error.as_dict()
    assert type(restored(error.as_dict())) is type(error)
