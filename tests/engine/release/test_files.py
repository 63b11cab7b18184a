"""Staging, digests, receipt and the one step that publishes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import InputError, SetupError
from engine.release.files import (
    commit_sha256,
    discard_staging,
    file_digests,
    local_path,
    open_staging,
    publish_directory,
    receipt_path,
    staging_path,
    stale_stagings,
)
from schemas.base import Record

ROOT = Path(__file__).parents[3]
COMMIT = '{"commitInfo":{}}'


class Note(Record):
    """A record that stands for a receipt."""

    text: str = "verified"


def stage(path: Path) -> Path:
    staged = Path(open_staging(str(path), uuid.uuid4().hex))
    (staged / "_delta_log").mkdir(parents=True)
    (staged / "_delta_log" / "00000000000000000000.json").write_text(COMMIT)
    (staged / "part-0.parquet").write_bytes(b"rows")
    return staged


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_published_whole_with_its_receipt(tmp_path):
    path = tmp_path / "lake" / "claims"
    staged = stage(path)
    assert not path.exists()

    publish_directory(str(staged), str(path), Note())

    assert names(path) == ["_delta_log", "part-0.parquet"]
    assert json.loads(Path(receipt_path(str(path))).read_text()) == {"text": "verified"}
    assert names(path.parent) == ["claims", "claims.receipt.json"]


@pytest.mark.parametrize("what", ["directory", "file", "dangling link"])
def test_taken_path_is_never_overwritten(tmp_path, what):
    path = tmp_path / "claims"
    staged = stage(path)
    {"directory": path.mkdir, "file": path.touch, "dangling link": lambda: path.symlink_to(tmp_path / "nowhere")}[what]()

    with pytest.raises(InputError, match="taken"):
        publish_directory(str(staged), str(path), Note())
    with pytest.raises(InputError, match="taken"):
        open_staging(str(path), uuid.uuid4().hex)

    assert not Path(receipt_path(str(path))).exists()
    assert staged.is_dir()


def test_of_two_at_once_one_wins_and_keeps_its_receipt(tmp_path):
    for turn in range(20):
        path, start = tmp_path / f"claims{turn}", threading.Barrier(2)
        staged = {word: stage(path) for word in ("first", "second")}
        for word, folder in staged.items():
            (folder / "part-0.parquet").write_text(word)

        def publish(word, path=path, staged=staged, start=start):
            start.wait()
            try:
                publish_directory(str(staged[word]), str(path), Note(text=word))
            except InputError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(publish, staged)) == [False, True]
        won = (path / "part-0.parquet").read_text()
        assert json.loads(Path(receipt_path(str(path))).read_text()) == {"text": won}


@pytest.mark.slow
def test_what_a_killed_run_left_is_removed_and_a_live_run_is_left_alone(tmp_path):
    path = tmp_path / "claims"
    code = ("import os; from pathlib import Path; from engine.release.files import open_staging; "
            f"Path(open_staging({str(path)!r}, 'a' * 32)).mkdir(); os.kill(os.getpid(), 9)")
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == -9
    live, neighbour = stage(tmp_path / "other"), tmp_path / f".claims2.staging-{'a' * 32}"
    neighbour.mkdir()
    killed = Path(staging_path(str(path), "a" * 32))
    assert killed.is_dir()
    assert stale_stagings(str(path)) == (killed,)
    assert stale_stagings(str(tmp_path / "other")) == ()

    again = stage(path)

    assert not killed.exists()
    assert again.is_dir()
    assert live.is_dir()
    assert neighbour.is_dir()
    assert f"{killed.name}.claim" not in names(tmp_path)


def test_discarded_staging_leaves_nothing(tmp_path):
    staged = stage(tmp_path / "claims")
    discard_staging(str(staged))
    discard_staging(str(staged))
    assert names(tmp_path) == []


def test_digests_are_of_the_bytes(tmp_path):
    staged = stage(tmp_path / "cla ims%20")
    (digest,) = file_digests(str(staged), ["part-0.parquet"])
    assert (digest.path, digest.bytes, digest.sha256) == ("part-0.parquet", 4, hashlib.sha256(b"rows").hexdigest())
    assert commit_sha256(staged.as_uri()) == hashlib.sha256(COMMIT.encode()).hexdigest()
    with pytest.raises(InputError, match="missing"):
        file_digests(str(staged), ["part-1.parquet"])
    with pytest.raises(InputError, match="outside"):
        file_digests(str(staged), ["../../etc/passwd"])


@pytest.mark.parametrize(("path", "expected"), [
    ("lake/claims", Path("lake/claims")), ("/lake/claims", Path("/lake/claims")), ("file:///lake/a%20b", Path("/lake/a b")),
    ("s3a://bucket/claims", None), ("abfss://box@account.example/claims", None), ("dbfs:/claims", None),
])
def test_which_paths_are_mounted(path, expected):
    assert local_path(path) == expected


def test_unwritable_folder_is_a_setup_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot write"):
        open_staging(str(tmp_path / "file" / "claims"), uuid.uuid4().hex)
