"""What no recoding can do, refused in words before one is looked for."""

from __future__ import annotations

import numpy as np

from engine.anonymity.claims import Claims
from engine.anonymity.cube import Cube
from engine.anonymity.tree import FLAG
from engine.errors import GuaranteeNotMet, PolicyError
from schemas.policy import Guarantees
from schemas.reserved import COUNT


def refuse_impossible(cube: Cube, guarantees: Guarantees) -> None:
    """Refuses what even the whole table as one class does not keep, and a name that recoding needs itself.

    Raises:
        GuaranteeNotMet: If the whole table as one class breaks a guarantee.
        PolicyError: If a quasi-identifier has the name of the flag.
    """
    if FLAG in cube.quasi:
        raise PolicyError(f"a quasi-identifier cannot be called {FLAG!r}", where=f"columns.{FLAG}",
                          next="rename the column at the source: recoding marks rows under this name")
    counts = np.asarray(cube.table[COUNT]).astype(np.int64)
    rows = int(counts.sum())
    where = f"quasi-identifiers {', '.join(cube.quasi)}"
    if rows == 0 or rows < (guarantees.k or 1):
        raise GuaranteeNotMet(f"k={guarantees.k or 1} cannot hold: the table has {rows:,} rows", where=where,
                              allowed=f"k of at most {rows:,}", next="lower guarantees.k, or release a larger table")
    whole = np.zeros(len(counts), np.int64)
    for claim, promised in zip(Claims.of(cube, guarantees).models, guarantees.on_columns, strict=True):
        if not claim.hold(whole, 1, counts)[0]:
            said, found = promised.said, claim.model.measure(claim.model.table[None])[0]
            asked = {"≥": "at most", "≤": "at least", "<": "more than"}[said.sign]
            raise GuaranteeNotMet(
                f"{said.name} {said.sign} {said.promised:g} cannot hold: it is {found:g} in the whole table as one class",
                where=f"guarantees, column {promised.column}", allowed=f"{asked} {found:g}",
                next="ask for less, or drop the column")
