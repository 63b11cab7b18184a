"""A run over a lake: every table's outcome is a row, failures stop nothing, and nothing of the data is left in the inventory."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.backends.local import LocalBackend
from engine.detect.columns.sensitivity import SensitivityConfig
from engine.errors import InputError, PolicyError
from engine.lake.discovery import Choice
from engine.lake.road import Wanted, exit_code, inventory, scan
from engine.lake.scan import Options, scan_lake
from engine.lake.targets import open_lake
from schemas.inventory import INVENTORY
from schemas.policy.v1 import Source
from tests.engine.lake.lakes import BROKEN, PLANTED, SOUND, build, leaks, rows

BACKEND = LocalBackend()
HERE = Options(workers=1)


def run(root, *, options=HERE, choice=Choice(), place=None, told=None):  # noqa: B008 - frozen
    place = place or f"{root}.inventory"
    lake = open_lake(str(root), BACKEND, choice, place)
    told = [] if told is None else told
    return scan_lake(lake, BACKEND, place, options, progress=lambda *_: None, standing=lambda at: told.append(
        (at.done, at.failed, at.skipped, at.total, at.share, at.current)))


def table_of(place) -> list[dict]:
    files = pa.fs.SubTreeFileSystem(str(place), pa.fs.LocalFileSystem())
    return DeltaTable(place).to_pyarrow_dataset(filesystem=files).to_table().sort_by("scanned_at").to_pylist()


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """The mixed lake, scanned once: its folder, what the run said it did, what it told on its way."""
    root, told = build(tmp_path_factory.mktemp("mixed") / "lake"), []
    return root, run(root, told=told), told


@pytest.mark.slow
def test_every_table_is_a_row(scanned):
    root, done, _ = scanned
    assert (done.tables, done.scanned, done.skipped, len(done.failures)) == (SOUND + len(BROKEN), SOUND, 0, len(BROKEN))
    assert done.other_files == 2
    written = table_of(done.inventory)
    assert len(written) == len({(row["table"], row["table_id"]) for row in written}) == SOUND + len(BROKEN)
    assert {row["run_id"] for row in written} == {done.run_id}
    people = next(row for row in written if row["table"] == f"{root}/deep/er/people")
    assert (people["format"], people["version"], people["rows"], people["column_count"]) == ("delta", 0, 12, 6)
    assert (people["status"], people["sensitivity"], people["scanned_share"]) == ("done", "restricted", 1.0)
    columns = {column["path"]: column for column in people["columns"]}
    assert columns["ssn"]["entities"][0]["entity_type"] == "US_SSN"
    assert columns["email"]["role"] == "direct"
    assert columns["status"]["sensitivity"] == "internal"


@pytest.mark.slow
def test_failures_say_what_without_a_value_and_stop_nothing(scanned):
    root, done, _ = scanned
    failed = {one.table.removeprefix(f"{root}/"): one for one in done.failures}
    assert failed.keys() == BROKEN.keys()
    for name, words in BROKEN.items():
        assert failed[name].error_code == "input"
        assert words in failed[name].error, failed[name]
    assert exit_code(done) == 7


@pytest.mark.slow
def test_no_file_of_the_inventory_holds_a_planted_value(scanned):
    root, done, _ = scanned
    assert leaks(root / "parquet")  # the search finds what is there
    assert leaks(Path(done.inventory)) == []
    assert not [value for value in PLANTED if value in done.model_dump_json()]
    log = (Path(done.inventory) / "_delta_log" / "00000000000000000001.json").read_text()
    assert '\\"minValues\\":{}' in log


@pytest.mark.slow
def test_paths_are_masked_and_tables_are_told_apart_all_the_same(scanned):
    root, done, _ = scanned
    names = [row["table"].removeprefix(f"{root}/") for row in table_of(done.inventory)]
    assert names.count("owners/owner=*/orders") == 2
    assert "logs/* *.jsonl.gz" in names
    summary = inventory(str(root), BACKEND)
    assert len(summary.tables) == SOUND + len(BROKEN)
    assert summary.levels["restricted"] + summary.levels["confidential"] + summary.levels["internal"] == SOUND
    assert summary.missing == 0
    assert {one.column for one in summary.attention if one.sensitivity == "restricted"} == {"ssn"}


@pytest.mark.slow
def test_progress_grows_to_the_end(scanned):
    *_, told = scanned
    shares = [share for *_, share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert told[-1][:4] == (SOUND, len(BROKEN), 0, SOUND + len(BROKEN))
    assert any("owner=*" in name for *_, current in told for name in current)


@pytest.mark.slow
def test_only_what_changed_is_scanned_again(tmp_path):
    root = tmp_path / "lake"
    for name in "ab":
        write_deltalake(root / name, rows(3).select(["code"]))
    (root / "c.csv").write_text("code\nx\n")
    assert run(root).scanned == 3
    again = run(root)
    assert (again.scanned, again.skipped) == (0, 3)
    write_deltalake(root / "a", rows(3).select(["code"]), mode="append")
    (root / "c.csv").write_text("code\ny\n")
    os.utime(root / "c.csv", ns=(1, 1))
    third = run(root)
    assert (third.scanned, third.skipped) == (2, 1)
    assert run(root, options=Options(workers=1, sample=2)).scanned == 3  # a sample is another scan
    assert run(root, options=Options(workers=1, fresh=True)).scanned == 3
    rules = SensitivityConfig.default().model_copy(update={"least_share": 0.5})
    assert run(root, options=Options(workers=1, levels=rules)).scanned == 3
    whole = [run(root, options=Options(workers=1, whole=True)) for _ in range(2)]
    assert [(one.scanned, one.skipped) for one in whole] == [(3, 0), (0, 3)]  # of every row, too
    back = run(root)
    assert (back.scanned, back.skipped) == (0, 3)
    keys = [(row["table"], row["version"], row["fingerprint"], row["detector"], row["sample"], row["whole"], row["run_id"])
            for row in table_of(f"{root}.inventory")]
    assert len(keys) == len(set(keys)) == 3 + 2 + 3 + 3 + 3 + 3


@pytest.mark.slow
def test_rows_without_a_word_on_how_much_was_looked_at_stand_for_what_a_scan_chooses(tmp_path):
    root, place = tmp_path / "lake", f"{tmp_path / 'lake'}.inventory"
    for name in "ab":
        write_deltalake(root / name, rows(3).select(["code"]))
    run(root)
    older = DeltaTable(place).to_pyarrow_dataset().to_table().drop_columns(["whole", "metadata"])
    shutil.rmtree(place)
    write_deltalake(place, older)
    assert (run(root).skipped, run(root, options=Options(workers=1, whole=True)).scanned, run(root).skipped) == (2, 2, 2)
    assert len(inventory(place, BACKEND).tables) == 2


@pytest.mark.slow
def test_what_stands_beside_the_rows_is_told_as_of_one_table_and_names_are_masked(tmp_path):
    root, secret = tmp_path / "lake", "rosalind.doe@example.org"
    noted = pa.schema([pa.field("code", pa.string(), metadata={"comment": f"ask {secret}"}),
                       pa.field(secret, pa.string(), metadata={"comment": "card 4111 1111 1111 1111"}),
                       pa.field(f"other.{secret}", pa.string(), metadata={"comment": "card 4111 1111 1111 1111"})])
    table = pa.table({name: ["x", "y"] for name in noted.names}).cast(noted)
    write_deltalake(root / "a", table)
    write_deltalake(root / "b", rows(2).select(["email", "amount"]), partition_by=["email"])
    done = run(root)
    written = {Path(row["table"]).name: {(one["place"], one["entity_type"]): one["count"] for one in row["metadata"]}
               for row in table_of(done.inventory)}
    for name, told in written.items():
        alone, here = Counter(), Counter()
        for one in BACKEND.scan(Source(table=str(root / name))).metadata:
            alone[one.entity_type] += one.count
        for (_, kind), count in told.items():
            here[kind] += count
        assert here == alone
    assert written["a"]["comment of column 'code'", "EMAIL_ADDRESS"] == 1
    assert written["a"]["comment of column '*2'", "CREDIT_CARD"] == written["a"]["comment of column '*3'", "CREDIT_CARD"] == 1
    assert written["a"]["name of a column", "EMAIL_ADDRESS"] == 2
    assert written["b"]["partition values of column 'email'", "EMAIL_ADDRESS"] == 2
    assert leaks(Path(done.inventory), (secret, "4111 1111")) == []


@pytest.mark.slow
def test_what_is_gone_is_told_once_and_only_after_a_whole_look(tmp_path):
    root = tmp_path / "lake"
    for name in ("a", "b", "deep/c"):
        write_deltalake(root / name, rows(2).select(["code"]))
    run(root)
    (root / "b").rename(tmp_path / "b")
    assert run(root, choice=Choice(include=("a",))).gone == 0
    assert run(root).gone == 1
    assert run(root).gone == 0
    (tmp_path / "b").rename(root / "b")
    back = run(root)
    assert (back.scanned, back.skipped, back.gone) == (0, 3, 0)


def test_an_inventory_that_is_none_is_refused_before_anything_is_scanned(tmp_path):
    root = tmp_path / "lake"
    for name in ("lake/a", "lake/b", "other"):
        write_deltalake(tmp_path / name, rows(2).select(["code"]))
    with pytest.raises(InputError, match="not an inventory"):
        run(root, place=str(tmp_path / "other"))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="inventory"):
        run(root, place=str(tmp_path / "file"))
    assert DeltaTable(tmp_path / "other").version() == 0


def test_an_inventory_lies_in_no_lake_that_it_is_about(tmp_path):
    root = tmp_path / "lake"
    for name in ("a", "b"):
        write_deltalake(root / name, rows(2).select(["code"]))
    with pytest.raises(PolicyError, match="in the lake"):
        run(root, place=str(root / "reports" / "inventory"))
    place = str(tmp_path / "reports" / "inventory")
    assert run(root, place=place).tables == run(root, place=place).tables == 2
    assert pa.schema(DeltaTable(place).schema().to_arrow()).names == INVENTORY.names


@pytest.mark.slow
def test_one_table_goes_to_an_inventory_if_one_is_named(tmp_path):
    write_deltalake(tmp_path / "lake" / "a", rows(2))
    write_deltalake(tmp_path / "lake" / "b", rows(2))
    place, table = str(tmp_path / "kept"), str(tmp_path / "lake" / "a")
    alone, summary = scan(table, BACKEND, Wanted(inventory=place, workers=1), lambda *_: None, print)
    assert (alone.scanned, summary.tables[0].table) == (1, table)
    both, summary = scan(str(tmp_path / "lake"), BACKEND, Wanted(inventory=place, workers=1), lambda *_: None, print)
    assert (both.scanned, both.skipped, len(summary.tables)) == (1, 1, 1)
