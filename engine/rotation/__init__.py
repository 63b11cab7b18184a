"""Rotating keys: releases get tokens under other keys, and joins are proved to hold."""

from __future__ import annotations

from engine.rotation.finish import finish
from engine.rotation.rewrap import rewrap
from engine.rotation.rotate import pairs_of, rotate

__all__ = ["finish", "pairs_of", "rewrap", "rotate"]
