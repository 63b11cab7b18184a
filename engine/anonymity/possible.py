"""What no recoding can do, refused in words before one is looked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.anonymity.claims import Claims
from engine.anonymity.cube import Cube
from engine.anonymity.models import Model
from engine.anonymity.tree import FLAG
from engine.errors import GuaranteeNotMet, PolicyError
from schemas.policy import Guarantees
from schemas.policy.guarantees import ColumnClaim
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
    whole = np.zeros(len(counts), np.int64)
    for claim, promised in zip(Claims.of(cube, guarantees).models, guarantees.on_columns, strict=True):
        if not claim.hold(whole, 1, counts)[0]:
            raise never(promised, claim.model)


def refuse_name(quasi: Sequence[str]) -> None:
    """Refuses a quasi-identifier with the name of the flag."""
    if FLAG in quasi:
        raise PolicyError(f"a quasi-identifier cannot be called {FLAG!r}", where=f"columns.{FLAG}",
                          next="rename the column at the source: recoding marks rows under this name")


def refuse_few(rows: int, quasi: Sequence[str], guarantees: Guarantees) -> None:
    """Refuses a table of fewer rows than one class needs."""
    if rows == 0 or rows < (guarantees.k or 1):
        raise GuaranteeNotMet(f"k={guarantees.k or 1} cannot hold: the table has {rows:,} rows",
                              where=f"quasi-identifiers {', '.join(quasi)}",
                              allowed=f"k of at most {rows:,}", next="lower guarantees.k, or release a larger table")


def never(promised: ColumnClaim, model: Model) -> GuaranteeNotMet:
    """Returns the error of a claim that the whole table as one class breaks."""
    said, found = promised.said, model.measure(model.table[None])[0]
    asked = {"≥": "at most", "≤": "at least", "<": "more than"}[said.sign]
    return GuaranteeNotMet(
        f"{said.name} {said.sign} {said.promised:g} cannot hold: it is {found:g} in the whole table as one class",
        where=f"guarantees, column {promised.column}", allowed=f"{asked} {found:g}",
        next="ask for less, or drop the column")
