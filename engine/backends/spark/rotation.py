"""Rotating a release by Spark: old tokens and new ones of the source's distinct values, joined to the release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.backends.rotation import BRIDGE, NEW, OLD, Joined, Side, Turn, require_known, require_one_to_one
from engine.backends.spark.reader import absolute
from engine.backends.spark.rows import Rows
from engine.backends.spark.types import ddl, quoted
from schemas.reserved import PREFIX

_PLAIN = {"delta.dataSkippingNumIndexedCols": "0"}
_COUNT = PREFIX + "n"


def pairs_of(rows: Rows, turn: Turn) -> DataFrame:
    """Returns old and new tokens, each once.

    Raises:
        InputError: If two values have one token.
    """
    for stage in (*((turn.keys,) if turn.keys else ()), turn.old, turn.new):
        rows.visit(stage)
    pairs = rows.frame((OLD, NEW)).where(F.col(OLD).isNotNull()).distinct()
    counted = pairs.agg(F.count(F.lit(1)), F.countDistinct(OLD), F.countDistinct(NEW)).first()
    together, olds, news = map(int, counted or (0, 0, 0))
    require_one_to_one(together, olds, news, turn)
    return pairs


def exchanged(frame: DataFrame, pairs: DataFrame, turn: Turn) -> DataFrame:
    """Returns ``frame`` with new tokens for old ones.

    Raises:
        InputError: If it holds a token that is not among them.
    """
    column = F.col(quoted(turn.released))
    if turn.keys is None:
        unknown = frame.select(column.alias(OLD)).where(F.col(OLD).isNotNull()).join(pairs, OLD, "left_anti").count()
        require_known(unknown, turn)
    joined = frame.join(pairs, column == F.col(OLD), "left")
    token = F.coalesce(F.col(NEW), column) if turn.keys and turn.keeps_dead else F.col(NEW)
    kept = (token.cast(ddl(turn.new.call.output)).alias(name) if name == turn.released else F.col(quoted(name))
            for name in frame.columns)
    return joined.select(*kept)


def write_bridge(made: Iterable[tuple[Turn, DataFrame]], path: str) -> None:
    """Writes what a bridge holds, without statistics."""
    whole: DataFrame | None = None
    for part in _parts(made):
        whole = part if whole is None else whole.unionByName(part)
    if whole is not None:
        whole.write.format("delta").mode("error").options(**_PLAIN).save(absolute(path))


def _parts(made: Iterable[tuple[Turn, DataFrame]]) -> Iterator[DataFrame]:
    for turn, pairs in made:
        yield pairs.select(F.lit(turn.released).alias("column"), F.col(OLD).cast("string").alias("old"),
                           F.col(NEW).cast("string").alias("new"))


def joined(spark: SparkSession, left: Side, right: Side) -> Joined:
    """Returns how two columns join. See ``engine.backends.rotation.Rotating``."""
    both = _counted(spark, left).withColumnRenamed(_COUNT, _COUNT + "l").join(_counted(spark, right), "token")
    counted = both.agg(F.count(F.lit(1)), F.coalesce(F.sum(F.col(_COUNT + "l") * F.col(_COUNT)), F.lit(0))).first()
    return Joined(*map(int, counted or (0, 0)))


def _counted(spark: SparkSession, side: Side) -> DataFrame:
    read = spark.read.format("delta")
    tokens = read.load(absolute(side.path)).select(F.col(quoted(side.column)).cast("string").alias("token"))
    if side.bridge is not None:
        bridge = read.load(absolute(side.bridge)).where(F.col("column") == side.column).select(*BRIDGE.names[1:])
        tokens = tokens.join(bridge, F.col("token") == F.col("old"), "left").select(F.coalesce("new", "token").alias("token"))
    return tokens.where(F.col("token").isNotNull()).groupBy("token").agg(F.count(F.lit(1)).alias(_COUNT))
