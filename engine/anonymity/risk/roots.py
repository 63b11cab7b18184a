"""Where a function of one number changes its sign."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

_STEPS, _CLOSE = 100, 1e-13


def crossing(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Returns where ``function``, positive at ``low`` and not at ``high``, comes to zero; None if its ends are not so.

    C. Ridders, "A new algorithm for computing a single root of a real continuous function", IEEE Transactions on Circuits and
    Systems 26(11), 1979: it stays between its ends, which come at least twice as close with each step.
    """
    above, below = function(low), function(high)
    if not above > 0 >= below:
        return None
    found = math.inf
    for _ in range(_STEPS):
        middle = (low + high) / 2
        at = function(middle)
        bent = math.sqrt(at * at - above * below)
        last, found = found, middle + (middle - low) * at / bent if bent else middle
        value = function(found)
        if not value or abs(found - last) <= _CLOSE * max(abs(found), _CLOSE):
            break
        ends = sorted([(low, above), (middle, at), (found, value), (high, below)])
        (low, above), (high, below) = next(pair for pair in pairwise(ends) if pair[0][1] > 0 >= pair[1][1])
    return found
