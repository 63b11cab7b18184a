"""A written table, read back without a JVM."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from engine.anonymity.itemsets import ItemSets, smallest_support
from engine.backends.rows import count_rows, read_columns
from engine.backends.stored import StoredFiles
from engine.backends.tables import LocalTable, load_delta, open_table
from engine.errors import InputError
from engine.plan.types import normalized
from engine.release.files import file_digests
from engine.release.store import PLACEHOLDER
from schemas.policy.v1 import Source
from schemas.receipt import FileDigest
from schemas.reserved import COUNT, PREFIX

_SIDE, _ROWS = PREFIX + "side", PREFIX + "rows"
_PLACEHOLDER = re.compile(PLACEHOLDER)


class LocalStore(StoredFiles):
    """One written Delta table on a mounted file system. Satisfies ``engine.release.ReleaseStore``."""

    def schema(self) -> pa.Schema:
        """Returns the written schema."""
        return normalized(self._open().schema)

    def version(self) -> int:
        """Returns the newest Delta version."""
        return self._delta().version()

    def counts(self, columns: Sequence[str]) -> pa.Table:
        """Returns the distinct tuples of ``columns`` with their row count."""
        return count_rows(self._rows(columns), columns)

    def parts(self, columns: Sequence[str], beside: Sequence[str]) -> Generator[pa.Table]:
        """Yields the distinct tuples of all columns with their row count, in one part."""
        yield self.counts((*columns, *beside))

    def smallest_support(self, column: str, most: int) -> int:
        """Returns how many rows hold the rarest combination of at most ``most`` items that a row holds."""
        return smallest_support(ItemSets(column, self.counts([column])), most)

    def placeholders(self, columns: Sequence[str]) -> dict[str, dict[str, int]]:
        """Returns column → placeholder type → occurrences."""
        rows = self._rows(columns)
        return {name: _occurrences(rows[name]) for name in columns}

    def files(self) -> tuple[FileDigest, ...]:
        """Returns the digest of every live data file, sorted by path."""
        added = pa.table(load_delta(self._path, Path(self._path), self._at).get_add_actions(flatten=True))
        return file_digests(self._path, [unquote(path) for path in added["path"].to_pylist()])

    def at(self, version: int) -> Self:
        """Returns the table as it was in a Delta version."""
        return type(self)(self._path, staged=False, at=version)

    def same_rows(self, other: Self) -> bool:
        """Whether another table holds the same rows in this one's columns, each as often."""
        schema = self.schema()
        names = schema.names
        sides = [store._rows(names).cast(schema) for store in (self, other)]  # noqa: SLF001 - of this class
        both = pa.concat_tables(rows.append_column(_SIDE, pa.repeat(at, rows.num_rows)) for at, rows in enumerate(sides))
        counted = count_rows(both, (*names, _SIDE)).rename_columns([*names, _SIDE, _ROWS])
        return all(number == len(sides) for number in count_rows(counted, (*names, _ROWS))[COUNT].to_pylist())

    def _delta(self) -> DeltaTable:
        try:
            return DeltaTable(str(Path(self._path)))
        except (TableNotFoundError, DeltaError):
            raise InputError(
                "there is no Delta table here", where=self._path, next="lakeveil anonymize POLICY writes one") from None

    def _open(self) -> LocalTable:
        self._delta()
        return open_table(Source(table=self._path, format="delta", version=self._at), ours=True)

    def _rows(self, columns: Sequence[str]) -> pa.Table:
        table = self._open()
        if not columns:
            return pa.table({"": pa.nulls(table.rows)})
        return read_columns(table, normalized(table.schema), list(columns))


def _occurrences(cells: pa.ChunkedArray) -> dict[str, int]:
    found = Counter(name for cell in cells.to_pylist() if cell for name in _PLACEHOLDER.findall(cell))
    return dict(sorted(found.items()))
