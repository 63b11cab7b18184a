"""Who takes part: holdout, bounded contribution and Poisson sampling, all decided per unit and never per worker.

Inclusion in a step is a keyed function of (unit, step) and nothing else, so the batch is the same set however the units are
spread over workers. The key is fresh for every attempt: it comes from the operating system, lives in memory and is not stored.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ID_BYTES = 12
"""Bytes of a unit's id within one attempt; with the step's four they fill one cipher block."""

TOGETHER = 16
"""Steps whose draws begin in one block."""

_WHOLE = 1 << 64
_ALONE = 1 << 31
"""Marks the number of a step beside those of windows; there are fewer steps than that."""

_NONE = np.empty(0, dtype=np.intp)
_AT_ONCE = 1 << 16
"""Units that are drawn for at once: their blocks fit a processor's cache."""


def identifiers(names: Iterable[bytes], key: bytes) -> npt.NDArray[np.uint8]:
    """Returns an id for each name, (n, ID_BYTES): BLAKE2b under ``key``.

    Equal names have equal ids. Two different ones among 10^9 share an id with probability below 10^-11.
    """
    digests = b"".join(hashlib.blake2b(name, digest_size=ID_BYTES, key=key).digest() for name in names)
    return np.frombuffer(digests, dtype=np.uint8).reshape(-1, ID_BYTES)


def held_out(names: Iterable[bytes], share: float) -> npt.NDArray[np.bool_]:
    """Returns which units training never sees: those whose SHA-256 falls below ``share``.

    It depends on the unit alone, so one unit more or less moves no other, and evaluation finds the same units again.
    """
    prefix = hashlib.sha256(b"lakeveil holdout v1\0")
    below = _threshold(share)

    def drawn(name: bytes) -> bool:
        digest = prefix.copy()
        digest.update(name)
        return int.from_bytes(digest.digest()[:8], "big") < below

    return np.fromiter(map(drawn, names), dtype=np.bool_)


class Inclusion:
    """Poisson sampling over the units of one worker, step after step.

    AES-256 of (unit, steps) is the pseudorandom function: a block cipher evaluated at distinct inputs. A block's 16 bytes are
    the first byte of a unit's draw for each of 16 steps, which settles most of them; where it does not, 56 bits more come from
    a block of that step alone. So a draw has 64 bits, the rate is exact to 2^-64, rounded down, and a step costs a sixteenth of
    a block for each unit.

    Args:
        key: 32 bytes, the same on all workers of an attempt, never used in another.
        units: Ids of this worker's units, (n, ID_BYTES).
        rate: Probability that a unit takes part in a step.
    """

    def __init__(self, key: bytes, units: npt.NDArray[np.uint8], rate: float) -> None:
        self.units, self.rate = units, rate
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - a PRF on distinct blocks: nothing is encrypted
        self._window, self._chosen = -1, [_NONE] * TOGETHER

    def at(self, step: int) -> npt.NDArray[np.intp]:
        """Returns the positions of the units that take part in ``step``; often few, sometimes none.

        What is found for the ``TOGETHER`` steps around is kept, so steps are best asked for in their order.
        """
        below = _threshold(self.rate)
        if below == _WHOLE:
            return np.arange(len(self.units))
        window, place = divmod(step, TOGETHER)
        if window != self._window:
            found = [self._candidates(window, start, below >> 56) for start in range(0, len(self.units), _AT_ONCE)]
            self._chosen = [np.concatenate([_NONE, *(part[one] for part in found)]) for one in range(TOGETHER)]
            self._window = window
        return self._taken(step, self._chosen[place], below)

    def places(self, step: int, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.uint64]:
        """Returns by which number each of the units that take part in a step comes to stand in line: a random order."""
        return self._blocks(self.units[chosen], _ALONE | step).view(">u8")[:, 1].astype(np.uint64)

    def _candidates(self, window: int, start: int, top: int) -> list[npt.NDArray[np.intp]]:
        """Returns those of some units whose draw may be small enough, for each step of a window."""
        drawn = self._blocks(self.units[start : start + _AT_ONCE], window)
        units, steps = np.divmod(np.flatnonzero(drawn <= top), TOGETHER)
        return [start + units[steps == one] for one in range(TOGETHER)]

    def _taken(self, step: int, candidates: npt.NDArray[np.intp], below: int) -> npt.NDArray[np.intp]:
        window, place = divmod(step, TOGETHER)
        ids = self.units[candidates]
        first = self._blocks(ids, window)[:, place].astype(np.uint64)
        rest = self._blocks(ids, _ALONE | step).view(">u8")[:, 0].astype(np.uint64)
        return candidates[(first << np.uint64(56) | rest >> np.uint64(8)) < np.uint64(below)]

    def _blocks(self, ids: npt.NDArray[np.uint8], number: int) -> npt.NDArray[np.uint8]:
        """Returns a block for each of some units, (units, 16)."""
        blocks = np.empty((len(ids), 16), dtype=np.uint8)
        blocks[:, :ID_BYTES] = ids
        blocks[:, ID_BYTES:] = np.frombuffer(number.to_bytes(4, "big"), dtype=np.uint8)
        drawn = self._cipher.encryptor().update(blocks.data.cast("B") if len(ids) else b"")
        return np.frombuffer(drawn, dtype=np.uint8).reshape(-1, 16)


def bounded(
    units: npt.NDArray[np.uint8], rows: npt.NDArray[np.uint8], most: int,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Returns the rows that stay when every unit keeps ``most`` of its rows at most, sorted by unit.

    Which of a unit's rows stay is decided by their keyed ids, so it is random to whoever chose the rows and the same
    on every worker layout.

    Args:
        units: Unit id of each row, (n, ID_BYTES).
        rows: Id of each row, (n, ID_BYTES).
        most: Rows that a unit may contribute.

    Returns:
        Positions of the rows that stay, grouped by unit, and the offsets at which the groups start and end, (units + 1,).
    """
    unit, row = _sortable(units), _sortable(rows)
    order = np.lexsort((*row, *unit))
    same = np.ones(len(order), dtype=np.bool_)
    for part in unit:
        same[1:] &= part[order][1:] == part[order][:-1]
    same[:1] = False
    starts = np.flatnonzero(~same)
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    kept = rank < most
    return order[kept], np.append(np.flatnonzero(rank[kept] == 0), kept.sum())


def _sortable(ids: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]:
    packed = np.ascontiguousarray(ids)
    return packed[:, :8].copy().view(np.uint64)[:, 0], packed[:, 8:].copy().view(np.uint32)[:, 0]


def _threshold(share: float) -> int:
    return _WHOLE if share >= 1 else math.floor(share * _WHOLE)
