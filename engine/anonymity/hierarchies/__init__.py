"""Hierarchies: value → coarser values, by rule, from a list, inline or from a table.

``levels`` asks the family of the kind that a policy names; each family is a file. Levels count from 1, the finest,
upwards; ``'*'`` stands on top of every hierarchy.
"""

from engine.anonymity.hierarchies.arrays import as_text
from engine.anonymity.hierarchies.levels import ancestors, generalize_level, height, level, unknown_values
from engine.anonymity.hierarchies.listed import paths
from engine.anonymity.hierarchies.texts import LONGEST_MASK

__all__ = ["LONGEST_MASK", "ancestors", "as_text", "generalize_level", "height", "level", "paths", "unknown_values"]
