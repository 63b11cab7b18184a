"""Which combinations of columns tell rows apart, and the minimal ones that single people out.

R. Motwani and Y. Xu, "Efficient algorithms for masking and finding quasi-identifiers", 2007: distinctness and separation. A set
of columns *singles out* if it leaves more than a share of the rows alone. A row that is alone stays so when a column is added:
the share rises with the set, and minimal sets are worth naming.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

from engine.anonymity.risk.frequencies import Combination, Frequencies
from engine.anonymity.risk.sizes import Sizes
from schemas.risk import CombinationRisk, SinglingOut

MOST = 5_000
"""Combinations of one table that are measured."""

BEAM = 8
"""Sets of each size that the search beyond ``max_size`` goes on from."""

Told = Callable[[int, int], None]
"""Called with how many combinations are measured, and of how many."""


@dataclass
class Measured:
    """The sizes of classes by combinations of columns, each measured once, or told from a smaller one.

    Args:
        frequencies: What counts.
    """

    frequencies: Frequencies

    def __post_init__(self) -> None:
        self._known: dict[frozenset[str], Sizes] = {}

    def of(self, wanted: Sequence[Combination]) -> list[Sizes]:
        """Returns the sizes by each combination. A constant column adds nothing; nothing adds to what tells all rows apart."""
        self._count([(name,) for name in self.frequencies.columns])
        self._count([held for held in map(self._without_constants, wanted) if self._key_in(held) is None])
        return [self._found(columns) for columns in wanted]

    def _found(self, columns: Combination) -> Sizes:
        held = self._without_constants(columns)
        return self._known[frozenset(self._key_in(held) or held)]

    def _count(self, wanted: Sequence[Combination]) -> None:
        fresh = list({frozenset(columns): columns for columns in wanted if frozenset(columns) not in self._known}.values())
        for columns, found in zip(fresh, self.frequencies.sizes(fresh) if fresh else [], strict=True):
            self._known[frozenset(columns)] = found

    def _without_constants(self, columns: Combination) -> Combination:
        return tuple(name for name in columns if self._known[frozenset([name])].count > 1) or columns[:1]

    def _key_in(self, columns: Combination) -> Combination | None:
        """Returns a column of them that tells all rows apart."""
        return next(((name,) for name in columns if self._known[frozenset([name])].distinctness == 1), None)


def number_of_sets(columns: int, most: int) -> int:
    """Returns how many sets of up to ``most`` of so many columns there are."""
    return sum(comb(columns, size) for size in range(1, min(most, columns) + 1))


def largest_size(columns: int, most: int) -> int:
    """Returns the greatest size, at most ``most``, up to which so many columns have no more sets than are measured."""
    return next((size for size in range(min(most, columns), 1, -1) if number_of_sets(columns, size) <= MOST), 1)


def measure_combinations(measured: Measured, max_size: int, told: Told) -> tuple[CombinationRisk, ...]:
    """Returns every combination of up to ``max_size`` columns: fewest columns first, then as the table has them."""
    columns = measured.frequencies.columns
    whole = number_of_sets(len(columns), max_size)
    found: list[CombinationRisk] = []
    for size in range(1, min(max_size, len(columns)) + 1):
        level = list(combinations(columns, size))
        found += [_record(names, sizes_) for names, sizes_ in zip(level, measured.of(level), strict=True)]
        told(len(found), whole)
    return tuple(found)


def single_out(measured: Measured, found: Sequence[CombinationRisk], share: float) -> tuple[SinglingOut, ...]:
    """Returns the minimal sets that leave more than ``share`` of the rows alone.

    Among ``found`` all of them; of larger sets those that a beam search meets: it goes on from the sets of each size that come
    closest, and drops from what it finds every column that is not needed.

    Args:
        measured: Where sizes come from.
        found: All combinations of up to some size, fewest columns first.
        share: Of the rows.
    """
    minimal: list[SinglingOut] = []
    for one in found:
        if one.alone > share and not _covered(one.columns, minimal):
            minimal.append(SinglingOut(columns=one.columns, alone=one.alone, search="all"))
    columns, largest = measured.frequencies.columns, max((len(one.columns) for one in found), default=0)
    near = [one for one in found if len(one.columns) == largest and not _covered(one.columns, minimal)]
    if largest < len(columns) and near and measured.of([columns])[0].alone > share:
        minimal += _beyond(measured, near, minimal, share)
    return tuple(sorted(minimal, key=lambda one: (len(one.columns), -one.alone, one.columns)))


def _beyond(
    measured: Measured, near: Sequence[CombinationRisk], known: Sequence[SinglingOut], share: float,
) -> list[SinglingOut]:
    """Returns minimal sets of more columns than were all looked at."""
    columns, minimal = measured.frequencies.columns, list(known)
    while near:
        best = sorted(near, key=lambda one: (-one.alone, one.columns))[:BEAM]
        wider = {tuple(name for name in columns if name in {*one.columns, more})
                 for one in best for more in columns if more not in one.columns}
        open_ = [names for names in wider if not _covered(names, minimal)]
        level = sorted(open_, key=lambda names: tuple(map(columns.index, names)))
        sized = list(zip(level, measured.of(level), strict=True))
        near = [_record(names, sizes) for names, sizes in sized if sizes.alone <= share]
        over = [names for names, sizes in sized if sizes.alone > share]
        measured.of([part for names in over for part in combinations(names, len(names) - 1)])  # in one question
        for names in over:
            least = _needed(measured, names, share)
            if not _covered(least, minimal):
                minimal.append(SinglingOut(columns=least, alone=measured.of([least])[0].alone, search="greedy"))
        near = [one for one in near if not _covered(one.columns, minimal)]
    return minimal[len(known):]


def _needed(measured: Measured, names: Combination, share: float) -> Combination:
    """Returns a set without the columns that it can do without, the last ones first."""
    for name in reversed(names):
        rest = tuple(other for other in names if other != name)
        if rest and measured.of([rest])[0].alone > share:
            names = rest
    return names


def _covered(columns: Combination, minimal: Sequence[SinglingOut]) -> bool:
    return any(set(one.columns) <= set(columns) for one in minimal)


def _record(columns: Combination, sizes: Sizes) -> CombinationRisk:
    return CombinationRisk(columns=columns, classes=sizes.count, distinctness=sizes.distinctness, separation=sizes.separation,
                           alone=sizes.alone)
