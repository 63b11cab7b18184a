"""base32hex (RFC 4648, section 7) in small signs and without padding, of a whole Arrow array of bytes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.ciphers.ragged import alike, blank, built, gathered, ragged, scattered
from engine.compiled import kernel, worth

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SIGNS = np.frombuffer(b"0123456789abcdefghijklmnopqrstuv", np.uint8)
_VALUES = np.full(256, 255, np.uint8)
_VALUES[_SIGNS] = np.arange(32)
_SHIFTS = np.arange(35, -1, -5, dtype=np.uint64)
"""Where the eight signs of five bytes stand in these."""
_PAIRS = np.stack((np.repeat(_SIGNS, 32), np.tile(_SIGNS, 32)), axis=1).view(np.uint16).ravel()
"""Two signs, side by side, for ten bits."""


def encoded(values: pa.Array, head: str = "") -> pa.Array:
    """Returns bytes as text, after a head of ASCII signs; null where ``values`` is null."""
    before = np.frombuffer(head.encode("ascii"), np.uint8)
    data, begin, lengths, valid = ragged(values)
    signs, ends = blank(np.where(valid, len(before) - (-lengths * 8 // 5), 0))
    if worth(len(signs)):
        _encode(data, begin, np.where(valid, lengths, -1), before, _SIGNS, ends, signs)
    else:
        for length, rows in alike(lengths, valid):
            made = base32(gathered(data, begin[rows], lengths[rows], length))
            whole = np.hstack((np.broadcast_to(before, (len(rows), len(before))), made))
            scattered(whole, np.full(len(rows), whole.shape[1]), ends[rows], signs)
    return built(signs, ends, valid, pa.string())


def decoded(texts: pa.Array) -> tuple[pa.Array, Flags]:
    """Returns the bytes that texts are of, null where one is no base32hex; and for each row whether it is such."""
    signs, begin, lengths, valid = ragged(texts)
    data, ends = blank(lengths * 5 // 8)
    wrong = np.zeros(len(texts), np.bool_)
    for length, rows in alike(lengths, valid):
        made, wrong[rows] = _decoded_rows(gathered(signs, begin[rows], lengths[rows], length))
        scattered(made, np.full(len(rows), made.shape[1]), ends[rows], data)
    return built(data, ends, valid & ~wrong, pa.binary()), wrong


def base32(data: Bytes) -> Bytes:
    """Returns rows of bytes as rows of signs, the last one filled up with zero bits."""
    count, size = data.shape
    width = -(-size * 8 // 5)
    if worth(data.size):
        signs = np.empty(count * width, np.uint8)
        steps = np.arange(count)
        _encode(np.ascontiguousarray(data).ravel(), steps * size, np.full(count, size), _SIGNS[:0], _SIGNS, steps * width, signs)
        return signs.reshape(count, width)
    groups = -(-size // 5)
    fives = np.zeros((count, groups, 8), np.uint8)
    fives[:, :, 3:] = np.pad(data, ((0, 0), (0, -size % 5))).reshape(count, groups, 5)
    numbers = fives.view(">u8").astype(np.uint64)
    found: Bytes = _PAIRS[(numbers >> _SHIFTS[1::2] & np.uint64(1023)).astype(np.int64)].view(np.uint8)
    return found.reshape(count, 8 * groups)[:, :width]


def _decoded_rows(signs: Bytes) -> tuple[Bytes, Flags]:
    """What is left over after the last byte has to be zeros: each value has one text."""
    values, size = _VALUES[signs], signs.shape[1] * 5 // 8
    groups = -(-signs.shape[1] // 8)
    eights = np.pad(values & np.uint8(31), ((0, 0), (0, -signs.shape[1] % 8))).reshape(len(signs), groups, 8)
    numbers = np.bitwise_or.reduce(eights.astype(np.uint64) << _SHIFTS, axis=2)
    data = numbers.astype(">u8").view(np.uint8).reshape(len(signs), groups, 8)[:, :, 3:].reshape(len(signs), 5 * groups)
    wrong = (values > 31).any(axis=1) | data[:, size:].any(axis=1) | (signs.shape[1] * 5 % 8 > 4)  # noqa: PLR2004 - five bits a sign
    return np.ascontiguousarray(data[:, :size]), wrong


@kernel
def _encode(data: Bytes, begin: Integers, lengths: Integers, head: Bytes, signs: Bytes, place: Integers, found: Bytes) -> None:  # noqa: PLR0917 - arrays alone
    """Writes head and signs of each value where it has its place; a length of -1 stands for none."""
    for row in range(len(begin)):
        if lengths[row] < 0:
            continue
        to = place[row]
        for i in range(len(head)):
            found[to + i] = head[i]
        to += len(head)
        number, bits = np.uint64(0), 0
        for at in range(begin[row], begin[row] + lengths[row]):
            number = (number << np.uint64(8)) | np.uint64(data[at])
            bits += 8
            while bits >= 5:  # noqa: PLR2004 - five bits a sign
                bits -= 5
                found[to] = signs[(number >> np.uint64(bits)) & np.uint64(31)]
                to += 1
        if bits:
            found[to] = signs[(number << np.uint64(5 - bits)) & np.uint64(31)]
