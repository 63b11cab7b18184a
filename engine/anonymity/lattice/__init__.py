"""Full-domain recoding: every column at one level of its hierarchy, the best of all combinations."""

from engine.anonymity.lattice.fit import search
from engine.anonymity.lattice.full_domain import FullDomain

__all__ = ["FullDomain", "search"]
