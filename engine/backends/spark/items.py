"""Sets of items, as Spark counts them."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.backends.spark.types import quoted


def as_sets(frame: DataFrame, columns: Iterable[str]) -> DataFrame:
    """Returns ``frame`` with the named list columns as sets: sorted, without nulls and repeats; null stays null."""
    for name in columns:
        if name in frame.columns:
            items = F.array_compact(F.col(quoted(name)))
            frame = frame.withColumn(name, F.array_sort(F.array_distinct(items)))
    return frame
