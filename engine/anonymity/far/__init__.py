"""Cubes too large to be held: counted, cut and grown where they lie (ADR 37).

A quasi-identifier gets at most ``MOST_KEYS`` positions (``columns``). Nodes with too many tuples are cut by counts that come from
all parts of the cube (``tally``), as ``engine.anonymity.large`` cuts them on the driver; what is below a node that fits is grown
where its tuples are gathered (``subtree``). What comes back is counts by position, and trees.
"""

from engine.anonymity.far.cube import Coded, FarCube, near
from engine.anonymity.far.fit import grow

__all__ = ["Coded", "FarCube", "grow", "near"]
