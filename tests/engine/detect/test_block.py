"""Values as one buffer: places and characters, and the signs that are looked for."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.block import Block

VALUES = st.lists(st.one_of(st.none(), st.text(st.sampled_from("ab1@.é漢🙂\0 -"), max_size=12)), max_size=8)


@given(VALUES)
def test_every_character_of_every_value(values):
    block = Block(pa.array(values, pa.string()))
    for index, value in enumerate(values):
        text = value or ""
        begin = int(block.starts[index])
        assert block.data[begin:int(block.ends[index])] == text.encode()
        places = [begin + len(text[:place].encode()) for place in range(len(text) + 1)]
        assert block.characters(np.array(places)).tolist() == list(range(len(text) + 1))
        assert block.value_of(np.array(places)).tolist() == [index] * len(places)


@given(VALUES)
def test_signs(values):
    block = Block(pa.array(values, pa.string()))
    assert block.digits.tolist() == [match.start() for match in re.finditer(rb"[0-9]", block.data)]
    assert block.numbers.tolist() == [match.start() for match in re.finditer(rb"[0-9]+", block.data)]
    for signs, written in (("@", rb"(?=@)"), ("A.X", rb"(?<=[a-z])\.(?=[a-z0-9])"), ("9-9", rb"(?<=1)-(?=1)"),
                           ("..", rb"\.(?=\.)")):
        assert block.places_of(signs).tolist() == [match.start() for match in re.finditer(written, block.data)]


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from([".", " ", "-", "é"])), max_size=12), st.integers(0, 9))
def test_every_long_token_has_a_place(parts, before):
    text = "." * before + "".join("a1" * (length // 2) + "b" * (length % 2) + sign for length, sign in parts)
    block = Block(pa.array([text]))
    places = block.long_tokens.tolist()
    for match in re.finditer(rb"[0-9a-z]{23,}", block.data):
        assert any(match.start() <= place <= match.end() for place in places)
    assert all(block.data[place - 1:place + 1].isalnum() for place in places)
