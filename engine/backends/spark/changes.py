"""What a version reads of its source, on Spark: all of it, what its change data feed tells, or a batch; each row with a name."""

from __future__ import annotations

from typing import Literal

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.backends.growing import CHANGE, COMMITTED, GONE, refuse_unnamed
from engine.backends.spark.catalog import detail
from engine.backends.spark.errors import RAISED
from engine.backends.spark.reader import absolute, read_table
from engine.backends.spark.rows import Rows
from engine.backends.spark.types import quoted
from engine.backends.tables import is_name
from engine.plan import Plan
from engine.plan.growing import naming, row_column
from engine.plan.stages import Read
from schemas.reserved import CONTENT, PREFIX, ROW
from schemas.versions import VersionState

_PLACE = PREFIX + "place"

MORE = PREFIX + "more"
"""How many rows more than before are called so; null where that is not told."""


def named_schema(plan: Plan) -> pa.Schema:
    """Returns the columns that are read, and with them what a row is called and a hash of what it holds."""
    read, *_ = naming(plan)
    made = (pa.field(ROW, pa.string()), pa.field(CONTENT, pa.string()))
    return pa.schema([*(plan.schema.field(name) for name in read.columns), *made])


def gone() -> Column:
    """Whether a row is not there after its last change."""
    return F.coalesce(F.col(CHANGE).isin(*GONE), F.lit(False))  # noqa: FBT003 - a literal of Spark


def named(
    spark: SparkSession, plan: Plan, state: VersionState | None, *, whole: bool, batch: DataFrame | None,
) -> tuple[DataFrame, Literal["whole", "changes", "batch"]]:
    """Returns the rows that are read, as ``named_schema``, ``CHANGE`` and ``MORE``, each once; and what they are of the source.

    Args:
        spark: The session.
        plan: What they are read for.
        state: The state of the last version; None before the first.
        whole: Whether all is read, though what changed can be told.
        batch: Rows that are read in place of the source.

    Raises:
        InputError: If a row has no name, or two have one.
    """
    read, *_ = naming(plan)
    if batch is not None:
        return _last(spark, batch, plan), "batch"
    fed = None if whole or state is None else _feed(spark, plan, state)
    if fed is not None:
        return _last(spark, fed, plan), "changes"
    table = read_table(spark, read.table, read.format or None, read.version)
    rows = _with_names(spark, table.select(read.columns), plan)
    _refuse_unnamed(rows, plan, once=True)
    return _unchanged(rows), "whole"


def table_id(spark: SparkSession, plan: Plan) -> str | None:
    """Returns Delta's id of the source, if it is a Delta table."""
    return None if plan.stage(Read).version is None else detail(spark, _place(plan)).table_id


def _unchanged(rows: DataFrame) -> DataFrame:
    return rows.withColumn(CHANGE, F.lit(None).cast("string")).withColumn(MORE, F.lit(None).cast("bigint"))


def _with_names(spark: SparkSession, frame: DataFrame, plan: Plan, beside: tuple[str, ...] = ()) -> DataFrame:
    read, *names = naming(plan)
    kinds = {CHANGE: pa.string(), COMMITTED: pa.int64()}
    schema = pa.schema([*(plan.schema.field(name) for name in read.columns), *(pa.field(name, kinds[name]) for name in beside)])
    rows = Rows(spark, frame.select(*(F.col(quoted(name)) for name in schema.names)), schema).run(names)
    return rows.frame((*named_schema(plan).names, *beside))


def _last(spark: SparkSession, changes: DataFrame, plan: Plan) -> DataFrame:
    """Returns named rows by their last change; of a delete and an insert in one commit, the insert."""
    if CHANGE not in changes.columns:
        rows = _with_names(spark, changes, plan)
        _refuse_unnamed(rows, plan, once=True)
        return _unchanged(rows)
    frame = changes.withColumn(COMMITTED, F.col(COMMITTED).cast("bigint"))
    rows = _with_names(spark, frame, plan, (CHANGE, COMMITTED))
    _refuse_unnamed(rows, plan, once=False)
    same = Window.partitionBy(ROW)
    place = F.row_number().over(same.orderBy(F.col(COMMITTED).desc(), gone()))
    more = F.sum(F.when(gone(), -1).otherwise(1)).over(same)
    return rows.withColumn(_PLACE, place).withColumn(MORE, more).where(F.col(_PLACE) == 1).drop(_PLACE, COMMITTED)


def _refuse_unnamed(rows: DataFrame, plan: Plan, *, once: bool) -> None:
    different = F.countDistinct(ROW) if once else F.count(F.lit(1))
    counted = rows.agg(F.count(F.lit(1)), different, F.count(ROW)).first()
    number, names, filled = map(int, counted or (0, 0, 0))
    refuse_unnamed(number, names, filled, row_column(plan.policy))


def _feed(spark: SparkSession, plan: Plan, state: VersionState) -> DataFrame | None:
    """Returns what changed in the source since the state, as its change data feed tells it; None where it does not."""
    read, *_ = naming(plan)
    if state.source is None or read.version is None or read.version < state.source:
        return None
    told = spark.sql(f"DESCRIBE DETAIL {_place(plan)}").select("id", "properties").first()
    if told is None or told["id"] != state.table or (told["properties"] or {}).get("delta.enableChangeDataFeed") != "true":
        return None
    feed = spark.read.format("delta").option("readChangeFeed", "true")
    feed = feed.option("startingVersion", min(state.source + 1, read.version)).option("endingVersion", read.version)
    try:
        found = feed.table(read.table) if is_name(read.table) else feed.load(absolute(read.table))
        found.isEmpty()  # what the log does not hold any more is told when it is read
    except RAISED:
        return None
    return found if read.version > state.source else found.limit(0)


def _place(plan: Plan) -> str:
    table = plan.stage(Read).table
    return table if is_name(table) else f"delta.{quoted(absolute(table))}"
