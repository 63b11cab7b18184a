"""Many tables in one session: their states, and their scans, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial

from pyspark.sql import SparkSession

from engine.backends.base import Heard
from engine.backends.outcome import outcome
from engine.backends.spark.catalog import Detail, detail
from engine.backends.spark.errors import attempt
from engine.backends.spark.reader import newest_version
from engine.backends.spark.types import quoted
from engine.backends.table_state import TableState, state_of_path
from engine.backends.tables import is_name
from engine.errors import InputError, LakeveilError
from engine.release.files import local_path
from schemas.findings import ScanReport
from schemas.policy.v1 import Source

Outcome = ScanReport | LakeveilError

IN_FLIGHT = 4
"""Tables that are scanned at a time unless told otherwise: a small one leaves most of a cluster idle."""

_LOOKS = 8
"""States that are asked for at a time: each waits for a catalog."""


def states(spark: SparkSession, sources: Sequence[Source]) -> Iterator[TableState | LakeveilError]:
    """Yields the state of each table, in their order. See ``engine.backends.base.LakeBackend.states``."""
    with ThreadPoolExecutor(_LOOKS) as pool:
        yield from pool.map(lambda source: outcome(lambda: attempt(
            "look at the table", source.table, partial(_state, spark, source)), source.table), sources)


def _state(spark: SparkSession, source: Source) -> TableState:
    """Returns a table's state: from its files where they are mounted, else from what Delta and the catalog say."""
    table, named = source.table, is_name(source.table)
    place = local_path(table)
    if not named and place is not None:
        return state_of_path(source)
    known = detail(spark, table if named else f"delta.{quoted(table)}") if named or source.format in (None, "delta") else None
    if known is None or known.format != "delta":
        return _of_files(known, source)
    version = newest_version(spark, table)
    return TableState("delta", known.table_id, version, None, known.bytes)


def _of_files(known: Detail | None, source: Source) -> TableState:
    stored = known.format if known else source.format
    if stored is None:
        raise InputError("the table's format cannot be told from its path", where=source.table, next="name it with --format")
    place = local_path(known.location) if known and known.location else None
    if place is None or not place.exists():
        return TableState(stored)
    return state_of_path(Source.model_validate({"table": str(place), "format": stored}))


def scan_many(
    spark: SparkSession, sources: Iterable[Source], scan: Callable[[Source], ScanReport], *, workers: int, heard: Heard,
) -> Generator[tuple[int, Outcome]]:
    """Scans tables in threads, for a thread that waits for Spark costs nothing. See ``LakeBackend.scan_many``."""
    following = enumerate(sources)
    pool = ThreadPoolExecutor(workers)
    running: dict[Future[Outcome], int] = {}
    more = True
    try:
        while True:
            while more and len(running) < workers:
                place, source = next(following, (-1, None))
                more = source is not None
                if source is not None:
                    heard(place, 0.0)
                    running[pool.submit(outcome, partial(scan, source), source.table)] = place
            if not running:
                return
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(done), done.result()
    except BaseException:
        spark.interruptAll()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
