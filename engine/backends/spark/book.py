"""The owner's tables of a release that grows, on Spark. ``engine.backends.local_book`` is the slow, obvious form.

What was read is written down first, so that names, tokens and labels are made once; all else joins names. Tables that nobody
leaves are appended to, and else written anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.anonymity.cube import D_MAX
from engine.backends.growing import (
    APP,
    ARRIVED,
    AT,
    ERASED,
    INSIDE,
    LEFT,
    OUTDATED,
    PLAIN,
    WAITING,
    WITHDRAWN,
    Seen,
    Settled,
    folder_of,
    kept_schemas,
    quasi_name,
    quasi_stages,
    refuse_behind,
    refuse_too_many,
    refuse_unnamed,
    rows_at,
    version_at,
)
from engine.backends.spark.changes import MORE, gone, named, named_schema, table_id
from engine.backends.spark.errors import attempt
from engine.backends.spark.keys import unlogged
from engine.backends.spark.reader import absolute, read_table
from engine.backends.spark.rows import Rows
from engine.backends.spark.session import utc
from engine.backends.spark.store import SparkStore, count_table
from engine.backends.spark.types import ddl, ddl_schema, quoted
from engine.plan import Measurement, Plan, Policy
from engine.plan.growing import routing, row_column
from engine.plan.stages import Project, Read
from engine.plan.types import normalized
from engine.release import Release
from schemas.reserved import CONTENT, COUNT, ENTERED, LEAF, PREFIX, ROW
from schemas.versions import VersionState

Staging = Callable[[Plan, Callable[[], DataFrame]], Release]
T = TypeVar("T")

_HELD, _PLACE = PREFIX + "held", PREFIX + "place"


class SparkBook:
    """Satisfies ``engine.backends.growing.Book``.

    Args:
        spark: The session.
        policy: The policy.
        state: The state of the last version; None before the first.
        staging: Writes rows to a staged table.
        whole: Whether all of the source is read, though what changed can be told.
        batch: Rows that are read in place of the source.
    """

    def __init__(
        self, spark: SparkSession, policy: Policy, state: VersionState | None, staging: Staging, *, whole: bool = False,
        batch: DataFrame | None = None,
    ) -> None:
        self._spark, self._policy, self._state, self._staging = spark, policy, state, staging
        self._whole, self._batch = whole, batch
        self._folder = folder_of(policy)
        self._schemas: dict[str, pa.Schema] = {}

    def measure(self) -> Measurement:
        """Returns schema, number of rows and version of the source as it is now."""
        def found() -> Measurement:
            source = self._policy.source
            lookups = {name: read_table(self._spark, one.table, one.format).schema for name, one in source.lookups.items()}
            table = read_table(self._spark, source.table, source.format)
            return Measurement(schema=table.schema, rows=table.frame.count(), format=table.format, version=table.version,
                               lookup_schemas=lookups)

        return self._run("read the table", self._policy.source.table, found)

    def read(self, plan: Plan) -> Seen:
        """Reads the source, or what changed in it. See ``Book.read``."""
        self._schemas = kept_schemas(plan)
        return self._run("read what is new", self._policy.source.table, lambda: self._read(plan))

    def waiting(self, columns: Collection[str]) -> pa.Table:
        """Returns the distinct (leaf, ``columns``) of rows that may enter. See ``Book.waiting``."""
        def counted() -> pa.Table:
            return count_table(self._candidates().where(F.col(LEAF).isNotNull()), (LEAF, *columns), most=D_MAX + 1)

        return self._counted(counted)

    def erased(self, columns: Collection[str]) -> pa.Table:
        """Returns the distinct tuples of cohorts that lose rows. See ``Book.erased``."""
        def counted() -> pa.Table:
            inside, gone = self._table(INSIDE), self._scratch(OUTDATED).withColumn(ERASED, F.lit(1))
            losing = inside.join(gone, ROW, "left_semi").select(ENTERED, LEAF).distinct()
            rows = inside.join(losing, [ENTERED, LEAF], "left_semi").join(gone, ROW, "left")
            by = (F.col(quoted(name)) for name in (ENTERED, LEAF, *columns))
            counts = rows.groupBy(*by).agg(F.count(F.lit(1)).alias(COUNT), F.count(ERASED).alias(ERASED))
            found = counts.limit(D_MAX + 1).toArrow()
            return found.cast(normalized(found.schema))

        return self._counted(counted)

    def settle(self, version: int, leaves: pa.Array, along: pa.Table | None) -> Settled:
        """Writes the tables of the state anew. See ``Book.settle``."""
        return self._run("write the state of a release", str(self._folder), lambda: self._settle(version, leaves, along))

    def cells(self, plan: Plan, columns: Collection[str]) -> pa.Table:
        """Returns the distinct tuples of the rows of the release, as the source has them. See ``Book.cells``."""
        def counted() -> pa.Table:
            quasi = self._policy.quasi_identifiers()
            names = {quasi_name(at): column for at, column in enumerate(quasi)}
            rows = self._beside_source(plan, INSIDE).run(quasi_stages(plan)).frame((ROW, *quasi))
            rows = rows.select(ROW, *(_column(column).alias(name) for name, column in names.items()))
            return count_table(self._table(INSIDE).join(rows, ROW), (*names, ENTERED, LEAF, *columns), most=D_MAX + 1)

        return self._counted(counted)

    def relabel(self, plan: Plan) -> Settled:
        """Gives rows the leaves and labels of another recoding. See ``Book.relabel``."""
        self._schemas = kept_schemas(plan)
        return self._run("write the state of a release", str(self._folder), lambda: self._relabel(plan))

    def inside(self, at: int | None) -> SparkStore:
        """Returns the table of the rows of the release. See ``Book.inside``."""
        return SparkStore(self._spark, self._place(INSIDE), staged=False, at=at)

    def staged(self, plan: Plan) -> Release:
        """Writes the first version, to a staged table."""
        return self._staging(plan, lambda: _released(plan, self._scratch(INSIDE)))

    def publish(self, plan: Plan, version: int, user: Mapping[str, str], *, after: int, whole: bool) -> None:
        """Writes the next version of the release in one commit. See ``Book.publish``."""
        path, inside = plan.policy.release.path, self._scratch(INSIDE)
        rows = _released(plan, inside if whole else inside.where(F.col(ENTERED) == version))
        options = {"txnAppId": APP, "txnVersion": str(after + 1), "userMetadata": json.dumps(user, sort_keys=True)}
        writer = rows.write.format("delta").mode("overwrite" if whole else "append").options(**options)
        self._run("write the release", path, lambda: writer.save(absolute(path)))

    def _read(self, plan: Plan) -> Seen:
        rows, kind = named(self._spark, plan, self._state, whole=self._whole, batch=self._batch)
        known = self._table(INSIDE).select(ROW, F.col(CONTENT).alias(_HELD))
        known = known.unionByName(self._table(WAITING).select(ROW, F.col(CONTENT).alias(_HELD)))
        other = ~F.col(_HELD).eqNullSafe(F.col(CONTENT))
        if kind != "whole":
            batches = self._state is None or kind == "batch" or self._state.batch is not None  # changes tell of their rows again
            self._refuse_doubled(rows.join(known, ROW, "left"), was=F.lit(False) if batches else F.col(_HELD).isNotNull())  # noqa: FBT003 - a literal
        said = rows.select(ROW, F.when(~gone(), F.col(CONTENT)).alias(CONTENT), F.lit(1).alias(_PLACE))
        changed = F.when(F.col(_PLACE).isNull(), F.lit(kind == "whole")).otherwise(other)
        outdated = known.join(said, ROW, "left").where(changed).select(ROW)
        self._write(OUTDATED, self._empty(LEFT).select(ROW) if self._state is None else outdated)
        new = rows.where(~gone()).join(known, ROW, "left").where(other)
        barred, back = self._barred(), 0
        if barred is not None:
            back, new = new.join(barred, ROW, "left_semi").count(), new.join(barred, ROW, "left_anti")
        routed, schema = routing(plan), named_schema(plan)
        made = Rows(self._spark, new.select(*map(_column, schema.names)), schema).run(routed.stages)
        self._write(ARRIVED, made.frame(routed.stage(Project).schema.names))
        return Seen(kind, plan.stage(Read).version, table_id(self._spark, plan), rows_at(self._folder / ARRIVED),
                    rows_at(self._folder / OUTDATED), back)

    def _refuse_doubled(self, rows: DataFrame, was: Column) -> None:
        """Checks that of what changed no two rows have one name; ``was``: whether one of that name was there."""
        times = F.col(MORE) + was.cast("int")
        counted = rows.agg(F.count(F.lit(1)), F.coalesce(F.sum(F.when(times > 1, times - 1)), F.lit(0))).first()
        number, doubled = map(int, counted or (0, 0))
        refuse_unnamed(number, number - doubled, number, row_column(self._policy))

    def _barred(self) -> DataFrame | None:
        """Returns the names of rows that may not come in: those that left, and, unless they may return, those that leave."""
        versions = self._policy.release.versions
        some = self._state is not None and rows_at(self._folder / LEFT)
        left = self._table(LEFT)
        if versions is not None and versions.returning == "new":
            return left.where(F.col(WITHDRAWN)).select(ROW) if some else None
        if not some and not rows_at(self._folder / OUTDATED):
            return None
        return left.select(ROW).unionByName(self._table(INSIDE).join(self._scratch(OUTDATED), ROW, "left_semi").select(ROW))

    def _settle(self, version: int, leaves: pa.Array, along: pa.Table | None) -> Settled:
        inside, candidates, outdated = self._table(INSIDE), self._candidates(), self._scratch(OUTDATED)
        opens = self._spark.createDataFrame(pa.table({LEAF: leaves}), f"{LEAF} bigint")
        entering = candidates.join(opens, LEAF, "left_semi").withColumn(ENTERED, F.lit(version).cast("bigint"))
        if along is not None:
            left = inside.join(outdated, ROW, "left_semi").select(ROW, F.lit(False).alias(WITHDRAWN))  # noqa: FBT003 - a literal
            if along.num_rows:
                left = left.unionByName(self._withdrawn(inside.join(outdated, ROW, "left_anti"), along))
            self._add(LEFT, left.withColumn(AT, F.lit(version).cast("bigint")))
            gone = self._scratch(LEFT).where(F.col(AT) == version)
            self._write(INSIDE, inside.join(gone, ROW, "left_anti").unionByName(entering))
        else:
            self._add(INSIDE, entering if len(leaves) else None)
            self._add(LEFT, None)
        self._write(WAITING, candidates.join(opens, LEAF, "left_anti"))
        return self._settled()

    def _settled(self) -> Settled:
        tables = {name: version_at(self._folder / name) for name in (INSIDE, WAITING, LEFT)}
        unroutable = self._scratch(WAITING).where(F.col(LEAF).isNull()).count()
        return Settled(tables, rows_at(self._folder / WAITING), unroutable)

    def _relabel(self, plan: Plan) -> Settled:
        changed = [LEAF, *(self._policy.released_name(name) for name in self._policy.quasi_identifiers())]
        for name in (INSIDE, WAITING):
            rows = self._beside_source(plan, name).run(routing(plan).stages).frame((ROW, *changed))
            table = self._table(name).drop(*changed).join(rows, ROW)
            self._write(name, table.select(*map(_column, self._schemas[name].names)))
        self._add(LEFT, None)
        return self._settled()

    def _beside_source(self, plan: Plan, name: str) -> Rows:
        """Returns the rows of the source that a table of the state is about."""
        rows, _ = named(self._spark, plan, self._state, whole=True, batch=None)
        table = self._table(name)
        held = rows.join(table.select(ROW, CONTENT), [ROW, CONTENT], "left_semi")
        refuse_behind(held.count(), table.count())
        schema = named_schema(plan)
        return Rows(self._spark, held.select(*map(_column, schema.names)), schema)

    def _withdrawn(self, staying: DataFrame, along: pa.Table) -> DataFrame:
        """Returns the names of rows that go along: of each tuple the first by name, of those that the source still has."""
        by = [name for name in along.column_names if name != COUNT]
        wanted = self._spark.createDataFrame(along.rename_columns([*(f"w{at}" for at in range(len(by))), COUNT]))
        same = [_column(name).eqNullSafe(F.col(f"w{at}")) for at, name in enumerate(by)]
        place = F.row_number().over(Window.partitionBy(*map(_column, by)).orderBy(ROW))
        chosen = staying.join(wanted, same).withColumn(_PLACE, place).where(F.col(_PLACE) <= F.col(COUNT))
        return chosen.select(ROW, F.lit(True).alias(WITHDRAWN))  # noqa: FBT003 - a literal of Spark

    def _candidates(self) -> DataFrame:
        waiting = self._table(WAITING).join(self._scratch(OUTDATED), ROW, "left_anti")
        return waiting.unionByName(self._scratch(ARRIVED))

    def _counted(self, counted: Callable[[], pa.Table]) -> pa.Table:
        found = self._run("count rows of the state", str(self._folder), counted)
        refuse_too_many(found.num_rows, D_MAX)
        return found

    def _run(self, doing: str, where: str, run: Callable[[], T]) -> T:
        with utc(self._spark), unlogged(self._spark):
            return attempt(doing, where, run)

    def _place(self, name: str) -> str:
        return absolute(str(self._folder / name))

    def _table(self, name: str) -> DataFrame:
        """Returns a table of the state as the last version left it."""
        if self._state is None:
            return self._empty(name)
        return self._spark.read.format("delta").option("versionAsOf", self._state.tables[name]).load(self._place(name))

    def _empty(self, name: str) -> DataFrame:
        return self._spark.createDataFrame([], ddl_schema(self._schemas[name]))

    def _scratch(self, name: str) -> DataFrame:
        """Returns a table of the state as it was written last."""
        return self._spark.read.format("delta").load(self._place(name))

    def _write(self, name: str, frame: DataFrame) -> None:
        writer = frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true").options(**PLAIN)
        writer.save(self._place(name))

    def _add(self, name: str, frame: DataFrame | None) -> None:
        """Adds rows, if any, to what the last version left; what a killed call added is not in it."""
        if self._state is None or version_at(self._folder / name) != self._state.tables[name]:
            self._write(name, self._table(name) if frame is None else self._table(name).unionByName(frame))
        elif frame is not None:
            frame.select(*map(_column, self._schemas[name].names)).write.format("delta").mode("append").save(self._place(name))


def _column(name: str) -> Column:
    return F.col(quoted(name))


def _released(plan: Plan, rows: DataFrame) -> DataFrame:
    return rows.select(*(_column(field.name).cast(ddl(field.type)).alias(field.name) for field in plan.stage(Project).schema))
