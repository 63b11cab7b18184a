"""Who takes part: holdout, bounded contribution and Poisson sampling, all decided per unit and never per worker.

Inclusion in a step is a keyed function of (unit, step) and nothing else, so the batch is the same set however the units are
spread over workers. The key is fresh for every attempt: it comes from the operating system, lives in memory and is not stored.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ID_BYTES = 12
"""Bytes of a unit's id within one attempt; with the step's four they fill one cipher block."""

_WHOLE = 1 << 64


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


@dataclass(frozen=True)
class Inclusion:
    """Poisson sampling over the units of one worker.

    Attributes:
        key: 32 bytes, the same on all workers of an attempt, never used in another.
        units: Ids of this worker's units, (n, ID_BYTES).
        rate: Probability that a unit takes part in a step.
    """

    key: bytes
    units: npt.NDArray[np.uint8]
    rate: float

    def at(self, step: int) -> npt.NDArray[np.intp]:
        """Returns the positions of the units that take part in ``step``; often few, sometimes none.

        AES-256 of the block (unit, step) is the pseudorandom function: a block cipher evaluated once at each distinct
        input. 64 of its bits are compared with the rate, which is thereby exact to 2^-64, rounded down.
        """
        drawn, below = self._drawn(step), _threshold(self.rate)
        return np.arange(len(drawn)) if below == _WHOLE else np.flatnonzero(drawn < np.uint64(below))

    def places(self, step: int, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.uint64]:
        """Returns by which number each of the units that take part in a step comes to stand in line: a random order."""
        return self._drawn(step)[chosen]

    def _drawn(self, step: int) -> npt.NDArray[np.uint64]:
        blocks = np.empty((len(self.units), 16), dtype=np.uint8)
        blocks[:, :ID_BYTES] = self.units
        blocks[:, ID_BYTES:] = np.frombuffer(step.to_bytes(4, "big"), dtype=np.uint8)
        cipher = Cipher(algorithms.AES(self.key), modes.ECB())  # noqa: S305 - a PRF on distinct blocks: nothing is encrypted
        return np.frombuffer(cipher.encryptor().update(blocks.tobytes()), dtype=">u8")[::2].astype(np.uint64)


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
