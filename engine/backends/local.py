"""The local backend: Arrow and delta-rs, no JVM. Slow and obvious; Spark is held against it.

It holds a table in memory, so it is for tables that fit there: tests, small files, a first look.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial

import pyarrow as pa
from deltalake import CommitProperties, write_deltalake

from engine.anonymity.cube import Cube
from engine.anonymity.itemsets import ItemSets
from engine.backends.base import Heard, Progress, silent
from engine.backends.beside import metadata_of
from engine.backends.crew import cores, scan_in_crew
from engine.backends.frequencies import LocalFrequencies, local_frequencies
from engine.backends.keys import identifiers
from engine.backends.ledger import LocalLedger
from engine.backends.local_book import LocalBook
from engine.backends.local_inventory import LocalInventory
from engine.backends.local_rows import Rows
from engine.backends.local_store import LocalStore
from engine.backends.outcome import outcome
from engine.backends.population import with_population
from engine.backends.rotation import NEW, OLD, Joined, Side, Tokens, Turn, joined_in_memory, write_bridge
from engine.backends.rows import count_rows, read_columns
from engine.backends.statistics import LocalAnswers, local_statistics, write_new_locally
from engine.backends.table_state import TableState, state_of_path
from engine.backends.tables import LocalTable, open_table
from engine.detect.detector import Detector
from engine.detect.scanner import Scanner
from engine.detect.tables.sampling import Rows as Sampled
from engine.detect.tables.scan import Table, scan_table, tallies_of
from engine.errors import InputError, LakeveilError
from engine.plan import Measurement, Plan, Policy
from engine.plan.agreement import refuse_unfit_sets
from engine.plan.rules import beside_items, counted_columns, preparation
from engine.plan.stages import Read
from engine.plan.types import normalized
from engine.privacy.questions import Question
from engine.release import Release
from engine.release.files import open_staging
from engine.version import lakeveil_version
from schemas.findings import ScanReport
from schemas.policy.v1 import Source
from schemas.receipt import TableVersion
from schemas.versions import VersionState

MOST_WORKERS = 8
"""Processes that scan a lake unless more are asked for: each may hold a table in memory."""

LOOKS = 8
"""Tables whose state is looked up at a time: a mounted store answers each slowly."""


class LocalBackend:
    """Executes Plans in this process. Satisfies ``engine.backends.base.LakeBackend``."""

    name = "local"

    def measure(self, policy: Policy, progress: Progress = silent, *, beside: Collection[str] = ()) -> Measurement:
        """Returns schema, counts and cube of the policy's source. See ``Backend.measure``."""
        table = open_table(policy.source)
        schema = normalized(table.schema)
        lookups = {name: normalized(open_table(lookup).schema) for name, lookup in policy.source.lookups.items()}
        refuse_unfit_sets(policy, schema)
        quasi, sensitive = counted_columns(policy, beside)
        counted = _counter(policy, table, schema, beside)
        if quasi or policy.item_columns():
            progress("count the cube", 0.5)
        found = counted((*quasi, *sensitive)) if quasi else None
        items = {name: counted((*beside_items(policy), name)) for name in policy.item_columns()}
        progress("measured", 1.0)
        kept = [name for name, column in policy.columns.items() if name in schema.names and not column.dropped]
        measured = Measurement(schema=schema, rows=table.rows, format=table.format, version=table.version,
                               nulls=_nulls(table, kept), lookup_schemas=lookups,
                               cube=None if found is None else Cube(found, quasi, sensitive),
                               items=tuple(ItemSets(name, sets) for name, sets in items.items() if sets is not None))
        return with_population(policy, measured, self.measure, progress)

    def execute(self, plan: Plan, progress: Progress = silent) -> Release:
        """Runs every stage up to the staged table. See ``Backend.execute``."""
        def table() -> pa.Table:
            rows = Rows(_read(plan, plan.stage(Read)))
            for number, stage in enumerate(plan.stages):
                progress(type(stage).__name__.lower(), number / len(plan.stages))
                rows.visit(stage)
            progress("staged", 1.0)
            return rows.table

        return self._staged(plan, table)

    def _staged(self, plan: Plan, rows: Callable[[], pa.Table]) -> Release:
        release_id = uuid.uuid4().hex
        staged = open_staging(plan.policy.release.path, release_id)
        store = LocalStore(staged, staged=True)
        try:
            _write(rows(), staged, plan, release_id)
            keys = identifiers(plan.policy.key_handles())
        except BaseException:
            store.discard()
            raise
        return Release(plan=plan, backend=self.name, release_id=release_id, store=store, keys=keys)

    def _pairs(self, plan: Plan, turn: Turn) -> pa.Table:
        rows = Rows(_read(plan, turn.read))
        for stage in (*((turn.keys,) if turn.keys else ()), turn.old, turn.new):
            rows.visit(stage)
        return rows.table.select([OLD, NEW])

    def scan(
        self, source: Source, *, sample: int | None = None, whole: bool = False, detector: Detector | None = None,
        progress: Progress = silent,
    ) -> ScanReport:
        """Finds personal data in a table. See ``Backend.scan``."""
        table, scanner = open_table(source, skip=True), detector.scanner() if detector else Scanner.default()
        known = Table(source.table, table.schema, table.format, table.version, table.rows, metadata_of(table), table.unread)

        def read(columns: Sequence[str] | None, chosen: Sampled) -> Iterator[pa.RecordBatch]:
            return tallies_of(table.batches(columns), table.rows, chosen, scanner, progress)

        return scan_table(known, read, sample=sample, whole=whole, scanner=scanner, progress=progress)

    def frequencies(
        self, source: Source, columns: Sequence[str] | None,
    ) -> AbstractContextManager[tuple[LocalFrequencies, TableVersion]]:
        """Counts the tuples of a table. See ``engine.backends.frequencies.Counting``."""
        return local_frequencies(source, columns)

    def statistics(self, source: Source, questions: Sequence[Question]) -> AbstractContextManager[LocalAnswers]:
        """Opens a table for statistics. See ``engine.backends.statistics.Statistical``."""
        return local_statistics(source, questions)

    def write_new(self, rows: pa.Table, path: str) -> None:
        """Writes a small table. See ``engine.backends.statistics.Statistical``."""
        write_new_locally(rows, path)

    def tables(self, schema: str) -> list[str] | None:  # noqa: ARG002 - see LakeBackend.tables
        """Returns None: there is no catalog here."""
        return None

    def states(self, sources: Sequence[Source]) -> Iterator[TableState | LakeveilError]:
        """Yields what each table is right now. See ``LakeBackend.states``."""
        with ThreadPoolExecutor(LOOKS) as pool:
            yield from pool.map(lambda source: outcome(partial(state_of_path, source), source.table), sources)

    def scan_many(
        self, sources: Iterable[Source], *, sample: int | None, whole: bool = False, detector: Detector | None = None,
        workers: int | None, heard: Heard,
    ) -> Generator[tuple[int, ScanReport | LakeveilError]]:
        """Scans tables, each core with one; with one worker in this process. See ``LakeBackend.scan_many``."""
        workers = workers or min(cores(), MOST_WORKERS)
        if workers > 1:
            yield from scan_in_crew(sources, sample=sample, whole=whole, detector=detector, workers=workers, heard=heard)
            return
        for place, source in enumerate(sources):
            heard(place, 0.0)
            progress = lambda _, share, place=place: heard(place, share)
            scan = partial(self.scan, source, sample=sample, whole=whole, detector=detector, progress=progress)
            yield place, outcome(scan, source.table)

    def turn(
        self, plan: Plan, release: str, turns: tuple[Turn, ...], bridge: str | None, progress: Progress = silent,
    ) -> Release:
        """Writes a release anew with other tokens. See ``engine.backends.rotation.Rotating``."""
        def rows() -> pa.Table:
            table = open_table(Source(table=release, format="delta"))
            found = read_columns(table, normalized(table.schema), table.schema.names)
            made = []
            for number, turn in enumerate(turns):
                progress(f"exchange {turn.released}", number / len(turns))
                made.append(Tokens(self._pairs(plan, turn), turn))
                at = found.schema.get_field_index(turn.released)
                found = found.set_column(at, turn.released, made[-1].exchanged(found[turn.released]))
            if bridge is not None:
                write_bridge(made, bridge)
            return found

        return self._staged(plan, rows)

    def joined(self, left: Side, right: Side) -> Joined:
        """Returns how two columns join. See ``engine.backends.rotation.Rotating``."""
        return joined_in_memory(left, right)

    def book(
        self, policy: Policy, state: VersionState | None, *, whole: bool = False, batch: pa.Table | None = None,
    ) -> LocalBook:
        """Opens the owner's tables of a release. See ``engine.backends.growing.GrowingBackend``."""
        return LocalBook(policy, state, self._staged, whole=whole, batch=batch)

    def inventory(self, path: str) -> LocalInventory:
        """Opens an inventory. See ``LakeBackend.inventory``."""
        return LocalInventory(path)

    def ledger(self, path: str) -> LocalLedger:
        """Opens a ledger. See ``Backend.ledger``."""
        return LocalLedger(path)

    def open(self, path: str) -> LocalStore:
        """Opens a published table for verification."""
        return LocalStore(path, staged=False)


def _counter(
    policy: Policy, table: LocalTable, schema: pa.Schema, beside: Collection[str],
) -> Callable[[Sequence[str]], pa.Table | None]:
    """Returns what counts tuples of columns after their operators; None where the table lacks one, or has no rows."""
    def counted(columns: Sequence[str]) -> pa.Table | None:
        if not table.rows or not set(columns) <= set(schema.names):
            return None
        calls = preparation(policy, schema, beside)
        needed = {*columns, *(name for call in calls for name in call.call.inputs)}
        rows = Rows(read_columns(table, schema, [n for n in schema.names if n in needed]))
        for call in calls:
            rows.visit(call)
        return count_rows(rows.table, columns)

    return counted


def _nulls(table: LocalTable, columns: list[str]) -> dict[str, int]:
    found = dict.fromkeys(columns, 0)
    for batch in table.batches(columns):
        found = {name: cells + batch[name].null_count for name, cells in found.items()}
    return found


def _read(plan: Plan, read: Read) -> pa.Table:
    source = plan.policy.source.model_copy(update={"version": read.version})
    table = open_table(source)
    schema = normalized(table.schema)
    if schema != plan.schema:
        raise InputError("the table's columns changed since the plan was made", where=read.table, next="plan and run again")
    return read_columns(table, schema, list(read.columns))


def _write(table: pa.Table, path: str, plan: Plan, release_id: str) -> None:
    user = {"release_id": release_id, "plan": plan.fingerprint, "policy": plan.policy.fingerprint, "lakeveil": lakeveil_version()}
    write_deltalake(
        path, table, mode="error", configuration={"delta.dataSkippingNumIndexedCols": "0"},
        commit_properties=CommitProperties(custom_metadata={"userMetadata": json.dumps(user, sort_keys=True)}))
