"""Loops over bytes, compiled: where numba is installed and there is enough to do.

A kernel is a function over arrays and numbers alone. Compiling takes seconds and is kept on disk where it can be; a process
that only ever sees little never loads the compiler.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import importlib.util
import os
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

WORTH = 1 << 18
"""Bytes from which on a kernel is compiled for them."""

Function = TypeVar("Function", bound=Callable[..., Any])


@functools.cache
def available() -> bool:
    """Returns whether numba is installed, and not switched off (``LAKEVEIL_KERNELS=off``)."""
    return os.environ.get("LAKEVEIL_KERNELS", "on") != "off" and importlib.util.find_spec("numba") is not None


class _Loaded:
    """Whether this process has had enough to do, then little is done by kernels too; and how long it took to get them."""

    ever = False
    seconds = 0.0


def worth(size: int) -> bool:
    """Returns whether kernels shall look at so many bytes."""
    if not available() or (size < WORTH and not _Loaded.ever):
        return False
    _Loaded.ever = True
    return True


def seconds() -> float:
    """Returns how long this process took to load and compile kernels so far: no cell's budget pays for that."""
    return _Loaded.seconds


def kernel(function: Function) -> Function:
    """Returns a function over arrays and numbers that is compiled when it is first called."""
    @functools.cache
    def compiled() -> Any:  # noqa: ANN401 - numba's dispatcher
        import numba  # noqa: PLC0415 - takes a second: only where there is enough to do

        try:
            return numba.njit(cache=True, nogil=True)(function)
        except RuntimeError:  # no place for the cache: modules in a zip on a machine without a home
            return numba.njit(nogil=True)(function)

    @functools.wraps(function)
    def called(*arguments: Any) -> Any:  # noqa: ANN401 - as the function's
        began, function_ = time.monotonic(), compiled()
        before = len(function_.signatures)
        found = function_(*arguments)
        if len(function_.signatures) > before:
            _Loaded.seconds += time.monotonic() - began
        return found
    return cast("Function", called)


def loop(function: Function) -> Function:
    """Returns a compiled function over arrays and numbers that other loops call; itself where kernels are switched off.

    Loads the compiler: for modules that are imported only where their loops run.
    """
    return _looped(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def lean_loop(function: Function) -> Function:
    """As ``loop``, for one that makes no arrays: who uses those that it is given, and hands on, is not counted."""
    return _looped(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)


def inner_loop(function: Function) -> Function:
    """As ``loop``, for one that is called in few places: it becomes part of its callers, which all in all compiles faster."""
    return _looped(function, inline="always")


def outer_loop(function: Function) -> Function:
    """As ``loop``, for one that Python calls."""
    return _looped(function)


def lender() -> Callable[[Any], Any]:
    """Returns a function for loops: an array → the same, whose users nobody counts, and that somebody else has to keep.

    numba counts them with atomic operations, at each call of a loop that is part of another.
    """
    if not available():
        return lambda array: array
    from numba.extending import intrinsic  # noqa: PLC0415 - see loop

    @intrinsic
    def lent(_: Any, array: Any) -> Any:  # noqa: ANN401 - numba's
        def written(context: Any, builder: Any, __: Any, given: Any) -> Any:  # noqa: ANN401 - numba's
            made = context.make_array(array)(context, builder, value=given[0])
            made.meminfo, made.parent = (pointer.type(None) for pointer in (made.meminfo, made.parent))
            return made._getvalue()  # noqa: SLF001 - as numba's own do
        return array(array), written

    return cast("Callable[[Any], Any]", lent)


@functools.cache
def _digest(package: str) -> str:
    """Returns a digest of a package's modules: a loop that was kept on disk holds the loops it calls, as they were."""
    found = hashlib.sha256()
    for module in sorted(importlib.resources.files(package).iterdir(), key=lambda file: file.name):
        if module.name.endswith(".py"):
            found.update(module.read_bytes())
    return found.hexdigest()[:16]


def _looped(function: Function, **options: Any) -> Function:  # noqa: ANN401 - numba's
    if not available():
        return function
    import numba  # noqa: PLC0415 - see loop

    compiled: Any = numba.njit
    function.__qualname__ += f"-{_digest(function.__module__.rpartition('.')[0])}"
    options |= {"nogil": True, "error_model": "numpy"}
    try:
        return cast("Function", compiled(cache=True, **options)(function))
    except RuntimeError:  # no place for the cache
        return cast("Function", compiled(**options)(function))
