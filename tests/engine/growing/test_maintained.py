"""Releases that table services keep in shape go on; what only says that it changed no data is found out."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from engine import growing, road
from engine.backends.local import LocalBackend
from engine.errors import InputError
from engine.growing import following
from tests.engine.growing.lives import add, delete, killed, released, version

BACKEND = LocalBackend()
pytestmark = pytest.mark.slow


def compact(release: Path) -> None:
    DeltaTable(str(release)).optimize.z_order(["town"])


def vacuum(release: Path) -> None:
    DeltaTable(str(release)).vacuum(0, dry_run=False, enforce_retention_duration=False)


def properties(release: Path) -> None:
    DeltaTable(str(release)).alter.set_table_properties({"delta.logRetentionDuration": "interval 9 days"})


def rewritten(release: Path, change) -> None:
    """Writes all rows anew, changed, in a commit that says of itself that it changes no data."""
    table = DeltaTable(str(release))
    old = pa.table(table.get_add_actions(flatten=True))["path"].to_pylist()
    rows = change(table.to_pyarrow_table())
    pq.write_table(rows, release / "other.parquet")
    size = (release / "other.parquet").stat().st_size
    file = {"path": "other.parquet", "partitionValues": {}, "size": size, "modificationTime": 0, "dataChange": False}
    actions = [{"commitInfo": {"operation": "OPTIMIZE"}}, {"add": file},
               *({"remove": {"path": path, "dataChange": False, "deletionTimestamp": 0}} for path in old)]
    (release / "_delta_log" / f"{table.version() + 1:020}.json").write_text("\n".join(map(json.dumps, actions)))


def named(rows: pa.Table) -> pa.Table:
    """The same classes, the same diagnoses, and people's names where tokens were."""
    return rows.set_column(0, rows.schema.field(0), pa.array([f"{at:032}" for at in range(rows.num_rows)], rows["id"].type))


def verified(place: Path, policy=None):
    verdicts = road.verify(str(place / "release"), BACKEND, policy)[1]
    assert all(verdict.holds for verdict in verdicts)
    return {verdict.guarantee: verdict for verdict in verdicts}["rows"].detail


@pytest.mark.parametrize(("kept", "told", "known"), [
    ([vacuum], "", ""), ([properties], "", ""),
    ([compact], "files were written anew since; the rows are those of version 0", None),
    ([properties, compact, vacuum], "files were written anew since; the rows are those of the owner's tables", None),
])
def test_a_release_that_is_kept_in_shape_is_the_same_and_gets_its_next_version(tmp_path, made, kept, told, known) -> None:
    before = released(tmp_path / "release")
    for keep in kept:
        keep(tmp_path / "release")
    at = DeltaTable(str(tmp_path / "release")).version()
    assert verified(tmp_path, made) == told
    if vacuum in kept and known is None:
        with pytest.raises(InputError, match=r"nothing is left to compare with but the owner's tables: lakeveil verify POLICY"):
            verified(tmp_path)
    else:
        assert verified(tmp_path) == told
    assert version(growing.append(made, BACKEND)).version == 0
    delete(tmp_path, 3)
    add(tmp_path, range(120, 260))
    receipt = growing.append(made, BACKEND)
    assert (version(receipt).version, receipt.output.version) == (1, at + 1)
    assert verified(tmp_path, made) == ""
    after = released(tmp_path / "release")
    assert {person: row for person, row in after.items() if person in before}.items() <= before.items()
    for keep in kept:
        keep(tmp_path / "release")
    add(tmp_path, range(300, 420))
    assert version(growing.append(made, BACKEND)).version == 2
    assert verified(tmp_path, made) == ""


@pytest.mark.parametrize("change", [
    named, lambda rows: rows.slice(1), lambda rows: pa.concat_tables([rows, rows]),
    lambda rows: rows.set_column(3, rows.schema.field(3), pc.coalesce(rows["illness"].cast(pa.string()), pa.scalar("flu"))),
])
@pytest.mark.parametrize("gone", [False, True])
def test_other_rows_are_found_though_the_commit_says_that_it_changed_none(tmp_path, made, change, gone) -> None:
    """All claims hold on some of them: they hold nothing of what tokens stand for."""
    rewritten(tmp_path / "release", change)
    if gone:
        vacuum(tmp_path / "release")
    add(tmp_path, range(120, 260))
    with pytest.raises(InputError, match="written anew, with other rows than were published"):
        growing.append(made, BACKEND)
    for named_too in (made, None):
        with pytest.raises(InputError, match=r"other rows than (version 0|the owner's tables)|nothing is left to compare with"):
            road.verify(str(tmp_path / "release"), BACKEND, named_too)


def test_other_bytes_in_a_verified_file_are_found_behind_a_rewriting(tmp_path, made) -> None:
    file = next((tmp_path / "release").glob("*.parquet"))
    compact(tmp_path / "release")
    pq.write_table(named(pq.read_table(file)), file)
    with pytest.raises(InputError, match="other bytes in them, in version 0"):
        road.verify(str(tmp_path / "release"), BACKEND, made)


@pytest.mark.parametrize("spoil", [
    lambda path: DeltaTable(path).delete("town is not null"),
    lambda path: DeltaTable(path).restore(0),
])
def test_a_change_of_data_is_refused_whatever_comes_after_it(tmp_path, made, spoil) -> None:
    add(tmp_path, range(120, 260))
    growing.append(made, BACKEND)
    spoil(str(tmp_path / "release"))
    properties(tmp_path / "release")
    delete(tmp_path, 3)
    with pytest.raises(InputError, match=r"version 2 where its receipt says 1"):
        growing.append(made, BACKEND)
    with pytest.raises(InputError, match="version 3 where the receipt says 1"):
        road.verify(str(tmp_path / "release"), BACKEND, made)


def test_an_older_copy_of_the_release_is_refused(tmp_path, made) -> None:
    add(tmp_path, range(120, 260))
    growing.append(made, BACKEND)
    (tmp_path / "release" / "_delta_log" / f"{1:020}.json").unlink()
    with pytest.raises(InputError, match="version 0 where its receipt says 1"):
        growing.append(made, BACKEND)


@pytest.mark.parametrize("keep", [vacuum, compact, lambda release: rewritten(release, named)])
def test_what_a_killed_call_published_is_found_behind_what_services_committed(tmp_path, made, monkeypatch, keep) -> None:
    add(tmp_path, range(120, 260))
    killed(monkeypatch, lambda: growing.append(made, BACKEND))
    keep(tmp_path / "release")
    if keep not in (vacuum, compact):
        with pytest.raises(InputError, match="with other rows than were published"):
            growing.append(made, BACKEND)
        return
    assert version(growing.append(made, BACKEND)).version == 1
    assert verified(tmp_path, made) == ""


@pytest.mark.parametrize("gone", [False, True])
def test_a_version_is_taken_back_to_what_was_verified(tmp_path, made, monkeypatch, gone) -> None:
    before = released(tmp_path / "release")
    compact(tmp_path / "release")
    if gone:
        vacuum(tmp_path / "release")
    add(tmp_path, range(120, 260))
    with monkeypatch.context() as patch:
        patch.setattr(following, "verdicts_over_versions", lambda *_: (_ for _ in ()).throw(InputError("no", where="there")))
        with pytest.raises(InputError, match="taken back"):
            growing.append(made, BACKEND)
    assert released(tmp_path / "release") == before
    if not gone:  # else its files are none of the receipt's
        assert verified(tmp_path, made) == ""
    assert version(growing.append(made, BACKEND)).version == 1
    assert verified(tmp_path, made) == ""
