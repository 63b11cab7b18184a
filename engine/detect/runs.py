"""Runs of tokens, looked up in a table by hash: all at once, at a cost that does not grow with the size of the table.

The hash of any stretch comes in constant time from prefix sums of a polynomial modulo 2^64 (Karp and Rabin, 1987,
"Efficient randomized pattern-matching algorithms", IBM Journal of Research and Development 31(2)). It is a filter with
few false positives and none false negative: whoever needs certainty compares what is found.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
_Hashes = npt.NDArray[np.uint64]

_BASE = 0x9E3779B97F4A7C15
_SHIFT = np.uint64(64 - 16)


class Tokens(NamedTuple):
    """What runs are made of. Two tokens of different ``chain`` have a break between them, which no run spans."""

    start: Integers
    end: Integers
    chain: Integers


class Found(NamedTuple):
    """Runs that are in a table, in no order: first sign, end (exclusive), index of the run in the table."""

    start: Integers
    end: Integers
    run: Integers


class RunTable:
    """Runs to be looked for: strings of codes 1..255, each with the places of its tokens."""

    def __init__(self, runs: Sequence[Bytes], tokens: Sequence[Tokens]) -> None:
        """Prepares a table of distinct runs; at least one."""
        self._longest = max(map(len, runs))
        self._most = max(len(each.start) for each in tokens)
        hashes = np.array([_sums(run)[-1] for run in runs], np.uint64)
        order = np.argsort(hashes)
        self._hashes, self._index = hashes[order], order
        self._likely = _filter_of(hashes)
        opening = [_sums(run[:each.end[0]])[-1] for run, each in zip(runs, tokens, strict=True)]
        self._opening = _filter_of(np.array(opening, np.uint64))

    def find(self, codes: Bytes, tokens: Tokens) -> Found:
        """Returns every run of whole tokens of one chain that has a hash of the table."""
        sums, inverse = _sums(codes), _powers(len(codes))[1]
        first = np.flatnonzero(self._opening[((sums[tokens.end] - sums[tokens.start]) * inverse[tokens.start]) >> _SHIFT])
        found: list[tuple[Integers, Integers, Integers]] = []
        for more in range(self._most):
            first = first[first + more < len(tokens.start)]
            last = first + more
            first = first[(tokens.chain[last] == tokens.chain[first]) & (tokens.end[last] - tokens.start[first] <= self._longest)]
            start, end = tokens.start[first], tokens.end[first + more]
            hashes = (sums[end] - sums[start]) * inverse[start]
            likely = np.flatnonzero(self._likely[hashes >> _SHIFT])
            at = np.minimum(np.searchsorted(self._hashes, hashes[likely]), len(self._hashes) - 1)
            true = self._hashes[at] == hashes[likely]
            found.append((start[likely[true]], end[likely[true]], self._index[at[true]]))
        return Found(*(np.concatenate(part) for part in zip(*found, strict=True)))


def nothing() -> Found:
    """Returns no run."""
    return Found(*(np.zeros(0, np.int64) for _ in range(3)))


def _sums(codes: Bytes) -> _Hashes:
    """Prefix sums of the polynomial whose coefficients are the codes; one more than there are codes."""
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * _powers(len(codes))[0][:len(codes)], out=sums[1:])
    return sums


def _filter_of(hashes: _Hashes) -> Flags:
    table = np.zeros(1 << 16, bool)
    table[hashes >> _SHIFT] = True
    return table


def _powers(length: int) -> tuple[_Hashes, _Hashes]:
    """Powers of the base and of its inverse modulo 2^64: at least ``length + 1`` of each."""
    return _powers_up_to(1 << max(length, 1 << 16).bit_length())


@functools.lru_cache(maxsize=2)
def _powers_up_to(length: int) -> tuple[_Hashes, _Hashes]:
    powers = [np.full(length + 1, base, np.uint64) for base in (_BASE, pow(_BASE, -1, 1 << 64))]
    for each in powers:
        each[0] = 1
    return np.cumprod(powers[0]), np.cumprod(powers[1])
