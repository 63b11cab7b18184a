"""Which combinations of labels too few rows hold: counted from sets, or elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from engine.anonymity.cube import D_MAX
from engine.anonymity.itemsets.combinations import MOST, Mask, Wanted, combinations, free
from engine.anonymity.itemsets.domain import Domain, domain_of
from engine.anonymity.itemsets.sets import Held, Ints, ItemSets, entries, numbered
from engine.errors import InputError
from schemas.policy import Column
from schemas.policy.guarantees import ItemClaim


class Counted(Protocol):
    """What the fit asks of the counts of a column's sets."""

    @property
    def rows(self) -> int:
        """Rows that are released."""
        ...

    @property
    def domain(self) -> Domain:
        """The column's items, and what stands above them."""
        ...

    @property
    def support(self) -> Ints:
        """Rows that hold each node of the domain."""
        ...

    def rare(self, size: int, open_: Mask, smaller: Sequence[Ints]) -> Ints:
        """Returns the combinations of ``size`` open nodes that fewer than k rows hold, but one at least.

        Args:
            size: Number of nodes; none of them is below another.
            open_: Which nodes may stand in the release.
            smaller: What was returned for each smaller size, pairs first: combinations that hold one of these are left out, and
                those of several nodes one of which is rare.

        Returns:
            A combination a row, ascending.

        Raises:
            InputError: If there are more combinations than can be counted, or more rare ones than the driver holds.
        """
        ...


@dataclass(frozen=True)
class ItemCombinations:
    """Counts of combinations that were made elsewhere, of sets that are too many for the driver. Satisfies ``Counted``.

    Attributes:
        column: The column.
        rows: Its rows.
        domain: Its items.
        support: Rows that hold each node.
        found: For each size, pairs first, the combinations that fewer than k rows hold, without those that hold a smaller one.
        k: That k.
    """

    column: str
    rows: int
    domain: Domain
    support: Ints
    found: tuple[Ints, ...]
    k: int

    def rare(self, size: int, open_: Mask, smaller: Sequence[Ints]) -> Ints:  # noqa: ARG002 - left out already
        """Returns the rare combinations of open nodes. See ``Counted.rare``."""
        if size == 1:
            return np.flatnonzero(open_ & (self.support < self.k)).reshape(-1, 1)
        found = self.found[size - 2]
        return found[open_[found].all(axis=1)]


@dataclass(frozen=True)
class CountedSets:
    """Counts combinations of the nodes that sets hold. Satisfies ``Counted``."""

    stands: Held
    domain: Domain
    claim: ItemClaim

    @classmethod
    def of(cls, sets: ItemSets, column: Column, claim: ItemClaim) -> CountedSets:
        """Returns what counts a column's sets.

        Raises:
            PolicyError: If the hierarchy does not fit.
        """
        values = sets.table[sets.column]
        domain = domain_of(numbered(entries(values)[1])[0], column.hierarchy, f"columns.{sets.column}.hierarchy")
        return cls(domain.held(values, sets.weights), domain, claim)

    @property
    def rows(self) -> int:
        """Rows that are released."""
        return int(self.stands.weights.sum())

    @cached_property
    def support(self) -> Ints:
        """Rows that hold each node."""
        return self.stands.support(len(self.domain))

    def rare(self, size: int, open_: Mask, smaller: Sequence[Ints]) -> Ints:
        """Returns the rare combinations of open nodes. See ``Counted.rare``."""
        k = self.claim.k
        if size == 1:
            return np.flatnonzero(open_ & (self.support < k)).reshape(-1, 1)
        found, many = [np.zeros((0, size), np.int64)], 0
        extend = lambda _, supports: np.asarray(supports >= k)
        for combos, supports in combinations_of(self.stands, self.domain, open_ & (self.support >= k), size,
                                                column=self.claim.column, extend=extend, limit=MOST):
            if combos.shape[1] == size:
                rare = combos[supports < k]
                found.append(rare[free(rare, smaller)])
                many += len(found[-1])
                refuse_many(many, self.claim)
        return np.concatenate(found)


def combinations_of(
    stands: Held, domain: Domain, open_: Mask, most: int, *, column: str, extend: Wanted, limit: int,
) -> Iterator[tuple[Ints, Ints]]:
    """Yields the combinations of at most ``most`` open nodes, and their supports. See ``combinations``."""
    nodes, number = np.flatnonzero(open_), np.cumsum(open_) - 1
    inside = open_[stands.nodes]
    narrow = Held.of(stands.sets[inside], number[stands.nodes[inside]], stands.weights)
    for combos, supports in combinations(narrow, number[domain.last[nodes]], most, column=column, limit=limit,
                                         extend=lambda combos, supports: extend(nodes[combos], supports)):
        yield nodes[combos], supports


def refuse_many(rare: int, claim: ItemClaim) -> None:
    """Raises InputError if there are more rare combinations than the driver holds."""
    if rare > D_MAX:
        raise InputError(
            f"more than {D_MAX:,} combinations of items are held by fewer than {claim.k} rows each",
            where=f"columns.{claim.column}", allowed=f"at most {D_MAX:,}",
            next="lower m or k in guarantees.km, give the items a hierarchy, or keep fewer at the source")
