"""What cannot be read or scanned goes whole, and costs no other cell."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.redaction import LONGEST, Styles, readable, redacted, scanned
from tests.engine.detect.redaction.test_spans import spans

SCHEMA = pa.schema([("row", pa.int64()), ("start", pa.int64()), ("end", pa.int64()), ("entity_type", pa.string()),
                    ("score", pa.float64())])


def table(*claims: tuple) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, one, strict=True)) for one in claims], SCHEMA)


def broken(raw: bytes) -> pa.Array:
    return pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0" + len(raw).to_bytes(4, "little")), pa.py_buffer(raw))


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"a\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xc0\x80"])
def test_what_is_not_utf8_is_unreadable_alone(raw):
    texts = pa.concat_arrays([pa.array(["é", None, "b"]), broken(raw), pa.array(["c"])])
    cells, bad = readable(texts)
    assert cells.to_pylist() == ["é", None, "b", None, "c"]
    assert bad.tolist() == [False, False, False, True, False]
    assert redacted(texts, lambda _: table()).to_pylist() == ["é", None, "b", "[UNSCANNABLE]", "c"]


def test_length_is_counted_in_characters():
    _, bad = readable(pa.array(["é" * LONGEST, "é" * (LONGEST + 1), "x" * (LONGEST + 1)]))
    assert bad.tolist() == [False, True, True]


@pytest.mark.parametrize("layout", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
def test_any_layout_is_read(layout):
    cells, bad = readable(pa.array(["a", None]).cast(layout) if not pa.types.is_dictionary(layout)
                          else pa.array(["a", None]).dictionary_encode())
    assert cells.to_pylist() == ["a", None]
    assert not bad.any()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(["ok 1", "bad", "none", None]), max_size=40))
def test_a_scan_that_fails_costs_its_cells_alone(texts):
    calls = 0

    def find(cells: pa.Array) -> pa.Table:
        nonlocal calls
        calls += 1
        if "bad" in cells.to_pylist():
            raise RuntimeError
        return table(*((row, 3, 4, "N", 1.0) for row, cell in enumerate(cells.to_pylist()) if cell == "ok 1"))

    found, bad = scanned(pa.array(texts, pa.string()), find)
    assert bad.tolist() == [text == "bad" for text in texts]
    assert sorted(found.row.tolist()) == [row for row, text in enumerate(texts) if text == "ok 1"]
    assert calls <= 1 + 2 * texts.count("bad") * 7  # halves, not cell by cell


@pytest.mark.parametrize("claim", [
    (0, 2, 9, "A", 1.0), (0, -1, 2, "A", 1.0), (0, 2, 2, "A", 1.0), (0, 0, 1, "UNSCANNABLE", 1.0), (5, 0, 1, "A", 1.0),
    (-1, 0, 1, "A", 1.0), (None, 0, 1, "A", 1.0), (0, 0, None, "A", 1.0), (0, 0, 1, None, 1.0), (0, 0, 1, "A", None),
])
def test_a_scanner_that_errs_or_gives_up_is_not_believed(claim):
    found, bad = scanned(pa.array(["abc"]), lambda _: table(claim))
    assert bad.tolist() == [True]
    assert len(found) == 0


def test_whole_cells_go_whatever_the_style():
    def find(_: pa.Array) -> pa.Table:
        return table((0, 0, 3, "UNSCANNABLE", 1.0), (1, 0, 1, "A", 1.0))

    assert redacted(pa.array(["abc", "xyz"]), find, styles=Styles("drop")).to_pylist() == ["[UNSCANNABLE]", "yz"]


def test_entities_and_threshold_choose():
    def find(_: pa.Array) -> pa.Table:
        return table((0, 0, 1, "A", 0.3), (0, 2, 3, "A", 0.5), (0, 4, 5, "B", 0.9))

    assert redacted(pa.array(["a b c"]), find).to_pylist() == ["[A] [A] [B]"]
    assert redacted(pa.array(["a b c"]), find, entities=["A"], threshold=0.4).to_pylist() == ["a [A] c"]


def test_no_cells():
    assert redacted(pa.array([], pa.string()), lambda _: table()) == pa.array([], pa.string())
    assert len(spans([])) == 0
