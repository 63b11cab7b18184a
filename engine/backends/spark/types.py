"""Names and types, from Arrow to Spark and back."""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql.pandas.types import from_arrow_schema, from_arrow_type, to_arrow_schema
from pyspark.sql.types import DataType, StructType

from engine.plan.types import normalized


def arrow_schema(schema: StructType) -> pa.Schema:
    """Returns a Spark schema as a normalized Arrow schema."""
    return normalized(to_arrow_schema(schema, timezone="UTC"))


def spark_schema(schema: pa.Schema) -> StructType:
    """Returns an Arrow schema as Spark's; timestamps without a zone stay without one."""
    return from_arrow_schema(schema, prefer_timestamp_ntz=True)


def spark_type(type_: pa.DataType) -> DataType:
    """Returns an Arrow type as Spark's; timestamps without a zone stay without one."""
    return from_arrow_type(type_, prefer_timestamp_ntz=True)


def quoted(name: str) -> str:
    """Returns ``name`` as one identifier of Spark's SQL, so that dots and quotes in it mean nothing."""
    return "`" + name.replace("`", "``") + "`"
