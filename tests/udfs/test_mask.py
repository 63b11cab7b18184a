"""mask against string slicing, row by row."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.mask import mask

TEXTS = st.lists(st.none() | st.text(max_size=12))


def slow(text: str | None, left: int, right: int, char: str) -> str | None:
    if text is None:
        return None
    hidden = len(text) - left - right
    return text[:left] + char * hidden + text[len(text) - right:] if hidden > 0 else char * len(text)


@settings(deadline=None, max_examples=40)
@given(TEXTS, st.integers(0, 5), st.integers(0, 5), st.characters(codec="utf-8"))
def test_agrees_with_slicing(texts: list[str | None], left: int, right: int, char: str) -> None:
    found = mask(pa.array(texts, pa.string()), keep_left=left, keep_right=right, char=char)
    assert found.to_pylist() == [slow(text, left, right, char) for text in texts]
    assert found.type == pa.string()


@pytest.mark.parametrize(("text", "expected"), [
    ("4111111111111111", "************1111"), ("1234", "****"), ("12345", "*2345"), ("", ""), ("añ𝓜e\u0301x", "**𝓜e\u0301x"),
])
def test_a_value_no_longer_than_what_is_kept_is_masked_whole(text: str, expected: str) -> None:
    assert mask(pa.array([text]), keep_right=4).to_pylist() == [expected]


def test_all_null() -> None:
    assert mask(pa.nulls(2), keep_left=1).to_pylist() == [None, None]
