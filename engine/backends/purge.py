"""Taking old bytes of a table of subjects' keys off the disk, and looking whether they are gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from engine.backends.bytescan import Found, search
from engine.backends.subject_keys import KeyTable

GRACE = timedelta(days=1)
"""How old a file that no version names has to be before it counts as left over by a job that died."""


class Purged(NamedTuple):
    """What became of a table's old files.

    Attributes:
        removed: How many went.
        found: What a search sees now.
        young: Files that still hold something, and when each was written: a job may be at them.
    """

    removed: int
    found: Found
    young: dict[Path, datetime]

    @property
    def until(self) -> datetime | None:
        """When another call may remove the last of them."""
        return max((written + GRACE for written in self.young.values()), default=None)


def purge(table: KeyTable, needles: Sequence[bytes]) -> Purged:
    """Removes the files that only older versions name, and old ones that none does, if they hold what is looked for.

    Not a full vacuum: that would remove what a job is just writing.
    """
    removed = len(table.table().vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False))
    found, young = search(table.place, needles), {}
    live = {Path(uri.removeprefix("file://")).resolve() for uri in table.table().file_uris()}
    for file in found.holders:
        written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        if file.resolve() in live or written > datetime.now(UTC) - GRACE:
            young[file] = written
        else:
            file.unlink()
            removed += 1
    return Purged(removed, found if young or not found.holders else search(table.place, needles), young)
