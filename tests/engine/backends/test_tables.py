"""Local readers: what is read, and what is refused, with nothing of the data in the message."""

import json
import struct
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.backends.local import LocalBackend
from engine.backends.tables import open_table
from engine.errors import InputError
from schemas.policy.v1 import Lookup, Source

ROOT = Path(__file__).resolve().parents[3]
MARK = "Zanzibar-Quixote"
TABLE = pa.table({
    "my id": [1, 2, 3], 'the "name"': [MARK, None, "ü,\n x"], "a.b": [0.5, None, 2.0], "tags": [["a"], [], None],
    "it's": [{"city": "Ulm"}, None, {"city": None}],
})
FLAT = TABLE.select(["my id", 'the "name"', "a.b"])


def opened(path, **more):
    return open_table(Source(table=str(path), **more))


def rows(table, columns=None):
    return [row for batch in table.batches(columns) for row in batch.to_pylist()]


def refused(path, *said, **more):
    with pytest.raises(InputError) as caught:
        rows(opened(path, **more))
    text = str(caught.value)
    for words in said:
        assert words in text
    assert "next:" in text
    assert MARK not in text
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def store(folder, stored):
    path = folder / f"t.{stored}"
    if stored == "delta":
        write_deltalake(path, TABLE)
    elif stored == "parquet":
        pq.write_table(TABLE, path)
    elif stored == "csv":
        pa_csv.write_csv(FLAT, path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in TABLE.to_pylist()))
    return path


@pytest.mark.parametrize("stored", ["delta", "parquet", "csv", "jsonl"])
def test_reads_what_was_written(tmp_path, stored):
    table = opened(store(tmp_path, stored))
    expected = FLAT if stored == "csv" else TABLE
    assert (table.format, table.rows, table.version) == (stored, 3, 0 if stored == "delta" else None)
    assert table.schema.names == expected.schema.names
    assert rows(table) == expected.to_pylist()
    assert rows(table, ["a.b", "my id"]) == expected.select(["a.b", "my id"]).to_pylist()


def test_folders_of_files(tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "c").mkdir()
    for part in range(2):
        pq.write_table(pa.table({"a": [part]}), tmp_path / "p" / f"{part}.parquet")
        (tmp_path / "c" / f"{part}.csv").write_text(f"a,b\n{part},x\n")
    (tmp_path / "c" / "_SUCCESS").write_text("")
    assert sorted(row["a"] for row in rows(opened(tmp_path / "p"))) == [0, 1]
    assert [row["a"] for row in rows(opened(tmp_path / "c"))] == [0, 1]
    (tmp_path / "c" / "2.csv").write_text("a,other\n1,x\n")
    refused(tmp_path / "c", "different columns")


def test_delta_versions_partitions_and_lookups(tmp_path):
    write_deltalake(tmp_path / "d", pa.table({"a": [1], "p": ["x"]}), partition_by=["p"])
    write_deltalake(tmp_path / "d", pa.table({"a": [2], "p": ["y z"]}), mode="append")
    assert opened(tmp_path / "d", version=0).rows == 1
    assert sorted(rows(opened(tmp_path / "d")), key=lambda row: row["a"]) == [{"a": 1, "p": "x"}, {"a": 2, "p": "y z"}]
    assert open_table(Lookup(table=str(tmp_path / "d"), subject="a")).version == 1
    refused(tmp_path / "d", "version 7", version=7)


Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def crafted(folder, names, protocol, configuration, *, metadata, vector=None):
    """A Delta table by hand, as Databricks writes them and delta-rs cannot."""
    (folder / "_delta_log").mkdir(parents=True)
    pq.write_table(pa.table({physical: [1, 2, 3] for _, physical in names}), folder / "f.parquet")
    fields = [{"name": name, "type": "long", "nullable": True, "metadata": metadata(number, physical)}
              for number, (name, physical) in enumerate(names, 1)]
    add = {"path": "f.parquet", "partitionValues": {}, "size": (folder / "f.parquet").stat().st_size, "modificationTime": 0,
           "dataChange": True, "stats": json.dumps({"numRecords": 3}), **({"deletionVector": vector} if vector else {})}
    actions = [{"protocol": protocol}, {"add": add}, {"metaData": {
        "id": "x", "format": {"provider": "parquet", "options": {}}, "partitionColumns": [], "configuration": configuration,
        "createdTime": 0, "schemaString": json.dumps({"type": "struct", "fields": fields})}}]
    (folder / "_delta_log" / f"{0:020}.json").write_text("\n".join(map(json.dumps, actions)))
    return folder


def test_mapped_column_names(tmp_path):
    """delta-rs's dataset reads nulls here, silently."""
    folder = crafted(
        tmp_path / "m", [("my id", "col-1"), ('the "name"', "col-2")], {"minReaderVersion": 2, "minWriterVersion": 5},
        {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "2"},
        metadata=lambda number, physical: {"delta.columnMapping.id": number, "delta.columnMapping.physicalName": physical})
    table = opened(folder)
    assert (table.rows, table.schema.names) == (3, ["my id", 'the "name"'])
    assert sorted(rows(table, ['the "name"', "my id"]), key=str) == [{'the "name"': n, "my id": n} for n in (1, 2, 3)]


def test_deletion_vectors(tmp_path):
    """Row 1 is deleted: a Roaring bitmap of one value, inline (Delta protocol, "Deletion Vector Format")."""
    bitmap = struct.pack("<IQI", 1681511377, 1, 0) + struct.pack("<IIHHIH", 12346, 1, 0, 0, 16, 1)
    padded = bitmap + b"\0" * (-len(bitmap) % 4)
    encoded = "".join(Z85[word // 85**power % 85] for (word,) in struct.iter_unpack(">I", padded) for power in (4, 3, 2, 1, 0))
    folder = crafted(
        tmp_path / "v", [("a", "a")], {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"],
                                       "writerFeatures": ["deletionVectors"]},
        {"delta.enableDeletionVectors": "true"}, metadata=lambda *_: {},
        vector={"storageType": "i", "pathOrInlineDv": encoded, "sizeInBytes": len(bitmap), "cardinality": 1})
    table = opened(folder)
    assert table.rows == 2
    assert rows(table) == [{"a": 1}, {"a": 3}]


def test_no_table(tmp_path):
    refused(tmp_path / "nowhere", "nowhere")
    refused("s3://bucket/t", "--backend spark")
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", "--format on the command line", format="csv")


def test_not_a_delta_table(tmp_path):
    pq.write_table(TABLE, tmp_path / "x.parquet")
    refused(tmp_path, "Delta", format="delta")


def test_format_that_cannot_be_told(tmp_path):
    (tmp_path / "x.dat").write_text("a\n1\n")
    refused(tmp_path / "x.dat", "format", "csv")
    assert opened(tmp_path / "x.dat", format="csv").rows == 1


def test_corrupt_parquet(tmp_path):
    whole = store(tmp_path, "parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:len(whole) // 2])
    (tmp_path / "text.parquet").write_text(MARK * 20)
    damaged = bytearray(whole)
    damaged[4:120] = b"\xff" * 116
    (tmp_path / "inside.parquet").write_bytes(bytes(damaged))
    for name in ("cut", "text", "inside"):
        refused(tmp_path / f"{name}.parquet", f"{name}.parquet")


def test_delta_table_without_its_file(tmp_path):
    path = store(tmp_path, "delta")
    for file in path.glob("*.parquet"):
        file.unlink()
    refused(path, "t.delta")


@pytest.mark.parametrize("names", [["a", "a"], ["a", "A"], ["a", "__lakeveil_x"]])
@pytest.mark.parametrize("stored", ["csv", "parquet"])
def test_names_that_are_refused(tmp_path, names, stored):
    path = tmp_path / f"t.{stored}"
    if stored == "csv":
        path.write_text(",".join(names) + f"\n{MARK},2\n")
    else:
        pq.write_table(pa.table([[MARK], [2]], names=names), path)
    refused(path, "columns 1 and 2" if names[1] in "aA" else names[1])


def test_empty_tables_have_no_rows(tmp_path):
    write_deltalake(tmp_path / "d", TABLE.slice(0, 0))
    (tmp_path / "t.csv").write_text("a,b\n")
    assert [opened(tmp_path / name).rows for name in ("d", "t.csv")] == [0, 0]
    (tmp_path / "none.csv").write_text("")
    refused(tmp_path / "none.csv", "header")


def test_csv_keeps_what_was_written(tmp_path):
    (tmp_path / "t.csv").write_text(
        '\ufeffzip;n;x;day;at;flag;note;none\n01234;1;1.5;2024-02-29;2024-02-29 08:00:00;true;"a;b\nc";\n99999;-2;2e3;1999-01-01;'
        '1999-01-01 00:00:00.5;false;"";\n', encoding="utf-8")
    table = opened(tmp_path / "t.csv")
    kinds = [str(kind) for kind in table.schema.types[:7]]
    assert kinds == ["string", "int64", "double", "date32[day]", "timestamp[us]", "bool", "string"]
    first, second = rows(table)
    assert (first["zip"], first["note"], first["none"]) == ("01234", "a;b\nc", None)
    assert (second["n"], second["x"], second["note"]) == (-2, 2000.0, "")


def test_csv_with_ragged_lines(tmp_path):
    (tmp_path / "t.csv").write_text(f"a,b\n1,2\n{MARK},2,3\n")
    refused(tmp_path / "t.csv", "fewer fields", "row 3")


def test_a_ragged_line_that_is_not_utf8_says_nothing_but_that(tmp_path, capfd):
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,2\n" + MARK.encode() + b",Z\xfcrich,3\n")
    refused(tmp_path / "t.csv", "UTF-8")
    assert capfd.readouterr() == ("", "")  # Arrow's own callback would print a traceback


def test_a_text_file_cut_short_is_refused(tmp_path):
    import gzip  # noqa: PLC0415 - one test's

    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 5000)
    for name, bytes_ in (("t.csv.gz", whole[:len(whole) // 2]), ("u.csv.gz", whole[:8]), ("t.jsonl.gz", whole[:8])):
        (tmp_path / name).write_bytes(bytes_)
        refused(tmp_path / name, name)


def test_equal_names_are_told_by_their_places(tmp_path):
    for name, header in (("t.csv", f"{MARK},b,{MARK}"), ("u.csv", f"{MARK},b,{MARK.swapcase()}")):
        (tmp_path / name).write_text(f"{header}\n1,2,3\n")
        refused(tmp_path / name, "1 and 3")


def test_a_name_in_quotes_goes_on_in_the_next_line(tmp_path):
    (tmp_path / "t.csv").write_text('"a\nb","c ""d""",01\n1,2,3\n')
    assert rows(opened(tmp_path / "t.csv")) == [{"a\nb": 1, 'c "d"': 2, "01": 3}]


def test_lines_that_are_no_json_are_left_out_and_counted_only_if_that_is_asked(tmp_path):
    place = tmp_path / "t.jsonl"
    place.write_text('{"a": 1}\n' * 30 + f'{{"a": 1, "a": "{MARK}"}}\n\n{{"a": "{MARK}\n')
    refused(place, "JSON")
    table = open_table(Source(table=str(place)), skip=True)
    assert (table.rows, table.unread, len(rows(table))) == (30, 2, 30)
    report = LocalBackend().scan(Source(table=str(place)))
    assert (report.rows, report.unread_rows) == (30, 2)
    place.write_text(f'{{"a": 1}}\n{{"a": 1, "a": "{MARK}"}}\n' * 9)
    with pytest.raises(InputError, match="JSON"):  # more than a few lines
        open_table(Source(table=str(place)), skip=True)


def test_bytes_that_are_not_utf8(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,Z\xfcrich\n")
    (tmp_path / "h.csv").write_bytes(b"a,Z\xfcrich\n1,2\n")
    (tmp_path / "t.jsonl").write_bytes(b'{"a": "Z\xfcrich"}\n')
    for name in ("t.csv", "h.csv"):
        refused(tmp_path / name, "UTF-8", "iconv")
    refused(tmp_path / "t.jsonl", "t.jsonl", "corrupt")


def test_json_lines_that_are_none(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"a": "' + MARK + '"\n')
    refused(tmp_path / "t.jsonl", "JSON")
    (tmp_path / "u.jsonl").write_text('{"a": 1}\n{"a": "' + MARK + '"}\n')
    refused(tmp_path / "u.jsonl", "different types", "write them alike")


def test_what_changes_its_type_is_read_as_text_if_a_scan_asks(tmp_path):
    lines = [{"a": "x@example.org", "b": {"c": 1}, "n": 1}, {"a": 2, "b": [MARK], "n": None}, {"a": None, "n": 2.5}]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    table = open_table(Source(table=str(tmp_path / "t.jsonl")), skip=True)
    assert (table.rows, table.unread) == (3, 0)
    assert rows(table) == [{"a": "x@example.org", "b": '{"c": 1}', "n": 1.0}, {"a": "2", "b": f'["{MARK}"]', "n": None},
                           {"a": None, "b": None, "n": 2.5}]
    found = {column.path: column for column in LocalBackend().scan(Source(table=str(tmp_path / "t.jsonl"))).columns}
    assert {"a", "b", "b$.c", "b$[]"} <= set(found)
    assert found["a"].entities[0].entity_type == "EMAIL_ADDRESS"


def test_gzipped_csv(tmp_path):
    import gzip  # noqa: PLC0415 - one test's

    with gzip.open(tmp_path / "t.csv.gz", "wt") as file:
        file.write("a,b\n1,x\n")
    assert rows(opened(tmp_path / "t.csv.gz")) == [{"a": 1, "b": "x"}]


@pytest.mark.slow
def test_process_ends_well_and_loads_no_heavy_engine(tmp_path):
    """delta-rs's own file system aborts the process at its end in about half of all runs."""
    write_deltalake(tmp_path / "d", pa.table({"a": list(range(1000))}))
    assert DeltaTable(tmp_path / "d").version() == 0
    code = ("import sys; from engine.backends.tables import open_table; from schemas.policy.v1 import Source; "
            f"t = open_table(Source(table={str(tmp_path / 'd')!r})); print(sum(b.num_rows for b in t.batches())); "
            "print([m for m in ('pyspark', 'delta', 'torch', 'ray', 'spacy') if m in sys.modules])")
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (0, "1000\n[]\n"), done.stderr
