"""The port through which a release is measured and published. Backends implement it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Literal, Protocol, Self

import pyarrow as pa

from schemas.receipt import FileDigest, Receipt

_NAME, _TOKEN = "[A-Z][A-Z0-9_]*", "_[a-z2-7]{16}(?![A-Za-z0-9_])"
PLACEHOLDER = rf"(?:(?<=\[)(?={_NAME}\])|(?<![A-Za-z0-9_])(?={_NAME}{_TOKEN}))({_NAME}?)(?=\]|{_TOKEN})"
"""What redaction leaves of a finding and its type: ``[PERSON]``, or a token, ``PERSON_`` and 16 signs of base 32. Read by Python
and by Java alike."""

class ReleaseStore(Protocol):
    """One written table: staged, or published. Every answer is read back from storage, never remembered."""

    @property
    def path(self) -> str:
        """Where the table lies now."""
        ...

    def schema(self) -> pa.Schema:
        """Returns the written schema."""
        ...

    def version(self) -> int:
        """Returns the newest Delta version."""
        ...

    def counts(self, columns: Sequence[str]) -> pa.Table:
        """Returns the distinct tuples of ``columns`` with their row count as ``schemas.reserved.COUNT``.

        With no columns: one row, the number of rows of the table.
        """
        ...

    def parts(self, columns: Sequence[str], beside: Sequence[str]) -> Generator[pa.Table]:
        """Yields the distinct tuples of ``columns`` and ``beside`` with their row count, as many at once as fit.

        All tuples that share ``columns`` come in one part.
        """
        ...

    def smallest_support(self, column: str, most: int) -> int:
        """Returns how many rows hold the rarest combination of at most ``most`` items of a set-valued column that some row holds.

        No item is a combination, too: where no row holds any, the number of rows.

        Raises:
            InputError: If there are more combinations than can be counted.
        """
        ...

    def placeholders(self, columns: Sequence[str]) -> dict[str, dict[str, int]]:
        """Returns column → type of placeholder or token (``[PERSON]`` as ``PERSON``) → occurrences, by ``PLACEHOLDER``."""
        ...

    def files(self) -> tuple[FileDigest, ...]:
        """Returns the digest of every live data file, sorted by path."""
        ...

    def commit_sha256(self) -> str:
        """Returns the SHA-256 of the table's first commit file."""
        ...

    def change_after(self, version: int) -> Literal["none", "files", "rows"]:
        """Returns what the log says was done to the table after a version.

        Nothing to its data files; or they were written anew, in commits that say of themselves that they change no data; or
        anything else, or what nobody can tell.
        """
        ...

    def at(self, version: int) -> Self:
        """Returns the table as it was in a Delta version."""
        ...

    def same_rows(self, other: Self) -> bool:
        """Whether another table holds the same rows in this one's columns, each as often."""
        ...

    def publish(self, path: str, receipt: Receipt) -> None:
        """Writes the receipt beside ``path``, then makes the table visible at ``path`` in one step."""
        ...

    def discard(self) -> None:
        """Removes a staged table. Does nothing to a published one."""
        ...
