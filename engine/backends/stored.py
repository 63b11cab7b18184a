"""What every store does alike: the files of one written table on a mounted file system."""

from __future__ import annotations

from engine.release.commits import Change, change_after
from engine.release.files import commit_sha256, discard_staging, publish_directory
from schemas.receipt import Receipt


class StoredFiles:
    """One written table, staged or published; the part of ``engine.release.ReleaseStore`` that is about files.

    Args:
        path: Where the table lies now.
        staged: Whether it still has to be published.
        at: Delta version that is read; the newest, if None.
    """

    def __init__(self, path: str, *, staged: bool, at: int | None = None) -> None:
        self._path = path
        self._staged = staged
        self._at = at

    @property
    def path(self) -> str:
        """Where the table lies now."""
        return self._path

    def commit_sha256(self) -> str:
        """Returns the SHA-256 of the table's first commit file."""
        return commit_sha256(self._path)

    def change_after(self, version: int) -> Change:
        """Returns what the log says was done to the table after a version."""
        return change_after(self._path, version)

    def publish(self, path: str, receipt: Receipt) -> None:
        """Writes the receipt beside ``path``, then renames the staged table to it."""
        publish_directory(self._path, path, receipt)
        self._path, self._staged = path, False

    def discard(self) -> None:
        """Removes a staged table. Does nothing to a published one."""
        if self._staged:
            discard_staging(self._path)
