"""Where a function of one number changes its sign."""

from __future__ import annotations

from collections.abc import Callable

_STEPS, _CLOSE = 100, 1e-14


def crossing(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Returns where ``function``, positive at ``low`` and not at ``high``, comes to zero; None if its ends are not so.

    Bisection cannot diverge, and the functions here are cheap.
    """
    if not function(low) > 0 >= function(high):
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if high - low <= _CLOSE * max(abs(middle), _CLOSE):
            break
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2
