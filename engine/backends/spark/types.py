"""Names and types, from Arrow to Spark and back."""

from __future__ import annotations

import pyarrow as pa
from pyarrow import types
from pyspark.sql.pandas.types import from_arrow_type, to_arrow_schema
from pyspark.sql.types import StructType

from engine.plan.types import normalized


def arrow_schema(schema: StructType) -> pa.Schema:
    """Returns a Spark schema as a normalized Arrow schema."""
    return normalized(to_arrow_schema(schema, timezone="UTC"))


def ddl_schema(schema: pa.Schema) -> str:
    """Returns an Arrow schema as Spark's DDL, every column nullable."""
    return ", ".join(f"{quoted(field.name)} {ddl(field.type)}" for field in schema)


def ddl(type_: pa.DataType) -> str:
    """Returns a normalized Arrow type as Spark's DDL; timestamps without a zone stay without one.

    Text, because a type object that goes through Spark Connect comes out as 'string collate UTF8_BINARY',
    which Delta writes into its log and other readers refuse.
    """
    if types.is_struct(type_):
        return f"struct<{', '.join(f'{quoted(field.name)}: {ddl(field.type)}' for field in type_)}>"
    if types.is_list(type_):
        return f"array<{ddl(type_.value_type)}>"
    if types.is_map(type_):
        return f"map<{ddl(type_.key_type)}, {ddl(type_.item_type)}>"
    return str(from_arrow_type(type_, prefer_timestamp_ntz=True).simpleString())


def quoted(name: str) -> str:
    """Returns ``name`` as one identifier of Spark's SQL, so that dots and quotes in it mean nothing."""
    return "`" + name.replace("`", "``") + "`"
