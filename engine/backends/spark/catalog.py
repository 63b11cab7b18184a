"""Tables by their names in a catalog: ``schema.table`` or ``catalog.schema.table``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyspark.sql import SparkSession

from engine.backends.spark.types import quoted
from engine.errors import InputError
from schemas.names import PART
from schemas.policy import TableFormat

_SCHEMA = re.compile(rf"({PART}(?:\.{PART})?)(?:\.\*)?")
_FORMATS: dict[str, TableFormat] = {"delta": "delta", "parquet": "parquet", "csv": "csv", "json": "jsonl"}


@dataclass(frozen=True)
class Detail:
    """What a catalog knows of a table.

    Attributes:
        format: How it is stored.
        table_id: Delta's identifier, of a Delta table.
        location: URI of its files, if the catalog tells.
        bytes: Size of its files, if the catalog tells.
    """

    format: TableFormat
    table_id: str | None
    location: str | None
    bytes: int | None


def tables_in(spark: SparkSession, schema: str) -> list[str] | None:
    """Returns the tables of a schema by their full names, sorted; without views, which hold nothing of their own.

    Args:
        spark: The session.
        schema: ``schema``, ``catalog.schema``, either with ``.*``.

    Returns:
        None if that is no schema's name, or there is no such schema.
    """
    named = _SCHEMA.fullmatch(schema)
    if named is None or not spark.catalog.databaseExists(named.group(1)):
        return None
    inside = named.group(1)
    tables = spark.sql(f"SHOW TABLES IN {inside}").where("not isTemporary").select("tableName").toArrow()
    views = spark.sql(f"SHOW VIEWS IN {inside}").where("not isTemporary").select("viewName").toArrow()
    names = set(tables.column(0).to_pylist()) - set(views.column(0).to_pylist())
    return [f"{inside}.{name if re.fullmatch(PART, name) else quoted(name)}" for name in sorted(names)]


def detail(spark: SparkSession, table: str) -> Detail:
    """Returns what the catalog knows of a table, or Delta of one at a path (``delta.`…```).

    Raises:
        InputError: If it is of a kind that is not read.
    """
    found = spark.sql(f"DESCRIBE DETAIL {table}").select("format", "id", "location", "sizeInBytes").first()
    stored = _FORMATS.get(str(found["format"]).lower()) if found is not None else None
    if found is None or stored is None:
        raise InputError("the table is of a kind that is not read", where=table, allowed=", ".join(_FORMATS),
                         next="write it as Delta or Parquet, or leave it out with --exclude")
    return Detail(stored, found["id"], found["location"], found["sizeInBytes"])
