"""Releases that follow their source: ten versions attacked with all that was published, and all that can go wrong."""

from __future__ import annotations

import shutil
from random import Random

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from engine import growing, road
from engine.backends.local import LocalBackend
from engine.errors import InputError
from tests.engine.growing.lives import KEEP, add, delete, histories, people, policy, released, source, version

pytestmark = pytest.mark.slow
BACKEND = LocalBackend()


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
    for whole in (False, True):
        assert growing.append(made, BACKEND, whole=whole).versions == gone
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


@pytest.mark.parametrize("whole", [True, False])
def test_who_is_called_otherwise_leaves_and_comes_as_somebody_else(tmp_path, made, whole) -> None:
    before = set(released(tmp_path / "release"))
    DeltaTable(str(tmp_path / "source")).update(updates={"id": "9000"}, predicate="id = 7")
    told = version(growing.append(made, BACKEND, whole=whole))
    after = set(released(tmp_path / "release"))
    assert (told.left, told.read) == (1, "whole" if whole else "changes")
    assert len(before - after) == told.left + told.withdrawn
    assert told.waiting + told.entered == 120 - len(before) + 1
    assert version(growing.append(made, BACKEND, whole=True)) == told


def test_a_source_that_was_made_anew_is_read_whole(tmp_path, made) -> None:
    """Another table at the same place has versions of its own, whose changes say nothing of the first one's rows."""
    add(tmp_path, [500])
    growing.append(made, BACKEND)
    shutil.rmtree(tmp_path / "source")
    source(tmp_path, [*range(60), *range(1000, 1200)])
    add(tmp_path, range(1200, 1400))
    told = version(growing.append(made, BACKEND))
    assert (told.read, told.left) == ("whole", 60)
    assert told.entered > 0
    add(tmp_path, range(1400, 1500))
    assert version(growing.append(made, BACKEND)).read == "changes"


def test_a_column_that_is_not_read_may_change(tmp_path, key) -> None:
    source(tmp_path, range(60))
    found = policy(tmp_path, key, columns={
        "id": {"role": "direct"}, "age": {"role": "quasi", "why": "x"}, "town": {"role": "quasi", "why": "x"},
        "illness": {"role": "direct"}}, guarantees={"k": 4})
    road.anonymize(found, BACKEND)
    DeltaTable(str(tmp_path / "source")).update(updates={"illness": "'cholera'"}, predicate="id < 30")
    assert growing.append(found, BACKEND).versions.version == 0


def test_a_stream_and_the_command_may_take_turns(tmp_path, made) -> None:
    """What a batch brought is not taken for all that changed: the command still reads from where it ended."""
    add(tmp_path, range(200, 400))
    add(tmp_path, range(400, 500))
    assert version(growing.append(made, BACKEND, batch=people(range(200, 400)), number=0)).version == 1
    told = version(growing.append(made, BACKEND))
    assert told.version == 2
    assert told.entered + told.waiting >= 100


def test_batches_are_taken_once(tmp_path, made) -> None:
    batch = people(range(200, 400))
    first = version(growing.append(made, BACKEND, batch=batch, number=3))
    assert (first.read, first.version) == ("batch", 1)
    assert version(growing.append(made, BACKEND, batch=batch, number=3)) == first
    assert version(growing.append(made, BACKEND, batch=batch, number=4)) == first  # nothing in it is new
    assert version(growing.append(made, BACKEND, batch=people(range(400, 600)), number=5)).version == 2


@pytest.mark.parametrize("number", [2, 3])
def test_a_stream_that_started_anew_is_told_and_taken_when_that_is_known(tmp_path, made, number) -> None:
    """With another checkpoint batches are counted from the beginning, and say nothing of what was deleted in between."""
    growing.append(made, BACKEND, batch=people(range(200, 400)), number=3)
    other = people(range(200, 600))
    with pytest.raises(InputError, match="started anew") as failure:
        growing.append(made, BACKEND, batch=other, number=number)
    assert "anew=True" in failure.value.next
    told = version(growing.append(made, BACKEND, batch=other, number=number, anew=True))
    assert (told.version, told.left) == (2, 0)
    assert version(growing.append(made, BACKEND, batch=people([]), number=number + 1)) == told


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
