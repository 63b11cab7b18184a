"""Checks of what carries its own proof: against published examples, hashlib, ipaddress and Shannon's formula."""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.checks.keccak import keccak256
from tests.engine.detect.checking import check

GITHUB = "ghp_"  # apart from what follows: a whole one would stop scanners for secrets


def test_keccak_is_the_sponge_of_sha3():
    for size in (0, 1, 135, 136, 137, 500):
        message = bytes(number % 251 for number in range(size))
        assert keccak256(message, 0x06) == hashlib.sha3_256(message).digest()
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@pytest.mark.parametrize(("kind", "good", "bad"), [
    ("eip55", ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "0x" + "ab" * 20],
     ["0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"]),
    ("bech32", ["A12UEL5L", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
                "A1LQFN3A",
                "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"],
     ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "A12uEL5L", "1nwldj5", "pzry9x0s0muk", "x1b4n0q5v"]),
    ("base58check", ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"],
     ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "0OIl", "", "1"]),
    ("ripple", ["rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"], ["rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi"]),
    ("stellar", ["GBRPYHIL2CI3FNQ4BXLFMNDLFJUNPU2HY3ZMFSHONUCEOASW7QC7OX2H"],
     ["GBRPYHIL2CI3FNQ4BXLFMNDLFJUNPU2HY3ZMFSHONUCEOASW7QC7OX2A", "GB1"]),
    ("github", [f"{GITHUB}zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"], [f"{GITHUB}zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"]),
    ("jwt", ["eyJhbGciOiJIUzI1NiJ9.e30.x"], ["eyJ0eXAiOiJKV1QifQ.e30.x", "eyJhbGciOiJIUzI1.e30.x", "W10.e30.x", "é.x"]),
    ("ip", ["192.0.2.1", "192.0.2.0/24", "2001:db8::1", "::", "fe80::1%eth0", "::ffff:192.0.2.1"],
     ["256.0.0.1", "1.2.3", "1:2:3", "192.0.2.1/33", "2001:db8::1::", "12:30:45"]),
    ("entropy", ["kQ3x9ZrT7bLm2VwP"], ["aaaaaaaaaaaaaaa1", "abcdefghijklmnop", "1234567890123456"]),
])
def test_encoded(kind, good, bad):
    assert check(good, kind=kind) == [True] * len(good)
    assert check([text for text in bad if text], kind=kind) == [False] * sum(map(bool, bad))


def an_address(text):
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


GROUPS = st.integers(0, 0xFFFF).map("{:x}".format) | st.sampled_from(["", "0", "00f", "12345", "g", "0000"])
OCTETS = st.integers(0, 260).map(str) | st.sampled_from(["00", "01", ""])
V4 = st.lists(OCTETS, min_size=4, max_size=4).map(".".join) | st.ip_addresses(v=4).map(str)
V6 = (st.ip_addresses(v=6).flatmap(lambda one: st.sampled_from([str(one), one.exploded]))
      | st.lists(GROUPS, min_size=1, max_size=10).map(":".join) | st.tuples(st.lists(GROUPS, max_size=8), V4).map(
          lambda parts: ":".join((*parts[0], parts[1]))))
TAILS = st.sampled_from(["", "", "", "/0", "/24", "/32", "/33", "/064", "/128", "/129", "/", "%eth0", "%", "%1%2", "%z/64",
                         "/64%z", ":", "."])


@pytest.mark.slow
@settings(max_examples=100)
@given(st.lists(st.tuples(V4 | V6, TAILS, st.integers(0, 30), st.sampled_from(["", "", "", "::", ":", ".", "f", "/"])).map(
    lambda parts: parts[0][:parts[2]] + parts[3] + parts[0][parts[2]:] + parts[1]).filter(bool), min_size=1, max_size=60))
def test_addresses_as_ipaddress(texts):
    assert check(texts, kind="ip") == [an_address(text) for text in texts]


def mixed(text):
    part = max(text.replace("-", "_").split("_"), key=len)
    bits = -sum(count / len(part) * math.log2(count / len(part)) for count in Counter(part).values())
    return bits > 3 - 1e-9 and any(one.isdigit() for one in part) and any(one.isalpha() for one in part)


@settings(max_examples=60)
@given(st.lists(st.text("abcdefgh0123456789-_XYZ+/=", min_size=1, max_size=60) | st.text("ab01-_", min_size=1, max_size=30)
                | st.permutations("abcd0123_efgh").map("".join), min_size=1, max_size=40))
def test_mixture_as_shannon(texts):
    assert check(texts, kind="entropy") == [mixed(text) for text in texts]
