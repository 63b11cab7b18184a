"""What a table is right now: changes if and only if what a reader sees could have changed."""

from __future__ import annotations

import os

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.backends.table_state import state_of_path
from engine.errors import InputError
from schemas.policy.v1 import Source


def state(path, **known):
    return state_of_path(Source(table=str(path), **known))


def test_a_delta_table_has_identifier_version_and_size(tmp_path):
    for _ in range(2):
        write_deltalake(tmp_path, pa.table({"a": ["x"]}), mode="append")
    found = state(tmp_path)
    assert (found.format, found.version, found.fingerprint) == ("delta", 1, None)
    assert found.table_id == str(DeltaTable(tmp_path).metadata().id)
    assert found.bytes == sum(file.stat().st_size for file in tmp_path.glob("*.parquet"))
    earlier = state(tmp_path, version=0)
    assert (earlier.version, earlier.table_id) == (0, found.table_id)
    assert earlier.bytes < found.bytes


@pytest.fixture
def folder(tmp_path):
    for name, text in (("day=1/a.csv", "x\n1\n"), ("day=2/b.csv", "x\n2\n")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
        os.utime(tmp_path / name, ns=(10**18, 10**18))
    return tmp_path


CHANGES = {
    "content": lambda folder: (folder / "day=1" / "a.csv").write_text("x\n3\n"),
    "size": lambda folder: (folder / "day=1" / "a.csv").write_text("x\n"),
    "name": lambda folder: (folder / "day=1" / "a.csv").rename(folder / "day=1" / "c.csv"),
    "folder": lambda folder: (folder / "day=1").rename(folder / "day=3"),
    "one more": lambda folder: (folder / "day=2" / "d.csv").write_text("x\n"),
    "one less": lambda folder: (folder / "day=2" / "b.csv").unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_fingerprint_changes_with_the_files(change, folder):
    before = state(folder)
    assert before.bytes == 8
    assert before == state(folder)
    change(folder)
    assert state(folder).fingerprint != before.fingerprint
    assert state(folder).node == before.node


def test_what_readers_pass_over_changes_nothing(folder):
    before = state(folder)
    (folder / "_SUCCESS").write_text("")
    (folder / "day=1" / ".a.csv.crc").write_text("")
    assert state(folder) == before


def test_one_file(folder):
    found = state(folder / "day=1" / "a.csv")
    assert (found.format, found.bytes, found.version) == ("csv", 4, None)
    assert found.fingerprint != state(folder / "day=2" / "b.csv").fingerprint


@pytest.mark.parametrize("known", [{"table": "nothing"}, {"table": "s3a://x/y"}, {"table": "day=1", "format": "delta"}])
def test_what_has_no_state(known, folder, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(InputError):
        state_of_path(Source(**known))
