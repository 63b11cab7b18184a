"""A machine that loses its power at any moment leaves a journal that can be gone on with, and in which what ran is written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from engine.synth.journal import Journal, Snapshot
from schemas.training import Begun

WEIGHTS = {"weights": np.arange(4, dtype=np.float32)}


class Disk:
    """What of a folder is on disk for good: contents of files that were synced, under names as they were synced or are now."""

    def __init__(self, folder: Path, copies: Path) -> None:
        self._folder, self._copies, self._made = folder, copies, 0
        self._contents, self._names, self._held = {}, {}, []

    def synced(self, descriptor: int) -> None:
        """Has what a descriptor stands for on disk."""
        found = os.fstat(descriptor)
        self._held.append(os.dup(descriptor))  # a file's number is nobody else's as long as it is open
        if stat.S_ISDIR(found.st_mode):
            self._names = self._now()
        else:
            self._contents[found.st_ino] = Path(f"/proc/self/fd/{descriptor}").read_bytes()

    def after_a_loss(self) -> list[Journal]:
        """Returns the journals that there may be after the power was lost now: later names are lost, or are not."""
        return [self._copy(names) for names in (self._names, self._now())]

    def close(self) -> None:
        """Lets go of all files."""
        for descriptor in self._held:
            os.close(descriptor)

    def _now(self) -> dict[str, int]:
        return {place.name: place.stat().st_ino for place in self._folder.iterdir()} if self._folder.exists() else {}

    def _copy(self, names: dict[str, int]) -> Journal:
        self._made += 1
        folder = self._copies / str(self._made)
        folder.mkdir(parents=True)
        for name, number in names.items():
            (folder / name).write_bytes(self._contents.get(number, b""))
        return Journal(folder)


@pytest.fixture
def disk(tmp_path, monkeypatch):
    found, fsync, looking = Disk(tmp_path / "table.training", tmp_path / "copies"), os.fsync, []

    def look() -> None:
        if looking:
            return
        looking.append(True)
        for journal in found.after_a_loss():
            journal.latest()
            assert journal.executed() >= found.taken
        looking.clear()

    def watched(change):
        def done(*given, **more):
            result = change(*given, **more)
            look()
            return result

        return done

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        found.synced(descriptor)
        look()

    monkeypatch.setattr(os, "fsync", synced)
    for name in ("replace", "unlink", "link"):
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    found.taken = 0
    yield found
    monkeypatch.undo()
    found.close()


def test_a_journal_survives_a_loss_of_power_at_any_moment(disk, tmp_path):
    journal = Journal(tmp_path / "table.training")
    journal.begin(Begun(plan="0" * 64, units=100, steps=100, every=10))
    for _ in range(2):
        attempt = journal.attempt(2)
        journal.take(attempt)
        for _ in range(3):
            attempt = journal.cover(attempt, attempt.covered + 10)
            disk.taken += 10
            attempt = journal.keep(attempt, Snapshot(attempt.covered, WEIGHTS))
    assert journal.executed() == disk.taken == 60
    (left,) = journal.folder.glob("*.safetensors")
    assert left.name.endswith("00000060.safetensors")
