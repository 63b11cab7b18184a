"""Variants (semi-structured values of Spark 4 and Parquet), read where a reader hands over their two binary fields.

Source: Apache Parquet, "Variant Binary Encoding", version 1. Objects come out as ``Pairs``, arrays as lists, all else as text.
"""

from __future__ import annotations

import datetime as dt
import struct
import uuid
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

from engine.detect.tables.pairs import Pairs

_PRIMITIVE, _SHORT, _OBJECT = 0, 1, 2
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DEEPEST = 200

Reader = Callable[[bytes, int], Any]


def read_variant(metadata: bytes, value: bytes) -> Any:  # noqa: ANN401 - whatever it is
    """Returns what a variant holds.

    Raises:
        ValueError: If it is not one, is nested more than 200 levels deep, or holds values that overlap.
    """
    try:
        return _Reader(value, _names(metadata)).value(0, 0)
    except (IndexError, struct.error, KeyError, UnicodeDecodeError, OverflowError) as error:
        raise ValueError("this is not a variant") from error


def _number(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise IndexError
    return int.from_bytes(data[at:at + size], "little")


def _names(metadata: bytes) -> list[str]:
    """The dictionary of keys."""
    header = metadata[0]
    if header & 0x0F != 1:
        raise ValueError("this is a variant of another version")
    size = (header >> 6) + 1
    count = _number(metadata, 1, size)
    if count * size > len(metadata):
        raise IndexError
    begin = 1 + size * (count + 2)
    places = [begin + _number(metadata, 1 + size * (1 + index), size) for index in range(count + 1)]
    return [metadata[first:last].decode() for first, last in pairwise(places)]


class _Reader:
    """Reads one value. Each takes a byte at least, so that more values than bytes can only be the same ones again."""

    def __init__(self, data: bytes, names: list[str]) -> None:
        self._data, self._names, self._left = data, names, len(data)

    def value(self, at: int, deep: int) -> Any:  # noqa: ANN401 - whatever it is
        """Returns the value that begins at a byte."""
        self._left -= 1
        if deep > _DEEPEST or self._left < 0:
            raise ValueError("this variant is nested too deep")
        basic, header = self._data[at] & 3, self._data[at] >> 2
        if basic == _SHORT:
            return _text(self._data, at + 1, header)
        if basic == _PRIMITIVE:
            return _PRIMITIVES[header](self._data, at + 1)
        return self._container(at, basic, header, deep)

    def _container(self, at: int, basic: int, header: int, deep: int) -> Any:  # noqa: ANN401 - an object or an array
        is_object = basic == _OBJECT
        data, size, large = self._data, (header & 3) + 1, header >> (4 if is_object else 2) & 1
        count = _number(data, at + 1, 4 if large else 1)
        if count > len(data):
            raise IndexError
        ids, id_size = at + (5 if large else 2), (header >> 2 & 3) + 1 if is_object else 0
        offsets = ids + id_size * count
        begin = offsets + size * (count + 1)
        inner = [self.value(begin + _number(data, offsets + size * index, size), deep + 1) for index in range(count)]
        if not is_object:
            return inner
        named = (self._names[_number(data, ids + id_size * index, id_size)] for index in range(count))
        return Pairs(zip(named, inner, strict=True))


def _text(data: bytes, at: int, size: int) -> str:
    if at + size > len(data):
        raise IndexError
    return data[at:at + size].decode()


def _long(data: bytes, at: int) -> str:
    return _text(data, at + 4, _number(data, at, 4))


def _whole(size: int) -> Reader:
    return lambda data, at: str(int.from_bytes(_bytes(data, at, size), "little", signed=True))


def _bytes(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise IndexError
    return data[at:at + size]


def _real(form: str) -> Reader:
    return lambda data, at: str(struct.unpack_from(form, data, at)[0])


def _decimal(size: int) -> Reader:
    return lambda data, at: str(Decimal(int.from_bytes(_bytes(data, at + 1, size), "little", signed=True)).scaleb(-data[at]))


def _day(data: bytes, at: int) -> str:
    return str(dt.date(1970, 1, 1) + dt.timedelta(days=struct.unpack_from("<i", data, at)[0]))


def _moment(per_second: int) -> Reader:
    return lambda data, at: str(_EPOCH + dt.timedelta(seconds=struct.unpack_from("<q", data, at)[0] / per_second))


_PRIMITIVES: dict[int, Reader] = {
    0: lambda *_: None, 1: lambda *_: True, 2: lambda *_: False, 3: _whole(1), 4: _whole(2), 5: _whole(4), 6: _whole(8),
    7: _real("<d"), 8: _decimal(4), 9: _decimal(8), 10: _decimal(16), 11: _day, 12: _moment(10**6), 13: _moment(10**6),
    14: _real("<f"), 15: lambda data, at: _bytes(data, at + 4, _number(data, at, 4)).decode("utf-8", "replace"), 16: _long,
    17: _whole(8), 18: _moment(10**9), 19: _moment(10**9), 20: lambda data, at: str(uuid.UUID(bytes=_bytes(data, at, 16))),
}
"""By the number of the primitive type."""
