"""The Spark backend. DataFrame API only: the same code runs classic, on Spark Connect and serverless."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from engine.anonymity.cube import D_MAX, Cube
from engine.anonymity.itemsets import ItemCombinations, ItemSets
from engine.backends.base import Heard, Progress, silent
from engine.backends.keys import identifiers
from engine.backends.population import with_population
from engine.backends.rotation import Joined, Side, Turn
from engine.backends.spark import many
from engine.backends.spark.book import SparkBook
from engine.backends.spark.catalog import tables_in
from engine.backends.spark.errors import attempt
from engine.backends.spark.far import SparkCube, cube_of
from engine.backends.spark.frequencies import SparkFrequencies, spark_frequencies
from engine.backends.spark.inventory import SparkInventory
from engine.backends.spark.items import as_sets, count_combinations
from engine.backends.spark.keys import unlogged
from engine.backends.spark.ledger import SparkLedger
from engine.backends.spark.reader import Table, absolute, read_table
from engine.backends.spark.rotation import exchanged, joined, pairs_of, write_bridge
from engine.backends.spark.rows import Rows
from engine.backends.spark.scan import scan_source
from engine.backends.spark.session import short_rows, spark_session, utc
from engine.backends.spark.statistics import SparkAnswers, spark_statistics, write_new
from engine.backends.spark.store import SparkStore, count_table
from engine.backends.spark.types import arrow_schema
from engine.backends.table_state import TableState
from engine.detect.detector import Detector
from engine.errors import InputError, LakeveilError
from engine.plan import Measurement, Plan, Policy
from engine.plan.agreement import refuse_unfit_sets
from engine.plan.rules import beside_items, counted_columns, preparation
from engine.plan.stages import Project, Read, Write
from engine.privacy.questions import Question
from engine.release import Release
from engine.release.files import open_staging
from engine.version import lakeveil_version
from schemas.findings import ScanReport
from schemas.policy.guarantees import ItemClaim
from schemas.policy.v1 import Lookup, Source
from schemas.receipt import TableVersion
from schemas.versions import VersionState


class SparkBackend:
    """Executes Plans on a Spark session. Satisfies ``engine.backends.base.LakeBackend``.

    Args:
        spark: The session; found or started when first needed, if None (``spark_session``).
    """

    name = "spark"

    def __init__(self, spark: SparkSession | None = None) -> None:
        self._given = spark

    @property
    def spark(self) -> SparkSession:
        """The session."""
        if self._given is None:
            self._given = spark_session()
        return self._given

    def measure(self, policy: Policy, progress: Progress = silent, *, beside: Collection[str] = ()) -> Measurement:
        """Returns schema, counts and cube of the policy's source. See ``Backend.measure``."""
        progress("start Spark", 0.0)
        with utc(self.spark), unlogged(self.spark), short_rows(self.spark):
            lookups = {name: attempt("read a lookup table", lookup.table, partial(self._read, lookup)).schema
                       for name, lookup in policy.source.lookups.items()}
            found = attempt("measure the table", policy.source.table, lambda: self._measure(policy, progress, beside))
        found = with_population(policy, replace(found, lookup_schemas=lookups), self.measure, progress)
        progress("measured", 1.0)
        return found

    def execute(self, plan: Plan, progress: Progress = silent) -> Release:
        """Runs every stage up to the staged table. See ``Backend.execute``."""
        progress("start Spark", 0.0)
        self.spark  # noqa: B018 - starts it
        progress("write", 0.2)
        staged = self._staged(plan, lambda: self._frame(plan))
        progress("staged", 1.0)
        return staged

    def turn(
        self, plan: Plan, release: str, turns: tuple[Turn, ...], bridge: str | None, progress: Progress = silent,
    ) -> Release:
        """Writes a release anew with other tokens. See ``engine.backends.rotation.Rotating``."""
        def rows() -> DataFrame:
            frame, made = self.spark.read.format("delta").load(absolute(release)), []
            for number, turn in enumerate(turns):
                progress(f"exchange {turn.released}", number / len(turns))
                made.append((turn, pairs_of(self._source(plan, turn.read), turn)))
                frame = exchanged(frame, made[-1][1], turn)
            if bridge is not None:
                write_bridge(made, bridge)
            return frame

        return self._staged(plan, rows)

    def joined(self, left: Side, right: Side) -> Joined:
        """Returns how two columns join. See ``engine.backends.rotation.Rotating``."""
        return attempt("join two releases", left.path, lambda: joined(self.spark, left, right))

    def _staged(self, plan: Plan, rows: Callable[[], DataFrame]) -> Release:
        """Writes rows to a staged table."""
        release_id = uuid.uuid4().hex
        staged = open_staging(plan.stage(Write).path, release_id)
        store = SparkStore(self.spark, staged, staged=True)
        documents = plan.policy.of_role("text")
        try:
            with utc(self.spark), unlogged(self.spark), nullcontext() if documents else short_rows(self.spark):
                attempt("write the release", plan.stage(Read).table, lambda: _write(rows(), plan, staged, release_id))
            keys = identifiers(plan.policy.key_handles())
        except BaseException:
            store.discard()
            raise
        return Release(plan=plan, backend=self.name, release_id=release_id, store=store, keys=keys)

    def scan(
        self, source: Source, *, sample: int | None = None, whole: bool = False, detector: Detector | None = None,
        progress: Progress = silent,
    ) -> ScanReport:
        """Finds personal data in a table. See ``Backend.scan``."""
        progress("start Spark", 0.0)
        with utc(self.spark):
            return attempt("scan the table", source.table, lambda: scan_source(
                self.spark, self._read(source), source.table, sample=sample, whole=whole, detector=detector, progress=progress))

    def frequencies(
        self, source: Source, columns: Sequence[str] | None,
    ) -> AbstractContextManager[tuple[SparkFrequencies, TableVersion]]:
        """Counts the tuples of a table. See ``engine.backends.frequencies.Counting``."""
        return spark_frequencies(self.spark, source, columns)

    def statistics(self, source: Source, questions: Sequence[Question]) -> AbstractContextManager[SparkAnswers]:
        """Opens a table for statistics. See ``engine.backends.statistics.Statistical``."""
        return spark_statistics(self.spark, source, questions)

    def write_new(self, rows: pa.Table, path: str) -> None:
        """Writes a small table. See ``engine.backends.statistics.Statistical``."""
        write_new(self.spark, rows, path)

    def tables(self, schema: str) -> list[str] | None:
        """Returns the tables of a schema of the catalog. See ``LakeBackend.tables``."""
        return attempt("list the tables of a schema", schema, lambda: tables_in(self.spark, schema))

    def states(self, sources: Sequence[Source]) -> Iterator[TableState | LakeveilError]:
        """Yields what each table is right now. See ``LakeBackend.states``."""
        yield from many.states(self.spark, sources)

    def scan_many(
        self, sources: Iterable[Source], *, sample: int | None, whole: bool = False, detector: Detector | None = None,
        workers: int | None, heard: Heard,
    ) -> Generator[tuple[int, ScanReport | LakeveilError]]:
        """Scans tables with several jobs in flight. See ``LakeBackend.scan_many``."""
        with utc(self.spark):  # around all of them: one must not put the zone back while another runs
            scan = partial(self.scan, sample=sample, whole=whole, detector=detector)
            yield from many.scan_many(self.spark, sources, scan, workers=workers or many.IN_FLIGHT, heard=heard)

    def book(
        self, policy: Policy, state: VersionState | None, *, whole: bool = False, batch: DataFrame | None = None,
    ) -> SparkBook:
        """Opens the owner's tables of a release. See ``engine.backends.growing.GrowingBackend``."""
        return SparkBook(self.spark, policy, state, self._staged, whole=whole, batch=batch)

    def inventory(self, path: str) -> SparkInventory:
        """Opens an inventory. See ``LakeBackend.inventory``."""
        return SparkInventory(self.spark, path)

    def ledger(self, path: str) -> SparkLedger:
        """Opens a ledger. See ``Backend.ledger``."""
        return SparkLedger(self.spark, path)

    def open(self, path: str) -> SparkStore:
        """Opens a published table for verification."""
        return SparkStore(self.spark, path, staged=False)

    def _read(self, source: Source | Lookup) -> Table:
        return read_table(self.spark, source.table, source.format, getattr(source, "version", None))

    def _measure(self, policy: Policy, progress: Progress, beside: Collection[str]) -> Measurement:
        table = self._read(policy.source)
        refuse_unfit_sets(policy, table.schema)
        progress("count rows", 0.2)
        kept = [name for name, column in policy.columns.items() if name in table.schema.names and not column.dropped]
        rows, *filled = table.count(kept)
        nulls = {name: rows - cells for name, cells in zip(kept, filled, strict=True)}
        progress("count the cube", 0.5)
        quasi, _ = counted_columns(policy, beside)
        cube = self._cube(policy, table, rows, beside) if rows and quasi else None
        claims = [claim for claim in policy.guarantees.km if rows and claim.column in table.schema.names]
        items = [self._items(policy, table, claim) for claim in claims]
        return Measurement(schema=table.schema, rows=rows, format=table.format, version=table.version, nulls=nulls,
                           cube=cube, items=tuple(one for one in items if one is not None))

    def _items(self, policy: Policy, table: Table, claim: ItemClaim) -> ItemSets | ItemCombinations | None:
        beside = beside_items(policy)
        sets = self._counted(policy, table, (*beside, claim.column))
        if sets is not None and sets.num_rows > D_MAX and not beside:
            return count_combinations(as_sets(table.select([claim.column]), [claim.column]), policy.columns[claim.column], claim)
        return None if sets is None else ItemSets(claim.column, sets)

    def _cube(self, policy: Policy, table: Table, rows: int, beside: Collection[str]) -> Cube | SparkCube | None:
        """Counts the cube, here or where it lies. None where the table lacks a column."""
        quasi, sensitive = counted_columns(policy, beside)
        columns = (*quasi, *sensitive)
        if not set(columns) <= set(table.schema.names):
            return None
        frame = self._prepared(policy, table, columns, beside)
        return cube_of(frame, columns, arrow_schema(frame.schema), len(quasi), rows=rows, table=policy.source.table)

    def _counted(self, policy: Policy, table: Table, columns: tuple[str, ...]) -> pa.Table | None:
        """Counts tuples of columns after their operators; lists as sets. None where the table lacks one."""
        if not set(columns) <= set(table.schema.names):
            return None
        frame = self._prepared(policy, table, columns)
        return count_table(as_sets(frame, policy.item_columns()), columns, most=D_MAX + 1)

    def _prepared(self, policy: Policy, table: Table, columns: tuple[str, ...], beside: Collection[str] = ()) -> DataFrame:
        """Returns columns after their operators."""
        calls = preparation(policy, table.schema, beside)
        needed = {*columns, *(name for call in calls for name in call.call.inputs)}
        read = [name for name in table.schema.names if name in needed]
        schema = pa.schema([table.schema.field(name) for name in read])
        return Rows(self.spark, table.select(read), schema).run(calls).frame(columns)

    def _source(self, plan: Plan, read: Read) -> Rows:
        table = read_table(self.spark, read.table, read.format or None, read.version)
        _refuse_changed(table, plan)
        schema = pa.schema([plan.schema.field(name) for name in read.columns])
        return Rows(self.spark, table.select(read.columns), schema)

    def _frame(self, plan: Plan) -> DataFrame:
        return self._source(plan, plan.stage(Read)).run(plan.stages).frame(plan.stage(Project).schema.names)


def _write(frame: DataFrame, plan: Plan, staged: str, release_id: str) -> None:
    """Writes Delta version 0 without column statistics: minima and maxima would stay in its log for good."""
    partitions = plan.stage(Write).partitions
    divided = frame if partitions is None else frame.repartition(partitions)
    user = {"release_id": release_id, "plan": plan.fingerprint, "policy": plan.policy.fingerprint,
            "lakeveil": lakeveil_version()}
    options = {"delta.dataSkippingNumIndexedCols": "0", "userMetadata": json.dumps(user, sort_keys=True)}
    divided.write.format("delta").mode("error").options(**options).save(absolute(staged))


def _refuse_changed(table: Table, plan: Plan) -> None:
    if table.schema != plan.schema:
        raise InputError("the table's columns changed since the plan was made", where=plan.stage(Read).table,
                         next="plan and run again")
