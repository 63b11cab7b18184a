"""A key for each row: what is sealed opens again under its own key and nothing else, and as the standard library has it."""

from __future__ import annotations

import hmac

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import compiled
from engine.ciphers import subjects
from engine.ciphers.opening import open_each
from engine.ciphers.subjects import seal_each

CONTEXT = (b"mail", b"email")
ROWS = st.lists(st.tuples(st.none() | st.binary(max_size=100), st.binary(min_size=32, max_size=32)), max_size=20)


def keys_of(keys: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(keys), np.uint8).reshape(-1, 32)


def slow(value: bytes, key: bytes) -> bytes:
    head = b"".join(len(one).to_bytes(4, "big") + one for one in CONTEXT)
    vector = hmac.digest(key, b"\x01" + head + value, "sha256")[:16]
    stream = b"".join(hmac.digest(key, b"\x02" + vector + number.to_bytes(4, "big"), "sha256")
                      for number in range(-(-len(value) // 32)))
    return vector + bytes(one ^ other for one, other in zip(value, stream, strict=False))


@pytest.mark.slow
@pytest.mark.parametrize("worth", [False, pytest.param(True, marks=pytest.mark.skipif(
    not compiled.available(), reason="numba is not installed"))])
@settings(deadline=None, max_examples=40)
@given(rows=ROWS)
def test_agrees_with_one_row_at_a_time_and_opens(*, worth: bool, rows: list[tuple[bytes | None, bytes]]) -> None:
    values, keys = pa.array([value for value, _ in rows], pa.binary()), keys_of([key for _, key in rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subjects, "worth", lambda _: worth)
        sealed = seal_each(values, keys, *CONTEXT)
        assert sealed.to_pylist() == [None if value is None else slow(value, key) for value, key in rows]
        opened, forged = open_each(sealed, keys, *CONTEXT)
    assert opened.equals(values)
    assert not forged.any()


def test_a_key_that_is_gone_opens_nothing_and_others_do() -> None:
    values, keys = pa.array([b"jane", b"roe", b"jane"]), keys_of([b"a" * 32, b"b" * 32, b"a" * 32])
    sealed = seal_each(values, keys, *CONTEXT)
    assert sealed[0] == sealed[2] != sealed[1]
    forgotten = keys.copy()
    forgotten[1] = 0
    opened, forged = open_each(sealed, forgotten, *CONTEXT)
    assert opened.to_pylist() == [b"jane", None, b"jane"]
    assert forged.tolist() == [False, True, False]


@pytest.mark.parametrize("other", [(b"mail", b"phone"), (b"mail",), (b"mai", b"lemail"), ()])
def test_nothing_opens_in_another_context(other: tuple[bytes, ...]) -> None:
    keys = keys_of([b"k" * 32])
    opened, forged = open_each(seal_each(pa.array([b"x"]), keys, *CONTEXT), keys, *other)
    assert opened.to_pylist() == [None]
    assert forged.all()


def test_what_was_changed_does_not_open() -> None:
    keys = keys_of([b"k" * 32])
    sealed = seal_each(pa.array([b"jane@example.org"]), keys, *CONTEXT)[0].as_py()
    changed = [sealed[:-1], sealed + b"\0", bytes([sealed[0] ^ 1]) + sealed[1:], sealed[:-1] + bytes([sealed[-1] ^ 1]), b"",
               b"short"]
    opened, forged = open_each(pa.array([*changed, None]), np.repeat(keys, len(changed) + 1, axis=0), *CONTEXT)
    assert opened.null_count == len(changed) + 1
    assert forged.tolist() == [True] * len(changed) + [False]
