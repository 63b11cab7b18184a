"""The Spark backend: classic and Connect, DataFrame API only. The one room that imports pyspark and delta.

Names load when they are first used, because executors import this package to find their batch function.
"""

from __future__ import annotations

import importlib
from typing import Any

_FACE = {
    "SparkBackend": "engine.backends.spark.backend",
    "SparkStore": "engine.backends.spark.store",
    "spark_session": "engine.backends.spark.session",
}

__all__ = list(_FACE)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute can be anything
    if name not in _FACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_FACE[name]), name)
