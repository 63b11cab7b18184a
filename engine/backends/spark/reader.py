"""Reading a source: one version of one table, with its normalized schema."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention
from pyspark.sql.types import NullType

from engine.backends.spark.catalog import detail
from engine.backends.spark.text import read_csv, read_json_lines
from engine.backends.spark.types import arrow_schema, quoted
from engine.backends.tables import is_name, stored_as
from engine.errors import InputError
from engine.release.files import local_path
from schemas.policy import TableFormat
from schemas.reserved import PREFIX

_ENDINGS: dict[str, TableFormat] = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True)
class Table:
    """One version of one table.

    Attributes:
        frame: Its rows; columns are called as in the table.
        schema: Normalized Arrow schema.
        format: How it is stored.
        version: Delta version, None for other formats.
    """

    frame: DataFrame
    schema: pa.Schema
    format: TableFormat
    version: int | None

    def column(self, name: str) -> Column:
        """Returns a column by its name, whatever signs are in it."""
        return F.col(quoted(name))

    def select(self, names: tuple[str, ...] | list[str]) -> DataFrame:
        """Returns the named columns."""
        return self.frame.select(*map(self.column, names))

    def count(self, names: list[str]) -> tuple[int, ...]:
        """Returns the number of rows, then of the non-null cells of each named column."""
        counted = self.frame.agg(F.count(F.lit(1)), *(F.count(self.column(name)) for name in names)).first()
        return tuple(counted or ())


def read_table(spark: SparkSession, path: str, format_: str | None, version: int | None = None) -> Table:
    """Opens a table; reads its metadata, and of text formats what their types are inferred from.

    Args:
        spark: The session.
        path: Path or URI, or name in a catalog.
        format_: ``delta``, ``parquet``, ``csv`` or ``jsonl``; found from the path where None.
        version: Delta version; the newest where None.

    Raises:
        InputError: If the table is absent or not of its format.
    """
    stored = format_of(spark, path, format_)
    if is_name(path):
        return _read_named(spark, path, stored, version)
    place = absolute(path)
    if stored == "delta":
        if version is None:
            spark.read.format("delta").load(place)  # an absent path is told apart from a table that is not Delta here
            version = newest_version(spark, place)
        frame = spark.read.format("delta").option("versionAsOf", version).load(place)
    else:
        _refuse_version(stored, version, path)
        frame = _load(spark, stored, place)
    return _table(frame, stored, version, path)


def format_of(spark: SparkSession, path: str, format_: str | None) -> TableFormat:
    """Returns how a table is stored: as the catalog describes it, as it is named, or as its path tells. No row is read."""
    if is_name(path):
        return detail(spark, path).format
    return cast("TableFormat", format_) if format_ else _stored_as(path)


def _read_named(spark: SparkSession, name: str, stored: TableFormat, version: int | None) -> Table:
    """Opens a table by its name, with the rights that the catalog gives."""
    if stored != "delta":
        _refuse_version(stored, version, name)
        return _table(spark.table(name), stored, None, name)
    version = newest_version(spark, name) if version is None else version
    return _table(spark.read.option("versionAsOf", version).table(name), stored, version, name)


def _table(frame: DataFrame, stored: TableFormat, version: int | None, path: str) -> Table:
    schema = arrow_schema(frame.schema)
    _refuse_names(schema.names, path)
    void = {field.name for field in frame.schema if isinstance(field.dataType, NullType)}
    if void:  # of no type; as text its nulls can be compared, counted and written
        frame = frame.select(*(F.col(quoted(name)).cast("string").alias(name) if name in void else F.col(quoted(name))
                               for name in frame.columns))
    return Table(frame, schema, stored, version)


def _refuse_version(stored: TableFormat, version: int | None, path: str) -> None:
    if version is not None:
        raise InputError(f"a {stored} table has no versions", where=path, next="leave source.version out")


def newest_version(spark: SparkSession, path: str) -> int:
    """Returns the newest version of the Delta table at ``path``, or of that name, from its log."""
    table = path if is_name(path) else f"delta.{quoted(absolute(path))}"
    row = spark.sql(f"DESCRIBE HISTORY {table} LIMIT 1").select("version").first()
    if row is None:
        raise InputError("the Delta table has no history", where=path, next="restore its _delta_log")
    return int(row["version"])


def _stored_as(path: str) -> TableFormat:
    """Returns a table's format by its path; of a path that this machine does not have, by its ending alone."""
    place = local_path(path)
    if place is not None and place.exists():
        return stored_as(place)
    return _ENDINGS.get(PurePosixPath(path).suffix.lower(), "delta")


def absolute(path: str) -> str:
    """Returns a path that this machine has, or could have, as an absolute one, and any other as it is."""
    place = local_path(path)
    return str(place.absolute()) if place is not None and place.parent.exists() else path


def _refuse_names(names: list[str], path: str) -> None:
    taken = [name for name in names if name.startswith(PREFIX)]
    if taken:
        raise InputError(f"column {taken[0]!r} has a name of Lakeveil's own", where=path,
                         allowed=f"names that do not start with {PREFIX!r}", next="rename it")


def _load(spark: SparkSession, stored: str, path: str) -> DataFrame:
    if stored == "csv":
        return read_csv(spark, path)
    return read_json_lines(spark, path) if stored == "jsonl" else spark.read.parquet(path)
