"""Names, comments, tags, properties, partitions and paths are scanned, and never quoted."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.detect.tables.count import tally_batch
from engine.detect.tables.metadata import TableMetadata
from engine.detect.tables.sampling import Rows
from engine.detect.tables.scan import Table, report_of
from engine.detect.tables.tally import merged


def found(metadata, **columns):
    table = pa.table(columns or {"a": ["x"]})
    known = Table("t", table.schema, "delta", 1, table.num_rows, metadata)
    report = report_of(known, merged(tally_batch(batch) for batch in table.to_batches()), Rows("all", table.num_rows, 0))
    assert "jane" not in str(report.metadata).lower()
    return {(one.place, one.entity_type): one.count for one in report.metadata}, report


@pytest.mark.parametrize(("metadata", "place"), [
    ({"description": "made by jane@example.com"}, "description of the table"),
    ({"name": "export for jane@example.com"}, "name of the table"),
    ({"properties": {"owner": "jane@example.com"}}, "property 'owner'"),
    ({"comments": {"a": "ask jane@example.com"}}, "comment of column 'a'"),
    ({"column_tags": {"a": {"steward": "jane@example.com"}}}, "tags of column 'a'"),
    ({"files": ["owner=jane%40example.com/part-00000-83c0d7c4-f1c8-4fea-9e70-b6cd892e1613-c000.parquet"]}, "file path"),
    ({"files": ["jane@example.com.csv"]}, "file path"),
])
def test_places(metadata, place):
    assert found(TableMetadata(**metadata))[0] == {(place, "EMAIL_ADDRESS"): 1}


def test_names_of_columns():
    assert ("name of a column", "US_SSN") in found(TableMetadata(), **{"ssn 219-09-9999": [1], "b": [2]})[0]


@pytest.mark.parametrize("metadata", [
    {"name": "visits.parquet",
        "files": ["visits.parquet", "ward=7/part-00001-83c0d7c4-f1c8-4fea-9e70-b6cd892e1613.c000.snappy.parquet"]},
    {"properties": {"delta.minReaderVersion": "1", "delta.appendOnly": "false"}, "description": "one row a visit"}])
def test_nothing_where_nothing_is(metadata):
    assert found(TableMetadata(**metadata))[0] == {}


def test_partition_values():
    metadata = TableMetadata(partitions=("surname", "mail", "day"))
    names = ["Garcia", "Miller", "Novak", "Okafor", "Rossi"] * 20
    places, report = found(metadata, surname=names, mail=["jane@example.com"] * 100, day=["mon"] * 100, free=names)
    assert places["partition values of column 'mail'", "EMAIL_ADDRESS"] == 100
    assert any(place == "partition values of column 'surname'" for place, _ in places)
    assert not [place for place, _ in places if "'day'" in place or "'free'" in place]
    remark = "the table is partitioned by it: its values stand in the clear in file paths and, of a Delta table, in its log"
    assert {column.path for column in report.columns if remark in column.evidence} == {"surname", "mail", "day"}


def test_tags_reach_the_report():
    metadata = TableMetadata(column_tags={"a": {"pii": "true"}}, comments={"b": "@public"})
    _, report = found(metadata, a=["x"], b=["jane@example.com"])
    assert [column.role for column in report.columns] == ["direct", "direct"]
    assert any(says.startswith("conflict") for says in report.columns[1].evidence)
