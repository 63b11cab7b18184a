"""An inventory on a mounted file system, read and written by delta-rs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from engine.backends.base import INVENTORY_APP
from engine.backends.tables import load_delta, open_files
from engine.errors import InputError, SetupError
from engine.release.files import local_path
from schemas.inventory import INVENTORY, MARKS, completed


class LocalInventory:
    """The Delta table of an inventory. Satisfies ``engine.backends.base.InventoryStore``."""

    def __init__(self, path: str) -> None:
        self.path = path
        place = local_path(path)
        if place is None:
            raise SetupError("the inventory's path is not on a mounted file system", where=path,
                             next="name another with --inventory, or run with --backend spark")
        self._place = place

    def exists(self) -> bool:
        """Whether there is a Delta table."""
        return (self._place / "_delta_log").is_dir()

    def prepare(self) -> None:
        """Makes an empty inventory, unless there is one. See ``InventoryStore.prepare``."""
        if not self.exists():
            self._require_free()
            try:
                # No column has statistics: minima and maxima stay in a Delta log for good.
                write_deltalake(str(self._place), INVENTORY.empty_table(), mode="error",
                                configuration={"delta.dataSkippingNumIndexedCols": "0"})
            except (DeltaError, OSError):
                if not self.exists():  # or else another run was faster
                    raise SetupError("the inventory cannot be written here", where=self.path, allowed="an empty or absent folder",
                                     next="name another place with --inventory") from None
        self.read(["run_id"])

    def _require_free(self) -> None:
        try:
            free = not self._place.exists() or (self._place.is_dir() and next(self._place.iterdir(), None) is None)
        except OSError:
            free = True  # whoever writes there will be told why not
        if not free and not self.exists():  # or else another run was faster
            raise InputError("there is something else where the inventory should lie", where=self.path,
                             allowed="an empty or absent folder, or an inventory", next="name another place with --inventory")

    def version(self) -> int:
        """Returns the table's newest version."""
        return self._load().version()

    def read(self, columns: Sequence[str], runs: Collection[str] | None = None) -> pa.Table:
        """Returns the named columns of all rows, or of those of some runs. See ``InventoryStore.read``."""
        table = self._load()
        try:
            dataset = open_files(table, self._place)
            if not set(dataset.schema.names) >= MARKS:
                raise InputError("this Delta table is not an inventory", where=self.path,
                                 next="name another place with --inventory")
            chosen = None if runs is None else pc.field("run_id").isin(pa.array(list(runs), pa.string()))
            stored = dataset.to_table(columns=[name for name in columns if name in dataset.schema.names], filter=chosen)
        except (pa.ArrowException, OSError, DeltaError):
            raise InputError("the inventory is damaged", where=self.path,
                             next="restore its files, or name another place with --inventory") from None
        return completed(stored, columns)

    def append(self, rows: pa.Table, at: int) -> bool:
        """Appends rows; False if another run did so since version ``at``. See ``InventoryStore.append``."""
        try:
            write_deltalake(DeltaTable(str(self._place), version=at), rows.cast(INVENTORY), mode="append", schema_mode="merge",
                            commit_properties=CommitProperties(app_transactions=[Transaction(INVENTORY_APP, at + 1)]))
        except CommitFailedError:
            return False
        except (DeltaError, OSError):
            raise SetupError("the inventory cannot be written", where=self.path,
                             next="check permissions and free space of its folder; what was scanned before is in it") from None
        return True

    def _load(self) -> DeltaTable:
        return load_delta(self.path, Path(self._place))
