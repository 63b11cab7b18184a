"""HMAC-SHA-256 against RFC 4231, Wycheproof and the standard library."""

from __future__ import annotations

import gzip
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import compiled
from engine.operators import keyed
from engine.operators.keyed import mac, messages

RFC_4231 = [
    ("0b" * 20, b"Hi There".hex(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe".hex(), b"what do ya want for nothing?".hex(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    ("aa" * 20, "dd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    ("0102030405060708090a0b0c0d0e0f10111213141516171819", "cd" * 50,
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    ("aa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First".hex(),
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    ("aa" * 131, (b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
                  b"hashed before being used by the HMAC algorithm.").hex(),
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
]


def both_ways(messages: list[bytes], key: bytes) -> Iterator[Any]:
    """Yields digests as little and as much text gets them: one by one, and compiled where that can be."""
    array = pa.array(messages, pa.binary())
    for worth in (False, compiled.available()):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keyed, "worth", lambda _, worth=worth: worth)
            yield mac(array, key)


@pytest.mark.parametrize(("key", "message", "expected"), RFC_4231)
def test_rfc_4231(key: str, message: str, expected: str) -> None:
    for found in both_ways([bytes.fromhex(message)] * 3, bytes.fromhex(key)):
        assert found.tobytes().hex() == expected * 3


def test_wycheproof(shared_data: Path) -> None:
    groups = json.loads(gzip.decompress((shared_data / "vectors" / "hmac_sha256_test.json.gz").read_bytes()))["testGroups"]
    checked = 0
    for group in groups:
        for case in group["tests"]:
            for made in both_ways([bytes.fromhex(case["msg"])], bytes.fromhex(case["key"])):
                found = made.tobytes().hex()[: group["tagSize"] // 4]
                assert (found == case["tag"]) == (case["result"] == "valid"), case["tcId"]
            checked += 1
    assert checked == 174


@settings(deadline=None, max_examples=25)
@given(st.lists(st.binary(max_size=200)), st.binary(min_size=1, max_size=100))
def test_a_batch_is_one_mac_after_another(messages: list[bytes], key: bytes) -> None:
    expected = b"".join(hmac.digest(key, message, "sha256") for message in messages)
    for found in both_ways(messages, key):
        assert found.tobytes() == expected
        assert found.shape == (len(messages), 32)


def test_a_slice_is_hashed_as_itself() -> None:
    array = pa.array([b"left out", b"a", b"", b"bc", b"left out"])[1:4]
    expected = b"".join(hmac.digest(b"k", message, "sha256") for message in (b"a", b"", b"bc"))
    for worth in (False, compiled.available()):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keyed, "worth", lambda _, worth=worth: worth)
            assert mac(array, b"k").tobytes() == expected


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), unique=True))
def test_pairs_never_share_a_message(pairs: list[tuple[str, str]]) -> None:
    pairs = [(a, b) for a, b in pairs if a.isascii() and b.isascii()]
    firsts, seconds = (pa.array([pair[i] for pair in pairs], pa.string()) for i in (0, 1))
    assert len(set(messages(firsts, seconds).to_pylist())) == len(pairs)


def test_pairs_take_nulls_and_no_partner() -> None:
    assert messages(pa.array(["ab", None])).to_pylist() == [b"\0\0\0\2ab", b"\0\0\0\0"]
    assert messages(pa.array(["ab", None]), pa.array([1, None])).to_pylist() == [b"\0\0\0\2ab1", b"\0\0\0\0"]
