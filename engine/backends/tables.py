"""Reads a table on this machine, without a JVM: Delta, Parquet, CSV, JSON lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pa_fs
import pyarrow.parquet as pq
from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import DeltaError, TableNotFoundError

from engine.backends.text_tables import read_csv, read_json_lines, require_different
from engine.errors import InputError
from engine.release.files import local_path
from schemas.names import parts_of
from schemas.policy import TableFormat
from schemas.policy.v1 import Lookup, Source
from schemas.reserved import PREFIX

BATCH_ROWS = 1 << 16

_ENDINGS: dict[str, TableFormat] = {
    ".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
}
Read = Callable[[Sequence[str]], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class LocalTable:
    """One version of one table.

    Attributes:
        path: Where it lies.
        schema: Arrow schema, as stored.
        format: How it is stored.
        version: Delta version; None for other formats.
        rows: Number of rows.
        unread: Lines of text that were left out, because they are none of the format.
    """

    path: str
    schema: pa.Schema
    format: TableFormat
    version: int | None
    rows: int
    _read: Read
    unread: int = 0

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Reads the rows, in stored order, of the named columns in their order; of all columns by default.

        Raises:
            InputError: If a file of the table cannot be read.
        """
        wanted = self.schema.names if columns is None else list(columns)
        try:
            for batch in self._read(wanted):
                batch.validate(full=True)  # text that is not UTF-8 would stop whoever decodes it
                yield batch
        except (pa.ArrowException, OSError, DeltaError):
            # The library's own message can quote data: it is not passed on.
            raise InputError("a file of the table cannot be read: it is missing, cut short or corrupt", where=self.path,
                             next="restore the table, or write it again") from None


def open_table(source: Source | Lookup, *, skip: bool = False, ours: bool = False) -> LocalTable:
    """Opens a table; counts its rows, and of text formats reads them.

    Args:
        source: The table's path, its format (found from the path by default) and, of a Delta table, its version.
        skip: Leave out lines that are no JSON object with different keys, if hardly any is so, and count them.
        ours: A Delta table that may have columns with names of Lakeveil's own.

    Raises:
        InputError: If the table is absent, not of its format, corrupt or of a format that is not known; or if its column
            names are equal, equal but for case, or Lakeveil's own.
    """
    path, version = source.table, getattr(source, "version", None)
    place, stored = _place(source), format_of(source)
    if stored == "delta":
        return _open_delta(path, place, version, ours=ours)
    if version is not None:
        raise InputError(f"a {stored} table has no versions", where=path, next="leave source.version out")
    if stored == "parquet":
        return _open_parquet(path, place)
    table, unread = (read_csv(place), 0) if stored == "csv" else read_json_lines(place, skip=skip)
    _check_names(table.schema, path)
    return LocalTable(path, table.schema, stored, None, table.num_rows,
                      lambda columns: iter(table.select(list(columns)).to_batches(max_chunksize=BATCH_ROWS)), unread)


def format_of(source: Source | Lookup) -> TableFormat:
    """Returns how a table is stored, as it is named or as its path tells. No row is read.

    Raises:
        InputError: If the table is absent, or of a format that is not known.
    """
    place = _place(source)
    return source.format or stored_as(place)


def _place(source: Source | Lookup) -> Path:
    place = local_path(source.table)
    if place is None:
        raise InputError("the local backend reads mounted paths only", where=source.table, next="run with --backend spark")
    if not place.exists():
        raise InputError("there is no table here", where=source.table,
                         next="check the path; it is relative to the working directory")
    return place


def stored_as(place: Path) -> TableFormat:
    """Returns a table's format by its path: a folder with a Delta log, or the ending of its name or of a folder's files.

    Raises:
        InputError: If neither tells.
    """
    if (place / "_delta_log").is_dir():
        return "delta"
    names = [place, *sorted(file for file in place.rglob("*") if not _hidden(file, place))] if place.is_dir() else [place]
    for name in names:
        stored = file_format(name)
        if stored is not None:
            return stored
    raise InputError("the table's format cannot be told from its path", where=str(place), allowed="delta, parquet, csv, jsonl",
                     next="name it: source.format in the policy, --format on the command line")


def file_format(file: Path) -> TableFormat | None:
    """Returns the format that a file's name says it has; None of other files."""
    suffixes = [suffix.lower() for suffix in file.suffixes if suffix.lower() not in {".gz", ".bz2"}]
    return _ENDINGS.get(suffixes[-1]) if suffixes else None


def is_name(table: str) -> bool:
    """Whether ``table`` is a name in a catalog, and not a path: it has dots and no slash, and there is no such file."""
    if not parts_of(table):
        return False
    place = local_path(table)
    return place is not None and file_format(place) is None and not place.exists()


def _hidden(file: Path, place: Path) -> bool:
    return any(part.startswith(("_", ".")) for part in file.relative_to(place).parts)


def _check_names(schema: pa.Schema, path: str) -> None:
    names = schema.names
    require_different(names, path)
    for name in names:
        if name.startswith(PREFIX):
            raise InputError(f"column {name!r} has a name of Lakeveil's own", where=path,
                             allowed=f"names that do not start with {PREFIX!r}", next="rename it")
        if not name:
            raise InputError("a column has no name", where=path, next="name every column")
    if not names:
        raise InputError("the table has no columns", where=path, next="check that it is the right one")


def _open_parquet(path: str, place: Path) -> LocalTable:
    try:
        first = next(iter(sorted(place.rglob("*.parquet"))), place) if place.is_dir() else place
        _check_names(pq.read_schema(first), path)  # a dataset cannot be made of columns called alike
        dataset = ds.dataset(place, format="parquet", partitioning="hive" if place.is_dir() else None)
        _check_names(dataset.schema, path)
        dataset = dataset.replace_schema(_as_parquet_says(dataset.schema))
        rows = dataset.count_rows()
    except (pa.ArrowException, OSError):
        raise InputError("this is not readable as Parquet: it is cut short, corrupt or something else", where=path,
                         next="write it again, or name its format: source.format in the policy") from None
    return LocalTable(path, dataset.schema, "parquet", None, rows, _of_dataset(dataset))


def _as_parquet_says(schema: pa.Schema) -> pa.Schema:
    """Returns the types that a Parquet file's own schema has: what Arrow calls null is written as 32-bit integers, all null."""
    return pa.schema([field.with_type(pa.int32()) if pa.types.is_null(field.type) else field for field in schema])


def _of_dataset(dataset: ds.Dataset) -> Read:
    def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        # A projection by expressions: the names may hold dots, which a list of names would read as nesting.
        for batch in dataset.to_batches(columns={name: ds.field(name) for name in columns}, batch_size=BATCH_ROWS):
            if batch.num_rows:
                yield batch

    return read


def load_delta(path: str, place: Path, version: int | None = None) -> DeltaTable:
    """Reads a Delta log.

    Args:
        path: What the table is called in errors.
        place: Its folder.
        version: The newest if None.

    Raises:
        InputError: If there is no log, or it cannot be read, or has no such version.
    """
    no_log = InputError("this is not a Delta table: it has no _delta_log", where=path,
                        next="name its format: source.format in the policy, --format on the command line")
    if place.is_file():
        raise no_log
    try:
        return DeltaTable(str(place), version=version)
    except TableNotFoundError:
        raise no_log from None
    except (DeltaError, OSError, ValueError):
        what = "the Delta log cannot be read" if version is None else f"the Delta log has no readable version {version}"
        raise InputError(what, where=path,
                         next="list its versions with DESCRIBE HISTORY; restore the log if it is damaged") from None


def _open_delta(path: str, place: Path, version: int | None, *, ours: bool) -> LocalTable:
    table = load_delta(path, place, version)
    try:
        schema = pa.schema(table.schema().to_arrow())
        if not ours:
            _check_names(schema, path)
        mapped = table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"
        if mapped or table.protocol().reader_features:
            return _by_query(path, table, schema)
        dataset = open_files(table, place)
        return LocalTable(path, schema, "delta", table.version(), dataset.count_rows(), _of_dataset(dataset))
    except (pa.ArrowException, DeltaError, OSError):
        raise InputError("a file of the Delta table cannot be read: it is missing, cut short or corrupt", where=path,
                         next="restore the table to a version whose files exist") from None


def open_files(table: DeltaTable, place: Path) -> ds.Dataset:
    """Returns a Delta table's rows as a dataset. Delta-rs's own file system can abort the process at its end."""
    return table.to_pyarrow_dataset(filesystem=pa_fs.SubTreeFileSystem(str(place.absolute()), pa_fs.LocalFileSystem()))


def _by_query(path: str, table: DeltaTable, schema: pa.Schema) -> LocalTable:
    """Reads through delta-rs's query engine: a dataset knows neither deletion vectors nor mapped column names."""

    def query(sql: str) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_stream(QueryBuilder().register("source", table).execute(sql))

    def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        wanted = pa.schema([schema.field(name) for name in columns])
        for batch in query(f"SELECT {quoted} FROM source"):  # noqa: S608 - an in-process query over quoted column names
            if batch.num_rows:
                yield batch.cast(wanted)

    rows = query("SELECT count(*) FROM source").read_all().column(0)[0].as_py()
    return LocalTable(path, schema, "delta", table.version(), rows, read)
