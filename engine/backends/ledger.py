"""A ledger that delta-rs reads and writes: on a mounted file system, or in an object store.

An append is the version after the one that was read, or nothing: delta-rs puts the commit's file if it is absent, and is told not
to try again at a later version, which it does by default with an append that conflicts with nothing. The transaction says the
same to Spark, and to delta-rs wherever it would try again: its version is the number of entries. RESTORE takes rows out
and leaves transactions alone: a ledger that has fewer rows than its last transaction says was cut. So it does with caps, and who
sets them has a transaction of another application.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, QueryBuilder, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from engine.backends.tables import open_files
from engine.errors import InputError, SetupError
from engine.privacy.port import Stored
from engine.release.files import local_path
from schemas.ledger import ADDED, LEDGER

APP = "lakeveil.ledger.entries"
"""Application id of every transaction on a ledger, whose version is the number of entries after it."""

CAPS = "lakeveil.caps"
"""Table property with the caps of the owner of the data, as JSON."""

CAPS_SET = "lakeveil.ledger.caps"
"""Application id of the transactions whose version is how often caps were set by then."""

PROPERTIES = {
    "delta.appendOnly": "true", "delta.dataSkippingNumIndexedCols": "0", "delta.enableDeletionVectors": "false",
    "delta.enableExpiredLogCleanup": "false",
}
"""Of every ledger: rows are never taken out, and neither is the log."""


class LocalLedger:
    """A ledger read and written by delta-rs. Satisfies ``engine.privacy.port.LedgerStore``."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._place = local_path(path)
        self._uri = path if self._place is None else str(self._place)
        self._read: dict[str, list[dict[str, Any]]] = {}

    def create(self, caps: str) -> None:
        """Makes an empty ledger. See ``LedgerStore.create``."""
        if self._place is not None and self._place.exists() and (not self._place.is_dir() or any(self._place.iterdir())):
            raise taken(self.path)
        properties = {**PROPERTIES, CAPS: caps} if caps else PROPERTIES
        once = _saying(CAPS_SET, 1, max_commit_retries=0) if caps else CommitProperties(max_commit_retries=0)
        with self._writing():
            try:  # no retries: of two that make it at a time the second would be a version of the first
                DeltaTable.create(self._uri, LEDGER, configuration=properties, raise_if_key_not_exists=False,
                                  commit_properties=once)
            except DeltaError:
                if self._there():
                    raise taken(self.path) from None
                raise

    def _there(self) -> bool:
        try:
            DeltaTable(self._uri)
        except TableNotFoundError:
            return False
        return True

    def read(self) -> Stored:
        """Returns the newest version. See ``LedgerStore.read``."""
        try:
            table = DeltaTable(self._uri)
            properties = table.metadata().configuration
            require_ledger(pa.schema(table.schema().to_arrow()), properties, self.path)
            return Stored(table.version(), self._rows(table), properties.get(CAPS, ""),
                          table.transaction_version(APP), table.transaction_version(CAPS_SET))
        except TableNotFoundError:
            raise absent(self.path) from None
        except (pa.ArrowException, DeltaError, ValueError, FileNotFoundError):
            raise damaged(self.path) from None
        except OSError:
            raise unreadable(self.path) from None

    def _rows(self, table: DeltaTable) -> list[dict[str, Any]]:
        if self._place is None:
            return rows_of(_queried(table))
        files = {file.path: file for file in open_files(table, self._place).get_fragments()}
        self._read = {path: self._read.get(path) or rows_of(_whole(file)) for path, file in files.items()}
        return [row for rows in self._read.values() for row in rows]

    def append(self, row: Mapping[str, Any], at: int) -> bool:
        """Appends a row as the version after ``at``. See ``LedgerStore.append``."""
        with self._writing():
            try:
                write_deltalake(DeltaTable(self._uri, version=at), pa.Table.from_pylist([dict(row)], LEDGER), mode="append",
                                schema_mode="merge", commit_properties=_saying(APP, row["number"] + 1, max_commit_retries=0))
            except CommitFailedError:
                return False
        return True

    def set_caps(self, caps: str, number: int) -> None:
        """Writes the caps of the owner. See ``LedgerStore.set_caps``."""
        with self._writing():
            DeltaTable(self._uri).alter.set_table_properties({CAPS: caps}, raise_if_not_exists=False,
                                                             commit_properties=_saying(CAPS_SET, number))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, DeltaError, OSError):
            raise unwritable(self.path) from None


def _saying(app: str, number: int, *, max_commit_retries: int | None = None) -> CommitProperties:
    """Returns what makes a commit say a number, to delta-rs and to Spark."""
    return CommitProperties(custom_metadata={"userMetadata": f"{app} {number}"}, max_commit_retries=max_commit_retries,
                            app_transactions=[Transaction(app, number)])


def _queried(table: DeltaTable) -> pa.Table:
    """Returns a ledger's table out of a store."""
    try:
        return pa.table(QueryBuilder().register("ledger", table).execute("SELECT * FROM ledger").read_all())
    except Exception as error:  # noqa: BLE001 - delta-rs has no narrower one here, and only its words tell what is missing
        raise (FileNotFoundError if "not found" in str(error) else OSError) from None


def _whole(file: ds.Fragment) -> pa.Table:
    """Returns what is in a file. Of bytes that make no sense Arrow raises an OSError, too, but one without a number."""
    try:
        return file.to_table()
    except OSError as error:
        if error.errno is None:
            raise pa.ArrowInvalid from None
        raise


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Returns the rows of a ledger's table, or of a file of it: without columns that were added since."""
    there = pa.schema([field for field in LEDGER if field.name in table.column_names or field.name not in ADDED])
    return [{**dict.fromkeys(ADDED), **row} for row in table.cast(there).to_pylist()]


def require_ledger(schema: pa.Schema, properties: Mapping[str, str], where: str) -> None:
    """Checks that a table is a ledger, and append-only.

    Raises:
        InputError: If not.
    """
    found = {field.name: str(field.type).replace("large_string", "string").replace("string_view", "string") for field in schema}
    wanted = {field.name: str(field.type) for field in LEDGER if field.name in found or field.name not in ADDED}
    if found != wanted:
        odd = sorted(found.keys() ^ wanted.keys()) or sorted(name for name in wanted if found[name] != wanted[name])
        raise InputError("this table is not a ledger, or another Lakeveil's", where=f"{where}: {', '.join(odd[:5])}",
                         allowed="the columns of schemas.ledger.LEDGER, and no others", next="correct the path in budget.ledger")
    if properties.get("delta.appendOnly", "").lower() != "true":
        raise InputError("the ledger is not append-only any more", where=where, allowed="delta.appendOnly = true",
                         next="find out who changed it, and set the property again; nothing is charged until then")


def absent(where: str) -> InputError:
    """Returns what is said where there is no ledger. None is made on the way: a mistyped path would be a fresh budget."""
    return InputError("there is no ledger here", where=where,
                      next="correct budget.ledger; lakeveil budget POLICY --new makes a ledger, once")


def taken(where: str) -> InputError:
    """Returns what is said where something stands already."""
    return InputError("there is something here already", where=where, allowed="an empty or absent folder",
                      next="a ledger is made once; name another path for another one")


def damaged(where: str) -> InputError:
    """Returns what is said of a ledger that cannot be read."""
    return InputError("the ledger is damaged: its log, or a file, is missing or cut short", where=where,
                      next="restore it; nothing is charged until then")


def unreadable(where: str) -> SetupError:
    """Returns what is said of a ledger that is out of reach: by a fault of the network, say, or for want of a right."""
    return SetupError("the ledger cannot be read now", where=where, next=(
        "check network and permissions; what was charged stays charged, and nothing runs without a charge; if nothing helps, a "
        "file of the ledger is cut short: restore it"))


def unwritable(where: str) -> SetupError:
    """Returns what is said of a ledger that cannot be written."""
    return SetupError("the ledger cannot be written", where=where,
                      next="check permissions and free space; what was charged stays charged, and nothing runs without a charge")
