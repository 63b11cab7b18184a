"""From counted sets to a recoding that keeps k^m-anonymity."""

from __future__ import annotations

import math

import numpy as np

from engine.anonymity import hierarchies
from engine.anonymity.itemsets.counts import Counted, CountedSets, ItemCombinations
from engine.anonymity.itemsets.domain import Domain
from engine.anonymity.itemsets.recoding import ItemRecoding
from engine.anonymity.itemsets.search import Cut
from engine.anonymity.itemsets.sets import Ints, ItemSets
from engine.errors import GuaranteeNotMet
from schemas.policy import Column
from schemas.policy.guarantees import ItemClaim


def fit_items(sets: ItemSets | ItemCombinations, column: Column, claim: ItemClaim) -> ItemRecoding:
    """Fits the labels of a column's items that keep ``claim`` and, among those that steps reach, lose little.

    The same sets in any order give the same recoding. A node of the hierarchy is kept or left out whole, so that the support of
    what is kept does not depend on what is left out.

    Args:
        sets: Counts of the sets, or of the combinations, of the rows that are released.
        column: The policy's record: the items' hierarchy, if they have one.
        claim: k, m and the share of occurrences that may be left out.

    Raises:
        GuaranteeNotMet: If there are fewer than k rows, or no way was found within the budget.
        PolicyError: If the hierarchy does not fit.
        InputError: If the sets hold more combinations than can be counted, or than the driver holds of rare ones.
    """
    counted = sets if isinstance(sets, ItemCombinations) else CountedSets.of(sets, column, claim)
    domain, rows = counted.domain, counted.rows
    if rows < claim.k:
        raise GuaranteeNotMet(f"k^m({claim.column}) ≥ {claim.k} cannot hold: there are {rows:,} rows", where="guarantees.km",
                              allowed=f"k of at most {rows:,}", next="lower k, or release a larger table")
    total = int(counted.support[domain.leaf].sum())
    allowed = math.floor(claim.items * total + 1e-9)
    unbound = column.hierarchy is None  # nothing but leaving out: what that takes is told if it is too much
    cut = Cut(domain, _below(domain, counted.support), total if unbound else allowed)
    met = _cleared(cut, counted, claim.m)
    if not met or cut.spent > allowed:
        raise _unmet(claim, cut.spent / total if met else 1.0, unbound=unbound)
    return _recoding(cut, claim, total)


def _cleared(cut: Cut, counted: Counted, most: int) -> bool:
    """Clears the cut of rare combinations, size by size; returns whether that was possible."""
    smaller: list[Ints] = []
    for size in range(1, most + 1):
        rare = counted.rare(size, cut.open, smaller)
        if not cut.clear(rare):
            return False
        smaller += [rare] if size > 1 else []
    return True


def _below(domain: Domain, support: Ints) -> Ints:
    """Returns the occurrences of items below each node."""
    own = np.zeros(len(domain) + 1, np.int64)
    own[domain.leaf + 1] = support[domain.leaf]
    before = np.cumsum(own)
    return np.asarray(before[domain.last + 1] - before[np.arange(len(domain))])


def _unmet(claim: ItemClaim, share: float, *, unbound: bool) -> GuaranteeNotMet:
    percent = math.ceil(share * 1000) / 10
    way = "without a hierarchy items can only be left out, and" if unbound else "even as one label items are in too few rows, and"
    return GuaranteeNotMet(
        f"k^m({claim.column}) ≥ {claim.k} for m = {claim.m} is not met: {way} the best way found leaves out {percent:g}% of them",
        where=f"guarantees.km, column {claim.column}", allowed=f"at most {claim.items * 100:g}% of all occurrences",
        next=("give the column a hierarchy, " if unbound else "") + "allow more in 'items', lower k or m, or drop the column")


def _recoding(cut: Cut, claim: ItemClaim, total: int) -> ItemRecoding:
    domain = cut.domain
    label = np.full(len(domain), -1, np.int64)
    for node in np.flatnonzero(cut.kept[:-1]):
        label[node:domain.last[node] + 1] = node
    stands = label[domain.leaf]
    items = hierarchies.as_text(domain.items).to_pylist()
    named = [(item, domain.labels[node]) for item, node in zip(items, stands.tolist(), strict=True) if node >= 0]
    return ItemRecoding(
        claim.column, claim.k, claim.m, tuple(item for item, _ in named), tuple(label for _, label in named),
        left_out=len(items) - len(named), occurrences=total, suppressed=cut.spent, loss=cut.loss / total if total else 0.0)
