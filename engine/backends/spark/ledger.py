"""A ledger that Spark reads and writes: at any path where Spark can write Delta, or by its name in a catalog.

Of two appends that began at one version Delta refuses the second, because both read the version of one application's
transactions; one that begins later finds its transaction stale, and Spark passes over it in silence. So what was appended is
looked for afterwards, in the table itself. No writer of Spark's can be held to a version: a commit that appends no entry may come
between what was read and what is written.

A session does not see transactions. So an append says the number of entries in the metadata of its commit, too: in the history of
the table. ALTER TABLE says nothing in either; so an append of no row follows it. Not the other way round: who may append and not
alter would have the log speak of caps that nobody set, and stop everybody. Who dies between has set caps that hold; but RESTORE
takes these back unnoticed, until caps are set again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.backends.ledger import APP, CAPS, CAPS_SET, PROPERTIES, absent, damaged, require_ledger, rows_of, taken
from engine.backends.spark.errors import RAISED, attempt, condition_of
from engine.backends.spark.reader import absolute
from engine.backends.spark.session import utc
from engine.backends.spark.types import ddl_schema, quoted
from engine.backends.tables import is_name
from engine.privacy.port import Stored
from schemas.ledger import LEDGER

_ABSENT = ("PATH_NOT_FOUND", "DELTA_PATH_DOES_NOT_EXIST", "TABLE_OR_VIEW_NOT_FOUND", "DELTA_TABLE_NOT_FOUND",
           "DELTA_MISSING_DELTA_TABLE", "DELTA_SCHEMA_NOT_SET")


_FASTER = ("DELTA_CONCURRENT", "DELTA_METADATA_CHANGED")
"""Conditions of an append that came second. The first entry of a release that adds a column changes metadata."""


class SparkLedger:
    """A ledger read and written by Spark. Satisfies ``engine.privacy.port.LedgerStore``."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        self.path = path
        self._spark = spark
        self._named = is_name(path)
        self._place = path if self._named else absolute(path)
        self._sql = path if self._named else f"delta.{quoted(self._place)}"

    def create(self, caps: str) -> None:
        """Makes an empty ledger. See ``LedgerStore.create``."""
        def make() -> None:
            properties = ", ".join(f"'{name}' = {_text(value)}" for name, value in {**PROPERTIES, CAPS: caps}.items())
            self._spark.sql(f"CREATE TABLE {self._sql} ({ddl_schema(LEDGER)}) USING delta TBLPROPERTIES ({properties})")

        if self._there():
            raise taken(self.path)
        with utc(self._spark):
            attempt("make the ledger", self.path, make)

    def _there(self) -> bool:
        try:
            self._frame(None).schema  # noqa: B018 - on Connect the path is looked at only now
        except RAISED as error:
            return not condition_of(error, str(error)).startswith(_ABSENT)
        return True

    def read(self) -> Stored:
        """Returns the newest version. See ``LedgerStore.read``."""
        def found() -> Stored:
            version, entries, caps_set = self._newest()
            rows = self._frame(version).toArrow()
            detail = self._spark.sql(f"DESCRIBE DETAIL {self._sql}").select("properties").first()
            properties = dict(detail["properties"]) if detail else {}
            require_ledger(rows.schema, properties, self.path)
            return Stored(version, rows_of(rows), properties.get(CAPS, ""), entries, caps_set)

        if not self._there():
            raise absent(self.path)
        with utc(self._spark):
            return attempt("read the ledger", self.path, found)

    def _newest(self) -> tuple[int, int | None, int | None]:
        """Returns the newest version, and the most entries and settings of caps that a commit up to it speaks of."""
        history = self._spark.sql(f"DESCRIBE HISTORY {self._sql}")
        found = history.agg(F.max("version"), _most(APP), _most(CAPS_SET)).first()
        if found is None or found[0] is None:
            raise damaged(self.path)
        return int(found[0]), found[1], found[2]

    def append(self, row: Mapping[str, Any], at: int) -> bool:  # noqa: ARG002 - the row's number says what was read
        """Appends a row, unless another entry came after ``at``. See ``LedgerStore.append``."""
        def write() -> bool:
            try:
                self._append([dict(row)], APP, row["number"] + 1)
            except RAISED as error:
                if not condition_of(error, str(error)).startswith(_FASTER):
                    raise
            return not self._frame(None).where(F.col("id") == row["id"]).isEmpty()

        with utc(self._spark):
            return attempt("write the ledger", self.path, write)

    def set_caps(self, caps: str, number: int) -> None:
        """Writes the caps of the owner. See ``LedgerStore.set_caps``."""
        def write() -> None:
            self._spark.sql(f"ALTER TABLE {self._sql} SET TBLPROPERTIES ('{CAPS}' = {_text(caps)})")
            self._append([], CAPS_SET, number)

        with utc(self._spark):
            attempt("write the ledger", self.path, write)

    def _append(self, rows: list[dict[str, Any]], app: str, number: int) -> None:
        """Appends rows in a commit that says a number, to delta-rs and to Spark."""
        frame = self._spark.createDataFrame(pa.Table.from_pylist(rows, LEDGER), ddl_schema(LEDGER)).coalesce(1)
        writer = frame.write.format("delta").mode("append").options(
            mergeSchema=True, txnAppId=app, txnVersion=number, userMetadata=f"{app} {number}")
        (writer.saveAsTable if self._named else writer.save)(self._place)

    def _frame(self, version: int | None) -> DataFrame:
        reader = self._spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.table(self._place) if self._named else reader.load(self._place)


def _most(app: str) -> Column:
    """Returns the highest number that commits of a history say for an application."""
    said = F.regexp_extract("userMetadata", rf"^{re.escape(app)} (\d{{1,18}})$", 1)
    return F.max(F.when(said != "", said.cast("long")))


def _text(value: str) -> str:
    """Returns a text as a literal of SQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
