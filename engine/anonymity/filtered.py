"""Classes that break a promise, taken out of a tree that was grown without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.anonymity.cube import Cube
from engine.anonymity.lattice.keeping import Classes, Promises
from engine.anonymity.tree import Tree
from engine.errors import GuaranteeNotMet
from schemas.policy import Guarantees
from schemas.reserved import COUNT


def filtered(tree: Tree, cube: Cube, guarantees: Guarantees) -> Tree:
    """Returns the tree without the classes that break a promise; their rows are suppressed.

    A tree that was grown for k alone is a function of quasi-identifiers, so that nothing can be concluded from where it was not
    cut (Wong, Fu, Wang, Pei, Minimality Attack in Privacy Preserving Data Publishing, VLDB 2007). That a class is left out tells
    that it broke a promise, and not by which values. What the whole table keeps is not asked: a refusal would tell it.

    Raises:
        GuaranteeNotMet: If more rows are in such classes than may be suppressed.
    """
    counts = np.asarray(cube.table[COUNT]).astype(np.int64)
    leaf, number = tree.route([cube.table[name] for name in tree.names]), len(tree.leaves)
    sizes = np.bincount(leaf, counts, number).astype(np.int64)
    nobody = np.zeros(number, np.int64)  # claims beside a population are refused with such cuts
    kept = Promises.of(cube, guarantees).keep(
        Classes(number, leaf, np.arange(len(leaf)), counts, sizes, nobody, np.zeros(number, bool))).classes
    if kept is None:
        raise GuaranteeNotMet(
            "too many rows are in classes that break a claim on a sensitive column, which cuts: quasi does not heed",
            where="guarantees.suppression", allowed=f"{guarantees.suppression:.2%} of the rows",
            next="allow more suppression, ask for less, raise k, or leave recoding.cuts out")
    return _only(tree, kept)


def _only(tree: Tree, kept: npt.NDArray[np.bool_]) -> Tree:
    leaf = np.where(kept, np.cumsum(kept) - 1, kept.sum())
    cuts, children = tree.cuts.copy(), tree.cuts[:, 2:]
    cuts[:, 2:] = np.where(children < 0, ~np.append(leaf, kept.sum())[~np.minimum(children, -1)], children)
    return replace(tree, cuts=cuts, leaves=tree.leaves[kept])
