"""Versions of a release from a stream: one for each batch that brings something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.growing.following import append
from engine.plan import Policy


def each_batch(policy: Policy, *, anew: bool = False) -> Callable[[Any, int], None]:
    """Returns what ``writeStream.foreachBatch`` takes: a function that appends a batch to the policy's release.

    A batch has the columns of ``source.table``. Where it has those of Delta's change data feed, too (``readChangeFeed``), rows
    that are deleted in it leave, and updated ones leave and count as new; else its rows are new, or take the place of those that
    are called alike. A batch that comes again, as streams may send it, changes nothing.

    Args:
        policy: The policy that published the first version.
        anew: Whether the stream has another checkpoint than before. Its numbers start at 0 then, which is refused otherwise, and
            it does not tell of deletes in between: append once with ``lakeveil append`` before.

    Raises:
        What ``append`` raises; the stream stops then, and goes on from the same batch when it is started again.
    """
    def run(batch: Any, number: int) -> None:  # noqa: ANN401 - a DataFrame of Spark
        from engine.backends.spark.backend import SparkBackend  # noqa: PLC0415 - who has a stream has Spark

        append(policy, SparkBackend(batch.sparkSession), batch=batch, number=number, anew=anew)

    return run
