"""An inventory, read and written by Spark: at any path where Spark can write Delta, or by its name in a catalog."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.backends.base import INVENTORY_APP
from engine.backends.spark.errors import RAISED, T, attempt, condition_of
from engine.backends.spark.reader import absolute, newest_version
from engine.backends.spark.session import utc
from engine.backends.spark.types import ddl_schema, quoted
from engine.backends.tables import is_name
from engine.errors import InputError
from schemas.inventory import INVENTORY, MARKS, completed

_NO_STATISTICS = "TBLPROPERTIES ('delta.dataSkippingNumIndexedCols' = '0')"
_LATEST = 20
"""Commits that are looked through for ours: others may have come after it."""


class SparkInventory:
    """The Delta table of an inventory. Satisfies ``engine.backends.base.InventoryStore``."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        self.path = path
        self._spark = spark
        self._named = is_name(path)
        self._place = path if self._named else absolute(path)
        self._sql = path if self._named else f"delta.{quoted(self._place)}"

    def exists(self) -> bool:
        """Whether there is a Delta table."""
        try:
            self._frame()
        except RAISED:
            return False
        return True

    def prepare(self) -> None:
        """Makes an empty inventory, unless there is one. See ``InventoryStore.prepare``."""
        if not self.exists():
            self._attempt("write the inventory", lambda: self._spark.sql(
                f"CREATE TABLE IF NOT EXISTS {self._sql} ({ddl_schema(INVENTORY)}) USING delta {_NO_STATISTICS}"))
        self.read(["run_id"])

    def version(self) -> int:
        """Returns the table's newest version."""
        return self._attempt("read the inventory", lambda: newest_version(self._spark, self._place))

    def read(self, columns: Sequence[str], runs: Collection[str] | None = None) -> pa.Table:
        """Returns the named columns of all rows, or of those of some runs. See ``InventoryStore.read``."""
        def rows() -> pa.Table:
            frame = self._frame()
            if not set(frame.columns) >= MARKS:
                raise InputError("this Delta table is not an inventory", where=self.path,
                                 next="name another place with --inventory")
            chosen = frame if runs is None else frame.where(F.col("run_id").isin(list(runs)))
            there = [name for name in columns if name in frame.columns]
            return completed(chosen.select(*map(quoted, there)).toArrow(), columns)

        with utc(self._spark):
            return self._attempt("read the inventory", rows)

    def append(self, rows: pa.Table, at: int) -> bool:
        """Appends rows; False if another run did so since version ``at``. See ``InventoryStore.append``.

        Spark passes over a stale transaction in silence, so the newest commits are looked through for this one.
        """
        ours = json.dumps({"commit": uuid.uuid4().hex})

        def write() -> bool:
            frame = self._spark.createDataFrame(rows.cast(INVENTORY).to_pylist(), ddl_schema(INVENTORY)).coalesce(1)
            writer = frame.write.format("delta").mode("append").options(
                mergeSchema="true", txnAppId=INVENTORY_APP, txnVersion=at + 1, userMetadata=ours)
            try:
                (writer.saveAsTable if self._named else writer.save)(self._place)
            except RAISED as error:
                if condition_of(error, str(error)).startswith("DELTA_CONCURRENT"):
                    return False
                raise
            latest = self._spark.sql(f"DESCRIBE HISTORY {self._sql} LIMIT {_LATEST}").select("userMetadata")
            return ours in latest.toArrow().column(0).to_pylist()

        with utc(self._spark):
            return self._attempt("write the inventory", write)

    def _frame(self) -> DataFrame:
        frame = self._spark.table(self._place) if self._named else self._spark.read.format("delta").load(self._place)
        frame.schema  # noqa: B018 - on Connect the path is looked at only now
        return frame

    def _attempt(self, doing: str, run: Callable[[], T]) -> T:
        return attempt(doing, self.path, run)
