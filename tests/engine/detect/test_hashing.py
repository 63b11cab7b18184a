"""Hashes of many texts: those of a slow loop, the same wherever a text stands, different for different texts and keys."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.hashing import hash_numbers, hash_spans, hash_values

MASK = 2**64 - 1


def mixed(word: int) -> int:
    word ^= word >> 33
    word = word * 0xFF51AFD7ED558CCD & MASK
    word ^= word >> 33
    word = word * 0xC4CEB9FE1A85EC53 & MASK
    return word ^ word >> 33


def slowly(data: bytes, key: int) -> int:
    key = mixed(key)
    words = [int.from_bytes(data[at:at + 8], "little") for at in range(0, len(data), 8)]
    total = sum(mixed((word ^ key) + (place + 1) * 0x9E3779B97F4A7C15 & MASK) for place, word in enumerate(words)) & MASK
    return mixed(total ^ (len(data) * 0xC2B2AE3D27D4EB4F & MASK) ^ key)


texts = st.lists(st.text(max_size=40), min_size=1, max_size=12)


@settings(deadline=None, max_examples=25)
@given(texts, st.integers(0, MASK))
def test_as_a_loop_would(values, key):
    hashes = hash_values(Block(pa.array(values, pa.string())), key)
    assert hashes.tolist() == [slowly(value.encode(), key) for value in values]


@given(texts)
def test_place_does_not_matter(values):
    together = hash_values(Block(pa.array(values, pa.string())))
    alone = [hash_values(Block(pa.array([value], pa.string())))[0] for value in values]
    assert together.tolist() == alone


def test_the_end_of_a_buffer_is_as_any_other_place():
    buffer = np.frombuffer(b"abcdefghi", np.uint8)
    assert hash_spans(buffer, np.array([8]), np.array([9]))[0] == slowly(b"i", 0)


def test_few_collide():
    values = [f"{number}" for number in range(50_000)] + ["\0" * length for length in range(40)] + ["ab", "ba", "a\0", "a"]
    hashes = hash_values(Block(pa.array(values)))
    assert len(set(hashes.tolist())) == len(values)
    bits = np.unpackbits(hashes.view(np.uint8).reshape(-1, 8), axis=1).mean(axis=0)
    assert np.all(np.abs(bits - 0.5) < 0.02)  # every bit is a coin


def test_numbers_hash_by_their_bits():
    whole = hash_numbers(np.arange(1000))
    assert len(set(whole.tolist())) == 1000
    assert hash_numbers(np.array([1.5]))[0] == hash_numbers(np.array([1.5]).view(np.int64))[0]
    assert hash_numbers(np.array([7]), 1)[0] != hash_numbers(np.array([7]), 2)[0]
