"""Lakeveil's engine. Its face is ten names, loaded when first used."""

from __future__ import annotations

import importlib
from typing import Any

_FACE = {
    "Policy": "engine.plan",
    "Receipt": "schemas.receipt",
    "ScanReport": "schemas.findings",
    "LakeveilError": "engine.errors",
    "GuaranteeNotMet": "engine.errors",
    "Plan": "engine.plan",
    "compile_plan": "engine.plan",
    "Release": "engine.release",
    "LocalBackend": "engine.backends.local",
    "SparkBackend": "engine.backends.spark",
}

__all__ = list(_FACE)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute can be anything
    if name not in _FACE:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    return getattr(importlib.import_module(_FACE[name]), name)


def __dir__() -> list[str]:
    return sorted(_FACE)
