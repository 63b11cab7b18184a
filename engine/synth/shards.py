"""Reading a release for training: only one that was verified, and only the bytes that were.

A release's receipt names every data file with its digest. A file is read whole, its digest is checked, and the rows are
parsed from those same bytes, so there is no moment in which a file can change between the check and the use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError
from pydantic import ValidationError

from engine.errors import GuaranteeNotMet, InputError, SetupError
from engine.release.commits import change_after
from engine.release.files import commit_sha256, local_path, receipt_path
from schemas.receipt import FileDigest, Receipt

_ROW_BITS = 40
_AGAIN = "lakeveil anonymize POLICY writes a new release; lakeveil verify tells what changed"


class Batch(NamedTuple):
    """Some rows of a release.

    Attributes:
        first: Number of the first one; those of the others follow. No two rows of a release have one in common.
        table: They.
    """

    first: int
    table: pa.Table


@dataclass(frozen=True)
class VerifiedRelease:
    """A release whose receipt holds and whose log says what the receipt says.

    Attributes:
        path: Of the table.
        receipt: Found beside it.
    """

    path: str
    receipt: Receipt

    def schema(self) -> pa.Schema:
        """Returns the schema of the released table."""
        return pa.schema(_delta(self.path).schema().to_arrow())

    def share(self, rank: int, size: int) -> tuple[FileDigest, ...]:
        """Returns the files of worker ``rank`` of ``size``: every file is one worker's, a worker can have none."""
        return self.receipt.files[rank::size]

    def read(self, files: Sequence[FileDigest], columns: Sequence[str]) -> Iterator[tuple[FileDigest, pa.Table]]:
        """Yields the named columns of each file, after its digest was checked.

        Raises:
            InputError: If a file is missing, is not the one that was verified, or is not readable.
        """
        for file in files:
            content = self._content(file)
            try:
                yield file, pq.read_table(pa.BufferReader(content), columns=list(columns)).select(list(columns))
            except (pa.ArrowException, KeyError):
                raise InputError("a file of the release cannot be read", where=f"{self.path}, {file.path}", next=_AGAIN) from None

    def batches(self, rank: int, size: int, columns: Sequence[str], rows: int) -> Iterator[Batch]:
        """Yields the named columns of worker ``rank``'s files, so many rows at once, after each file's digest was checked.

        Raises:
            InputError: As ``read``.
        """
        for place, file in enumerate(self.share(rank, size)):
            content, row = self._content(file), 0
            try:
                for batch in pq.ParquetFile(pa.BufferReader(content)).iter_batches(rows, columns=list(columns)):
                    yield Batch(((rank + place * size) << _ROW_BITS) + row, pa.table(batch).select(list(columns)))
                    row += len(batch)
            except (pa.ArrowException, KeyError):
                raise InputError("a file of the release cannot be read", where=f"{self.path}, {file.path}", next=_AGAIN) from None

    def _content(self, file: FileDigest) -> bytes:
        root = Path(self.path).resolve()
        place = (root / file.path).resolve()
        if not place.is_relative_to(root):
            raise InputError("a file of the release lies outside of it", where=self.path, next=_AGAIN)
        try:
            content = place.read_bytes()
        except OSError:
            raise InputError("a file of the release is missing", where=f"{self.path}, {file.path}", next=_AGAIN) from None
        if len(content) != file.bytes or hashlib.sha256(content).hexdigest() != file.sha256:
            raise InputError(
                "a file of the release is not the one that was verified", where=f"{self.path}, {file.path}",
                allowed="the bytes that the receipt names", next=_AGAIN,
            )
        return content


def open_release(path: str) -> VerifiedRelease:
    """Opens a release for training or evaluation. Data files are checked when they are read.

    Raises:
        InputError: If there is no receipt or table, or version, first commit or file list are not the receipt's.
        GuaranteeNotMet: If the receipt says that a guarantee does not hold, or proves none.
        SetupError: If the path is not on a mounted file system.
    """
    release = VerifiedRelease(str(_mounted(path)), read_receipt(path))
    if not release.receipt.verified:
        failed = ", ".join(v.guarantee for v in release.receipt.verdicts if not v.holds) or "no guarantee was measured"
        raise GuaranteeNotMet(
            "the release is not verified: its receipt does not prove what was promised", where=f"{path}: {failed}",
            allowed="a receipt on which every verdict holds", next="lakeveil verify PATH measures the release again",
        )
    _refuse_other_version(release)
    return release


def read_receipt(path: str) -> Receipt:
    """Returns the receipt beside the table at ``path``.

    Raises:
        InputError: If there is none, or it is not a release's receipt.
        SetupError: If the path is not on a mounted file system.
    """
    place = Path(receipt_path(str(_mounted(path))))
    try:
        return Receipt.model_validate_json(place.read_bytes())
    except FileNotFoundError:
        raise InputError("the table has no receipt: it is not a release", where=str(place),
                         next="lakeveil anonymize POLICY writes a release and its receipt") from None
    except (ValidationError, OSError):
        raise InputError("the receipt cannot be read", where=str(place), allowed="a receipt of a release", next=_AGAIN) from None


def _mounted(path: str) -> Path:
    place = local_path(path)
    if place is None:
        raise SetupError("training reads releases from a mounted file system", where=path, allowed="a plain path or a file: URI",
                         next="mount the store, or copy the release and its receipt")
    return place.resolve()  # workers have working directories of their own


def _refuse_other_version(release: VerifiedRelease) -> None:
    """Refuses a release to which something was committed since but what services commit that keep tables in shape.

    Files that these wrote anew are not read: training reads those that the receipt names, by their digests, if they are there.
    """
    delta, receipt = _delta(release.path), release.receipt
    if change_after(release.path, receipt.output.version or 0) == "rows":
        raise InputError(
            "the release has another version than its receipt: it was written to after it was verified",
            where=f"{release.path}: version {delta.version()}", allowed=f"version {receipt.output.version}", next=_AGAIN)
    if commit_sha256(release.path) != receipt.commit_sha256:
        raise InputError("the release's first commit is not the one that was verified", where=release.path, next=_AGAIN)
    delta = _delta(release.path, receipt.output.version)
    added = pa.table(delta.get_add_actions(flatten=True))
    listed = sorted(zip((unquote(p) for p in added["path"].to_pylist()), added["size_bytes"].to_pylist(), strict=True))
    if listed != sorted((file.path, file.bytes) for file in receipt.files) or delta.metadata().partition_columns:
        raise InputError("the release's list of files is not the one that was verified", where=release.path, next=_AGAIN)


def _delta(path: str, version: int | None = None) -> DeltaTable:
    try:
        return DeltaTable(path, version=version)
    except (TableNotFoundError, DeltaError, OSError):
        raise InputError("there is no readable Delta table at the release's path", where=path, next=_AGAIN) from None
