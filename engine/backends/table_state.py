"""What a table is right now, without reading its rows: so that what was scanned already is not scanned again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.exceptions import DeltaError

from engine.backends.tables import load_delta, stored_as
from engine.errors import InputError
from engine.release.files import local_path
from schemas.policy import TableFormat
from schemas.policy.v1 import Source


@dataclass(frozen=True)
class TableState:
    """One table at one time.

    Attributes:
        format: How it is stored.
        table_id: Delta's identifier, which a table keeps for life; None of other formats.
        version: Delta version; None of other formats.
        fingerprint: Of other formats, a digest over names, sizes and times of change of its files; None where they cannot be
            listed, so that nobody can tell whether the table changed.
        bytes: Size of its files, if that can be told.
        node: What the file system knows its folder or file by, which is no name.
    """

    format: TableFormat
    table_id: str | None = None
    version: int | None = None
    fingerprint: str | None = None
    bytes: int | None = None
    node: str | None = None


def state_of_path(source: Source) -> TableState:
    """Returns the state of a table on a mounted file system.

    Raises:
        InputError: If there is none, its format cannot be told, or its log or folder cannot be read.
    """
    place = local_path(source.table)
    if place is None or not place.exists():
        raise InputError("there is no table here", where=source.table, next="check the path, and that its store is mounted")
    stored = source.format or stored_as(place)
    if stored != "delta":
        status = place.stat()
        fingerprint, size = _fingerprint(place)
        return TableState(stored, fingerprint=fingerprint, bytes=size, node=f"{status.st_dev:x}-{status.st_ino:x}")
    table = load_delta(source.table, place, source.version)
    try:
        sizes = pa.table(table.get_add_actions(flatten=True))["size_bytes"]
        return TableState(stored, str(table.metadata().id), table.version(), bytes=int(pc.sum(sizes).as_py() or 0))
    except (DeltaError, KeyError):
        raise InputError("the Delta log cannot be read", where=source.table, next="restore the log") from None


def _fingerprint(place: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        for file in _files(place):
            status = file.stat()
            size += status.st_size
            name = os.fsencode(file.relative_to(place) if file != place else file.name)
            digest.update(b"%d %d %d " % (len(name), status.st_size, status.st_mtime_ns) + name)
    except OSError as error:
        raise InputError(f"the table's files cannot be listed ({type(error).__name__})", where=str(place),
                         next="give the scan the right to read them") from None
    return digest.hexdigest(), size


def _files(place: Path) -> Iterator[Path]:
    """Yields a file, or the visible files below a folder, sorted."""
    if place.is_file():
        yield place
        return
    for folder, folders, names in os.walk(place, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder) / name for name in sorted(names) if not name.startswith((".", "_")))


def _raise(error: OSError) -> None:
    raise error
