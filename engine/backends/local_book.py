"""The owner's tables of a release that grows, in memory. Slow and obvious; Spark's are held against it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError

from engine.backends.growing import (
    APP,
    ARRIVED,
    AT,
    CHANGE,
    COMMITTED,
    ERASED,
    GONE,
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
    refuse_unnamed,
)
from engine.backends.local_rows import Rows
from engine.backends.local_store import LocalStore
from engine.backends.rows import count_rows, read_columns
from engine.backends.tables import open_table
from engine.errors import SetupError
from engine.plan import Measurement, Plan, Policy
from engine.plan.growing import naming, routing, row_column
from engine.plan.stages import Project
from engine.plan.types import normalized
from engine.release import Release
from schemas.policy.v1 import Source
from schemas.reserved import CONTENT, COUNT, ENTERED, LEAF, ROW
from schemas.versions import VersionState

Staging = Callable[[Plan, Callable[[], pa.Table]], Release]

_NAN = "\0NaN"


class LocalBook:
    """Satisfies ``engine.backends.growing.Book``.

    Args:
        policy: The policy.
        state: The state of the last version; None before the first.
        staging: Writes rows to a staged table.
        whole: Whether all of the source is read, though what changed can be told.
        batch: Rows that are read in place of the source.
    """

    def __init__(
        self, policy: Policy, state: VersionState | None, staging: Staging, *, whole: bool = False, batch: pa.Table | None = None,
    ) -> None:
        self._policy, self._state, self._staging, self._whole, self._batch = policy, state, staging, whole, batch
        self._folder = folder_of(policy)
        self._tables: dict[str, pa.Table] = {}

    def measure(self) -> Measurement:
        """Returns schema, number of rows and version of the source as it is now."""
        table = open_table(self._policy.source)
        lookups = {name: normalized(open_table(lookup).schema) for name, lookup in self._policy.source.lookups.items()}
        return Measurement(schema=normalized(table.schema), rows=table.rows, format=table.format, version=table.version,
                           lookup_schemas=lookups)

    def read(self, plan: Plan) -> Seen:
        """Reads the source, or what changed in it. See ``Book.read``."""
        for name, schema in kept_schemas(plan).items():
            self._tables[name] = self._stored(name, schema)
        read, *_ = naming(plan)
        rows, kind = self._named(plan)
        contents = {row: None if change in GONE else content for row, content, change in _cells(rows, (ROW, CONTENT, CHANGE))}
        known = {row: content for name in (INSIDE, WAITING) for row, content in _cells(self._tables[name], (ROW, CONTENT))}
        outdated = {row for row, content in known.items() if contents.get(row, None if kind == "whole" else content) != content}
        new = {row for row, content in contents.items() if content is not None and known.get(row) != content}
        barred = {row for row, withdrawn in _cells(self._tables[LEFT], (ROW, WITHDRAWN)) if withdrawn or not self._returns}
        barred |= set() if self._returns else {row for row, in _cells(self._tables[INSIDE], (ROW,)) if row in outdated}
        arrived = rows.filter(_among(rows[ROW], new - barred)).drop_columns([CHANGE])
        self._tables[ARRIVED] = Rows(arrived).run(routing(plan).stages)
        self._tables[OUTDATED] = pa.table({ROW: pa.array(sorted(outdated), pa.string())})
        table = None if read.version is None else self._table_id()
        return Seen(kind, read.version, table, arrived.num_rows, len(outdated), len(new & barred))

    def waiting(self, columns: Collection[str]) -> pa.Table:
        """Returns the distinct (leaf, ``columns``) of rows that may enter. See ``Book.waiting``."""
        rows = self._candidates()
        return count_rows(rows.filter(pc.is_valid(rows[LEAF])), (LEAF, *columns))

    def erased(self, columns: Collection[str]) -> pa.Table:
        """Returns the distinct tuples of cohorts that lose rows. See ``Book.erased``."""
        inside, by = self._tables[INSIDE], (ENTERED, LEAF, *columns)
        gone = inside.filter(self._outdated(inside))
        losing = set(_cells(gone, (ENTERED, LEAF)))
        counted = count_rows(inside.filter(pa.array([one in losing for one in _cells(inside, (ENTERED, LEAF))], pa.bool_())), by)
        erased = Counter(_cells(gone, by))
        return counted.append_column(ERASED, pa.array([erased[one] for one in _cells(counted, by)], pa.int64()))

    def settle(self, version: int, leaves: pa.Array, along: pa.Table | None) -> Settled:
        """Writes the tables of the state anew. See ``Book.settle``."""
        inside, candidates = self._tables[INSIDE], self._candidates()
        enters = pc.is_in(candidates[LEAF], leaves)
        entering, rest = candidates.filter(enters), candidates.filter(pc.invert(enters))
        entering = entering.append_column(ENTERED, pa.array([version] * entering.num_rows, pa.int64()))
        erased = {row for row, in _cells(inside.filter(self._outdated(inside)), (ROW,))}
        withdrawn = set() if along is None else self._withdrawn(along)
        left = [{ROW: row, AT: version, WITHDRAWN: row in withdrawn} for row in sorted(erased | withdrawn)]
        stay = inside.filter(pc.invert(_among(inside[ROW], erased | withdrawn)))
        self._tables[INSIDE] = pa.concat_tables([stay, entering.select(stay.column_names)])
        self._tables[WAITING] = rest
        self._tables[LEFT] = pa.concat_tables([self._tables[LEFT], pa.Table.from_pylist(left, self._tables[LEFT].schema)])
        versions = {name: self._put(name) for name in (INSIDE, WAITING, LEFT)}
        return Settled(versions, rest.num_rows, rest[LEAF].null_count)

    def cells(self, plan: Plan, columns: Collection[str]) -> pa.Table:
        """Returns the distinct tuples of the rows of the release, as the source has them. See ``Book.cells``."""
        inside, rows = self._beside_source(plan, INSIDE)
        prepared = Rows(rows).run(quasi_stages(plan))
        names = [quasi_name(at) for at, _ in enumerate(self._policy.quasi_identifiers())]
        for name, column in zip(names, self._policy.quasi_identifiers(), strict=True):
            inside = inside.append_column(name, prepared[column])
        return count_rows(inside, (*names, ENTERED, LEAF, *columns))

    def relabel(self, plan: Plan) -> Settled:
        """Gives rows the leaves and labels of another recoding. See ``Book.relabel``."""
        changed = [LEAF, *(self._policy.released_name(name) for name in self._policy.quasi_identifiers())]
        for name in (INSIDE, WAITING):
            table, rows = self._beside_source(plan, name)
            routed = Rows(rows).run(routing(plan).stages)
            for column in changed:
                table = table.set_column(table.schema.get_field_index(column), column, routed[column])
            self._tables[name] = table
        self._tables[LEFT] = self._stored(LEFT, kept_schemas(plan)[LEFT])
        rest = self._tables[WAITING]
        return Settled({name: self._put(name) for name in (INSIDE, WAITING, LEFT)}, rest.num_rows, rest[LEAF].null_count)

    def inside(self, at: int | None) -> LocalStore:
        """Returns the table of the rows of the release. See ``Book.inside``."""
        return LocalStore(str(self._folder / INSIDE), staged=False, at=at)

    def staged(self, plan: Plan) -> Release:
        """Writes the first version, to a staged table."""
        return self._staging(plan, lambda: _released(plan, self._tables[INSIDE]))

    def publish(self, plan: Plan, version: int, user: Mapping[str, str], *, after: int, whole: bool) -> None:
        """Writes the next version of the release in one commit. See ``Book.publish``."""
        inside, path = self._tables[INSIDE], plan.policy.release.path
        rows = inside if whole else inside.filter(pc.equal(inside[ENTERED], version))
        properties = CommitProperties(custom_metadata={"userMetadata": json.dumps(user, sort_keys=True)},
                                      app_transactions=[Transaction(APP, after + 1)])
        try:
            write_deltalake(str(Path(path)), _released(plan, rows), mode="overwrite" if whole else "append",
                            commit_properties=properties)
        except (DeltaError, OSError):
            raise SetupError("the release cannot be written", where=path,
                             next="check permissions and free space of its folder; append again") from None

    @property
    def _returns(self) -> bool:
        versions = self._policy.release.versions
        return versions is not None and versions.returning == "new"

    def _candidates(self) -> pa.Table:
        waiting = self._tables[WAITING]
        return pa.concat_tables([waiting.filter(pc.invert(self._outdated(waiting))), self._tables[ARRIVED]])

    def _outdated(self, rows: pa.Table) -> pa.Array:
        return pc.is_in(rows[ROW], self._tables[OUTDATED][ROW].combine_chunks())

    def _withdrawn(self, along: pa.Table) -> set[str]:
        """Returns the names of rows that go along: of each tuple the first by name, of those that the source still has."""
        inside, by = self._tables[INSIDE], [name for name in along.column_names if name != COUNT]
        staying = inside.filter(pc.invert(self._outdated(inside))).sort_by(ROW)
        rows = defaultdict(list)
        for one, row in zip(_cells(staying, by), staying[ROW].to_pylist(), strict=True):
            rows[one].append(row)
        wanted = zip(_cells(along, by), along[COUNT].to_pylist(), strict=True)
        return {row for one, number in wanted for row in rows[one][:number]}

    def _beside_source(self, plan: Plan, name: str) -> tuple[pa.Table, pa.Table]:
        """Returns a table of the state, and the rows of the source that it is about; both in the order of names."""
        table = self._stored(name, kept_schemas(plan)[name]).sort_by(ROW)
        rows = self._named(plan)[0].drop_columns([CHANGE])
        held = set(_cells(table, (ROW, CONTENT)))
        rows = rows.filter(pa.array([one in held for one in _cells(rows, (ROW, CONTENT))], pa.bool_())).sort_by(ROW)
        refuse_behind(rows.num_rows, table.num_rows)
        return table, rows

    def _named(self, plan: Plan) -> tuple[pa.Table, Literal["whole", "changes", "batch"]]:
        """Returns the rows that are read, each with its name, a hash of what it holds, and how it changed, the last time."""
        read, *names = naming(plan)
        if self._batch is not None:
            return self._last(self._batch, plan, ()), "batch"
        changes = self._feed(read.version)
        if changes is not None:
            return self._last(changes, plan, self._known_before()), "changes"
        table = open_table(self._policy.source.model_copy(update={"version": read.version}))
        rows = Rows(read_columns(table, normalized(table.schema), list(read.columns))).run(names)
        refuse_unnamed(rows.num_rows, len(set(rows[ROW].to_pylist())), rows.num_rows - rows[ROW].null_count,
                       row_column(self._policy))
        return rows.append_column(CHANGE, pa.nulls(rows.num_rows, pa.string())), "whole"

    def _known_before(self) -> list[str]:
        """Returns names that the source had where its changes begin; none where batches brought rows that changes tell again."""
        batches = self._state is None or self._state.batch is not None
        return [] if batches else [row for name in (INSIDE, WAITING) for row, in _cells(self._tables[name], (ROW,))]

    def _last(self, changes: pa.Table, plan: Plan, known: Collection[str]) -> pa.Table:
        """Returns named rows by their last change; of a delete and an insert in one commit, the insert. ``known`` were there."""
        read, *names = naming(plan)
        fed = CHANGE in changes.column_names
        kinds = changes[CHANGE].cast(pa.string()) if fed else pa.chunked_array([pa.nulls(len(changes), pa.string())])
        order = changes[COMMITTED].to_pylist() if fed else [0] * len(changes)
        schema = pa.schema([plan.schema.field(name) for name in read.columns])
        rows = Rows(changes.select(list(read.columns)).cast(schema)).run(names).append_column(CHANGE, kinds)
        last: dict[str, tuple[tuple[int, bool], int]] = {}
        times = Counter[str](known)
        for place, (row, kind) in enumerate(_cells(rows, (ROW, CHANGE))):
            there = kind not in GONE
            times[row] += 1 if there else -1
            last[row] = max(last.get(row, ((-1, False), -1)), ((order[place], there), place))
        doubled = sum(max(times[row] - 1, 0) for row in last)
        refuse_unnamed(rows.num_rows, rows.num_rows - doubled, rows.num_rows - rows[ROW].null_count, row_column(self._policy))
        return rows.take(pa.array(sorted(place for _, place in last.values()), pa.int64()))

    def _feed(self, until: int | None) -> pa.Table | None:
        """Returns what changed in the source since the state, as its change data feed tells it; None where it does not."""
        if self._state is None or self._state.source is None or until is None or self._whole:
            return None
        try:
            table = DeltaTable(str(Path(self._policy.source.table)))
            about = table.metadata()
            fed = about.configuration.get("delta.enableChangeDataFeed") == "true" and str(about.id) == self._state.table
            if not fed or until < self._state.source:
                return None
            begin = min(self._state.source + 1, until)
            found = pa.table(table.load_cdf(begin, until).read_all())
        except (DeltaError, OSError):
            return None
        return found if until > self._state.source else found.slice(0, 0)

    def _table_id(self) -> str:
        return str(DeltaTable(str(Path(self._policy.source.table))).metadata().id)

    def _stored(self, name: str, schema: pa.Schema) -> pa.Table:
        """Returns a table of the state as the last version left it."""
        if self._state is None:
            return schema.empty_table()
        source = Source(table=str(self._folder / name), format="delta", version=self._state.tables.get(name))
        return read_columns(open_table(source, ours=True), schema, schema.names)

    def _put(self, name: str) -> int:
        place = str(self._folder / name)
        try:
            write_deltalake(place, self._tables[name], mode="overwrite", schema_mode="overwrite", configuration=PLAIN)
            return int(DeltaTable(place).version())
        except (DeltaError, OSError):
            raise SetupError("the state of the release cannot be written", where=place,
                             next="check permissions and free space of its folder; append again") from None


def _released(plan: Plan, rows: pa.Table) -> pa.Table:
    schema = plan.stage(Project).schema
    return rows.select(schema.names).cast(schema)


def _cells(table: pa.Table, columns: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """Returns the rows of some columns; NaN as a text, for it is not equal to itself."""
    cells = [table[name].to_pylist() for name in columns]
    return zip(*([_NAN if cell != cell else cell for cell in column] for column in cells), strict=True)  # noqa: PLR0124 - NaN alone is


def _among(column: pa.ChunkedArray, names: Collection[str]) -> pa.Array:
    return pc.is_in(column, pa.array(sorted(names), pa.string()))
