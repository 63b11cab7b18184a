"""What can go wrong between two versions: calls that are killed, states that are altered, rows without names."""

from __future__ import annotations

import json
import shutil

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine import growing, road
from engine.backends import local_book
from engine.backends.local import LocalBackend
from engine.errors import GuaranteeNotMet, InputError, LakeveilError, PolicyError, SetupError
from engine.growing import following
from tests.engine.growing.lives import add, delete, killed, people, policy, released, source, version

pytestmark = pytest.mark.slow
BACKEND = LocalBackend()


@pytest.mark.parametrize("at", ["begin", "publish", "certify", "write_receipt", "done"])
def test_a_killed_call_is_finished_by_the_next(tmp_path, made, monkeypatch, at) -> None:
    """Whatever step it dies at, the next call leaves what one call would have left."""
    add(tmp_path, range(120, 260))
    delete(tmp_path, 3, 4)
    owner = {"begin": following.Folder, "done": following.Folder, "publish": local_book.LocalBook}.get(at, following)
    killed(monkeypatch, lambda: growing.append(made, BACKEND), owner, at)
    told = version(growing.append(made, BACKEND))
    assert (told.version, told.left) == (1, 2)
    assert DeltaTable(str(tmp_path / "release")).version() == 1
    assert growing.append(made, BACKEND).versions == told
    assert all(verdict.holds for verdict in road.verify(str(tmp_path / "release"), BACKEND, made)[1])


@pytest.mark.parametrize("at", ["begin", "done"])
def test_a_first_version_that_was_killed_is_made_anew_or_finished(tmp_path, key, monkeypatch, at) -> None:
    source(tmp_path, range(120))
    found = policy(tmp_path, key)
    killed(monkeypatch, lambda: road.anonymize(found, BACKEND), following.Folder, at)
    assert (tmp_path / "release").exists() == (at == "done")
    if at == "begin":
        road.anonymize(found, BACKEND)
    add(tmp_path, range(120, 300))
    assert version(growing.append(found, BACKEND)).version == 1
    assert all(verdict.holds for verdict in road.verify(str(tmp_path / "release"), BACKEND, found)[1])


def test_what_breaks_a_promise_is_taken_back(tmp_path, made, monkeypatch) -> None:
    """A storage that loses a row of a class: the version is measured where it is written, and undone."""
    before, real = released(tmp_path / "release"), local_book._released
    add(tmp_path, range(120, 300))
    with monkeypatch.context() as patch:
        patch.setattr(local_book, "_released", lambda plan, rows: real(plan, rows).slice(0, 1))
        with pytest.raises(GuaranteeNotMet, match="taken back"):
            growing.append(made, BACKEND)
    assert released(tmp_path / "release") == before
    assert version(growing.append(made, BACKEND)).version == 1
    assert len(released(tmp_path / "release")) > len(before)


def test_what_cannot_be_measured_is_taken_back(tmp_path, made, monkeypatch) -> None:
    before = released(tmp_path / "release")
    add(tmp_path, range(120, 300))

    def fail(*arguments, **more) -> None:
        raise InputError("labels are none of the recoding's", where="release")

    with monkeypatch.context() as patch:
        patch.setattr(following, "certify", fail)
        with pytest.raises(InputError, match="taken back: labels are none"):
            growing.append(made, BACKEND)
    assert released(tmp_path / "release") == before
    assert all(verdict.holds for verdict in road.verify(str(tmp_path / "release"), BACKEND)[1])
    assert version(growing.append(made, BACKEND)).version == 1


@pytest.mark.parametrize("make", [growing.append, growing.refine])
def test_another_key_behind_the_same_handle_is_refused(tmp_path, made, monkeypatch, make) -> None:
    """Under it nobody would be known again: who is erased at the source would stay."""
    before = released(tmp_path / "release")
    delete(tmp_path, *range(10))
    with monkeypatch.context() as patch:
        patch.setenv("LAKEVEIL_TEST_KEY", "ff" * 32)
        with pytest.raises(InputError, match="not the one that the release was made with") as failure:
            make(made, BACKEND)
    assert failure.value.where == "env:LAKEVEIL_TEST_KEY"
    assert released(tmp_path / "release") == before
    assert version(growing.append(made, BACKEND)).left == 10


def test_a_killed_call_is_not_finished_under_another_key(tmp_path, made, monkeypatch) -> None:
    add(tmp_path, range(120, 260))
    killed(monkeypatch, lambda: growing.append(made, BACKEND))
    with monkeypatch.context() as patch:
        patch.setenv("LAKEVEIL_TEST_KEY", "ff" * 32)
        with pytest.raises(InputError, match="not the one that the release was made with"):
            growing.append(made, BACKEND)
    assert version(growing.append(made, BACKEND)).version == 1


def test_two_at_once_are_one_after_the_other(tmp_path, made) -> None:
    with following.Folder(made).alone(), pytest.raises(SetupError, match="another call"):
        growing.append(made, BACKEND)


def test_an_older_state_is_refused(tmp_path, made) -> None:
    state = tmp_path / "release.state" / "state.json"
    old = state.read_text()
    add(tmp_path, range(120, 300))
    growing.append(made, BACKEND)
    state.write_text(old)
    with pytest.raises(InputError, match="another version"):
        growing.append(made, BACKEND)


@pytest.mark.parametrize("spoil", [
    lambda place: (place / "release.state" / "state.json").unlink(),
    lambda place: (place / "release.state" / "state.json").write_text("{}"),
    lambda place: (place / "release.receipt.json").unlink(),
    lambda place: shutil.rmtree(place / "release"),
    lambda place: shutil.rmtree(place / "release.state" / "inside"),
    lambda place: DeltaTable(str(place / "release")).delete("town is not null"),
    lambda place: shutil.rmtree(place / "source"),
])
def test_what_is_missing_or_altered_is_refused_and_nothing_changes(tmp_path, made, spoil) -> None:
    add(tmp_path, range(120, 200))
    spoil(tmp_path)
    with pytest.raises(LakeveilError) as failure:
        growing.append(made, BACKEND)
    assert failure.value.code in {"input", "setup"}


def test_the_owners_tables_are_proved_too(tmp_path, made) -> None:
    inside = tmp_path / "release.state" / "inside"
    table = DeltaTable(str(inside))
    rows = table.to_pyarrow_table()
    table.delete("__lakeveil_leaf = 0")
    assert all(verdict.holds for verdict in road.verify(str(tmp_path / "release"), BACKEND, made)[1]), "a version that none names"
    shutil.rmtree(inside)
    write_deltalake(str(inside), rows.filter(pc.not_equal(rows["__lakeveil_leaf"], 0)))
    verdicts = road.verify(str(tmp_path / "release"), BACKEND, made)[1]
    assert [verdict.guarantee for verdict in verdicts if not verdict.holds] == ["cohorts as recorded"]


def test_who_left_stands_nowhere_in_the_state(tmp_path, made) -> None:
    """No version of the owner's tables, and no file that none names, holds the rows of somebody who was erased."""
    before = set(released(tmp_path / "release"))
    delete(tmp_path, 11)
    assert version(growing.append(made, BACKEND)).left == 1
    gone = before - set(released(tmp_path / "release"))
    files = [*(tmp_path / "release.state").rglob("*.parquet")]
    held = {cell for file in files for cell in pq.read_table(file).to_pydict().get("id", [])}
    assert gone
    assert not gone & held
    assert {file.parent.name for file in files} <= {"inside", "waiting", "left"}


def test_the_state_is_the_owners_alone(tmp_path, key) -> None:
    state = tmp_path / "release.state"
    state.mkdir(mode=0o755)
    source(tmp_path, range(120))
    road.anonymize(policy(tmp_path, key), BACKEND)
    assert state.stat().st_mode & 0o077 == 0
    held = " ".join(str(DeltaTable(str(state / name)).to_pyarrow_table().to_pydict()) for name in ("inside", "waiting", "left"))
    assert "__lakeveil_row" in held
    assert all(f"'{number}'" not in held for number in range(120))
    logs = [json.loads(line) for log in state.glob("*/_delta_log/*.json") for line in log.read_text().splitlines()]
    told = [json.loads(line["add"]["stats"]) for line in logs if "add" in line]
    assert told
    assert not any(one.get("minValues") or one.get("maxValues") for one in told)


@pytest.mark.parametrize(("rows", "match"), [
    (people([3]), "1 rows are called as another"),
    (people([3, 700, 700], seed=1), "2 rows are called as another"),
    (people([900]).set_column(0, "id", pa.nulls(1, pa.int64())), "have nothing"),
])
@pytest.mark.parametrize("whole", [True, False])
def test_rows_that_cannot_be_told_apart_are_refused(tmp_path, made, rows, match, whole) -> None:
    write_deltalake(str(tmp_path / "source"), rows, mode="append")
    with pytest.raises(InputError, match=match):
        growing.append(made, BACKEND, whole=whole)


def test_a_release_of_which_nothing_would_be_left_is_refused(tmp_path, made) -> None:
    delete(tmp_path, *range(120))
    with pytest.raises(InputError, match="nothing would be left"):
        growing.append(made, BACKEND)
    assert all(verdict.holds for verdict in road.verify(str(tmp_path / "release"), BACKEND, made)[1])


def test_a_release_of_one_version_gets_no_other(tmp_path, key) -> None:
    source(tmp_path, range(60))
    found = policy(tmp_path, key, release={"path": str(tmp_path / "release")})
    road.anonymize(found, BACKEND)
    with pytest.raises(PolicyError, match="one version"):
        growing.append(found, BACKEND)
    with pytest.raises(InputError, match="without versions"):
        growing.append(policy(tmp_path, key), BACKEND)


def test_another_policy_is_refused(tmp_path, made, key) -> None:
    with pytest.raises(InputError, match="another policy") as failure:
        growing.append(policy(tmp_path, key, k=3), BACKEND)
    assert failure.value.where == str(tmp_path / "release.state" / "state.json")


def test_a_state_that_is_missing_is_not_begun(tmp_path, made) -> None:
    (tmp_path / "release.state").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="missing"):
        growing.append(made, BACKEND)
    assert not (tmp_path / "release.state").exists()


def test_rows_that_were_doubled_for_a_while_do_no_harm(tmp_path, made) -> None:
    before = released(tmp_path / "release")
    add(tmp_path, [3])
    delete(tmp_path, 3)
    add(tmp_path, [3])
    assert growing.append(made, BACKEND).versions.version == 0
    assert released(tmp_path / "release") == before


def test_the_state_of_another_release_is_not_taken(tmp_path, made, key) -> None:
    other = policy(tmp_path, key, name="other", versions={"state": str(tmp_path / "release.state")})
    with pytest.raises(InputError, match="state of a release lies here"):
        road.anonymize(other, BACKEND)


def test_a_release_behind_its_source_is_not_cut(tmp_path, made) -> None:
    delete(tmp_path, 1)
    with pytest.raises(InputError, match="append first"):
        growing.refine(made, BACKEND)
