"""Forgetting: destroys subjects' keys, so that nobody can read what is under them, and says what is gone and what remains."""

from __future__ import annotations

from engine.forgetting.forget import forget

__all__ = ["forget"]
