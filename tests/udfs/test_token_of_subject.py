"""One-way tokens under subjects' keys, against ``hmac``."""

from __future__ import annotations

import hmac

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ciphers.wrapped import attached, wrap
from engine.errors import InputError
from udfs.token_of_subject import token_of_subject

WRAP = bytes(range(64))
HOW = {"domain": "client", "version": 2, "subkey": WRAP[:32], "second": WRAP[32:]}
NAMES = pa.array(["a", "b", "c"])
KEYS = np.random.default_rng(6).integers(0, 256, (3, 32), np.uint8)
WRAPPED = attached(NAMES, wrap(KEYS, NAMES, WRAP))


def slow(value: bytes, subject: int) -> str:
    return "02" + hmac.digest(KEYS[subject].tobytes(), b"\x03\0\0\0\x06client\0\0\0\x01\x02" + value, "sha256").hex()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.none() | st.binary(max_size=70), st.none() | st.integers(0, 2)), max_size=15))
def test_agrees_with_one_row_at_a_time(cells):
    values = pa.array([value for value, _ in cells], pa.binary())
    made = token_of_subject(values, WRAPPED.take(pa.array([subject for _, subject in cells], pa.int64())), **HOW)
    assert made.to_pylist() == [None if value is None or subject is None else slow(value, subject) for value, subject in cells]


def test_another_subject_has_other_tokens_in_every_form():
    values, both = pa.array(["x", "x", "x", None]), WRAPPED.take(pa.array([0, 1, 0, 1]))
    for form, kind in (("hex", pa.string()), ("base32", pa.string()), ("uuid", pa.string()), ("integer", pa.int64())):
        made = token_of_subject(values, both, form=form, **HOW)
        assert made.type == kind
        assert made[0] == made[2] != made[1]
        assert made[3].as_py() is None


def test_domain_and_version_make_other_tokens():
    made = [token_of_subject(pa.array(["x"]), WRAPPED.slice(0, 1), **HOW | change)[0].as_py()
            for change in ({}, {"domain": "other"}, {"version": 3})]
    assert len({token[2:] for token in made}) == 3


def test_a_key_that_does_not_open_ends_the_batch():
    with pytest.raises(InputError, match="does not open"):
        token_of_subject(pa.array(["x"]), WRAPPED.slice(0, 1), **HOW | {"second": bytes(32)})
