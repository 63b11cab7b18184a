"""``lakeveil scan`` and ``lakeveil inventory``: from what a person named to what is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine import road
from engine.backends.base import LakeBackend, Progress
from engine.detect.columns.sensitivity import SensitivityConfig
from engine.detect.detector import Detector
from engine.errors import PolicyError
from engine.lake.discovery import Choice
from engine.lake.scan import INCOMPLETE, Options, Standing, scan_lake
from engine.lake.summary import summarize
from engine.lake.targets import beside, one_table, open_lake
from schemas.findings import ScanReport
from schemas.inventory import InventorySummary, LakeScan


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line.

    Attributes:
        format: The table's format; a target with one is one table.
        sample: Random rows that are looked at in each table.
        out: Where the findings of one table go.
        inventory: Where the inventory lies; beside the lake by default.
        include: Tables that are wanted.
        exclude: Tables and folders that are not.
        workers: Tables at a time.
        fresh: Scan again what is in the inventory.
        levels: A file with rules of sensitivity.
        recognizers: A file that says what is looked for, plug-ins included.
        whole: Look at every row, however many.
    """

    format: str | None = None
    sample: int | None = None
    out: Path | None = None
    inventory: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    workers: int | None = None
    fresh: bool = False
    levels: Path | None = None
    recognizers: Path | None = None
    whole: bool = False

    @property
    def choice(self) -> Choice:
        """Which tables are wanted."""
        return Choice(self.include, self.exclude)

    def refuse_for_one(self, target: str) -> None:
        """Raises PolicyError for options that mean nothing for one table."""
        if self.include or self.exclude or self.fresh or self.workers:
            raise PolicyError("--include, --exclude, --fresh and --workers are for a lake, and this is one table", where=target,
                              allowed="a folder that holds tables, a schema, a list of tables", next="leave them out")

    def refuse_for_many(self) -> None:
        """Raises PolicyError for options that mean nothing for a lake."""
        if self.out is not None:
            raise PolicyError("the findings of a lake go to its inventory, not to a file", where="--out",
                              next="name a place with --inventory, or scan one table")


def scan(
    target: str, backend: LakeBackend, wanted: Wanted, progress: Progress, standing: Callable[[Standing], None],
) -> tuple[ScanReport, None] | tuple[LakeScan, InventorySummary]:
    """Scans what ``target`` names: one table (or a policy's source), or all tables of a lake.

    Returns:
        The findings of one table; or what was done, and the lake's inventory.

    Raises:
        InputError: If there is nothing to scan.
        PolicyError: If an option does not go with the target.
    """
    if wanted.whole and wanted.sample is not None:
        raise PolicyError("--all looks at every row, and --sample at some", where="--all --sample",
                          allowed="one of them, or neither: a large table is sampled, and read whole where that finds something",
                          next="leave one out")
    levels = SensitivityConfig.load(wanted.levels) if wanted.levels else None
    detector = Detector.load(wanted.recognizers) if wanted.recognizers else None
    lake = None if wanted.format else open_lake(target, backend, wanted.choice, wanted.inventory)
    if lake is None and wanted.inventory and not road.is_policy(target):
        lake = one_table(road.source_of(target, wanted.format))
    if lake is None:
        wanted.refuse_for_one(target)
        return road.scan_target(target, backend, progress, format=wanted.format, sample=wanted.sample, whole=wanted.whole,
                                out=wanted.out, levels=levels, detector=detector), None
    wanted.refuse_for_many()
    place = wanted.inventory or lake.inventory
    if place is None:
        raise PolicyError("a schema has no folder that its inventory could lie beside", where=target,
                          next="name a place with --inventory")
    options = Options(wanted.sample, wanted.workers, wanted.fresh, levels, wanted.whole, detector)
    done = scan_lake(lake, backend, place, options, progress=progress, standing=standing)
    return done, summarize(backend.inventory(place), done.lake)


def inventory(target: str, backend: LakeBackend) -> InventorySummary:
    """Reads an inventory, or the one that lies beside what was scanned.

    Raises:
        InputError: If there is none.
    """
    named = backend.inventory(target)
    return summarize(named if named.exists() else backend.inventory(beside(target)))


def exit_code(found: ScanReport | LakeScan) -> int:
    """Returns 7 if some tables could not be scanned, else 0."""
    return INCOMPLETE if isinstance(found, LakeScan) and found.failures else 0
