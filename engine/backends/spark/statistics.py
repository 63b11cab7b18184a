"""Counting for statistics on Spark: every subject's part is bounded there, and a few numbers for each group come back.

Columns have names of our own here: ``u`` the subject, ``k0``, ``k1``, … the groups' labels or bins, ``p`` the point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from operator import and_

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.backends.answerable import require_answerable, require_types
from engine.backends.spark.errors import attempt
from engine.backends.spark.keys import require_shut, unlogged
from engine.backends.spark.reader import Table, absolute, format_of, read_table
from engine.backends.spark.session import utc
from engine.backends.spark.types import ddl_schema
from engine.backends.statistics import (
    NOTHING,
    SEPARATOR,
    Counted,
    Key,
    fresh_key,
    in_order,
    require_few,
)
from engine.privacy.exact import Whole
from engine.privacy.keys import BITS
from engine.privacy.questions import Axis, Question
from schemas.policy.v1 import Source

_HEX = BITS // 4


class SparkAnswers:
    """Counts on Spark. Satisfies ``engine.backends.statistics.Answers``.

    Args:
        spark: The session.
        table: The table.
        name: What it is called in errors.
        key: See ``fresh_key``.
    """

    def __init__(self, spark: SparkSession, table: Table, name: str, key: str | None = None) -> None:
        self.format: str = table.format
        self.version: int | None = table.version
        self._spark, self._table, self._name, self._key = spark, table, name, key or fresh_key()

    def keys(self, question: Question, chances: Sequence[int]) -> list[Key]:
        """Returns the groups that are named. See ``Answers.keys``.

        A group's random number is a keyed hash of its name, computed where the group is counted, so that no other group's name
        leaves the executors. The key is fresh, and travels as a one-row table; a retried task decides the same. Names are hashed
        one by one before: however their characters could be joined, no two groups share a number.
        """
        require_shut(self._spark)
        names = _names(question)
        units = F.count(F.lit(1)) if question.subject is None else F.count_distinct("u")
        sizes = self._bounded(question).groupBy(*names).agg(units.alias("n"))
        digests = [F.coalesce(F.sha2(F.col(name).cast("string"), 256), F.lit("null")) for name in names]
        drawn = F.substring(F.sha2(_joined([F.col("key"), *digests]), 256), 1, _HEX)
        placed = self._keyed(sizes, fresh_key()).withColumn("units", F.least(F.col("n"), F.lit(len(chances) - 1)))
        kept = placed.join(self._chances(chances), "units").where(F.concat(F.lit("0"), drawn) < F.col("chance"))
        found = attempt("name groups", self._name, lambda: kept.select(*names).limit(question.most_cells + 1).toArrow())
        require_few(found.num_rows, question)
        return sorted(_keys(question, found), key=in_order)

    def counted(self, question: Question, keys: Sequence[Key]) -> Counted:
        """Returns the answer for the named groups. See ``Answers.counted``."""
        names = _names(question)
        frame = self._bounded(question)
        if question.selected:
            frame = self._among(frame, question, keys)
        by = [*names, "p"] if question.measure == "values" else names
        total = F.coalesce(F.sum("p"), F.lit(0))  # of no rows there is one sum, null
        grouped = frame.groupBy(*by).agg(F.count(F.lit(1)).alias("n"), total.alias("s"))
        found = attempt("count", self._name, grouped.toArrow)
        place = {key: at for at, key in enumerate(keys)}
        at = np.array([place.get(key, -1) for key in _keys(question, found)], np.int64)
        return _dense(question, found.filter(pa.array(at >= 0)), at[at >= 0], len(keys))

    def _bounded(self, question: Question) -> DataFrame:
        """Returns the rows that count: of a subject some of its groups, and of each of them some of its rows."""
        frame, names = self._rows(question), _names(question)
        if question.subject is None:
            return frame
        if question.measure == "subjects":
            frame = frame.dropDuplicates(["u", *names])
        frame = self._keyed(frame, self._key)
        digest = [F.col("key"), F.col("u"), *map(_text, names)]
        if question.moves:
            order = Window.partitionBy("u").orderBy("g", *(F.col(name).asc_nulls_first() for name in names))
            frame = frame.withColumn("g", F.sha2(_joined(digest), 256)).withColumn("r", F.dense_rank().over(order))
            frame = frame.where(F.col("r") <= question.groups)
        if question.measure != "subjects":
            order = Window.partitionBy("u", *names).orderBy("g", "p")
            frame = frame.withColumn("g", F.sha2(_joined([*digest, F.col("p").cast("string")]), 256))
            frame = frame.withColumn("r", F.row_number().over(order)).where(F.col("r") <= question.most)
        return frame.select("u", *names, "p")

    def _rows(self, question: Question) -> DataFrame:
        """Returns the rows that have a subject, a group and a number, where these are asked for."""
        subject = self._table.column(question.subject).cast("string") if question.subject else F.lit(None).cast("string")
        number = self._number(question.column) if question.column else F.lit(0.0)
        point = F.lit(0).cast("long")
        if question.steps:
            steps = question.steps
            held = F.least(F.greatest(number, F.lit(steps.lower)), F.lit(steps.upper))
            point = F.floor((held - F.lit(steps.origin)) / F.lit(steps.step) + F.lit(0.5)).cast("long")
        groups = [self._group(axis).alias(name) for axis, name in zip(question.axes, _names(question), strict=True)]
        frame = self._table.frame.select(subject.alias("u"), *groups, F.when(number.isNotNull(), point).alias("p"))
        needed = [F.col("p").isNotNull(), *([F.col("u").isNotNull()] if question.subject else [])]
        needed += [F.col(name).isNotNull() for axis, name in zip(question.axes, _names(question), strict=True) if axis.labels]
        return frame.where(reduce(and_, needed))

    def _group(self, axis: Axis) -> Column:
        """Returns the label of a row's group, or the place of its bin; null where it is in none, or null is one."""
        if axis.lower is None or axis.upper is None or axis.labels is None:
            text = self._table.column(axis.column).cast("string")
            return text if axis.labels is None else F.when(text.isin(list(axis.labels)), text)
        number, lower, upper = self._number(axis.column), F.lit(axis.lower), F.lit(axis.upper)
        share = (F.least(F.greatest(number, lower), upper) - lower) / (upper - lower)
        place = F.least(F.floor(share * F.lit(float(len(axis.labels)))).cast("long"), F.lit(len(axis.labels) - 1).cast("long"))
        return F.when(number.isNotNull(), place)

    def _number(self, name: str) -> Column:
        """Returns a column as a double, null where it is none or is not a number."""
        number = self._table.column(name).cast("double")
        return F.when(~F.isnan(number), number)

    def _keyed(self, frame: DataFrame, key: str) -> DataFrame:
        return frame.crossJoin(F.broadcast(self._spark.createDataFrame([(key,)], "key string")))

    def _chances(self, chances: Sequence[int]) -> DataFrame:
        """Returns the chances by units: a table, for small epsilons have thousands. With a digit more than draws have, for 1."""
        rows = [(units, f"{chance:0{_HEX + 1}x}") for units, chance in enumerate(chances)]
        return F.broadcast(self._spark.createDataFrame(rows, "units bigint, chance string"))

    def _among(self, frame: DataFrame, question: Question, keys: Sequence[Key]) -> DataFrame:
        """Returns the rows of the groups that were named."""
        names = _names(question)
        if not keys:
            return frame.where(F.lit(False))  # noqa: FBT003 - an expression
        placed = [[axis.place(label) for axis, label in zip(question.axes, key, strict=True)] for key in keys]
        types = ", ".join(f"w{at} {'bigint' if axis.lower is not None else 'string'}" for at, axis in enumerate(question.axes))
        wanted = F.broadcast(self._spark.createDataFrame([tuple(key) for key in placed], types))
        alike = [frame[name].eqNullSafe(wanted[f"w{at}"]) for at, name in enumerate(names)]
        return frame.join(wanted, alike, "left_semi")


def _dense(question: Question, found: pa.Table, at: Whole, cells: int) -> Counted:
    """Returns what came back as arrays: what did not is zero."""
    counts, sums = np.zeros((2, cells), np.int64)
    rows, points = found["n"].to_numpy().astype(np.int64), None
    np.add.at(counts, at, rows)
    np.add.at(sums, at, found["s"].to_numpy().astype(np.int64))
    if question.measure == "values" and question.steps:
        points = np.zeros((cells, question.steps.ends[1] + 1), np.int64)
        np.add.at(points, (at, found["p"].to_numpy().astype(np.int64)), rows)
    return Counted(counts, sums, points)


def _names(question: Question) -> list[str]:
    return [f"k{at}" for at in range(len(question.axes))]


def _text(name: str) -> Column:
    return F.coalesce(F.col(name).cast("string"), F.lit(NOTHING))


def _joined(parts: Sequence[Column]) -> Column:
    return F.concat_ws(SEPARATOR, *parts)


def _keys(question: Question, found: pa.Table) -> list[Key]:
    columns = [found[name].to_pylist() for name in _names(question)]
    named = [[axis.labels[place] for place in column] if axis.lower is not None and axis.labels else column
             for axis, column in zip(question.axes, columns, strict=True)]
    return list(zip(*named, strict=True)) if named else [()] * found.num_rows


@contextmanager
def spark_statistics(spark: SparkSession, source: Source, questions: Sequence[Question]) -> Iterator[SparkAnswers]:
    """Opens a table on Spark. See ``engine.backends.statistics.Statistical``."""
    with utc(spark), unlogged(spark):
        stored = attempt("find the table", source.table, lambda: format_of(spark, source.table, source.format))
        require_types(stored, source.table)
        table = attempt("read the table", source.table, lambda: read_table(spark, source.table, source.format, source.version))
        require_answerable(questions, table.schema, source.table)
        yield SparkAnswers(spark, table, source.table)


def write_new(spark: SparkSession, rows: pa.Table, path: str) -> None:
    """Writes a small table as a Delta table. See ``engine.backends.statistics.Statistical``."""
    frame = spark.createDataFrame(rows.to_pylist(), ddl_schema(rows.schema)).coalesce(1)
    attempt("write the statistics", path, lambda: frame.write.format("delta").mode("error").save(absolute(path)))
