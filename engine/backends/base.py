"""What a backend is: measure a source, execute a Plan, scan a table, open a stored release."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from engine.backends.table_state import TableState
from engine.errors import LakeveilError
from engine.plan import Measurement, Plan, Policy
from engine.privacy.port import LedgerStore
from engine.release import Release, ReleaseStore
from schemas.findings import ScanReport
from schemas.policy.v1 import Source

if TYPE_CHECKING:
    from engine.detect.detector import Detector

Progress = Callable[[str, float], None]
"""Called with what is under way and the share of it that is done, 0 to 1."""


Heard = Callable[[int, float], None]
"""Called with the place of a table in a list of sources and the share of it that is scanned, from 0.0, when it begins."""

INVENTORY_APP = "lakeveil.inventory"
"""Application id of every transaction on an inventory: of two appends that started from one version, the second is refused."""


def silent(what: str, share: float) -> None:
    """The progress callback that says nothing."""


class Backend(Protocol):
    """Executes Plans. ``spark`` is the product; ``local`` is the slow, obvious reference without a JVM."""

    name: str

    def measure(self, policy: Policy, progress: Progress = silent, *, beside: Collection[str] = ()) -> Measurement:
        """Returns schema, counts and cube of the policy's source.

        Args:
            policy: What describes it.
            progress: Told what is under way.
            beside: Released columns that the cube counts beside those of the guarantees, as they are released.

        Raises:
            InputError: If the table is absent, not of its format, corrupt, empty or not what the policy says.
        """
        ...

    def execute(self, plan: Plan, progress: Progress = silent) -> Release:
        """Runs every stage up to the staged table. Nothing is visible at the release's path yet.

        Raises:
            InputError: If the source changed since it was measured, or the path is taken.
            SetupError: If a key is missing.
        """
        ...

    def scan(
        self, source: Source, *, sample: int | None = None, whole: bool = False, detector: Detector | None = None,
        progress: Progress = silent,
    ) -> ScanReport:
        """Finds personal data in a table, and beside its rows: in names, comments, tags, properties and paths.

        A small table is looked at whole. Of a large one a random sample is, and then every row of the columns that the sample
        does not clear (``engine/detect/tables/sampling.py``).

        Args:
            source: The table.
            sample: Look at so many random rows only.
            whole: Look at every row, however many.
            detector: What is looked for; what ships if None.
            progress: Told what is under way.

        Raises:
            NotReadyError: If a process that scans cannot load what the detector names.
        """
        ...

    def open(self, path: str) -> ReleaseStore:
        """Opens a published table for verification."""
        ...

    def ledger(self, path: str) -> LedgerStore:
        """Opens the ledger at ``path``, which need not be there yet."""
        ...


class InventoryStore(Protocol):
    """Where an inventory lies: a Delta table with the schema ``schemas.inventory.INVENTORY``."""

    path: str

    def exists(self) -> bool:
        """Whether there is a Delta table."""
        ...

    def prepare(self) -> None:
        """Makes an empty inventory, unless there is one.

        Raises:
            InputError: If something else is there.
            SetupError: If it cannot be written.
        """
        ...

    def version(self) -> int:
        """Returns the table's newest version."""
        ...

    def read(self, columns: Sequence[str], runs: Collection[str] | None = None) -> pa.Table:
        """Returns the named columns of all rows, or of those of some runs.

        Raises:
            InputError: If it is not an inventory.
        """
        ...

    def append(self, rows: pa.Table, at: int) -> bool:
        """Appends rows in one commit, unless another run appended some since version ``at``.

        Returns:
            Whether they were appended.

        Raises:
            SetupError: If they cannot be written.
        """
        ...


class LakeBackend(Backend, Protocol):
    """A backend that scans many tables in one run."""

    def tables(self, schema: str) -> list[str] | None:
        """Returns the tables of a schema of the catalog by their full names; None if there is no such schema."""
        ...

    def states(self, sources: Sequence[Source]) -> Iterator[TableState | LakeveilError]:
        """Yields what each table is right now, in their order; or why that cannot be told."""
        ...

    def scan_many(
        self, sources: Iterable[Source], *, sample: int | None, whole: bool = False, detector: Detector | None = None,
        workers: int | None, heard: Heard,
    ) -> Generator[tuple[int, ScanReport | LakeveilError]]:
        """Scans tables, several at a time; yields each table's place in ``sources`` with its report or what went wrong.

        Args:
            sources: Taken one by one, when there is room for another.
            sample: As in ``scan``.
            whole: As in ``scan``.
            detector: As in ``scan``.
            workers: How many at a time; as many as suits the machine if None.
            heard: Told how far each table is, perhaps from another thread.
        """
        ...

    def inventory(self, path: str) -> InventoryStore:
        """Opens the inventory at ``path``, which need not be there yet."""
        ...
