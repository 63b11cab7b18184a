"""Full-domain recoding: every column at one level of its hierarchy, the best of all combinations."""

from engine.anonymity.lattice.full_domain import FullDomain
from engine.anonymity.lattice.search import search

__all__ = ["FullDomain", "search"]
