"""HMAC-SHA-256 side by side: as the standard library, whatever lengths stand beside each other."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import compiled
from engine.ciphers.sha import _CONSTANTS, _START, hmacs, hmacs_of_keys

pytestmark = pytest.mark.skipif(not compiled.available(), reason="numba is not installed")


def digests(messages: list[bytes], key: bytes) -> list[bytes]:
    data = np.frombuffer(b"".join(messages) or b"\0", np.uint8)
    offsets = np.concatenate(([0], np.cumsum([len(one) for one in messages]))).astype(np.int64)
    return [bytes(one) for one in hmacs(data, offsets, key)]


def test_constants_are_those_of_the_standard() -> None:  # FIPS 180-4, sections 4.2.2 and 5.3.3
    assert [f"{number:08x}" for number in _START.tolist()] == [
        "6a09e667", "bb67ae85", "3c6ef372", "a54ff53a", "510e527f", "9b05688c", "1f83d9ab", "5be0cd19"]
    assert (f"{_CONSTANTS[0]:08x}", f"{_CONSTANTS[63]:08x}") == ("428a2f98", "c67178f2")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.binary(max_size=70), st.integers(0, 300).map(lambda size: b"a" * size)), max_size=40),
       st.binary(max_size=64))
def test_as_the_standard_library(messages: list[bytes], key: bytes) -> None:
    assert digests(messages, key) == [hmac.new(key, one, "sha256").digest() for one in messages]


@pytest.mark.parametrize("length", [0, 1, 54, 55, 56, 63, 64, 65, 118, 119, 120, 127, 128, 129, 4096])
def test_where_blocks_end(length: int) -> None:
    messages = [b"x" * length, b"", b"y" * length]
    assert digests(messages, b"k" * 32) == [hmac.new(b"k" * 32, one, hashlib.sha256).digest() for one in messages]


def test_no_messages() -> None:
    assert digests([], b"") == []


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.binary(max_size=140), st.binary(min_size=32, max_size=32)), max_size=40))
def test_each_message_under_a_key_of_its_own(pairs: list[tuple[bytes, bytes]]) -> None:
    messages, keys = [one for one, _ in pairs], np.array([list(key) for _, key in pairs], np.uint8).reshape(-1, 32)
    data = np.frombuffer(b"left" + b"".join(messages) + b"right", np.uint8)
    offsets = 4 + np.concatenate(([0], np.cumsum([len(one) for one in messages]))).astype(np.int64)
    found = [bytes(one) for one in hmacs_of_keys(data, offsets, keys)]
    assert found == [hmac.new(key, message, "sha256").digest() for message, key in pairs]
