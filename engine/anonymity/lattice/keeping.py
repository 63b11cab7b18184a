"""Which classes of a node of the lattice are kept, so that every promise holds of what is released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.beside import KMap, LeastPresence, MostPresence, holds
from engine.anonymity.claims import Claim, Claims
from engine.anonymity.cube import Cube
from engine.anonymity.modelled import modelled
from engine.anonymity.models import DistinctDiversity, Model
from engine.anonymity.values import distinct_in_order
from schemas.policy import Guarantees
from schemas.policy.guarantees import ColumnClaim

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_NO_ROWS = 1e-9


class Classes(NamedTuple):
    """The cube at a node of the lattice.

    Attributes:
        number: Of classes.
        of: Class of each tuple (quasi-identifiers at their levels, sensitive values).
        first: For each tuple one of the cube's tuples that it is made of.
        rows: Table rows behind each tuple.
        sizes: Table rows of each class.
        people: Of a population, those in each class.
        starred: Classes of rows with a value that is suppressed wherever it stands: kept ones count as suppressed, too.
    """

    number: int
    of: Ints
    first: Ints
    rows: Ints
    sizes: Ints
    people: Ints
    starred: Mask

    def suppressed(self, kept: Mask) -> int:
        """Returns the rows that count as suppressed if some classes are kept."""
        return int(self.sizes[~kept | self.starred].sum())


class Kept(NamedTuple):
    """What a node's classes keep of the promises.

    Attributes:
        classes: Which are kept; None where no choice of them is known to keep every promise within the budget.
        hopeless: Whether no finer node can keep them, either.
    """

    classes: Mask | None
    hopeless: bool


@dataclass(frozen=True)
class Further:
    """A claim that may break when a class grows by rows of a class that did not keep it, or when others are suppressed."""

    claim: ColumnClaim
    values: pa.Array
    codes: Ints

    def hold(self, classes: Classes, kept: Mask) -> Mask:
        """Returns which kept classes keep the claim in a release of the kept classes."""
        inside = kept[classes.of]
        of, rows, codes = classes.of[inside], classes.rows[inside], self.codes[classes.first[inside]]
        weights = np.bincount(codes, rows, len(self.values)).astype(np.int64)
        there = np.flatnonzero(weights)
        model, place = modelled(self.claim, pa.chunked_array([self.values.take(pa.array(there))]), weights[there])
        again = np.zeros(len(self.values), np.int64)
        again[there] = place
        return Claim(model, again[codes]).hold(of, classes.number, rows)


@dataclass(frozen=True)
class Promises:
    """The guarantees on a cube.

    Attributes:
        k: Least rows of a class.
        lasting: Claims that a class keeps whatever rows join it: numbers of different values, of people (and so k-map).
        further: The others.
        beside: Claims on how a class stands to a population; on those that are released alone.
        budget: Most rows that may be suppressed.
    """

    k: int
    lasting: tuple[Claim, ...]
    further: tuple[Further, ...]
    beside: tuple[Model, ...]
    budget: int

    @classmethod
    def of(cls, cube: Cube, guarantees: Guarantees) -> Promises:
        """Returns the promises of a policy."""
        claims = Claims.of(cube, guarantees)
        pairs = list(zip(claims.models, guarantees.on_columns, strict=True))
        return cls(
            claims.k, tuple(claim for claim, _ in pairs if isinstance(claim.model, DistinctDiversity)),
            tuple(Further(said, *distinct_in_order(cube.table[said.column])) for claim, said in pairs
                  if not isinstance(claim.model, DistinctDiversity)),
            claims.beside.models if claims.beside else (),
            int(guarantees.suppression * cube.rows + _NO_ROWS))

    def keep(self, classes: Classes) -> Kept:
        """Returns which classes are kept.

        Suppressed are the classes without k rows or enough different values; then those that break another claim in a release of
        the rest; again, until all that are left keep it.
        """
        sizes = classes.sizes
        if any(isinstance(model, LeastPresence) for model in self.beside) and not sizes.all():
            return Kept(None, hopeless=True)  # people of a class without rows can be told to be absent, in finer classes, too
        kept = (sizes >= self.k) & self._beside(classes, KMap)
        for claim in self.lasting:
            kept &= Claim(claim.model, claim.codes[classes.first]).hold(classes.of, classes.number, classes.rows)
        if sizes[~kept].sum() > self.budget or not kept.any():
            return Kept(None, hopeless=True)  # finer nodes leave out no fewer, whatever they suppress
        kept &= self._beside(classes, MostPresence)
        if classes.suppressed(kept) > self.budget or not kept.any():
            return Kept(None, hopeless=self.budget == 0)  # without suppression all claims survive merging
        while self.further and kept.any():
            held = kept.copy()
            for further in self.further:
                held &= further.hold(classes, kept)
            if (held == kept).all():
                break
            kept = held
            if classes.suppressed(kept) > self.budget:
                return Kept(None, hopeless=self.budget == 0)
        return Kept(kept, hopeless=False) if kept.any() else Kept(None, hopeless=False)

    def _beside(self, classes: Classes, kind: type[Model]) -> Mask:
        """Returns which classes with rows keep the claims of one kind on how they stand to the population."""
        counts = np.stack([classes.sizes, classes.people], axis=1)
        return holds(tuple(model for model in self.beside if isinstance(model, kind)), counts)
