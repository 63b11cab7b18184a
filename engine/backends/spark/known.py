"""What a row and its subject are known by, as joins. ``engine.backends.known`` is the slow, obvious form."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from pyarrow import types
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.backends.spark.reader import read_table
from engine.errors import InputError
from engine.plan.stages import Gather, KnownColumn

_EMPTY = "array<string>"


def reads_as_text(kind: pa.DataType) -> bool:
    """Whether Spark writes a value of ``kind`` as text exactly as Arrow does."""
    return bool(types.is_string(kind) or types.is_integer(kind) or types.is_boolean(kind) or types.is_date(kind))


def attach_known(
    spark: SparkSession, frame: DataFrame, stage: Gather, *,
    texts: Sequence[str], subject: str | None, subject_type: pa.DataType | None, output: str,
) -> DataFrame:
    """Returns ``frame`` with column ``output``: list<string>, distinct and sorted, never null.

    Args:
        spark: The session.
        frame: The rows.
        stage: What to gather.
        texts: Columns of ``frame`` that a row is known by, as text.
        subject: Column that holds the row's subject.
        subject_type: Its type.
        output: Name of the new column.

    Raises:
        InputError: If a lookup table names its subjects in another type.
    """
    row = F.array(*map(F.col, texts)).cast(_EMPTY)
    if subject is None or subject_type is None:
        return frame.withColumn(output, _tidy(row))
    sources = [frame.select(F.col(subject).alias("subject"), row.alias("values"))] if texts else []
    sources += [_look_up(spark, known, subject_type) for known in stage.known if known.table is not None]
    gathered = sources[0]
    for source in sources[1:]:
        gathered = gathered.unionByName(source)
    by_subject = (
        gathered.filter(F.col("subject").isNotNull())
        .select("subject", F.explode("values").alias("value"))
        .groupBy(F.col("subject").alias(output + "s")).agg(F.collect_set("value").alias(output + "v")))
    joined = frame.join(by_subject, F.col(subject) == F.col(output + "s"), "left")
    everything = F.concat(row, F.coalesce(F.col(output + "v"), F.array().cast(_EMPTY)))
    return joined.withColumn(output, _tidy(everything)).drop(output + "s", output + "v")


def _tidy(values: Column) -> Column:
    return F.array_sort(F.array_distinct(F.array_compact(values)))


def _look_up(spark: SparkSession, known: KnownColumn, subject_type: pa.DataType) -> DataFrame:
    table = read_table(spark, known.table or "", known.format)
    named, wanted = known.subject or "", known.column
    found = table.schema.field(named).type
    if found != subject_type and not (types.is_integer(found) and types.is_integer(subject_type)):
        raise InputError(
            f"a lookup table names its subjects in another type ({found}) than the source ({subject_type})",
            where=f"{known.table}, column {named!r}", next="cast one of them, so that subjects are found")
    value = table.column(wanted)
    if not reads_as_text(table.schema.field(wanted).type):
        raise InputError(
            f"known values of type {table.schema.field(wanted).type} cannot be looked up",
            where=f"{known.table}, column {wanted!r}", allowed="strings, integers, booleans, dates", next="cast it at its source")
    return table.frame.select(table.column(named).alias("subject"), F.array(value.cast("string")).alias("values"))
