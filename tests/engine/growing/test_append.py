"""Releases that follow their source: ten versions attacked with all that was published, and all that can go wrong."""

from __future__ import annotations

import shutil
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine import growing, road
from engine.backends import local_book
from engine.backends.local import LocalBackend
from engine.errors import GuaranteeNotMet, InputError, LakeveilError, PolicyError, SetupError
from engine.growing import following
from schemas.versions import Version
from tests.engine.growing.lives import KEEP, histories, people, policy, released, source

pytestmark = pytest.mark.slow
BACKEND = LocalBackend()


@pytest.fixture
def made(tmp_path, key):
    """A source of 120 people and the first version of its release."""
    source(tmp_path, range(120))
    found = policy(tmp_path, key)
    road.anonymize(found, BACKEND)
    return found


def version(receipt) -> Version:
    assert receipt.verified
    return receipt.versions


def add(place, numbers, **how) -> None:
    write_deltalake(str(place / "source"), people(numbers, **how), mode="append")


def delete(place, *numbers) -> None:
    DeltaTable(str(place / "source")).delete(f"id in ({', '.join(map(str, numbers))})")


@pytest.mark.parametrize(("seed", "feed", "returning"), [(1, True, "out"), (2, False, "new")])
def test_ten_versions_leave_k_candidates_for_everybody_ever_published(tmp_path, key, seed, feed, returning) -> None:
    """Who can follow everybody over all versions finds at least k with the same history, and l values among them."""
    random, here, number = Random(seed), set(range(100)), 100  # noqa: S311 - a test's data
    source(tmp_path, here, feed=feed)
    found = policy(tmp_path, key, versions={"returning": returning})
    total, last = road.anonymize(found, BACKEND).versions.entered, 0
    for _ in range(9):
        coming = set(range(number, number + random.choice((0, 5, 40))))
        number += len(coming)
        going = set(random.sample(sorted(here), random.choice((0, 1, 3))))
        if coming:
            add(tmp_path, sorted(coming))
        if going:
            delete(tmp_path, *going)
        here = (here | coming) - going
        told = version(growing.append(found, BACKEND))
        if coming or going:
            assert (told.read, told.version) == ("changes" if feed else "whole", last + 1)
            total, last = total + told.entered, told.version
    seen = histories(tmp_path / "release")
    assert sum(map(len, seen.values())) == total  # nobody came twice
    values = {person: row[2] for at in range(DeltaTable(str(tmp_path / "release")).version() + 1)
              for person, row in released(tmp_path / "release", at).items()}
    assert min(map(len, seen.values())) >= 4
    assert min(len({values[person] for person in group}) for group in seen.values()) >= 2
    assert max(len(history) for history in seen) > 5
    assert all(verdict.holds for verdict in road.verify(str(tmp_path / "release"), BACKEND, found)[1])


def test_who_comes_later_stands_in_the_leaves_of_the_first_version(tmp_path, made) -> None:
    before = released(tmp_path / "release")
    add(tmp_path, range(120, 400))
    told = version(growing.append(made, BACKEND))
    after = released(tmp_path / "release")
    assert {person: after[person] for person in before} == before
    assert {row[:2] for row in after.values()} == {row[:2] for row in before.values()}
    assert (told.version, told.left, told.withdrawn) == (1, 0, 0)
    assert len(after) - len(before) == told.entered > 0
    assert len(after) + told.waiting == 400


def test_who_waits_enters_when_enough_others_came(tmp_path, key) -> None:
    source(tmp_path, range(60))
    found = policy(tmp_path, key, k=5, distinct=1)
    road.anonymize(found, BACKEND)
    add(tmp_path, range(60, 64))
    few = version(growing.append(found, BACKEND))
    add(tmp_path, range(64, 200))
    many = version(growing.append(found, BACKEND))
    assert (few.entered, few.version, many.version) == (0, 1, 2)
    assert few.waiting >= 4
    assert many.entered > 136 - many.waiting  # some of those who waited are among them
    assert many.entered + many.waiting == 136 + few.waiting


def test_a_value_that_nobody_had_waits_without_a_leaf(tmp_path, made) -> None:
    strange = people(range(500, 510)).set_column(2, "town", pa.array(["Z"] * 10))
    write_deltalake(str(tmp_path / "source"), strange, mode="append")
    told = version(growing.append(made, BACKEND))
    assert told.entered == 0
    assert told.unroutable >= 10
    assert DeltaTable(str(tmp_path / "release")).version() == 0  # nothing was published


def test_nothing_new_makes_no_version(tmp_path, made) -> None:
    for _ in range(2):
        receipt = growing.append(made, BACKEND)
        assert receipt.versions.version == 0
    DeltaTable(str(tmp_path / "source")).optimize.compact()
    assert growing.append(made, BACKEND).versions.version == 0


def test_who_left_does_not_come_back(tmp_path, made) -> None:
    delete(tmp_path, 5)
    gone = version(growing.append(made, BACKEND))
    assert gone.left == 1
    assert gone.left + gone.withdrawn >= 4
    kept = set(released(tmp_path / "release"))
    add(tmp_path, [5])
    back = version(growing.append(made, BACKEND, whole=True)) if growing.append(made, BACKEND).versions.version > 1 else None
    assert back is None
    assert set(released(tmp_path / "release")) == kept


def test_who_left_may_come_back_as_somebody_else_if_the_policy_says_so_but_not_who_was_withdrawn(tmp_path, key) -> None:
    source(tmp_path, range(120))
    kept = policy(tmp_path, key).columns
    columns = {"id": kept["id"], "town": kept["town"], "age": {"role": "direct"}, "illness": {"role": "direct"}}
    found = policy(tmp_path, key, versions={"returning": "new"}, distinct=1, k=20, columns=columns)
    road.anonymize(found, BACKEND)
    gone = sorted(set(released(tmp_path / "release")))
    delete(tmp_path, *range(8))
    growing.append(found, BACKEND)
    add(tmp_path, range(8))
    add(tmp_path, range(200, 500))
    told = version(growing.append(found, BACKEND))
    assert told.entered > 0
    assert len(set(released(tmp_path / "release")) & set(gone)) > len(released(tmp_path / "release", 1))
    add(tmp_path, [700])
    left = DeltaTable(str(tmp_path / "release.state" / "left")).to_pyarrow_table()["__lakeveil_withdrawn"].to_pylist()
    whole = version(growing.append(found, BACKEND, whole=True))
    assert whole.barred == sum(left) > 0  # the source still has those who were withdrawn


def test_who_changed_leaves(tmp_path, made) -> None:
    before = released(tmp_path / "release")
    DeltaTable(str(tmp_path / "source")).update(updates={"illness": "'cholera'"}, predicate="id = 7")
    told = version(growing.append(made, BACKEND))
    assert told.left == 1
    assert told.barred == 1
    assert "cholera" not in {row[2] for row in released(tmp_path / "release").values()}
    assert len(before) - len(released(tmp_path / "release")) == told.left + told.withdrawn


def test_a_column_that_is_not_read_may_change(tmp_path, key) -> None:
    source(tmp_path, range(60))
    found = policy(tmp_path, key, columns={
        "id": {"role": "direct"}, "age": {"role": "quasi", "why": "x"}, "town": {"role": "quasi", "why": "x"},
        "illness": {"role": "direct"}}, guarantees={"k": 4})
    road.anonymize(found, BACKEND)
    DeltaTable(str(tmp_path / "source")).update(updates={"illness": "'cholera'"}, predicate="id < 30")
    assert growing.append(found, BACKEND).versions.version == 0


@pytest.mark.parametrize("at", ["begin", "publish", "certify", "write_receipt", "done"])
def test_a_killed_call_is_finished_by_the_next(tmp_path, made, monkeypatch, at) -> None:
    """Whatever step it dies at, the next call leaves what one call would have left."""
    add(tmp_path, range(120, 260))
    delete(tmp_path, 3, 4)
    shutil.copytree(tmp_path, tmp_path.with_name(tmp_path.name + "-whole"), dirs_exist_ok=True)

    def die(*arguments, **more) -> None:
        raise KeyboardInterrupt

    place = {"begin": (following.Folder, "begin"), "done": (following.Folder, "done"), "certify": (following, "certify"),
             "write_receipt": (following, "write_receipt")}.get(at)
    with monkeypatch.context() as patch:
        if place is None:
            patch.setattr(local_book.LocalBook, "publish", die)
        else:
            patch.setattr(*place, die)
        with pytest.raises(KeyboardInterrupt):
            growing.append(made, BACKEND)
    told = version(growing.append(made, BACKEND))
    assert (told.version, told.left) == (1, len({3, 4}))
    assert DeltaTable(str(tmp_path / "release")).version() == 1
    assert growing.append(made, BACKEND).versions == told
    assert all(verdict.holds for verdict in road.verify(str(tmp_path / "release"), BACKEND, made)[1])


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
    DeltaTable(str(inside)).delete("__lakeveil_leaf = 0")
    verdicts = road.verify(str(tmp_path / "release"), BACKEND, made)[1]
    assert [verdict.guarantee for verdict in verdicts if not verdict.holds] == ["cohorts as recorded"]


def test_who_left_stands_nowhere_in_the_state(tmp_path, made) -> None:
    """No version of the owner's tables, and no file that none names, holds the rows of somebody who was erased."""
    token = next(iter(released(tmp_path / "release")))
    inside = DeltaTable(str(tmp_path / "release.state" / "inside")).to_pyarrow_table().to_pylist()
    delete(tmp_path, next(number for number in range(120) if any(row["id"] == token for row in inside) and number == 11))
    growing.append(made, BACKEND)
    gone = {row["id"] for row in inside} - set(released(tmp_path / "release"))
    files = [*(tmp_path / "release.state").rglob("*.parquet")]
    held = {cell for file in files for cell in pq.read_table(file).to_pydict().get("id", [])}
    assert gone
    assert not gone & held
    assert {file.parent.name for file in files} <= {"inside", "waiting", "left"}


def test_a_stream_and_the_command_may_take_turns(tmp_path, made) -> None:
    """What a batch brought is not taken for all that changed: the command still reads from where it ended."""
    add(tmp_path, range(200, 400))
    add(tmp_path, range(400, 500))
    assert version(growing.append(made, BACKEND, batch=people(range(200, 400)), number=0)).version == 1
    told = version(growing.append(made, BACKEND))
    assert told.version == 2
    assert told.entered + told.waiting >= 100


def test_the_state_is_the_owners_alone(tmp_path, made) -> None:
    state = tmp_path / "release.state"
    assert state.stat().st_mode & 0o077 == 0
    held = " ".join(str(DeltaTable(str(state / name)).to_pyarrow_table().to_pydict()) for name in ("inside", "waiting", "left"))
    assert "__lakeveil_row" in held
    assert all(f"'{number}'" not in held for number in range(120))
    assert not any('"stats":"{\\"numRecords\\":' in log.read_text() and 'minValues\\":{\\"' in log.read_text()
                   for log in state.glob("*/_delta_log/*.json"))


@pytest.mark.parametrize(("rows", "match"), [
    (people([3]), "called as another"),
    (people([900]).set_column(0, "id", pa.nulls(1, pa.int64())), "have nothing"),
])
def test_rows_that_cannot_be_told_apart_are_refused(tmp_path, made, rows, match) -> None:
    write_deltalake(str(tmp_path / "source"), rows, mode="append")
    with pytest.raises(InputError, match=match):
        growing.append(made, BACKEND, whole=True)


def test_a_release_of_which_nothing_would_be_left_is_refused(tmp_path, made) -> None:
    delete(tmp_path, *range(120))
    with pytest.raises(InputError, match="nothing would be left"):
        growing.append(made, BACKEND)


def test_a_release_of_one_version_gets_no_other(tmp_path, key) -> None:
    source(tmp_path, range(60))
    found = policy(tmp_path, key, release={"path": str(tmp_path / "release")})
    road.anonymize(found, BACKEND)
    with pytest.raises(PolicyError, match="one version"):
        growing.append(found, BACKEND)
    with pytest.raises(InputError, match="without versions"):
        growing.append(policy(tmp_path, key), BACKEND)


def test_another_policy_is_refused(tmp_path, made, key) -> None:
    with pytest.raises(InputError, match="another policy"):
        growing.append(policy(tmp_path, key, k=3), BACKEND)


def test_the_state_of_another_release_is_not_taken(tmp_path, made, key) -> None:
    other = policy(tmp_path, key, name="other", versions={"state": str(tmp_path / "release.state")})
    with pytest.raises(InputError, match="state of a release lies here"):
        road.anonymize(other, BACKEND)


def test_batches_are_taken_once(tmp_path, made) -> None:
    batch = people(range(200, 400))
    first = version(growing.append(made, BACKEND, batch=batch, number=3))
    assert (first.read, first.version) == ("batch", 1)
    assert version(growing.append(made, BACKEND, batch=people(range(400, 600)), number=3)) == first
    assert version(growing.append(made, BACKEND, batch=batch, number=4)) == first  # nothing in it is new
    assert version(growing.append(made, BACKEND, batch=people(range(400, 600)), number=5)).version == 2


def test_a_batch_of_changes_deletes(tmp_path, made) -> None:
    kinds = pa.array(["delete", "update_preimage", "insert", "update_postimage"])
    changes = people([1, 2, 300, 2]).append_column("_change_type", kinds)
    changes = changes.append_column("_commit_version", pa.array([5, 5, 5, 5], pa.int64()))
    told = version(growing.append(made, BACKEND, batch=changes, number=0))
    assert told.left == 1  # the second is as it was


def test_leaves_are_cut_as_far_as_histories_allow(tmp_path, key) -> None:
    """Four people of one town and one age are a leaf; of the many who come later it may be cut, those four on one side."""
    few = people(range(1000, 1004)).set_column(2, "town", pa.array(["Z"] * 4)).set_column(1, "age", pa.array([20] * 4))
    write_deltalake(source(tmp_path, range(200)), few, mode="append")
    columns = policy(tmp_path, key).columns
    found = policy(tmp_path, key, distinct=1, columns={
        **columns, "age": {**KEEP, "role": "quasi", "weight": 0.01}, "illness": {"role": "direct"}})
    road.anonymize(found, BACKEND)
    assert growing.refine(found, BACKEND).versions.version == 0
    many = people(range(2000, 2300))
    write_deltalake(str(tmp_path / "source"), many.set_column(2, "town", pa.array(["Z"] * 300)), mode="append")
    assert version(growing.append(found, BACKEND)).entered == 300
    before = released(tmp_path / "release")
    told = version(growing.refine(found, BACKEND))
    after = released(tmp_path / "release")
    assert (told.version, told.entered, told.left) == (2, 0, 0)
    assert told.refined > 1
    assert set(before) == set(after)
    assert len({row for row in after.values() if row[1] == "Z"}) == 1 + told.refined
    add(tmp_path, range(2300, 2400))
    delete(tmp_path, 1001)
    assert version(growing.append(found, BACKEND)).version == 3
    assert min(map(len, histories(tmp_path / "release").values())) >= 4
    assert all(verdict.holds for verdict in road.verify(str(tmp_path / "release"), BACKEND, found)[1])


def test_a_release_behind_its_source_is_not_cut(tmp_path, made) -> None:
    delete(tmp_path, 1)
    with pytest.raises(InputError, match="append first"):
        growing.refine(made, BACKEND)
