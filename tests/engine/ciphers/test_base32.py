"""base32hex against the standard library, and what is none."""

from __future__ import annotations

import base64

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ciphers.base32 import decoded, encoded


@pytest.mark.slow
@pytest.mark.usefixtures("both_ways")
@given(st.lists(st.none() | st.binary(max_size=40), max_size=10))
def test_as_the_standard_library_and_back(values: list[bytes | None]) -> None:
    array = pa.array(values, pa.binary())
    texts = encoded(array)
    assert texts.to_pylist() == [
        None if value is None else base64.b32hexencode(value).decode().lower().rstrip("=") for value in values]
    back, wrong = decoded(texts)
    assert back.equals(array)
    assert not wrong.any()


@pytest.mark.usefixtures("both_ways")
@given(st.text("0123456789abcdefghijklmnopqrstuvwxyzA=é", max_size=20))
def test_each_value_has_one_text(text: str) -> None:
    back, wrong = decoded(pa.array([text]))
    if wrong[0]:
        assert back.to_pylist() == [None]
    else:
        assert encoded(back).to_pylist() == [text]
