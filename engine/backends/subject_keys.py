"""The table of subjects' keys: a small Delta table of names and wrapped keys, read and written by delta-rs.

A row is a subject: what it is called here, which who holds the key that wraps can compute from its identifier, and its own key,
wrapped. The row without a name holds the key by which subjects are named, so that the key that wraps can be exchanged without
anybody knowing the subjects. No column has statistics in the log, and no file is compressed: what was destroyed can be looked for
byte by byte.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from engine.backends.keys import RootKey
from engine.backends.tables import load_delta, open_files
from engine.ciphers.wrapped import KEY, attached, unwrap, wrap
from engine.errors import InputError, SetupError
from engine.operators.own_keys import wrapping
from engine.release.files import local_path
from udfs import kernel

SUBJECT_KEYS = pa.schema([pa.field("subject", pa.string()), pa.field("wrapped", pa.binary())])
"""What the table holds."""

APP = "lakeveil.subject-keys"
"""Application id of every transaction that adds keys: of two that started from one version, the second is refused."""

NAMER = ""
"""What stands for a subject in the row of the key by which subjects are named."""

NAMES = "lakeveil/v1/subject-keys/name"
"""What that key is derived for."""

TRIES = 20
"""How often a run that others were faster than looks again."""

PLAIN = WriterProperties(compression="UNCOMPRESSED")
NO_STATISTICS = {"delta.dataSkippingNumIndexedCols": "0", "delta.enableDeletionVectors": "false"}


def wrapping_key(handle: str, root: RootKey) -> bytes:
    """Returns the 64 bytes that wrap subjects' keys."""
    return b"".join(root.derive(half.info) for half in wrapping(handle))


def fresh(names: pa.Array, key: bytes) -> pa.Table:
    """Returns rows with new keys from the operating system, wrapped under ``key``."""
    made = np.frombuffer(secrets.token_bytes(KEY * len(names)), np.uint8).reshape(-1, KEY)
    return pa.table([names, wrap(made, names, key)], schema=SUBJECT_KEYS)


def namer(wrapped: pa.Array, key: bytes, where: str) -> RootKey:
    """Returns the key by which subjects are named.

    Args:
        wrapped: The wrapped keys of the rows without a name: one.
        key: 64 bytes that wrap.
        where: The table.

    Raises:
        InputError: If there is not one, or it does not open.
    """
    if len(wrapped) != 1:
        raise InputError("this is no table of subjects' keys", where=where, next="name an empty or absent folder, and run again")
    try:
        return RootKey(unwrap(attached(pa.array([NAMER]), wrapped), key)[0].tobytes())
    except InputError:
        raise InputError("the table of subjects' keys does not open: they were wrapped under another key", where=where,
                         next="name that key in subject_keys.key") from None


class KeyTable:
    """One table of keys on a mounted file system.

    Args:
        path: Where it lies.
        handle: Handle of the key that wraps.
        root: That key.
    """

    def __init__(self, path: str, handle: str, root: RootKey) -> None:
        place = local_path(path)
        if place is None:
            raise SetupError("the table of subjects' keys is not on a mounted file system", where=path,
                             next="mount it; a run with --backend spark alone reads keys from elsewhere")
        self.path, self.place = path, place
        self.key = wrapping_key(handle, root)

    def prepare(self) -> None:
        """Makes a table without subjects, unless there is one.

        Raises:
            InputError: If something else is there.
            SetupError: If it cannot be written.
        """
        if self._there():
            return
        if self.place.exists() and (not self.place.is_dir() or any(self.place.iterdir())):
            raise InputError("there is something else where the subjects' keys should lie", where=self.path,
                             allowed="an empty or absent folder", next="name another in subject_keys.table")
        made = self.place.with_name(f".{self.place.name}.{secrets.token_hex(8)}")
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            write_deltalake(str(made), fresh(pa.array([NAMER]), self.key), mode="error", writer_properties=PLAIN,
                            configuration=NO_STATISTICS)
            made.rename(self.place)  # fails if another run was faster: of two tables one would be lost, and keys with it
        except (DeltaError, OSError):
            if not self._there():
                raise SetupError("the table of subjects' keys cannot be written", where=self.path,
                                 next="check permissions and free space of its folder") from None
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def _there(self) -> bool:
        return (self.place / "_delta_log").is_dir()

    def table(self) -> DeltaTable:
        """Returns the newest version.

        Raises:
            InputError: If it is no Delta table.
        """
        return load_delta(self.path, self.place)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yields names and wrapped keys.

        Raises:
            InputError: If it is not such a table, or a file is missing.
        """
        try:
            dataset = open_files(self.table(), self.place)
            require_keys(dataset.schema.names, self.path)
            for batch in dataset.to_batches(columns=SUBJECT_KEYS.names):
                yield batch.cast(SUBJECT_KEYS)
        except (pa.ArrowException, DeltaError, OSError):
            raise InputError("the table of subjects' keys is damaged", where=self.path, next="restore its files") from None

    def named(self, subjects: pa.Array) -> pa.Array:
        """Returns what subjects are called in the table; null where ``subjects`` is null."""
        first = [batch.filter(pc.equal(batch["subject"], NAMER)) for batch in self.batches()]
        key = namer(pa.concat_arrays([batch["wrapped"] for batch in first]), self.key, self.path)
        return kernel("token")(subjects, subkey=key.derive(NAMES))

    def wrapped(self, names: pa.Array) -> pa.Table:
        """Returns the rows of some names, each once."""
        wanted = pc.unique(names).drop_null()
        return pa.Table.from_batches([batch.filter(pc.is_in(batch["subject"], wanted)) for batch in self.batches()], SUBJECT_KEYS)

    def everywhere(self) -> pa.Table:
        """Returns the rows of every file of the table, whether a version names it or none does any more."""
        rows = [SUBJECT_KEYS.empty_table()]
        for file in sorted(self.place.glob("*.parquet")):
            try:
                found = pq.read_table(file)
            except (pa.ArrowException, OSError):
                continue  # cut short: no version names it
            if set(found.schema.names) == set(SUBJECT_KEYS.names):
                rows.append(found.select(SUBJECT_KEYS.names).cast(SUBJECT_KEYS))
        return pa.concat_tables(rows)

    def equip(self, names: pa.Array) -> pa.Table:
        """Returns the rows of some names, after making keys for those that have none.

        Raises:
            SetupError: If the table cannot be written, or other runs write to it all the time.
        """
        for _ in range(TRIES):
            at = self.table().version()
            found = self.wrapped(names)
            new = pc.unique(names).drop_null()
            new = new.filter(pc.invert(pc.is_in(new, found["subject"].combine_chunks())))
            if not len(new):
                return found
            try:
                write_deltalake(
                    DeltaTable(str(self.place), version=at), fresh(new, self.key), mode="append", writer_properties=PLAIN,
                    commit_properties=CommitProperties(app_transactions=[Transaction(APP, at + 1)]))
            except CommitFailedError:
                continue  # another run added some meanwhile: of the same subjects, perhaps
            except (DeltaError, OSError):
                raise SetupError("the table of subjects' keys cannot be written", where=self.path,
                                 next="check permissions and free space of its folder") from None
        raise busy(self.path)


def require_keys(columns: Sequence[str], where: str) -> None:
    """Checks that a table's columns are those of a table of keys.

    Raises:
        InputError: If not.
    """
    if set(columns) != set(SUBJECT_KEYS.names):
        raise InputError("this is no table of subjects' keys", where=where, next="name another in subject_keys.table")


def busy(where: str) -> SetupError:
    """Returns what is said when other runs were faster ``TRIES`` times."""
    return SetupError("other runs write to the table of subjects' keys all the time", where=where, next="run again later")


def attach(subjects: pa.Array, table: KeyTable, *, new: bool = True) -> pa.Array:
    """Returns each row's wrapped key, as ``engine.ciphers.wrapped.attached``; null for subjects without one.

    Args:
        subjects: Whom each row is about.
        table: Where the keys are.
        new: Whether subjects without a key get one.
    """
    if new:
        table.prepare()
    names = table.named(subjects)
    rows = table.equip(names) if new else table.wrapped(names)
    places = pc.index_in(names, rows["subject"].combine_chunks())
    return attached(names, rows["wrapped"].combine_chunks().take(places))
