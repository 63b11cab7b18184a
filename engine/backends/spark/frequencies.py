"""Counting classes by any columns on Spark: the cube once, then many combinations a job. Only histograms come back.

Columns have names of our own here, so that dots and quotes in a table's names mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.anonymity.risk.frequencies import Combination, Matched
from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.risk.tuples import Tuples
from engine.backends.frequencies import chosen, require_same_kinds
from engine.backends.spark.errors import RAISED, attempt
from engine.backends.spark.reader import read_table
from engine.backends.spark.session import utc
from engine.plan.types import normalized
from schemas.policy.v1 import Source
from schemas.receipt import TableVersion
from schemas.reserved import COUNT, PREFIX

IN_A_JOB = 24
"""Combinations that one job counts: each tuple of the cube is sent on once for each of them."""

IN_HAND = 100_000
"""A cube of at most so many tuples is counted on the driver: a job would take longer."""

_SIZE, _SET, _CLASSES, _OTHER = (PREFIX + name for name in ("size", "set", "classes", "other"))


class SparkFrequencies:
    """Counts on Spark. Satisfies ``engine.anonymity.risk.Frequencies``.

    Args:
        cube: Distinct tuples in columns ``c0``, ``c1``, … with their rows as ``schemas.reserved.COUNT``.
        schema: Their names and types.
        table: What the table is called in errors.
    """

    def __init__(self, cube: DataFrame, schema: pa.Schema, table: str) -> None:
        self._cube, self._schema, self._table = cube, schema, table
        self._at = {name: f"c{place}" for place, name in enumerate(schema.names)}

    @property
    def columns(self) -> Combination:
        """The columns that were counted."""
        return tuple(self._schema.names)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The Arrow type of each column, as text."""
        return tuple(map(str, self._schema.types))

    def sizes(self, combinations: Sequence[Combination]) -> list[Sizes]:
        """Returns the sizes of classes by each combination, in their order."""
        here = self.tuples(IN_HAND)
        if here is not None:
            return [here.by(names) for names in combinations]
        found = {frozenset(self.columns): self._whole}
        parts = [names for names in combinations if len(names) < len(self.columns)]
        for start in range(0, len(parts), IN_A_JOB):
            found |= attempt("count combinations", self._table, partial(self._grouped, parts[start:start + IN_A_JOB]))
        return [found[frozenset(names)] for names in combinations]

    def matched(self, population: SparkFrequencies) -> Matched:
        """Returns the classes by all columns beside those of a population. See ``Frequencies.matched``."""
        require_same_kinds(self, population)
        return attempt("match the population", self._table, lambda: self._matched(population))

    def tuples(self, most: int) -> Tuples | None:
        """Returns the distinct tuples, or None if there are more than ``most``."""
        return None if self._whole.count > most else self._tuples

    @cached_property
    def _tuples(self) -> Tuples:
        table = attempt("read the cube", self._table, self._cube.toArrow)
        return Tuples.of(table.cast(normalized(table.schema)).rename_columns([*self.columns, COUNT]), self.columns)

    @cached_property
    def _whole(self) -> Sizes:
        counted = attempt("count classes", self._table, lambda: self._cube.groupBy(COUNT).count().toArrow())
        return Sizes.of(counted[COUNT].to_numpy(), counted["count"].to_numpy())

    def _grouped(self, combinations: Sequence[Combination]) -> dict[frozenset[str], Sizes]:
        """Counts combinations in one job: by grouping sets, and then by the sizes that come out."""
        used = [name for name in self.columns if any(name in names for names in combinations)]
        sets = [[self._at[name] for name in names] for names in combinations]
        classes = self._cube.groupingSets(sets, *(self._at[name] for name in used)).agg(
            F.sum(COUNT).alias(_SIZE), F.grouping_id().alias(_SET))
        counted = classes.groupBy(_SET, _SIZE).agg(F.count(F.lit(1)).alias(_CLASSES)).toArrow()
        ids, sizes, times = (counted[name].to_numpy() for name in (_SET, _SIZE, _CLASSES))
        return {frozenset(names): Sizes.of(sizes[ids == _left_out(names, used)], times[ids == _left_out(names, used)])
                for names in combinations}

    def _matched(self, population: SparkFrequencies) -> Matched:
        other = population._cube.toDF(*(f"p{place}" for place in range(len(self.columns))), _OTHER)
        alike = [F.col(f"c{place}").eqNullSafe(F.col(f"p{place}")) for place in range(len(self.columns))]
        both = self._cube.join(other, alike, "left")
        there = F.coalesce(F.col(_OTHER), F.lit(0))
        short = F.when(there < F.col(COUNT), F.col(COUNT)).otherwise(F.lit(0))
        found = both.groupBy(F.greatest(F.col(COUNT), there).alias(_SIZE)).agg(
            F.count(F.lit(1)).alias(_CLASSES), F.sum(COUNT).alias(COUNT), F.sum(short).alias(_OTHER)).toArrow().sort_by(_SIZE)
        sizes, classes, rows, missing = (found[name].to_numpy().astype(np.int64) for name in (_SIZE, _CLASSES, COUNT, _OTHER))
        return Matched(sizes, classes, rows, int(missing.sum()), population._whole.rows)


def _left_out(names: Combination, used: Sequence[str]) -> int:
    """Returns Spark's grouping id of a set: a bit for each column, the first one highest, 1 where the set lacks it."""
    return sum(1 << place for place, name in enumerate(reversed(used)) if name not in names)


@contextmanager
def spark_frequencies(
    spark: SparkSession, source: Source, columns: Sequence[str] | None,
) -> Iterator[tuple[SparkFrequencies, TableVersion]]:
    """Counts a table on Spark, and keeps its cube there. See ``engine.backends.frequencies.Counting``."""
    with utc(spark):
        table = attempt("read the table", source.table, lambda: read_table(spark, source.table, source.format, source.version))
        names = chosen(table.schema, columns, source.table)
        frame = table.select(names).toDF(*(f"c{place}" for place in range(len(names))))
        counted = frame.groupBy(*frame.columns).agg(F.count(F.lit(1)).alias(COUNT))
        schema = pa.schema([table.schema.field(name) for name in names])
        with kept(counted) as cube:
            yield SparkFrequencies(cube, schema, source.table), TableVersion(
                table=source.table, format=table.format, version=table.version, rows=0)


@contextmanager
def kept(cube: DataFrame) -> Iterator[DataFrame]:
    """Keeps a cube in memory and on disk; where that is not allowed (serverless), it is counted anew for each job."""
    try:
        kept = cube.persist()
    except RAISED:
        yield cube
        return
    try:
        yield kept
    finally:
        kept.unpersist()
