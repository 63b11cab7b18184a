"""What stands beside a table's rows on this machine: Delta's log, the schema of Parquet files, the paths of files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from engine.backends.tables import LocalTable
from engine.detect.tables.metadata import TableMetadata

COMMENT = "comment"
_OF_SPARK = b"org.apache.spark.sql.parquet.row.metadata"
_NAMING = ("delta.columnMapping.", "CHAR_VARCHAR", "PARQUET:")
"""Field metadata that says how a column is stored, not what it holds."""


def metadata_of(table: LocalTable) -> TableMetadata:
    """Returns what stands beside the rows of a table that was opened."""
    place = Path(table.path)
    if table.format == "delta":
        return _of_delta(table)
    found = [str(file.relative_to(place)) for file in place.rglob("*") if file.is_file()] if place.is_dir() else [place.name]
    files = sorted(found)
    if table.format != "parquet":
        return TableMetadata(name=place.name, files=files)
    first = next((place / file for file in files if file.endswith((".parquet", ".pq"))), place) if place.is_dir() else place
    comments, tags = _of_parquet(first)
    partitions = tuple(dict.fromkeys(name for file in files for name in _in_path(file) if name in table.schema.names))
    return TableMetadata(name=place.name, comments=comments, column_tags=tags, partitions=partitions, files=files)


def _of_parquet(file: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Returns what the schema of a Parquet file says of its fields: as Spark writes it, else as Arrow does."""
    try:
        schema = pq.read_schema(file)
    except (pa.ArrowException, OSError):  # a scan of the rows will say so
        return {}, {}
    written = (schema.metadata or {}).get(_OF_SPARK)
    return said_of_fields(json.loads(written) if written else _as_json(pa.struct(list(schema))))


def _as_json(kind: pa.DataType) -> Any:  # noqa: ANN401 - a type as JSON: a name, or an object
    """Returns an Arrow type as Spark writes it, with the metadata of its fields."""
    if pa.types.is_struct(kind):
        return {"type": "struct", "fields": [
            {"name": field.name, "type": _as_json(field.type), "metadata": {
                key.decode(errors="replace"): value.decode(errors="replace") for key, value in (field.metadata or {}).items()}}
            for field in kind]}
    if pa.types.is_map(kind):
        return {"type": "map", "keyType": _as_json(kind.key_type), "valueType": _as_json(kind.item_type)}
    if any(test(kind) for test in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)):
        return {"type": "array", "elementType": _as_json(kind.value_type)}
    return str(kind)


def _of_delta(table: LocalTable) -> TableMetadata:
    try:
        log = DeltaTable(table.path, version=table.version)
        said, files = log.metadata(), pa.table(log.get_add_actions())["path"].to_pylist()
        comments, tags = said_of_fields(json.loads(log.schema().to_json()))
    except (DeltaError, OSError, ValueError):  # a scan of the rows will say so
        return TableMetadata()
    return TableMetadata(
        name=said.name or Path(table.path).name, description=said.description or "", properties=said.configuration,
        comments=comments, column_tags=tags, partitions=tuple(said.partition_columns), files=files)


def _in_path(file: str) -> Iterator[str]:
    yield from (folder.partition("=")[0] for folder in file.split("/")[:-1] if "=" in folder)


def said_of_fields(schema: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Returns the comments and the other metadata of a schema's fields, by path, from the JSON that Spark and Delta write."""
    comments: dict[str, str] = {}
    tags: dict[str, dict[str, str]] = {}
    for path, said in _fields("", schema):
        texts = {key: str(value) for key, value in said.items() if not key.startswith(_NAMING)}
        comment = texts.pop(COMMENT, "")
        comments |= {path: comment} if comment else {}
        tags |= {path: texts} if texts else {}
    return comments, tags


def _fields(path: str, kind: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:  # noqa: ANN401 - a type as JSON: a name, or an object
    if not isinstance(kind, Mapping):
        return
    if kind["type"] == "struct":
        for field in kind["fields"]:
            inner = f"{path}.{field['name']}" if path else field["name"]
            yield inner, field.get("metadata", {})
            yield from _fields(inner, field["type"])
    elif kind["type"] == "array":
        yield from _fields(f"{path}[]", kind["elementType"])
    elif kind["type"] == "map":
        yield from _fields(f"{path}.key", kind["keyType"])
        yield from _fields(f"{path}.value", kind["valueType"])
