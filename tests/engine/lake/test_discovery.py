"""What a folder holds: each kind of table, once, whatever lies around it."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.lake.discovery import Choice, discover
from tests.engine.lake.lakes import BROKEN, SOUND, build

ONE = pa.table({"a": ["x"]})


def found(root: Path, **choice) -> dict[str, str]:
    choice = Choice(**choice)
    return {os.path.relpath(one.path, root): one.format for one in discover(root, choice).tables}


def write(path: Path, text: str = "a,b\n1,2\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_mixed_lake(tmp_path):
    root = build(tmp_path / "lake")
    tables = found(root)
    assert len(tables) == SOUND + len(BROKEN)
    assert tables["deep/er/people"] == tables["delta/da"] == tables["faults/broken"] == "delta"
    assert tables["hive/visits"] == tables["parquet/set_a"] == tables["faults/part"] == "parquet"
    assert tables["exports/alpha.csv"] == "csv"
    assert tables["logs/web.jsonl.gz"] == "jsonl"
    assert not [path for path in tables if path.startswith(("_hidden", ".git", "circle", "exports/again"))]
    assert discover(root).others == 2  # a document of settings, a page of text


@pytest.mark.parametrize(("names", "tables"), [
    ([f"part-0000{n}-{uuid.UUID(int=n)}-c000.csv" for n in (0, 1)], ["x"]),
    (["2024-01.csv", "2024-02.csv", "_SUCCESS", ".part.crc"], ["x"]),
    (["data_0.csv"], ["x"]),
    (["part-0.csv", "part-1.csv.gz"], ["x/part-0.csv", "x/part-1.csv.gz"]),
    (["customers.csv", "orders.csv"], ["x/customers.csv", "x/orders.csv"]),
    (["customers1.csv", "orders1.csv"], ["x/customers1.csv", "x/orders1.csv"]),
    (["people.csv"], ["x/people.csv"]),
    (["part-0.csv", "deeper/part-1.csv"], ["x/deeper", "x/part-0.csv"]),
])
def test_which_files_are_parts_of_one_table(names, tables, tmp_path):
    for name in names:
        write(tmp_path / "x" / name)
    assert sorted(found(tmp_path)) == tables


def test_numbered_files_with_other_columns_are_no_parts(tmp_path):
    write(tmp_path / "x" / "sheet1.csv", "a,b\n1,2\n")
    write(tmp_path / "x" / "sheet2.csv", "a,c\n1,2\n")
    (tmp_path / "y").mkdir()
    for number in range(2):
        pq.write_table(pa.table({f"c{number}": [1]}), tmp_path / "y" / f"{number}.parquet")
    assert sorted(found(tmp_path)) == ["x/sheet1.csv", "x/sheet2.csv", "y/0.parquet", "y/1.parquet"]


@pytest.mark.parametrize(("names", "tables"), [
    (["t/day=1/p.parquet", "t/day=2/p.parquet"], ["t"]),
    (["t/year=1/day=2/p.parquet", "t/year=2/day=1/p.parquet"], ["t"]),
    (["t/_day=1/p.parquet"], ["t"]),
    (["t/day=1/p.parquet", "t/_SUCCESS", "t/.day=1.crc"], ["t"]),
    (["t/tenant=a/orders/p-0.parquet", "t/tenant=b/orders/p-0.parquet"], ["t/tenant=a/orders", "t/tenant=b/orders"]),
    (["t/day=1/p.parquet", "t/other/q.csv"], ["t/day=1/p.parquet", "t/other/q.csv"]),
    (["t/day=1/p.parquet", "t/all.parquet"], ["t/all.parquet", "t/day=1/p.parquet"]),
    (["t/day=1/p.parquet", "t/day=1/deep/p.parquet"], ["t/day=1/deep/p.parquet", "t/day=1/p.parquet"]),
    (["t/day=1/p.parquet", "t/day=1/q.csv"], ["t/day=1/p.parquet", "t/day=1/q.csv"]),
])
def test_hive_partitions(names, tables, tmp_path):
    for name in names:
        write(tmp_path / name)
    assert sorted(found(tmp_path)) == tables


def test_a_delta_table_below_a_partition_is_a_table_of_its_own(tmp_path):
    for owner in "ab":
        write_deltalake(tmp_path / f"owner={owner}", ONE)
    write(tmp_path / "owner=a" / "inside" / "x.csv")
    assert found(tmp_path) == {"owner=a": "delta", "owner=b": "delta"}


def test_the_folder_itself_can_be_the_table(tmp_path):
    write(tmp_path / "csv" / "people.csv")
    write_deltalake(tmp_path / "delta", ONE)
    write(tmp_path / "hive" / "day=1" / "p.csv")
    for name in ("csv", "delta", "hive"):
        assert discover(tmp_path / name).whole
    assert not discover(tmp_path).whole


@pytest.mark.parametrize(("text", "kind"), [
    ('{"a": 1}\n{"a": 2}\n', "jsonl"), ('{"a": 1}', "jsonl"), ('{\n  "a": 1\n}\n', None), ("[1, 2]", None), ("", None),
])
def test_a_json_file_is_a_table_if_it_has_an_object_a_line(text, kind, tmp_path):
    write(tmp_path / "a.json", text)
    write(tmp_path / "sub" / "b.csv")
    assert found(tmp_path).get("a.json") == kind


def test_choice(tmp_path):
    for name in ("sales/a.csv", "sales/old/b.csv", "hr/c.csv", "hr/tmp/d.csv"):
        write(tmp_path / name)
    assert sorted(found(tmp_path, include=("sales/*",))) == ["sales/a.csv", "sales/old/b.csv"]
    assert sorted(found(tmp_path, exclude=("*/old/", "hr"))) == ["sales/a.csv"]
    assert sorted(found(tmp_path, include=("*.csv",), exclude=("*/tmp",))) == ["hr/c.csv", "sales/a.csv", "sales/old/b.csv"]


def test_links_are_followed_out_of_the_lake_and_once(tmp_path):
    outside, lake = tmp_path / "outside", tmp_path / "lake"
    write(outside / "more" / "far.csv")
    write(outside / "lone.csv")
    write(lake / "near.csv")
    (lake / "sub").mkdir()
    (lake / "one").symlink_to(outside / "more")
    (lake / "two").symlink_to(outside / "more")
    (lake / "file.csv").symlink_to(outside / "lone.csv")
    (lake / "sub" / "self.csv").symlink_to(lake / "near.csv")
    (lake / "sub" / "up").symlink_to(lake)
    (lake / "sub" / "root").symlink_to("/")
    (lake / "broken").symlink_to(lake / "nothing")
    (outside / "more" / "back").symlink_to(lake)
    assert sorted(found(lake)) == ["file.csv", "near.csv", "one/far.csv"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can take another's rights")
def test_an_unreadable_folder_is_told_and_stops_nothing(tmp_path):
    write(tmp_path / "open" / "a.csv")
    write(tmp_path / "shut" / "b.csv")
    (tmp_path / "shut").chmod(0o700)
    for folder in (tmp_path, *tmp_path.parents):
        with contextlib.suppress(OSError):
            folder.chmod(folder.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        seen = discover(tmp_path)
    finally:
        os.seteuid(0)
    assert [os.path.relpath(one.path, tmp_path) for one in seen.tables] == ["open/a.csv"]
    (path, error), = seen.unread
    assert path == str(tmp_path / "shut")
    assert "PermissionError" in error.what


def test_inventories_of_lakes_within_are_no_tables(tmp_path):
    write_deltalake(tmp_path / "sales", ONE)
    write_deltalake(tmp_path / "sales.inventory", ONE)
    write(tmp_path / "x.inventory" / "a.csv")
    assert list(found(tmp_path)) == ["sales", "x.inventory/a.csv"]


@pytest.mark.slow
def test_a_deep_and_a_wide_lake(tmp_path):
    deep = tmp_path / "/".join(["d"] * 200)
    write(deep / "x.csv")
    for number in range(300):
        write(tmp_path / "wide" / f"{'abcdefghij'[number % 10]}{number}" / "t.csv")
    assert len(found(tmp_path)) == 301


NAMES = st.text(st.sampled_from("ab1_.=- é"), min_size=1, max_size=6).filter(lambda name: name.strip(".") != "")
TREES = st.recursive(st.sampled_from(["csv", "delta", "json", "other"]),
                     lambda inner: st.dictionaries(NAMES, inner, max_size=4), max_leaves=12)


def plant(folder: Path, tree, tables: set[str], root: Path, *, hidden: bool) -> None:
    """Writes a tree of files and folders. Collects the data files and Delta tables that no hidden name hides."""
    for name, inner in tree.items():
        unseen = hidden or name.startswith(".") or (name.startswith("_") and "=" not in name)
        if isinstance(inner, dict):
            (folder / name).mkdir()
            plant(folder / name, inner, tables, root, hidden=unseen)
            continue
        path = folder / (name if inner == "delta" else f"{name}.{inner}")
        if path.exists():
            continue
        if inner == "delta":
            (path / "_delta_log").mkdir(parents=True)
        else:
            path.write_text(json.dumps({"a": 1}) if inner == "json" else "a\n1\n")
        if inner != "other" and not (unseen or path.name.startswith(".")):
            tables.add(path.relative_to(root).as_posix())


@settings(max_examples=25, deadline=None)
@given(tree=st.dictionaries(NAMES, TREES, max_size=5))
def test_every_visible_data_file_belongs_to_exactly_one_table(tree, tmp_path_factory):
    root, files = tmp_path_factory.mktemp("tree"), set()
    plant(root, tree, files, root, hidden=False)
    seen = [Path(one.path).relative_to(root).as_posix() for one in discover(root).tables]
    assert len(seen) == len(set(seen))
    for file in files:
        above = [table for table in seen if table in (".", file) or file.startswith(table + "/")]
        assert len(above) == 1, (file, seen)
    for table in seen:
        assert any(table in (".", file) or file.startswith(table + "/") for file in files), table
