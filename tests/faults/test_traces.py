"""Nothing of a key stands in what a run leaves: plans, event log, pages, logs, errors, blocks, spilled rows, receipts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from engine.backends.jars import delta_jars
from engine.backends.keys import resolve
from engine.backends.local import LocalBackend
from engine.backends.subject_keys import KeyTable
from engine.errors import SetupError
from engine.plan import compile_plan
from engine.plan.growing import naming
from tests.faults.canaries import Sighting, Sweep, secrets_in, secrets_of
from tests.faults.traces import ENV, failing, policy_for, prepare, tokens

pytestmark = [pytest.mark.spark, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
_TICKS = 0.05
"""Seconds that the time of a folder's last change may lag behind the clock, with room."""


@dataclass
class Traces:
    """What a run left, and what was found in it."""

    folder: Path
    found: set[Sighting]

    def holds(self, where: str, *words: bytes) -> bool:
        """Whether some file has all the words, so that a sweep of it means something."""
        return any(all(word in file.read_bytes() for word in words) for file in self.folder.glob(where) if file.is_file())

    def kinds(self) -> set[str]:
        """Returns in what kinds of files something was found: the letters that their names begin with."""
        return {re.sub(r"^[\d-]*(tmp|[a-z]*).*", r"\1", Path(one.place).name) for one in self.found}


class Keeper(threading.Thread):
    """Keeps every file that ever stands below a folder, however short its life: a link of ours outlives it."""

    def __init__(self, watched: Path, kept: Path) -> None:
        super().__init__(daemon=True)
        self._listed, self._kept, self._over = {watched: 0.0}, kept, threading.Event()
        kept.mkdir()

    def run(self) -> None:
        seen: set[int] = set()
        while not self._over.wait(0.002):
            for folder in self._changed():
                self._look(folder, seen)

    def _changed(self) -> Iterator[Path]:
        """Yields folders that were changed after they were last listed, or just before: to list all would take a core."""
        for folder, listed in [*self._listed.items()]:
            with suppress(OSError):  # gone since
                if folder.stat().st_mtime > listed - _TICKS:
                    yield folder

    def _look(self, folder: Path, seen: set[int]) -> None:
        self._listed[folder] = time.time()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    self._listed.setdefault(Path(entry), 0.0)
                elif entry.inode() not in seen:
                    self._keep(Path(entry), seen)

    def _keep(self, file: Path, seen: set[int]) -> None:
        with suppress(OSError):  # gone already
            inode = file.stat().st_ino
            (self._kept / f"{len(seen)}-{file.name}").hardlink_to(file)
            seen.add(inode)

    def stop(self) -> None:
        self._over.set()
        self.join()


def traces(folder: Path, disks: str) -> Traces:
    try:
        delta_jars()
    except SetupError:
        pytest.skip("Delta's jars were not fetched yet: python -m engine.backends.jars")
    environment = prepare(folder)
    keeper = Keeper(folder / "local", folder / "kept")
    keeper.start()
    with (folder / "logs" / "stdout").open("wb") as out, (folder / "logs" / "stderr").open("wb") as err:
        done = subprocess.run([sys.executable, "-m", "tests.faults.traces", str(folder), disks], stdout=out, stderr=err, cwd=ROOT,
                              env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, check=False, timeout=900)
    keeper.stop()
    assert done.returncode == 0, (folder / "logs" / "stderr").read_text()[-3000:]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        policy = policy_for(folder, "again")
        plan = compile_plan(policy, LocalBackend().measure(policy))
        plans = (plan, replace(plan, stages=naming(plan)), failing(folder, "fails"), tokens(folder, "tokens"))
        secrets = {name: secret for plan in plans for name, secret in secrets_of(plan).items()}
        if disks == "shut":
            secrets |= secrets_in(KeyTable(str(folder / "keys"), ENV, resolve(ENV)))
        sweep = Sweep(secrets)
    return Traces(folder, sweep.files(*(entry for entry in folder.iterdir() if entry.name != "secret")))


@pytest.fixture(scope="module")
def shut(tmp_path_factory) -> Traces:
    return traces(tmp_path_factory.mktemp("traces") / "shut", "shut")


def test_nothing_of_a_key_is_left(shut):
    assert shut.found == set()


@pytest.mark.parametrize(("where", "words"), [
    ("events/*", [b"MapInArrow", b"BroadcastNestedLoopJoin", b"ExceptionFailure", b"lakeveil kernel="]),
    ("events/*", [b"SparkListenerConnectOperationStarted"]),
    ("pages/_SQL_execution*", [b"MapInArrow"]),
    ("pages/_api_v1*_sql_*", [b"LocalTableScan"]),
    ("pages/_connect_session*", [b"Request Statistics"]),
    ("pages/plan-*", [b"token", b"env:LAKEVEIL_CANARY_KEY"]),
    ("logs/spark.log", [b" DEBUG ", b"spilling sort data", b"Writing block broadcast_", b"KernelError"]),
    ("logs/python.log", [b"DEBUG:py4j"]),
    ("logs/error-classic.txt", [b"encrypt_format failed on a batch"]),
    ("logs/error-connect.txt", [b"encrypt_format failed on a batch"]),
    ("local/blockmgr-*/*/broadcast_*", []),
    ("kept/*temp_local*", []),
    ("kept/*shuffle*.data*", []),
    ("release-*.receipt.json", [b'"standing"']),
    ("release-*.report.html", [b"<html"]),
    ("release-*.audit.jsonl", [b"env:LAKEVEIL_CANARY_KEY"]),
    ("release-connect/_delta_log/*.json", [b"release_id"]),
])
def test_there_were_traces_to_look_at(shut, where, words):
    assert shut.holds(where, *words)


def test_without_encryption_a_run_is_refused_and_the_sweep_finds_why(tmp_path):
    found = traces(tmp_path / "open", "open")
    assert found.holds("logs/refused.txt", b"in the clear", b"spark.io.encryption.enabled=true")
    assert found.kinds() >= {"broadcast", "tmp"}, "blocks on disk, and the file by which a table of rows reaches the JVM"
    assert {one.spelling for one in found.found} == {"bytes"}
    assert not any("/logs/" in one.place or "/events/" in one.place for one in found.found)
