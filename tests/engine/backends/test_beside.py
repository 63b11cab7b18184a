"""What stands beside a table on this machine: the Delta log, Spark's notes in Parquet files, folders; and variants in Delta."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from engine.backends.beside import metadata_of, said_of_fields
from engine.backends.local import LocalBackend
from engine.backends.tables import open_table
from schemas.policy.v1 import Source

TABLE = pa.table({"surname": ["Garcia", "Miller"], "mail": ["a@example.com", "b@example.com"]})


def beside(path):
    return metadata_of(open_table(Source(table=str(path))))


def test_delta(tmp_path):
    inner = pa.struct([pa.field("zip", pa.string(), metadata={"classification": "phi"})])
    schema = pa.schema([pa.field("surname", pa.string()), pa.field("mail", pa.string(),
        metadata={"comment": "ask Jane", "pii": "true"}),
                        pa.field("home", inner)])
    table = TABLE.append_column("home", pa.array([{"zip": "1"}] * 2, inner)).cast(schema)
    write_deltalake(tmp_path / "t", table, partition_by=["surname"], name="people", description="by Jane",
                    configuration={"delta.appendOnly": "false"})
    found = beside(tmp_path / "t")
    assert (found.name, found.description, found.partitions) == ("people", "by Jane", ("surname",))
    assert found.properties["delta.appendOnly"] == "false"
    assert found.comments == {"mail": "ask Jane"}
    assert found.column_tags == {"mail": {"pii": "true"}, "home.zip": {"classification": "phi"}}
    assert sorted(path.split("/")[0] for path in found.files) == ["surname=Garcia", "surname=Miller"]
    assert {path: [tag.personal for tag in tags] for path, tags in found.tags().items()} == {"mail": [True], "home.zip": [True]}


def test_parquet(tmp_path):
    written = {"type": "struct", "fields": [
        {"name": "mail", "type": "string", "nullable": True, "metadata": {"comment": "@pii", "owner": "ward 7"}}]}
    noted = TABLE.select(["mail"]).replace_schema_metadata({"org.apache.spark.sql.parquet.row.metadata": json.dumps(written)})
    pq.write_to_dataset(noted.append_column("surname", TABLE["surname"]), tmp_path / "t", partition_cols=["surname"])
    found = beside(tmp_path / "t")
    assert (found.comments, found.column_tags, found.partitions) == ({"mail": "@pii"}, {"mail": {"owner": "ward 7"}},
        ("surname",))
    pq.write_table(TABLE, tmp_path / "one.parquet")
    assert beside(tmp_path / "one.parquet").files == ["one.parquet"]


def test_parquet_as_arrow_writes_it(tmp_path):
    inner = pa.struct([pa.field("zip", pa.string(), metadata={"classification": "phi"})])
    schema = pa.schema([
        pa.field("mail", pa.string(), metadata={"comment": "ask Jane", "pii": "true"}),
        pa.field("homes", pa.list_(inner)), pa.field("by", pa.map_(pa.string(), inner)), pa.field("n", pa.int64())])
    pq.write_table(schema.empty_table(), tmp_path / "t.parquet")
    found = beside(tmp_path / "t.parquet")
    assert found.comments == {"mail": "ask Jane"}
    assert found.column_tags == {"mail": {"pii": "true"}, "homes[].zip": {"classification": "phi"},
                                 "by.value.zip": {"classification": "phi"}}


@pytest.mark.slow
def test_text_files(tmp_path):
    pa_csv.write_csv(TABLE, tmp_path / "people of jane@example.com.csv")
    report = LocalBackend().scan(Source(table=str(tmp_path / "people of jane@example.com.csv")))
    assert {(one.place, one.entity_type) for one in report.metadata} >= {("file path", "EMAIL_ADDRESS")}


def test_fields_of_nested_types():
    field = {"name": "a", "metadata": {"comment": "outer"}, "type": {"type": "array",
        "elementType": {"type": "struct", "fields": [
        {"name": "m", "metadata": {"pii": True, "delta.columnMapping.id": 3}, "type": {
            "type": "map", "keyType": "string", "valueType": {"type": "struct", "fields": [
                {"name": "z", "type": "long", "metadata": {"comment": "inner"}}]}}}]}}}
    assert said_of_fields({"type": "struct", "fields": [field]}) == (
        {"a": "outer", "a[].m.value.z": "inner"}, {"a[].m": {"pii": "True"}})


@pytest.fixture
def variants(tmp_path):
    """A Delta table with a column of variants, as its log and one file say it."""
    text = b"\x01\x01\x00\x04mail"
    value = b"\x02\x01\x00\x00\x11" + bytes([16 << 2 | 1]) + b"jane@example.com"
    kind = pa.struct([pa.field("value", pa.binary(), nullable=False), pa.field("metadata", pa.binary(), nullable=False)])
    folder = tmp_path / "t"
    (folder / "_delta_log").mkdir(parents=True)
    pq.write_table(pa.table({"v": pa.array([{"metadata": text, "value": value}] * 3 + [None], kind)}), folder / "a.parquet")
    schema = {"type": "struct", "fields": [{"name": "v", "type": "variant", "nullable": True, "metadata": {}}]}
    size = (folder / "a.parquet").stat().st_size
    log = [
        {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["variantType"],
            "writerFeatures": ["variantType"]}},
        {"metaData": {"id": "x", "format": {"provider": "parquet", "options": {}}, "schemaString": json.dumps(schema),
                      "partitionColumns": [], "configuration": {}, "createdTime": 0}},
        {"add": {"path": "a.parquet", "partitionValues": {}, "size": size, "modificationTime": 0, "dataChange": True}}]
    (folder / "_delta_log" / f"{0:020}.json").write_text("\n".join(map(json.dumps, log)))
    return folder


@pytest.mark.slow
def test_variants_are_opened(variants):
    report = LocalBackend().scan(Source(table=str(variants)))
    whole, mail = report.columns
    assert (whole.path, whole.type, whole.role, whole.nulls, whole.unread) == ("v", "variant", "direct", 1, 0)
    assert (mail.path, mail.category, mail.entities[0].cells) == ("v$.mail", "contact", 3)
