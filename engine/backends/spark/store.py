"""A written table, read back by Spark."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Self
from urllib.parse import unquote

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.anonymity.cube import D_MAX
from engine.anonymity.itemsets import ItemSets, smallest_support
from engine.backends.spark.errors import attempt
from engine.backends.spark.frequencies import kept
from engine.backends.spark.items import as_sets, smallest_on_spark
from engine.backends.spark.reader import absolute, newest_version
from engine.backends.spark.session import utc
from engine.backends.spark.types import arrow_schema, quoted
from engine.backends.stored import StoredFiles
from engine.plan.types import normalized
from engine.release.files import file_digests
from engine.release.store import PLACEHOLDER
from schemas.receipt import FileDigest
from schemas.reserved import COUNT, PREFIX

_SIDE = PREFIX + "side"
IN_A_PART = D_MAX // 2
"""Tuples of a release that come to the driver at once, about."""


class SparkStore(StoredFiles):
    """One written Delta table. Satisfies ``engine.release.ReleaseStore``."""

    def __init__(self, spark: SparkSession, path: str, *, staged: bool, at: int | None = None) -> None:
        super().__init__(path, staged=staged, at=at)
        self._spark = spark

    def schema(self) -> pa.Schema:
        """Returns the written schema."""
        return attempt("read the schema of a release", self._path, lambda: arrow_schema(self._table().schema))

    def version(self) -> int:
        """Returns the newest Delta version."""
        return attempt("read the history of a release", self._path, lambda: newest_version(self._spark, self._path))

    def counts(self, columns: Sequence[str]) -> pa.Table:
        """Returns the distinct tuples of ``columns`` with their row count."""
        with utc(self._spark):
            return attempt("count a release", self._path, lambda: count_table(self._table(), columns))

    def parts(self, columns: Sequence[str], beside: Sequence[str]) -> Generator[pa.Table]:
        """Yields the distinct tuples of all columns with their row count, of as many classes at once as the driver holds."""
        by = [F.col(quoted(name)) for name in columns]
        with utc(self._spark), kept(_counted(self._table(), (*columns, *beside))) as counted:
            number = -(-attempt("count a release", self._path, counted.count) // IN_A_PART) or 1
            for part in range(number):
                here = counted if number == 1 else counted.where(F.pmod(F.xxhash64(*by), F.lit(number)) == part)
                found = attempt("count a release", self._path, here.toArrow)
                yield found.cast(normalized(found.schema))

    def smallest_support(self, column: str, most: int) -> int:
        """Returns how many rows hold the rarest combination of at most ``most`` items that a row holds."""
        def measured() -> int:
            rows = as_sets(self._table().select(F.col(quoted(column))), (column,))
            sets = count_table(rows, (column,), most=D_MAX + 1)
            if sets.num_rows > D_MAX:
                return smallest_on_spark(rows, column, most)
            return smallest_support(ItemSets(column, sets), most)

        return attempt("count the sets of a release", self._path, measured)

    def placeholders(self, columns: Sequence[str]) -> dict[str, dict[str, int]]:
        """Returns column → placeholder type → occurrences."""
        return {name: attempt("count placeholders", self._path, lambda: self._placeholders(name)) for name in columns}  # noqa: B023 - called at once

    def files(self) -> tuple[FileDigest, ...]:
        """Returns the digest of every live data file, sorted by path. A release has no partition folders."""
        uris = attempt("list the files of a release", self._path, lambda: self._table().inputFiles())
        return file_digests(self._path, [unquote(uri).rsplit("/", 1)[1] for uri in uris])

    def at(self, version: int) -> Self:
        """Returns the table as it was in a Delta version."""
        return type(self)(self._spark, self._path, staged=False, at=version)

    def same_rows(self, other: Self) -> bool:
        """Whether another table holds the same rows in this one's columns, each as often."""
        def compared() -> bool:
            columns = [F.col(quoted(name)) for name in self._table().columns]
            here = self._table().select(*columns, F.lit(1).alias(_SIDE))
            there = other._table().select(*columns, F.lit(-1).alias(_SIDE))
            more = here.union(there).groupBy(*columns).agg(F.sum(_SIDE).alias(_SIDE)).where(F.col(_SIDE) != 0)
            return not more.limit(1).count()

        with utc(self._spark):
            return attempt("compare the rows of a release", self._path, compared)

    def _table(self) -> DataFrame:
        reader = self._spark.read.format("delta")
        return (reader if self._at is None else reader.option("versionAsOf", self._at)).load(absolute(self._path))

    def _placeholders(self, name: str) -> dict[str, int]:
        found = F.explode(F.regexp_extract_all(F.col(quoted(name)), F.lit(PLACEHOLDER), 1)).alias("found")
        counted = self._table().select(found).groupBy("found").count().toArrow()
        return dict(sorted(zip(counted["found"].to_pylist(), counted["count"].to_pylist(), strict=True)))


def count_table(frame: DataFrame, columns: Sequence[str], most: int | None = None) -> pa.Table:
    """Returns the distinct tuples of ``columns`` with their number of rows as ``schemas.reserved.COUNT``.

    With no columns: one row with the number of rows.

    Args:
        frame: The rows.
        columns: Names in it.
        most: Stop after this many tuples.
    """
    if not columns:
        return pa.table({COUNT: pa.array([frame.count()], pa.int64())})
    counted = _counted(frame, columns)
    table = (counted if most is None else counted.limit(most)).toArrow()
    return table.cast(normalized(table.schema))


def _counted(frame: DataFrame, columns: Sequence[str]) -> DataFrame:
    return frame.groupBy(*(F.col(quoted(name)) for name in columns)).agg(F.count(F.lit(1)).alias(COUNT))
