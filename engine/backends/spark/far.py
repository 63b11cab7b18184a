"""Cubes that are too large for the driver, counted on Spark. What comes back is counts by value or position, and trees.

Columns have names of our own here: ``c0``, ``c1``, … and the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import chain

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.anonymity.cube import D_MAX, Cube
from engine.anonymity.far.blocks import BLOCK
from engine.anonymity.far.cube import EXAMPLE, KEY, VALUES, Counted
from engine.anonymity.far.places import Hashed, Leveled, Place
from engine.anonymity.far.subtree import BELOW, Below, Plot, from_row
from engine.anonymity.far.tally import TALLY, Fork, Spread, read, with_different
from engine.backends.spark import far_worker
from engine.backends.spark.errors import attempt
from engine.backends.spark.frequencies import kept
from engine.backends.spark.session import short_rows
from engine.backends.spark.types import ddl_schema
from engine.plan.types import normalized
from schemas.reserved import COUNT

DRAWN = 1 << 40
"""A value is drawn where its hash, by this modulus, is small."""

WORTH = 2
"""Tuples are looked for among rows that share positions where there are fewer than one for so many rows."""

TOLD = 1 << 15
"""Of ``D_MAX`` tuples so many are counted to tell about how many there are."""

ERROR = 0.02
"""Relative error of numbers of different values that need not be exact."""


Made = Callable[[Sequence[pa.DataType], Sequence[Place], pa.Schema], far_worker.Mapped]


class SparkCube:
    """Satisfies ``engine.anonymity.far.FarCube``.

    Args:
        cube: Columns ``c0``, ``c1``, …, and ``schemas.reserved.COUNT``.
        schema: What they are called, and their types.
        quasi: How many of them are quasi-identifiers: the first ones.
        rows: Rows of the table behind it.
        tuples: Different ones, about.
        table: What the source is called in errors.
        until: Lets go of what is kept.
    """

    def __init__(self, cube: DataFrame, schema: pa.Schema, quasi: int, *, rows: int, tuples: int, table: str,
                 until: ExitStack) -> None:
        self._cube, self._schema, self._table, self._until = cube, schema, table, until
        self._different: dict[str, int] = {}
        self.quasi, self.sensitive = tuple(schema.names[:quasi]), tuple(schema.names[quasi:])
        self.rows, self.tuples = rows, tuples

    def type(self, column: str) -> pa.DataType:
        """See ``FarCube``."""
        return self._schema.field(column).type

    def grouped(self, column: str, most: int, level: Leveled | None = None) -> pa.Table | None:
        """See ``FarCube``."""
        values = self._values(column)
        if level is None:
            counted = values
        else:
            schema = pa.schema([(KEY, pa.string()), (COUNT, pa.int64()), (EXAMPLE, self.type(column))])
            labelled = values.mapInArrow(far_worker.labelled(level, schema), ddl_schema(schema))
            counted = labelled.groupBy(KEY).agg(F.sum(COUNT).alias(COUNT), F.min(EXAMPLE).alias(EXAMPLE),
                                                F.count(F.lit(1)).alias(VALUES))
        found = self._collected("count a column", counted.limit(most + 1))
        return None if found.num_rows > most else found

    def frequent(self, column: str, most: int) -> pa.Table:
        """See ``FarCube``."""
        return self._collected("count a column", self._values(column).orderBy(F.col(COUNT).desc(), F.col(KEY)).limit(most))

    def sample(self, column: str, about: int) -> pa.Array:
        """See ``FarCube``."""
        share = int(min(1.0, about / max(self.distinct(column), 1)) * DRAWN)
        values = self._cube.select(F.col(self._at(column)).alias(KEY)).where(F.col(KEY).isNotNull())
        if pa.types.is_floating(self.type(column)):
            values = values.where(~F.isnan(KEY))
        drawn = values.where(F.pmod(F.xxhash64(KEY), F.lit(DRAWN)) < share).distinct()
        found = self._collected("draw values of a column", drawn.union(values.agg(F.max(KEY).alias(KEY))).distinct())
        return found[KEY].combine_chunks()

    def distinct(self, column: str) -> int:
        """See ``FarCube``."""
        if column not in self._different:
            asked = self._cube.agg(F.approx_count_distinct(self._at(column), ERROR))
            row = attempt("count a column's values", self._table, asked.first)
            self._different[column] = int((row or [0])[0])
        return self._different[column]

    def placed(self, column: str, place: Place) -> pa.Table:
        """See ``FarCube``."""
        sums = self._mapped([column], [place], far_worker.placed).groupBy("p0").agg(F.sum(COUNT).alias(COUNT))
        return self._collected("count a column by position", sums).rename_columns([KEY, COUNT])

    @contextmanager
    def coded(self, positions: Mapping[str, Place], codes: Sequence[tuple[str, Place]]) -> Iterator[SparkCoded]:
        """See ``FarCube``."""
        names, places = zip(*chain(positions.items(), codes), strict=True)
        packs = partial(far_worker.packs, len(positions))
        if WORTH * self.tuples < self.rows:
            mapped = self._mapped(names, places, far_worker.mapped)
            alike = mapped.groupBy(*mapped.columns[:-1]).agg(F.sum(COUNT).alias(COUNT))
            blocks = alike.mapInArrow(packs(), ddl_schema(BLOCK))
        else:
            blocks = self._mapped(names, places, lambda *of: packs(far_worker.mapped(*of)), BLOCK)
        with short_rows(self._cube.sparkSession), kept(blocks) as cube:
            counted = attempt("count the cube", self._table, lambda: cube.agg(F.sum("tuples")).first())
            yield SparkCoded(cube, len(positions), int((counted or [0])[0]), self._table)

    def close(self) -> None:
        """See ``FarCube``."""
        self._until.close()

    def _at(self, column: str) -> str:
        return f"c{self._schema.get_field_index(column)}"

    def _values(self, column: str) -> DataFrame:
        return self._cube.groupBy(F.col(self._at(column)).alias(KEY)).agg(F.sum(COUNT).alias(COUNT))

    def _mapped(self, columns: Sequence[str], places: Sequence[Place], what: Made, made: pa.Schema | None = None) -> DataFrame:
        """Returns what is made of positions and codes ``p0``, ``p1``, … and the number of rows."""
        kinds = [self.type(name) for name in columns]
        wide = [pa.int64() if isinstance(place, Hashed) else pa.int32() for place in places]
        schema = pa.schema([*((f"p{i}", type_) for i, type_ in enumerate(wide)), (COUNT, pa.int64())])
        chosen = self._cube.select(*(F.col(self._at(name)).alias(f"v{i}") for i, name in enumerate(columns)), F.col(COUNT))
        return chosen.mapInArrow(what(kinds, places, schema), ddl_schema(made or schema))

    def _collected(self, what: str, frame: DataFrame) -> pa.Table:
        found = attempt(what, self._table, frame.toArrow)
        return found.cast(normalized(found.schema))


class SparkCoded:
    """Satisfies ``engine.anonymity.far.Coded``."""

    def __init__(self, cube: DataFrame, axes: int, tuples: int, table: str) -> None:
        self._cube, self._axes, self.tuples, self._table = cube, axes, tuples, table

    def counts(self, fork: Fork, spread: Spread) -> Mapping[int, Counted]:
        """See ``Coded``."""
        sums = self._cube.mapInArrow(far_worker.tallies(fork, spread), ddl_schema(TALLY))
        found = read(self._added(sums), spread)
        for code in spread.different:
            ends = self._ends(fork, spread, code)
            for node, (_, along) in found.items():
                along[:] = [with_different(counts, spread, (j, node, code), ends) for j, counts in enumerate(along)]
        return {node: Counted(*one) for node, one in found.items()}

    def below(self, fork: Fork, plot: Plot) -> Mapping[int, Below]:
        """See ``Coded``."""
        schema = ddl_schema(far_worker.GATHERED)
        gathered = self._cube.mapInArrow(far_worker.gathered(fork, self._axes), schema).repartition(len(set(fork.group)), "group")
        grown = gathered.groupBy("group").applyInArrow(far_worker.below(fork, plot, self._axes), ddl_schema(BELOW))
        rows = attempt("grow the tree", self._table, grown.toArrow)
        return dict(from_row(rows.slice(i, 1), self._axes) for i in range(rows.num_rows))

    def _ends(self, fork: Fork, spread: Spread, code: int) -> pa.Table:
        """Returns at which stops each different code of a node is first and last met."""
        stops = [f"s{j}" for j in range(self._axes)]
        schema = pa.schema([(name, pa.int64()) for name in ("node", "code", *stops)])
        stopped = self._cube.mapInArrow(far_worker.stopped(fork, spread, code, schema), ddl_schema(schema))
        ends = stopped.groupBy("node", "code").agg(
            *(F.min(name).alias(f"first{name}") for name in stops), *(F.max(name).alias(f"last{name}") for name in stops))
        return self._added(ends.mapInArrow(far_worker.ends(spread), ddl_schema(TALLY)))

    def _added(self, sums: DataFrame) -> pa.Table:
        added = sums.groupBy("kind", "cell").agg(F.sum("n").alias("n"))
        found = attempt("count nodes", self._table, added.toArrow).cast(TALLY)
        return found.sort_by([("kind", "ascending"), ("cell", "ascending")])


def cube_of(frame: DataFrame, names: Sequence[str], schema: pa.Schema, quasi: int, *, rows: int, table: str) -> Cube | SparkCube:
    """Counts the tuples of rows: a cube that is held, or one that stays on Spark if there are more than ``D_MAX``.

    Of far more tuples than that the rows themselves are the cube: to find those that are alike would take longer than what is
    done with them.

    Args:
        frame: The rows, in columns ``names``.
        names: Of the quasi-identifiers, then of the others.
        schema: Their types.
        quasi: How many quasi-identifiers there are.
        rows: How many rows there are.
        table: What the source is called in errors.
    """
    here = frame.toDF(*(f"c{i}" for i in range(len(names))))
    about = attempt("count the cube", table, partial(_different, here)) if rows > D_MAX else 0
    far = partial(SparkCube, schema=schema, quasi=quasi, rows=rows, table=table)
    if about > D_MAX * (1 + 3 * ERROR):
        return far(here.withColumn(COUNT, F.lit(1).cast("bigint")), tuples=about, until=ExitStack())
    counted = here.groupBy(*here.columns).agg(F.count(F.lit(1)).alias(COUNT))
    with ExitStack() as until:
        if rows > D_MAX:
            counted = until.enter_context(kept(counted))
            tuples = attempt("count the cube", table, counted.count)
            if tuples > D_MAX:
                return far(counted, tuples=tuples, until=until.pop_all())
        held = attempt("count the cube", table, counted.toArrow).rename_columns([*names, COUNT])
        return Cube(held.cast(normalized(held.schema)), tuple(names[:quasi]), tuple(names[quasi:]))


def _different(frame: DataFrame) -> int:
    """Returns about how many different tuples there are, from those whose hash, by some modulus, is 0."""
    apart = max(1, D_MAX // TOLD)
    hashes = frame.select(F.xxhash64(*frame.columns).alias(KEY)).where(F.pmod(KEY, F.lit(apart)) == 0)
    return apart * hashes.distinct().count()
