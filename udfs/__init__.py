"""Kernels: what ships to executors. One a file, Arrow in, Arrow out; ``udfs.<name>.<name>`` is the kernel.

A kernel imports no pyspark, does no I/O and imports no other kernel. Its output depends on its arguments
alone, so that a task that runs twice writes the same bytes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def kernel(name: str) -> Callable[..., Any]:
    """Returns the kernel called ``name``, importing its module when first asked for."""
    return getattr(importlib.import_module(f"udfs.{name}"), name)  # type: ignore[no-any-return]  # a module attribute is untyped
