"""Sets of items, as Spark counts them: distinct ones where they are few, else the combinations that they hold.

Combinations are counted size by size. A larger one is looked at only if none of its parts is rare, and of all that are counted
only the rare ones leave the executors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from math import comb

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.anonymity.cube import D_MAX
from engine.anonymity.itemsets import ItemCombinations
from engine.anonymity.itemsets.combinations import Mask, free, too_many
from engine.anonymity.itemsets.counts import combinations_of, refuse_many
from engine.anonymity.itemsets.domain import Domain, domain_of
from engine.anonymity.itemsets.sets import Ints
from engine.backends.spark.types import quoted
from engine.backends.spark.worker import guarded
from engine.errors import InputError
from engine.plan.types import normalized
from schemas.policy import Column
from schemas.policy.guarantees import ItemClaim

MOST = 1 << 36
"""Combinations of the rows, each counted once for every row that holds it, that executors count."""

_COUNTED = "combo array<bigint>, n bigint"
_SCHEMA = pa.schema([("combo", pa.list_(pa.int64())), ("n", pa.int64())])


def as_sets(frame: DataFrame, columns: Iterable[str]) -> DataFrame:
    """Returns ``frame`` with the named list columns as sets: sorted, without nulls and repeats; null stays null."""
    for name in columns:
        if name in frame.columns:
            items = F.array_compact(F.col(quoted(name)))
            frame = frame.withColumn(name, F.array_sort(F.array_distinct(items)))
    return frame


def count_combinations(frame: DataFrame, column: Column, claim: ItemClaim) -> ItemCombinations:
    """Counts the combinations of labels that fewer than k rows hold.

    Args:
        frame: Rows; the claim's column holds sets.
        column: The policy's record of it.
        claim: k and m.

    Raises:
        InputError: If rows hold too many combinations, or too many are rare.
        PolicyError: If the hierarchy does not fit.
    """
    sets = frame.select(F.col(quoted(claim.column)).alias("items"))
    domain = domain_of(_items(sets, claim.column), column.hierarchy, f"columns.{claim.column}.hierarchy")
    everything = np.ones(len(domain), bool)
    above = len(domain.held(pa.array([[item] for item in domain.items], pa.list_(domain.items.type)),
                            np.ones(len(domain.items), np.int64)).nodes) / max(len(domain.items), 1)
    rows = _rows(sets, claim.column, claim.m, above)
    single = _counts(sets, domain, claim.column, range(1, 2), open_=everything).toArrow()
    support = np.zeros(len(domain), np.int64)
    support[_matrix(single, 1)[:, 0]] = np.asarray(single["n"])
    found: list[Ints] = []
    for size in range(2, claim.m + 1):
        counted = _counts(sets, domain, claim.column, range(size, size + 1), open_=support >= claim.k, smaller=found)
        rare = counted.filter(F.col("n") < claim.k).limit(D_MAX + 1).toArrow()
        refuse_many(rare.num_rows, claim)
        found.append(_matrix(rare, size))
    return ItemCombinations(claim.column, rows, domain, support, tuple(found), claim.k)


def smallest_on_spark(frame: DataFrame, column: str, most: int) -> int:
    """Returns how many rows hold the rarest combination of at most ``most`` items that a row holds. See ``ReleaseStore``."""
    sets = frame.select(F.col(quoted(column)).alias("items"))
    domain = domain_of(_items(sets, column), None, f"columns.{column}")
    rows = _rows(sets, column, most, 1.0)
    counted = _counts(sets, domain, column, range(1, most + 1), open_=np.ones(len(domain), bool))
    return min(rows, *(rows if found.n is None else int(found.n) for found in counted.agg(F.min("n").alias("n")).collect()))


def _items(sets: DataFrame, column: str) -> pa.Array:
    found = sets.select(F.explode("items").alias("item")).distinct().limit(D_MAX + 1).toArrow()
    if found.num_rows > D_MAX:
        raise InputError(f"column {column!r} holds more than {D_MAX:,} different items", where=f"columns.{column}",
                         allowed=f"at most {D_MAX:,}", next="coarsen the items at the source, or drop the column")
    return found.cast(normalized(found.schema))["item"].combine_chunks()


def _rows(sets: DataFrame, column: str, most: int, above: float) -> int:
    """Returns the number of rows.

    Raises:
        InputError: If they hold too many combinations; ``above`` is the mean number of nodes that may stand for an item.
    """
    sizes = sets.groupBy(F.coalesce(F.size("items"), F.lit(0)).alias("size")).agg(F.count(F.lit(1)).alias("n")).collect()
    if sum(row.n * comb(round(max(row.size, 0) * above), most) for row in sizes) > MOST:
        raise too_many(column, most, MOST)
    return sum(row.n for row in sizes)


def _counts(
    sets: DataFrame, domain: Domain, column: str, sizes: range, *, open_: Mask, smaller: Sequence[Ints] = (),
) -> DataFrame:
    counting = _counting(domain, column, sizes, open_=open_, smaller=tuple(smaller))
    return sets.mapInArrow(counting, _COUNTED).groupBy("combo").agg(F.sum("n").alias("n"))


def _counting(
    domain: Domain, column: str, sizes: range, *, open_: Mask, smaller: Sequence[Ints],
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Returns the function for ``mapInArrow`` that counts the combinations of a batch's sets."""
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            found = counted(batch.column(0))
            yield from iter(partial(guarded, "recode_items", next, found, None), None)

    def counted(values: pa.Array) -> Iterator[pa.RecordBatch]:
        stands = domain.held(values, np.ones(len(values), np.int64))
        for combos, supports in combinations_of(stands, domain, open_, sizes[-1], column=column, limit=MOST,
                                                extend=lambda combos, _: free(combos, smaller)):
            kept = free(combos, smaller) & (combos.shape[1] in sizes)
            starts = np.arange(kept.sum() + 1) * combos.shape[1]
            lists = pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(combos[kept].ravel()))
            yield pa.RecordBatch.from_arrays([lists, pa.array(supports[kept])], schema=_SCHEMA)

    return run


def _matrix(counted: pa.Table, size: int) -> Ints:
    combos = counted["combo"].combine_chunks().flatten()
    return np.asarray(combos).astype(np.int64).reshape(-1, size)
