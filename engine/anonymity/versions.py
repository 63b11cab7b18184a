"""Versions of one release: who enters and who leaves, so that no row's whole history tells it from fewer than k.

A cohort is the rows that entered one leaf in one version, and have been together since. Who knows a person's quasi-identifiers,
sees every version, and can even follow rows from one to the next, knows a history: when the person came, under which labels it
stood, when it left. Everybody with the same history was of one cohort, and left it together. So it is enough that a cohort begins
with rows that keep all claims, and that those who leave it and those who stay keep them, too, or are nobody.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.anonymity.claims import Claims
from engine.anonymity.models import Closeness, Relative
from engine.errors import InputError

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def entering(leaf: Ints, rows: Ints, claims: Claims, leaves: int) -> Mask:
    """Returns into which leaves what waits may enter: an increment is nobody, or keeps all claims by itself.

    Args:
        leaf: Of each tuple of rows that wait, in ``range(leaves)``; rows without true labels are none of them.
        rows: How many each tuple has.
        claims: What a class promises, on these tuples.
        leaves: Leaves of the tree.

    Raises:
        InputError: If a claim compares a class with the table or with a population.
    """
    _refuse_moving(claims)
    return claims.hold(leaf, leaves, rows)


def leaving(cohort: Ints, rows: Ints, erased: Ints, claims: Claims, cohorts: int) -> Ints:
    """Returns how many rows of each tuple leave: those that must, and those that are withdrawn with them for good.

    Of a cohort that loses fewer than k rows, others go along until k do, in the proportions of its tuples. If those who leave
    or those who stay then break a claim, all leave. What is withdrawn may not come back: that would tell the others apart.

    Args:
        cohort: Of each tuple of the last version, in ``range(cohorts)``; two tuples differ in it or in a claimed value.
        rows: How many each tuple had in it; together they keep all claims in each cohort.
        erased: How many of these must leave.
        claims: What a class promises, on these tuples.
        cohorts: How many there are.

    Raises:
        InputError: If more rows must leave than there are, or a claim compares a class with the table or with a population.
    """
    _refuse_moving(claims)
    if ((erased < 0) | (erased > rows)).any():
        raise InputError("more rows are deleted than the last version has", where="the release's versions",
                         next="find out who changed the table or the state")
    gone = np.bincount(cohort, erased, cohorts).astype(np.int64)
    left = erased + _along(cohort, rows - erased, np.where(gone > 0, np.maximum(claims.k - gone, 0), 0), claims)
    apart = claims.at(np.tile(np.arange(len(cohort)), 2))
    groups, parts = np.concatenate([2 * cohort, 2 * cohort + 1]), np.concatenate([rows - left, left])
    some = np.bincount(groups, parts, 2 * cohorts) > 0
    broken = (some & ~apart.hold(groups, 2 * cohorts, parts)).reshape(-1, 2).any(axis=1) & (gone > 0)
    return np.asarray(np.where(broken[cohort], rows, left), np.int64)


def refines(cohort: Ints, part: Ints, rows: Ints, claims: Claims, cohorts: int) -> bool:
    """Returns whether a leaf may be cut: what each cohort in it sends to each part is nobody, or keeps all claims.

    Args:
        cohort: Of each tuple of the leaf, in ``range(cohorts)``.
        part: Where the cut sends it.
        rows: How many it has in the version that is cut.
        claims: What a class promises, on these tuples.
        cohorts: How many there are.

    Raises:
        InputError: If a claim compares a class with the table or with a population.
    """
    _refuse_moving(claims)
    number = cohorts * (int(part.max(initial=0)) + 1)
    groups = part * cohorts + cohort
    return bool((claims.hold(groups, number, rows) | (np.bincount(groups, rows, number) == 0)).all())


def _along(cohort: Ints, staying: Ints, wanted: Ints, claims: Claims) -> Ints:
    """Returns how many of each tuple go along, so that each cohort gives as many as wanted, or all it has.

    Shares are rounded along the running sum, tuples in the order of their values: so equal cubes give the same.
    """
    order = np.lexsort((*(claim.codes for claim in claims.models), cohort))
    of, here = cohort[order], staying[order]
    total = np.bincount(cohort, staying, len(wanted)).astype(np.int64)
    upto = np.cumsum(here) - (np.cumsum(total) - total)[of]
    want, all_ = np.minimum(wanted, total)[of], np.maximum(total, 1)[of]
    taken = np.zeros(len(cohort), np.int64)
    taken[order] = upto * want // all_ - (upto - here) * want // all_
    return taken


def _refuse_moving(claims: Claims) -> None:
    moving = [claim.model.column for claim in claims.models if isinstance(claim.model, Closeness | Relative)]
    if moving or claims.beside is not None:
        raise InputError("a claim that compares a class with the whole table cannot be kept over versions: the table changes",
                         where=f"guarantees of {', '.join(moving) or 'the population'}", allowed="k, l and subjects",
                         next="publish each version as a release of its own, or drop the claim")
