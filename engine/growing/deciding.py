"""Who enters and who leaves with others: decided by counts, and written down in the owner's tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.claims import Claims
from engine.anonymity.cube import Cube
from engine.anonymity.recoding import Recoding
from engine.anonymity.versions import entering, leaving
from engine.backends.growing import ERASED, Book, Seen, Settled
from engine.plan import Policy
from engine.plan.rules import cube_columns
from engine.release.verification import released_guarantees
from schemas.reserved import COUNT, ENTERED, LEAF
from schemas.versions import Made


@dataclass(frozen=True)
class Decision:
    """What a version changes.

    Attributes:
        entered: Rows that enter, by leaf.
        left: Rows that leave, by the version in which they entered, and leaf.
        withdrawn: How many of these leave for others' sake.
        settled: How the owner's tables stand.
    """

    entered: dict[int, int]
    left: dict[tuple[int, int], int]
    withdrawn: int
    settled: Settled

    def made(self, seen: Seen) -> Made:
        """Returns how the version came about."""
        gone, rest = sum(self.left.values()), self.settled
        return Made(read=seen.read, entered=sum(self.entered.values()), left=gone - self.withdrawn, withdrawn=self.withdrawn,
                    waiting=rest.waiting, unroutable=rest.unroutable, barred=seen.barred)


def decide(book: Book, policy: Policy, recoding: Recoding, version: int, seen: Seen) -> Decision:
    """Decides what changes with a version, and settles it in the book, which has read the source and seen what it tells."""
    claimed = tuple(map(policy.released_name, cube_columns(policy)[1]))
    entered = _entering(book.waiting(claimed), claimed, policy, len(recoding.leaves))
    left, along = _leaving(book.erased(claimed), claimed, policy) if seen.outdated else ({}, None)
    settled = book.settle(version, pa.array(sorted(entered), pa.int64()), along)
    return Decision(entered, left, 0 if along is None else int(pa.compute.sum(along[COUNT]).as_py() or 0), settled)


def _entering(waiting: pa.Table, claimed: tuple[str, ...], policy: Policy, leaves: int) -> dict[int, int]:
    """Returns how many rows enter each leaf that opens."""
    if not waiting.num_rows:
        return {}
    leaf, rows = _numbers(waiting, LEAF), _numbers(waiting, COUNT)
    opens = entering(leaf, rows, _claims(waiting, (LEAF,), claimed, policy), leaves)
    sizes = np.bincount(leaf, rows, leaves).astype(np.int64)
    return {int(one): int(sizes[one]) for one in np.flatnonzero(opens)}


def _leaving(losing: pa.Table, claimed: tuple[str, ...], policy: Policy) -> tuple[dict[tuple[int, int], int], pa.Table | None]:
    """Returns how many rows leave each cohort, and how many of each tuple do so for others' sake; None if nobody leaves."""
    by = (ENTERED, LEAF, *claimed)
    if not losing.num_rows:
        return {}, None
    places = np.stack([_numbers(losing, ENTERED), _numbers(losing, LEAF)], axis=1)
    cohorts, cohort = np.unique(places, axis=0, return_inverse=True)
    rows, erased = _numbers(losing, COUNT), _numbers(losing, ERASED)
    left = leaving(cohort, rows, erased, _claims(losing, (ENTERED, LEAF), claimed, policy), len(cohorts))
    together = Counter[tuple[int, int]]()
    for place, number in zip(cohort.tolist(), left.tolist(), strict=True):
        together[int(cohorts[place, 0]), int(cohorts[place, 1])] += number
    along = losing.select(list(by)).append_column(COUNT, pa.array(left - erased, pa.int64()))
    return {place: number for place, number in together.items() if number}, along.filter(pa.array(left > erased))


def _claims(counts: pa.Table, by: tuple[str, ...], claimed: tuple[str, ...], policy: Policy) -> Claims:
    return Claims.of(Cube(counts, by, claimed), released_guarantees(policy))


def _numbers(table: pa.Table, column: str) -> npt.NDArray[np.int64]:
    return np.asarray(table[column].to_numpy(), np.int64)
