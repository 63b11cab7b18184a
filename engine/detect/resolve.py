"""Which of several claims on one value stay."""

from __future__ import annotations

import numpy as np

from engine.detect.block import Flags, Floats, Integers

_NEIGHBOURS = 8
"""Claims after one, in order of place, that are compared with it in whole arrays; where more overlap, one by one."""


def staying(value: Integers, start: Integers, end: Integers, kind: Integers, score: Floats) -> Flags:
    """Returns which claims stay: those inside no other of the same value that is of the same type, or likelier.

    Of claims that are alike in all but their score the likeliest stays, of quite equal ones the first.

    Args:
        value: The value of each claim.
        start: First place.
        end: After the last.
        kind: Its type.
        score: How likely it is.
    """
    stays = np.ones(len(value), np.bool_)
    rows = _touching(value, start, end)
    stays[rows] = _staying(value[rows], start[rows], end[rows], kind[rows], score[rows])
    return stays


def _touching(value: Integers, start: Integers, end: Integers) -> Integers:
    """Returns the claims that overlap another: of most texts, few."""
    order = np.lexsort((start, value))
    value, start, end = value[order], start[order], end[order]
    before = (value + 1) * (int(end.max(initial=0)) + 1)
    reach = np.maximum.accumulate(before + end)
    touched = (before + start)[1:] < reach[:-1]
    return order[np.concatenate((touched, [False])) | np.concatenate(([False], touched))] if len(order) else order


def _staying(value: Integers, start: Integers, end: Integers, kind: Integers, score: Floats) -> Flags:
    order = np.lexsort((-score, -end, start, value))
    value, start, end, kind, score = value[order], start[order], end[order], kind[order], score[order]
    stays = np.ones(len(order), np.bool_)
    for more in range(1, min(_NEIGHBOURS, len(order) - 1) + 1):
        first, last = np.arange(len(order) - more), np.arange(more, len(order))
        inside = (value[first] == value[last]) & (end[last] <= end[first])
        stays[last[inside & ((score[first] > score[last]) | (kind[first] == kind[last]))]] = False
    reach = (value[_NEIGHBOURS:] == value[:-_NEIGHBOURS]) & (start[_NEIGHBOURS:] < end[:-_NEIGHBOURS])
    for long in np.flatnonzero(reach).tolist():  # with many inside
        reached = long + int(np.searchsorted(start[long:np.searchsorted(value, value[long], "right")], end[long]))
        inside = slice(long + 1, reached)
        worse = (score[inside] < score[long]) | (kind[inside] == kind[long])
        stays[inside] &= ~(worse & (end[inside] <= end[long]))
    found = np.empty(len(order), np.bool_)
    found[order] = stays
    return found
