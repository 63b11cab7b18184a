"""What a backend is: measure a source, execute a Plan, scan a table, open a stored release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.plan import Measurement, Plan, Policy
from engine.release import Release, ReleaseStore
from schemas.findings import ScanReport
from schemas.policy.v1 import Source

Progress = Callable[[str, float], None]
"""Called with what is under way and the share of it that is done, 0 to 1."""


def silent(what: str, share: float) -> None:
    """The progress callback that says nothing."""


class Backend(Protocol):
    """Executes Plans. ``spark`` is the product; ``local`` is the slow, obvious reference without a JVM."""

    name: str

    def measure(self, policy: Policy, progress: Progress = silent) -> Measurement:
        """Returns schema, counts and cube of the policy's source.

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
        self, source: Source, *, sample: int | None = None, whole: bool = False, progress: Progress = silent,
    ) -> ScanReport:
        """Finds personal data in a table, and beside its rows: in names, comments, tags, properties and paths.

        A small table is looked at whole. Of a large one a random sample is, and then every row of the columns that the sample
        does not clear (``engine/detect/sampling.py``).

        Args:
            source: The table.
            sample: Look at so many random rows only.
            whole: Look at every row, however many.
            progress: Told what is under way.
        """
        ...

    def open(self, path: str) -> ReleaseStore:
        """Opens a published table for verification."""
        ...
