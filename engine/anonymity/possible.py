"""What no recoding can do, refused in words before one is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.anonymity.claims import Claims
from engine.anonymity.cube import Cube
from engine.anonymity.models import Model, RecursiveDiversity
from engine.anonymity.tree import FLAG
from engine.errors import GuaranteeNotMet, PolicyError
from schemas.policy import Column, Guarantees
from schemas.policy.said import Said
from schemas.reserved import COUNT


def refuse_impossible(cube: Cube, guarantees: Guarantees) -> None:
    """Refuses what even the whole table as one class does not keep, and a name that recoding needs itself.

    Raises:
        GuaranteeNotMet: If the whole table as one class breaks a guarantee.
        PolicyError: If a quasi-identifier has the name of the flag.
    """
    refuse_name(cube.quasi)
    counts = np.asarray(cube.table[COUNT]).astype(np.int64)
    refuse_few(int(counts.sum()), cube.quasi, guarantees)
    for model, promised in zip(Claims.of(cube, guarantees).every, promises(guarantees), strict=True):
        refuse_never(model, promised)


class Promised(NamedTuple):
    """A claim as it is said, where the policy has it, and what else could be done about it."""

    said: Said
    where: str
    otherwise: str


def promises(guarantees: Guarantees) -> list[Promised]:
    """Returns all claims but k, in the order of ``engine.anonymity.claims.Claims.every``."""
    columns = [Promised(claim.said, f"guarantees, column {claim.column}", "drop the column") for claim in guarantees.on_columns]
    return columns + [Promised(said, "guarantees.population", "name another population") for said in guarantees.on_population]


def refuse_never(model: Model, promised: Promised) -> None:
    """Refuses a claim that the whole table as one class breaks."""
    (found,), said = model.measure(model.table[None]), promised.said
    values = int((model.table > 0).sum())
    if isinstance(model, RecursiveDiversity) and values < model.l:
        raise GuaranteeNotMet(
            f"{said.name} with an l of {model.l} cannot hold: the column has {values} different value(s)", where=promised.where,
            allowed=f"an l from 2 to {values}" if values > 1 else "a column of two values or more",
            next=f"ask for a smaller l, or {promised.otherwise}" if values > 1 else promised.otherwise)
    if not model.enough(np.array([found]))[0]:
        asked = {"≥": "at most", "≤": "at least", "<": "more than"}[said.sign]
        raise GuaranteeNotMet(
            f"{said.name} {said.sign} {said.promised:g} cannot hold: it is {found:g} in the whole table as one class",
            where=promised.where, allowed=f"{asked} {found:g}", next=f"ask for less, or {promised.otherwise}")


def refuse_name(quasi: Sequence[str]) -> None:
    """Refuses a quasi-identifier with the name of the flag."""
    if FLAG in quasi:
        raise PolicyError(f"a quasi-identifier cannot be called {FLAG!r}", where=f"columns.{FLAG}",
                          next="rename the column at the source: recoding marks rows under this name")


def refuse_level(name: str, column: Column, height: int) -> None:
    """Refuses a level that the column's hierarchy does not have."""
    if column.coarsest is not None and column.coarsest > height:
        raise PolicyError(f"coarsest is level {column.coarsest}, and the hierarchy has {height}",
                          where=f"columns.{name}.coarsest", allowed=f"0 to {height}; 0 keeps values",
                          next="choose one of them, or leave it out")


def refuse_few(rows: int, quasi: Sequence[str], guarantees: Guarantees) -> None:
    """Refuses a table of fewer rows than one class needs."""
    if rows == 0 or rows < (guarantees.k or 1):
        raise GuaranteeNotMet(f"k={guarantees.k or 1} cannot hold: the table has {rows:,} rows",
                              where=f"quasi-identifiers {', '.join(quasi)}",
                              allowed=f"k of at most {rows:,}", next="lower guarantees.k, or release a larger table")
