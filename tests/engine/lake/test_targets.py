"""What a person can name: a folder, a list, a schema; a table and a policy are none of them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from engine.backends.local import LocalBackend
from engine.errors import InputError, PolicyError
from engine.lake.discovery import Choice
from engine.lake.road import Wanted, inventory, scan
from engine.lake.targets import beside, open_lake

HERE = LocalBackend()


class Catalog(LocalBackend):
    """A backend whose catalog has one schema."""

    def tables(self, schema):
        return [f"main.claims.{name}" for name in ("orders", "people")] if schema.removesuffix(".*") == "main.claims" else None


@pytest.fixture(autouse=True)
def lake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("lake/a", "lake/deep/b"):
        write_deltalake(tmp_path / name, pa.table({"code": ["x"]}))
    (tmp_path / "c.csv").write_text("code\nx\n")
    return tmp_path


def tables(target, **choice):
    return [source.table for source in open_lake(target, HERE, Choice(**choice)).sources]


def test_a_folder(lake):
    for name in ("lake", "lake/", "./lake", str(lake / "lake"), (lake / "lake").as_uri()):
        assert tables(name) == [f"{lake}/lake/a", f"{lake}/lake/deep/b"]
        assert open_lake(name, HERE).inventory == beside(name) == f"{lake}/lake.inventory"
    assert tables(".") == [f"{lake}/c.csv", f"{lake}/lake/a", f"{lake}/lake/deep/b"]


@pytest.mark.parametrize("target", ["lake/a", "c.csv", "nothing", "policy.yaml", "s3a://bucket/lake", "lake.no.such"])
def test_one_table_or_a_policy_is_no_lake(target, lake):
    (lake / "policy.yaml").write_text("apiVersion: lakeveil/v1\nname: x\n")
    assert open_lake(target, HERE) is None


def test_lists(lake):
    (lake / "tables.txt").write_text("# two\nlake/a\n\n  c.csv  \ns3a://bucket/far\n")
    assert tables("tables.txt") == [f"{lake}/lake/a", f"{lake}/c.csv", "s3a://bucket/far"]
    (lake / "tables.yaml").write_text("tables:\n- lake/a\n- {table: c.csv, format: csv}\n- {table: lake/deep/b, version: 0}\n")
    found = open_lake("tables.yaml", HERE)
    assert [(one.format, one.version) for one in found.sources] == [(None, None), ("csv", None), (None, 0)]
    assert found.inventory == beside("tables.yaml") == f"{lake}/tables.inventory"
    assert tables("tables.yaml", exclude=("lake/*",)) == [f"{lake}/c.csv"]


@pytest.mark.parametrize("text", [
    "tables: 3", "tables: [{table: x, color: red}]", "tables: [{path: x}]", "tables: [{table: x, format: doc}]"])
def test_a_list_that_is_none(text, lake):
    (lake / "tables.yaml").write_text(text)
    with pytest.raises(PolicyError, match="tables"):
        open_lake("tables.yaml", HERE)


def test_a_schema(lake):
    found = open_lake("main.claims.*", Catalog(), Choice(exclude=("ord*",)))
    assert [source.table for source in found.sources] == ["main.claims.people"]
    assert (found.name, found.inventory) == ("main.claims", None)
    assert len(open_lake("main.claims", Catalog()).sources) == 2
    assert open_lake("main.other", Catalog()) is None


def test_an_empty_lake_says_so(lake):
    (lake / "empty").mkdir()
    (lake / "empty" / "x.txt").mkdir()
    with pytest.raises(InputError, match="no table here"):
        open_lake("empty", HERE)
    with pytest.raises(InputError, match="that is wanted"):
        open_lake("lake", HERE, Choice(include=("nothing",)))


def test_a_path_that_is_not_unicode_is_a_failure_and_not_the_end(lake):
    (lake / "lake" / "\udcff.csv").write_text("code\nx\n")
    found = open_lake("lake", HERE)
    assert len(found.sources) == 2
    assert [error.code for _, error in found.failures] == ["input"]


@pytest.mark.parametrize(("target", "wanted", "words"), [
    ("c.csv", Wanted(fresh=True), "for a lake"), ("c.csv", Wanted(include=("x",)), "for a lake"),
    ("lake", Wanted(out="found.json"), "inventory"), ("main.claims", Wanted(), "inventory"),
    ("c.csv", Wanted(sample=5, whole=True), "leave one out"), ("lake", Wanted(sample=5, whole=True), "leave one out"),
    ("c.csv", Wanted(format="doc"), "doc"), ("lake", Wanted(inventory="lake/notes"), "in the lake"),
])
def test_options_that_do_not_go_with_the_target(target, wanted, words, lake):
    with pytest.raises(PolicyError, match=words):
        scan(target, Catalog(), wanted, lambda *_: None, print)
    assert not list(lake.glob("*.inventory"))


def test_an_inventory_that_is_not_there(lake):
    with pytest.raises(InputError, match="no inventory here"):
        inventory("lake", HERE)
