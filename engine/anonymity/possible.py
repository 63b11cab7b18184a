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
    promised = [(claim.said, f"guarantees, column {claim.column}", "drop the column") for claim in guarantees.on_columns]
    promised += [(said, "guarantees.population", "name another population") for said in guarantees.on_population]
    for model, (said, place, otherwise) in zip(Claims.of(cube, guarantees).every, promised, strict=True):
        found = model.measure(model.table[None])
        if not model.enough(found)[0]:
            asked = {"≥": "at most", "≤": "at least", "<": "more than"}[said.sign]
            raise GuaranteeNotMet(
                f"{said.name} {said.sign} {said.promised:g} cannot hold: it is {found[0]:g} in the whole table as one class",
                where=place, allowed=f"{asked} {found[0]:g}", next=f"ask for less, or {otherwise}")
