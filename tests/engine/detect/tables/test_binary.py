"""Bytes that are text are scanned as text; others are told apart by their beginning, and counted as not looked into."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.distinct import Distinct
from engine.detect.tables.binary import texts_in
from engine.detect.tables.count import tally_batch
from engine.detect.tables.tally import merged


def read(values):
    found, kinds = texts_in(Distinct(pa.array(values, pa.binary()), np.ones(len(values), np.int64)))
    return found.values.to_pylist(), dict(kinds)


@pytest.mark.parametrize(("value", "kind"), [
    (b"\x89PNG\r\n\x1a\n", "image"), (b"\xff\xd8\xff\xe0", "image"), (b"%PDF-1.7\n\x00\xff", "document"),
        (b"PK\x03\x04", "archive"),
    (b"\x1f\x8b\x08", "archive"), (b"ID3\x03", "sound"), (b"\x00\x01", "other"), ("Müller".encode("latin-1"), "other"),
    ("Jane".encode("utf-16"), "other")])
def test_kinds(value, kind):
    assert read([value]) == ([], {f"binary:{kind}": 1})


@given(st.lists(st.one_of(st.binary(max_size=12), st.text(max_size=12).map(str.encode)), max_size=12, unique=True))
def test_text_is_what_decodes_and_holds_no_controls(values):
    def text(value):
        try:
            decoded = value.decode()
        except UnicodeDecodeError:
            return None
        return None if any(ord(sign) < 32 and sign not in "\t\n\r\f" for sign in decoded) else decoded

    found, kinds = read(values)
    assert found == [decoded for value in values if (decoded := text(value)) is not None]
    assert sum(kinds.values()) == len(values) - len(found)


def test_a_column_of_bytes():
    batch = pa.record_batch({"b": pa.array([b"jane@example.com", b"\x00\x01", None, b"jane@example.com"])})
    tally = merged([tally_batch(batch)])["b", "b"]
    assert (tally.cells, tally.nulls, tally.unread, tally.found) == (4, 1, 1, 2)
    assert tally.entities["EMAIL_ADDRESS"].cells == 2
