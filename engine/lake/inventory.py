"""The inventory during a run: what is in it already, and rows added without a double.

Appends only. Every append is a transaction that refuses to follow an unseen one: of two runs that scanned the same table at
the same time, the second looks again, sees the first one's row and drops its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.backends.base import InventoryStore
from engine.errors import SetupError
from engine.lake.rows import KEY, Identity, Key, identity, key_of, to_table
from schemas.inventory import InventoryRow

_ATTEMPTS = 50


class Inventory:
    """The inventory of a run. Made if it is not there yet.

    Args:
        store: Where it lies.

    Raises:
        InputError: If something else is there.
        SetupError: If it cannot be written.
    """

    def __init__(self, store: InventoryStore) -> None:
        self.store = store
        store.prepare()
        self._look()

    def has(self, key: Key | None) -> bool:
        """Whether a table was scanned already, in this version, by these recognizers and as many of its rows."""
        return key in self._done

    def standing(self, lake: str) -> dict[Identity, str | None]:
        """Returns the tables of a lake that were there at its last scan, with Delta's identifier of each."""
        rows = self.store.read(["lake", "table", "table_id", "status", "scanned_at"]).sort_by("scanned_at").to_pylist()
        newest = {identity(row["table"], row["table_id"]): row for row in rows if row["lake"] == lake}
        return {one: row["table_id"] for one, row in newest.items() if row["status"] != "gone"}

    def add(self, rows: Sequence[InventoryRow], *, again: bool) -> None:
        """Adds rows in one commit.

        Args:
            rows: What became of some tables.
            again: Also of tables that another run scanned in the meantime.

        Raises:
            SetupError: If they cannot be written.
        """
        for _ in range(_ATTEMPTS):
            rows = [row for row in rows if again or row.status != "done" or not self.has(key_of(row))]
            if not rows:
                return
            if self.store.append(to_table(rows), self._at):
                self._at += 1
                self._done.update(key_of(row) for row in rows if row.status == "done")
                return
            self._look()
        raise SetupError("other runs write to the inventory without a pause", where=self.store.path, next="run again: what is "
                         "in the inventory is not scanned again")

    def _look(self) -> None:
        self._at = self.store.version()
        columns = self.store.read([*KEY, "status"]).to_pydict()
        keys = zip(*(columns[name] for name in KEY), strict=True)
        self._done: set[Key] = {key for key, status in zip(keys, columns["status"], strict=True)
                                if status == "done" and (key[2] is not None or key[3] is not None)}
