"""What stands beside a table's rows on Spark: Delta's log, the fields' metadata, the files' paths, the catalog's tags."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from urllib.parse import unquote, urlparse

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.backends.beside import said_of_fields
from engine.backends.spark.reader import Table, absolute
from engine.backends.spark.types import quoted
from engine.backends.tables import is_name
from engine.detect.tables.metadata import TableMetadata

COLUMN_TAGS = "information_schema.column_tags"
"""Where Unity Catalog keeps the tags of columns: catalog, schema, table and column, tag and value."""

_CATALOG_PARTS = 3


def metadata_of(spark: SparkSession, table: Table, name: str) -> TableMetadata:
    """Returns what stands beside the rows of a table.

    Args:
        spark: The session.
        table: The table.
        name: Its path, or its name in a catalog.
    """
    comments, tags = said_of_fields(json.loads(table.frame.schema.json()))
    found = TableMetadata(name=name.rstrip("/").rsplit("/", 1)[-1], comments=comments, column_tags=tags)
    files = [unquote(urlparse(file).path) for file in table.frame.inputFiles()]
    if table.format != "delta" and not is_name(name):
        below = _below(files, absolute(name))
        folders = {folder.partition("=")[0] for file in below for folder in file.split("/")[:-1] if "=" in folder}
        return replace(found, files=below, partitions=tuple(column for column in table.schema.names if column in folders))
    described = spark.sql(f"DESCRIBE DETAIL {name if is_name(name) else f'delta.{quoted(absolute(name))}'}")
    said = described.select("name", "description", "properties", "partitionColumns", "location").first()
    if said is None:
        return replace(found, files=_below(files, absolute(name)))
    return replace(
        found, name=said["name"] or found.name, description=said["description"] or "", properties=said["properties"] or {},
        partitions=tuple(said["partitionColumns"] or ()), files=_below(files, unquote(urlparse(said["location"] or "").path)),
        column_tags=_with_catalog_tags(spark, name, tags) if is_name(name) else tags)


def _below(files: list[str], place: str) -> list[str]:
    """Returns paths as they are below the table; of a file outside, its name."""
    root = unquote(urlparse(place).path).rstrip("/") + "/"
    return [file.removeprefix(root) if file.startswith(root) else file.rsplit("/", 1)[-1] for file in files]


def _with_catalog_tags(spark: SparkSession, name: str, tags: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Adds the tags of a catalog that keeps some, as Unity Catalog does."""
    *above, schema, table = name.replace("`", "").split(".")
    catalog = above[0] if len(above) == _CATALOG_PARTS - 2 else spark.catalog.currentCatalog()
    listed = f"{quoted(catalog)}.{COLUMN_TAGS}"
    if not spark.catalog.tableExists(listed):
        return tags
    rows = spark.table(listed).where((F.col("schema_name") == schema) & (F.col("table_name") == table))
    found: dict[str, dict[str, str]] = defaultdict(dict, {path: dict(said) for path, said in tags.items()})
    for row in rows.select("column_name", "tag_name", "tag_value").toArrow().to_pylist():
        found[row["column_name"]][row["tag_name"]] = row["tag_value"] or ""
    return dict(found)
