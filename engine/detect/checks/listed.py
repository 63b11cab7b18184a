"""Prefixes that somebody assigned: provinces, banks, countries, as python-stdnum lists them."""

from __future__ import annotations

import functools

import numpy as np

from engine.detect.checks.matrix import Check, Codes, Lengths, Passed
from engine.detect.checks.spec import Listed
from engine.errors import PolicyError


def listed(spec: Listed) -> Check:
    """Returns the check of digits that begin as an entry of a table does.

    Raises:
        PolicyError: If python-stdnum has no such table.
    """
    known = _known(spec.table, spec.width)

    def check(codes: Codes, lengths: Lengths) -> Passed:
        first = lengths + spec.at if spec.at < 0 else np.full(len(codes), spec.at)
        passed: Passed = (first >= 0) & (first + spec.width <= lengths)
        rows = np.flatnonzero(passed)
        digits = codes[rows[:, None], first[rows, None] + np.arange(spec.width)] - np.uint8(ord("0"))
        numbers = np.minimum(digits, 9) @ 10 ** np.arange(spec.width)[::-1]
        passed[rows] = (digits <= 9).all(axis=1) & known[numbers]  # noqa: PLR2004 - what is below '0' wraps around
        return passed
    return check


@functools.cache
def _known(table: str, width: int) -> Passed:
    """For every number of so many digits whether it begins as an entry does."""
    from stdnum import numdb  # noqa: PLC0415 - its tables are read when a type needs one

    try:
        entries = numdb.get(table).prefixes
    except OSError as error:
        raise PolicyError("python-stdnum has no such table", where=f"check: listed, {table}",
                          next="look into its package for the files that end in .dat") from error
    known = np.zeros(10**width, np.bool_)
    for length, low, high, *_ in entries:
        if length <= width and low.isdigit() and high.isdigit():
            following = 10 ** (width - length)
            known[int(low) * following:(int(high) + 1) * following] = True
    return known
