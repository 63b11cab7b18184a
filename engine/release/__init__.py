"""Staged → verified → published; receipts, and the report."""

from engine.release.release import Release
from engine.release.store import ReleaseStore

__all__ = ["Release", "ReleaseStore"]
