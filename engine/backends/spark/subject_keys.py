"""The table of subjects' keys, read and written by Spark. ``engine.backends.subject_keys`` is the slow, obvious form."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.backends.keys import RootKey
from engine.backends.spark.errors import RAISED, condition_of
from engine.backends.spark.reader import absolute, newest_version
from engine.backends.spark.types import ddl_schema
from engine.backends.spark.worker import guarded
from engine.backends.subject_keys import APP, NAMER, NO_STATISTICS, SUBJECT_KEYS, TRIES, busy, fresh, namer, require_keys

_PLAIN = {"compression": "uncompressed"}
_TAKEN = ("DELTA_PATH_EXISTS", "DELTA_CONCURRENT", "DELTA_METADATA_CHANGED", "DELTA_PROTOCOL_CHANGED")


class SubjectKeyFrame:
    """One table of keys.

    Args:
        spark: The session.
        path: Where it lies.
        key: 64 bytes that wrap.
    """

    def __init__(self, spark: SparkSession, path: str, key: bytes) -> None:
        self._spark, self._path, self._place, self._key = spark, path, absolute(path), key

    def namer(self) -> RootKey:
        """Returns the key by which subjects are named; makes the table if there is none.

        Raises:
            InputError: If the table is something else, or was wrapped under another key.
        """
        self._prepare()
        rows = self._frame().where(F.col("subject") == NAMER).select("wrapped").toArrow()
        return namer(rows.column(0).combine_chunks().cast(pa.binary()), self._key, self._path)

    def attached(self, frame: DataFrame, name: str, output: str, *, new: bool = True) -> DataFrame:
        """Returns ``frame`` with each row's wrapped key; null for subjects without one.

        Args:
            frame: The rows.
            name: Column with what subjects are called in the table.
            output: Name of the new column, as ``engine.ciphers.wrapped.attached``.
            new: Whether subjects without a key get one.
        """
        if new:
            self._equip(frame.select(F.col(name).alias("subject")).where(F.col("subject").isNotNull()).distinct())
        keys = self._frame().select(F.col("subject").alias(output + "s"), F.col("wrapped").alias(output + "w"))
        joined = frame.join(keys, F.col(name) == F.col(output + "s"), "left")
        attached = F.concat(F.col(name).cast("binary"), F.col(output + "w"))
        return joined.withColumn(output, attached).drop(output + "s", output + "w")

    def _prepare(self) -> None:
        try:
            columns = self._frame().columns
        except RAISED:
            row = self._spark.createDataFrame(fresh(pa.array([NAMER]), self._key).to_pylist(), ddl_schema(SUBJECT_KEYS))
            writer = row.coalesce(1).write.format("delta").mode("error").options(**_PLAIN, **NO_STATISTICS)
            try:
                writer.save(self._place)
            except RAISED as error:
                if not condition_of(error, str(error)).startswith(_TAKEN):  # another run was faster
                    raise
        else:
            require_keys(columns, self._path)

    def _equip(self, names: DataFrame) -> None:
        """Appends keys until every name has one. Of two runs that begin at one version one is refused, and looks again."""
        for _ in range(TRIES):
            at = newest_version(self._spark, self._place)
            known = self._spark.read.format("delta").option("versionAsOf", at).load(self._place)
            new = names.join(known.select("subject"), "subject", "left_anti")
            if new.isEmpty():
                return
            made = new.mapInArrow(_fresh(self._key), ddl_schema(SUBJECT_KEYS))
            writer = made.write.format("delta").mode("append").options(**_PLAIN, txnAppId=APP, txnVersion=at + 1)
            try:
                writer.save(self._place)
            except RAISED as error:
                if not condition_of(error, str(error)).startswith(_TAKEN):
                    raise
        raise busy(self._path)

    def _frame(self) -> DataFrame:
        return self._spark.read.format("delta").load(self._place)


def _fresh(key: bytes) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Returns the function for ``mapInArrow`` that makes keys. A task that runs again makes others, and one commit counts."""

    def run(incoming: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in incoming:
            yield from guarded("keys", fresh, batch["subject"].cast(pa.string()), key).to_batches()

    return run
