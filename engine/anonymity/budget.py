"""What may be suppressed: how a tree grows within a budget of rows, whatever its claims compare with."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.anonymity.claims import Claims
from engine.anonymity.cube import Cube
from engine.anonymity.growth import Growth, Node
from engine.anonymity.soil import Soil
from engine.anonymity.tree import Tree
from engine.errors import GuaranteeNotMet
from schemas.policy import Guarantees
from schemas.reserved import COUNT, SUPPRESSED

Ints = npt.NDArray[np.int64]

MARGINS = (1.0, 0.25, 0.0625, 0.0)
"""Parts of the budget by whose move of the table claims are made stricter, where they compare with it."""

PRICES = (1.0, 0.5, 0.25)
"""What rows that a second tree may hold are given up at, by what a row without a label costs."""


class GrowthInTwo(Growth):
    """One tree, and beside it another one of what was suppressed, if that is enough for a class."""

    def runs(self, budget: int) -> Iterator[Growth]:
        """Grows a tree; yields what becomes of it at each price."""
        self._grow(self._apart(budget))
        yield from (copy(self).given_up(budget, price) for price in PRICES)

    def given_up(self, budget: int, price: float) -> Growth:
        """Suppresses within ``budget`` where that pays at ``price``, and grows what it can of it."""
        self.grown, self._price = self.grown.copy(), price * self._price
        self._give_up(budget)
        ends = np.array([axis.extent - 1 for axis in self._soil.axes])
        gone = np.setdiff1d(np.arange(len(self._soil.rows)), self.grown.index)
        if len(gone) and self._soil.keeps(gone):
            self.grown.beside = self._new(1)
            self._grow([Node(self.grown.beside, gone, np.zeros_like(ends), ends)])
            self._suppressed = 0
        return self


def grown_within(soil: Soil, budget: int, cube: Cube, guarantees: Guarantees) -> Growth:
    """Returns what costs least, of what grows within a budget in a few ways and keeps all claims.

    What is left out moves the table that closeness, likeness and disclosure refer to, by at most its share. So with a budget
    a tree is grown by claims as they are, without suppression, and then by claims that hold whatever is left out, or almost: what
    grew is held against the table that it leaves, and passed over where it breaks a claim. What a row costs that a second tree
    holds is not known before that tree is there: so it is given up at several prices.

    Args:
        soil: What the tree grows on, under the claims as they are.
        budget: Rows that may be suppressed.
        cube: Counts of the table.
        guarantees: What every class must keep.

    Raises:
        GuaranteeNotMet: If nothing grows within the budget.
    """
    cells, compared = guarantees.suppress == "cells", bool(guarantees.t or guarantees.beta or guarantees.delta)
    found: list[Growth] = []
    refused: GuaranteeNotMet | None = None
    for margin, allowed in _ways(budget, compared=compared, cells=cells):
        claims = Claims.of(cube, guarantees, margin=margin / cube.rows) if margin else soil.claims
        here = replace(soil, claims=claims)
        try:
            grown = list(GrowthInTwo(here).runs(allowed)) if cells else [Growth(here).run(allowed)]
        except GuaranteeNotMet as error:
            refused = error
            continue
        found += [growth for growth in grown if not compared or _holds(growth, cube, guarantees)]
    if not found and refused is not None:
        raise refused
    return min(found, key=lambda growth: growth.cost)


def _ways(budget: int, *, compared: bool, cells: bool) -> Iterator[tuple[float, int]]:
    """Yields rows whose move of the table claims are made stricter by, and rows that may be suppressed."""
    if not compared or not budget:
        yield 0.0, budget
        return
    yield 0.0, 0
    yield from ((part * budget, budget) for part in (MARGINS[::len(MARGINS) - 1] if cells else MARGINS))


def _holds(growth: Growth, cube: Cube, guarantees: Guarantees) -> bool:
    """Whether leaves keep all claims beside the table that they are."""
    index, starts = growth.grown.index, growth.grown.starts
    left = cube.table.take(index)
    leaf, rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts)), np.asarray(left[COUNT]).astype(np.int64)
    people = None if cube.people is None else cube.people[index]
    claims = Claims.of(replace(cube, table=left, people=people), guarantees)
    return all(claim.hold(leaf, len(starts) - 1, rows).all() for claim in claims.models)


def refuse_starred(tree: Tree, rows: Ints, budget: int) -> None:
    """Refuses a tree by which too many rows are ``'*'`` in every column: each of them counts as suppressed.

    Args:
        tree: What was fitted.
        rows: Of each leaf.
        budget: Rows that may be suppressed.

    Raises:
        GuaranteeNotMet: If there are more of them than ``budget``.
    """
    held = np.ones(len(rows), bool)
    for column in range(len(tree.columns)):
        held &= np.array([label == SUPPRESSED for label in tree.labels(column)[:-1]], bool)
    starred = int(rows[held].sum())
    if starred > budget:
        raise GuaranteeNotMet(
            f"{starred:,} of {int(rows.sum()):,} rows are '*' in every column, and count as suppressed",
            where="guarantees.suppress", allowed=f"guarantees.suppression of at least {starred / int(rows.sum()):.2%}",
            next="allow that, or choose suppress: rows")
