"""``lakeveil stats``: differentially private statistics of a policy's source."""

from engine.statistics.road import plan, stats

__all__ = ["plan", "stats"]
