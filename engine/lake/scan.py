"""One run over a lake: what is new or changed is scanned, each table's outcome is a row of the inventory.

Rows are committed together every few seconds, so that thousands of small tables do not make thousands of commits, and a run
that is killed loses at most the tables of the last few seconds. The next run goes on where it ended.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

from engine.backends.base import LakeBackend
from engine.backends.table_state import TableState
from engine.detect.columns.sensitivity import SensitivityConfig, rated
from engine.detect.detector import Detector
from engine.detect.fingerprint import detector_fingerprint
from engine.errors import LakeveilError
from engine.lake.inventory import Inventory
from engine.lake.masking import masked
from engine.lake.rows import Key, Run, identity, table_id
from engine.lake.targets import Lake
from schemas.findings import ScanReport, Sensitivity
from schemas.inventory import Failure, InventoryRow, LakeScan
from schemas.policy.v1 import Source

INCOMPLETE = 7
"""Exit code of a run in which some tables could not be scanned."""

COMMIT_SECONDS = 5.0
_SMALL = 1 << 16
"""Bytes that a table counts for beside its own, in what is left to do: opening one takes time, too."""


@dataclass
class Standing:
    """How far a run is.

    Attributes:
        lake: What is scanned, masked.
        total: Tables in all.
        done: Scanned.
        failed: Could not be scanned.
        skipped: Did not have to be.
        current: Tables under way, masked, in the order in which they were begun.
        share: Of the work, 0 to 1.
        rows: Scanned so far.
        bytes: Scanned so far.
        seconds: Since the run began.
        last: The table that ended last, masked, and its level or its error.
    """

    lake: str
    total: int
    skipped: int
    done: int = 0
    failed: int = 0
    current: tuple[str, ...] = ()
    share: float = 0.0
    rows: int = 0
    bytes: int = 0
    seconds: float = 0.0
    last: tuple[str, Sensitivity | None, str | None] | None = None


@dataclass(frozen=True)
class Options:
    """How a lake is scanned.

    Attributes:
        sample: Random rows that are looked at in each table; as ``Backend.scan`` chooses if None.
        workers: Tables at a time; as many as suits the backend if None.
        fresh: Scan what is in the inventory already, too.
        levels: The rules of sensitivity; those that ship if None.
        whole: Look at every row, however many.
        detector: What is looked for; what ships if None.
    """

    sample: int | None = None
    workers: int | None = None
    fresh: bool = False
    levels: SensitivityConfig | None = None
    whole: bool = False
    detector: Detector | None = None


def scan_lake(
    lake: Lake, backend: LakeBackend, inventory: str, options: Options = Options(), *,
    progress: Callable[[str, float], None], standing: Callable[[Standing], None],
) -> LakeScan:
    """Scans a lake's tables, and adds a row for each to the inventory.

    Args:
        lake: The tables.
        backend: What scans them.
        inventory: Where the inventory lies, or will.
        options: How.
        progress: Told what is under way before the first table.
        standing: Told how far the run is, from then on.

    Raises:
        InputError: If something else lies where the inventory should.
        SetupError: If the inventory cannot be written.
    """
    began = time.monotonic()
    kept = Inventory(backend.inventory(inventory))
    states: list[TableState | LakeveilError] = []
    for number, state in enumerate(backend.states(lake.sources), 1):
        states.append(state)
        progress("look at the tables", number / len(lake.sources))
    run = _LakeRun(lake, kept, options, states, standing, began)
    try:
        run.walk(backend)
    finally:
        run.commit()
    return run.result(inventory)


@dataclass
class _LakeRun:
    lake: Lake
    inventory: Inventory
    options: Options
    states: list[TableState | LakeveilError]
    tell: Callable[[Standing], None]
    began: float
    waiting: list[InventoryRow] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    gone: int = 0

    def __post_init__(self) -> None:
        unread = [path for path, _ in self.lake.failures]
        name, *shown = masked([self.lake.name, *(source.table for source in self.lake.sources), *unread])
        self.names, self.unread = shown[:len(self.lake.sources)], shown[len(self.lake.sources):]
        fingerprint = detector_fingerprint(self.options.levels, self.options.detector)
        self.run = Run(uuid.uuid4().hex, name, 0, fingerprint, self.options.sample, self.options.whole or None)
        self.todo = list(self._new())
        self.run = replace(self.run, planned=len(self.todo) + len(unread))
        self.at = Standing(name, len(self.names) + len(unread), len(self.names) - len(self.todo))
        self.weight = {place: self._weight(place) for place in self.todo}
        self.left = float(sum(self.weight.values()))
        self.whole = max(1.0, self.left)
        self.shares: dict[int, float] = {}
        self.committed = time.monotonic()

    def walk(self, backend: LakeBackend) -> None:
        """Scans what has to be scanned."""
        for table, (_, error) in zip(self.unread, self.lake.failures, strict=True):
            self._end(self.run.failed(table, None, error), 0.0)
        for place in self.todo:
            state = self.states[place]
            if isinstance(state, LakeveilError):
                self._end(self.run.failed(self.names[place], None, state), self.weight[place])
        places = [place for place in self.todo if not isinstance(self.states[place], LakeveilError)]
        options = self.options
        with closing(backend.scan_many(
                self._sources(places), sample=options.sample, whole=options.whole, detector=options.detector,
                workers=options.workers, heard=lambda number, share: self._hear(places[number], share))) as outcomes:
            for number, found in outcomes:
                self.shares.pop(places[number], None)
                self._end(self._row(places[number], found), self.weight[places[number]])
        self._tell_gone()

    def commit(self) -> None:
        """Adds the waiting rows to the inventory."""
        rows, self.waiting = self.waiting, []
        self.inventory.add(rows, again=self.options.fresh)
        self.committed = time.monotonic()

    def result(self, inventory: str) -> LakeScan:
        """Returns what the run did."""
        return LakeScan(
            lake=self.run.lake, inventory=inventory, run_id=self.run.id, tables=self.at.total, scanned=self.at.done,
            skipped=self.at.skipped, failures=tuple(self.failures), gone=self.gone, other_files=self.lake.others,
            rows=self.at.rows, bytes_scanned=self.at.bytes, seconds=round(time.monotonic() - self.began, 3))

    def _new(self) -> Iterator[int]:
        """Yields the places of tables that have to be scanned; of two that cannot be told apart, one."""
        seen: set[Key] = set()
        for place, state in enumerate(self.states):
            key = self.run.key(self.names[place], state) if isinstance(state, TableState) else None
            if key is not None and (key in seen or (self.inventory.has(key) and not self.options.fresh)):
                continue
            seen.update([key] if key else [])
            yield place

    def _weight(self, place: int) -> int:
        state = self.states[place]
        return _SMALL + ((state.bytes or 0) if isinstance(state, TableState) else 0)

    def _sources(self, places: list[int]) -> Iterator[Source]:
        for place in places:
            state = self.states[place]
            if isinstance(state, TableState):  # the version that was seen is the one that is scanned
                yield self.lake.sources[place].model_copy(update={"version": state.version, "format": state.format})

    def _row(self, place: int, found: ScanReport | LakeveilError) -> InventoryRow:
        state = self.states[place]
        if isinstance(state, LakeveilError):
            return self.run.failed(self.names[place], None, state)
        if isinstance(found, LakeveilError):
            return self.run.failed(self.names[place], state, found)
        return self.run.done(self.names[place], state, rated(found, self.options.levels))

    def _end(self, row: InventoryRow, weight: float) -> None:
        self.waiting.append(row)
        self.left -= weight
        if row.status == "failed":
            self.at.failed += 1
            self.failures.append(Failure(table=row.table, error_code=str(row.error_code), error=str(row.error)))
        else:
            self.at.done += 1
            self.at.rows += row.rows or 0
            self.at.bytes += row.bytes_scanned or 0
        self.at.last = (row.table, row.sensitivity, row.error)
        self._say()
        if time.monotonic() - self.committed >= COMMIT_SECONDS:
            self.commit()

    def _hear(self, place: int, share: float) -> None:
        self.shares[place] = share
        self._say()

    def _say(self) -> None:
        under_way = sum(self.weight[place] * share for place, share in self.shares.items())
        self.at.share = 1.0 - (self.left - under_way) / self.whole
        self.at.current = tuple(self.names[place] for place in self.shares)
        self.at.seconds = time.monotonic() - self.began
        self.tell(self.at)

    def _tell_gone(self) -> None:
        if self.lake.chosen or self.lake.failures:
            return  # what was not looked for may well be there
        looked = list(zip(self.names, self.states, strict=True))
        here = {identity(name, table_id(name, state)) for name, state in looked if isinstance(state, TableState)}
        unknown = {name for name, state in looked if isinstance(state, LakeveilError)}
        for one, stored_id in self.inventory.standing(self.run.lake).items():
            if one not in here and one[0] not in unknown:
                self.waiting.append(self.run.gone(one[0], stored_id))
                self.gone += 1
