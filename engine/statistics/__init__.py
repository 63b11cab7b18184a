"""``lakeveil stats``: differentially private statistics of a policy's source."""

from engine.statistics.road import plan, stats
from engine.statistics.verification import names_statistics, verify

__all__ = ["names_statistics", "plan", "stats", "verify"]
