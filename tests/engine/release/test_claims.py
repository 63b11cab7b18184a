"""A place is one run's at a time; whatever becomes of that run, nothing is left that holds it."""

from __future__ import annotations

import fcntl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import InputError, SetupError
from engine.release.claims import claimed, write_new_text


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def there(folder: str) -> list[str]:
    return [path.name for path in Path(folder).iterdir()]


def test_the_second_run_is_refused_until_the_first_has_ended():
    with claimed("new/out"):
        for same in ("new/out", "./new/out", "new/../new/out"):
            with pytest.raises(InputError, match="another run is about to write here"), claimed(same):
                pass
        with claimed("new/other"):
            assert Path("new/.out.claim").is_file()
    assert not Path("new").exists()
    with claimed("new/out"):
        Path("new/out").touch()
    assert there("new") == ["out"]
    with pytest.raises(InputError, match="path is taken"), claimed("new/out"):
        pass
    assert there("new") == ["out"]


def test_what_a_killed_run_left_holds_nothing():
    Path(".out.claim").touch()
    with claimed("out"):
        pass
    assert there(".") == []


def test_a_claim_that_was_removed_meanwhile_is_none(monkeypatch):
    """Its holder ended between our opening the file and locking it, so that a third run could make another."""
    lock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", lambda *args: (Path(".out.claim").unlink(), lock(*args)))
    with pytest.raises(InputError, match="another run"), claimed("out"):
        pass


def test_a_file_system_without_locks_leaves_it_to_the_write(monkeypatch):
    def fails(*_):
        raise OSError(95, "not supported")

    monkeypatch.setattr(fcntl, "flock", fails)
    with claimed("out"):
        pass


def test_a_folder_that_cannot_be_made_is_told():
    Path("file").touch()
    for place in ("file/out", "s3://bucket/out"):
        with pytest.raises(SetupError), claimed(place):
            pass


def test_of_many_writers_one_writes():
    def write(number: int) -> bool:
        try:
            write_new_text("out", f"{number}" * 10_000)
        except InputError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        wrote = list(pool.map(write, range(8)))
    assert sum(wrote) == 1
    assert Path("out").read_text() == f"{wrote.index(True)}" * 10_000 + "\n"
