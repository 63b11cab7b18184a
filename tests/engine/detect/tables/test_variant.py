"""Variants are read as the specification writes them; anything else is refused, and counted as not looked into."""

from __future__ import annotations

import struct

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.tables.count import tally_batch
from engine.detect.tables.tally import merged
from engine.detect.tables.variant import read_variant

EMPTY = b"\x01\x00\x00"


def metadata(*names):
    """Version 1, offsets of one byte."""
    text = b"".join(name.encode() for name in names)
    ends = [sum(len(name.encode()) for name in names[:place]) for place in range(len(names) + 1)]
    return bytes([1, len(names), *ends]) + text


def short(text):
    return bytes([len(text.encode()) << 2 | 1]) + text.encode()


def container(kind, values, ids=()):
    ends = [sum(map(len, values[:place])) for place in range(len(values) + 1)]
    return bytes([kind, len(values), *ids, *ends]) + b"".join(values)


PRIMITIVES = [
    (0, b"", None), (1, b"", True), (2, b"", False), (3, b"\xff", "-1"), (4, struct.pack("<h", -300), "-300"),
    (5, struct.pack("<i", 70_000), "70000"), (6, struct.pack("<q", 10**12), "1000000000000"), (7, struct.pack("<d", 1.5), "1.5"),
    (8, b"\x02" + struct.pack("<i", 12345), "123.45"), (9, b"\x00" + struct.pack("<q", -7), "-7"),
    (10, b"\x01" + (10**20).to_bytes(16, "little"), "10000000000000000000.0"), (11, struct.pack("<i", 1), "1970-01-02"),
    (12, struct.pack("<q", 0), "1970-01-01 00:00:00+00:00"), (14, struct.pack("<f", 0.5), "0.5"),
    (15, struct.pack("<i", 2) + b"ab", "ab"), (16, struct.pack("<i", 3) + "aü".encode(), "aü"),
    (20, bytes(range(16)), "00010203-0405-0607-0809-0a0b0c0d0e0f"),
]


@pytest.mark.parametrize(("kind", "data", "value"), PRIMITIVES)
def test_primitives(kind, data, value):
    assert read_variant(EMPTY, bytes([kind << 2]) + data) == value


def test_objects_and_arrays():
    names = metadata("mail", "tags")
    value = container(0b10, [short("j@example.com"), container(0b11, [short("a"), b"\x00"])], ids=(0, 1))
    assert read_variant(names, value) == [("mail", "j@example.com"), ("tags", ["a", None])]


@given(st.binary(max_size=30), st.binary(max_size=60))
def test_noise_is_refused(names, value):
    try:
        read_variant(names, value)
    except ValueError:
        return


@given(st.integers(0, 200))
def test_cut_short(length):
    names, value = metadata("mail"), container(0b10, [short("jane@example.com")], ids=(0,))
    if length < len(value):
        with pytest.raises(ValueError):
            read_variant(names, value[:length])


def test_nested_too_deep():
    value = short("x")
    for _ in range(300):
        value = b"\x0f\x01" + b"\x00\x00" + struct.pack("<H", len(value)) + value  # offsets of four bytes would not fit one here
    with pytest.raises(ValueError):
        read_variant(EMPTY, value)


def test_a_column_of_variants():
    names, mail = metadata("mail"), container(0b10, [short("jane@example.com")], ids=(0,))
    kind = pa.struct([("metadata", pa.binary()), ("value", pa.binary())])
    cells = [{"metadata": names, "value": mail}] * 2 + [None, {"metadata": b"", "value": b"\xff"}]
    found = merged([tally_batch(pa.record_batch({"v": pa.array(cells, kind)}))])
    assert (found["v", "v"].type, found["v", "v"].cells, found["v", "v"].nulls, found["v", "v"].unread) == ("variant", 4, 1, 1)
    assert found["v", "v$.mail"].entities["EMAIL_ADDRESS"].cells == 2


def test_values_that_are_told_again_and_again():
    """Arrays of arrays whose elements are all the same bytes: few bytes would make more values than there is memory for."""
    value = short("x")
    for _ in range(12):
        value = bytes([0b11, 200]) + bytes(201) + value  # every one of 200 offsets says zero
    with pytest.raises(ValueError):
        read_variant(EMPTY, value)
