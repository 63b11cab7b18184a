"""Releases that follow their source: the first version, and those after it."""

from __future__ import annotations

from engine.growing.first import first
from engine.growing.following import append
from engine.growing.maintained import recorded
from engine.growing.proof import history
from engine.growing.refining import refine
from engine.growing.stream import each_batch

__all__ = ["append", "each_batch", "first", "history", "recorded", "refine"]
