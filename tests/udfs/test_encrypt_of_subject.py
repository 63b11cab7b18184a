"""Tokens under subjects' keys open under these and no other; two columns do not tell whose they are."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ciphers.opening import opened_each
from engine.ciphers.sealed import Label
from engine.ciphers.wrapped import attached, wrap
from engine.errors import InputError
from engine.operators.canonical import canonical
from udfs.encrypt_of_subject import encrypt_of_subject

WRAP = bytes(range(64))
HOW = {"domain": "mail", "column": "mail", "version": 3, "subkey": WRAP[:32], "second": WRAP[32:]}
LABEL = Label("mail", "mail", 3, b"")
NAMES = [f"name-{number}" for number in range(4)]
KEYS = np.random.default_rng(5).integers(0, 256, (4, 32), np.uint8)
WRAPPED = attached(pa.array(NAMES), wrap(KEYS, pa.array(NAMES), WRAP))


def rows(subjects: list[int | None]) -> pa.Array:
    return WRAPPED.take(pa.array(subjects, pa.int64()))


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.none() | st.binary(max_size=70), st.none() | st.integers(0, 3)), max_size=15))
def test_opens_under_the_subjects_keys(cells):
    values, subjects = pa.array([value for value, _ in cells], pa.binary()), [subject for _, subject in cells]
    made = encrypt_of_subject(values, rows(subjects), **HOW)
    expected = [value if subject is not None else None for value, subject in cells]
    found, wrong = opened_each(made, KEYS[::-1], LABEL)
    assert found.to_pylist() == expected
    assert not wrong.any()
    without, wrong = opened_each(made, KEYS[1:], LABEL)  # subject 0 is forgotten
    assert without.to_pylist() == [None if subject == 0 else value for value, subject in zip(expected, subjects, strict=True)]
    assert wrong.tolist() == [value is not None and subject == 0 for value, subject in cells]
    assert not opened_each(made, KEYS[:0], LABEL)[0].drop_null()
    tokens = [(token, value, subject) for token, (value, subject) in zip(made.to_pylist(), cells, strict=True) if token]
    assert len({token for token, _, _ in tokens}) == len({(value, subject) for _, value, subject in tokens})


def test_columns_and_versions_do_not_tell_whose_a_token_is():
    values, subjects = pa.array(["x", "y"]), rows([1, 1])
    here = encrypt_of_subject(values, subjects, **HOW).to_pylist()
    pointer = {token.removeprefix("lv1s.3.")[:16] for token in here}
    assert len(pointer) == 1  # of one column, equal: what opens them looks the key up by it
    for change in ({"column": "other"}, {"domain": "other"}, {"version": 4}):
        there = encrypt_of_subject(values, subjects, **HOW | change).to_pylist()
        assert not pointer & {token.split(".")[2][:16] for token in there}
        assert not opened_each(pa.array(there), KEYS, LABEL)[0].drop_null()


@pytest.mark.parametrize("array", [
    pa.array([42, None]), pa.array(["Jose\u0301", "é"]), pa.array([1.5, float("nan")]), pa.array([True, False]),
    pa.array([dt.date(2021, 3, 4)] * 2), pa.array(["a", "a"]).dictionary_encode(), pa.nulls(2), pa.array(["", "x"])])
def test_what_opens_is_the_canonical_value(array):
    made = encrypt_of_subject(array, rows([2, 3]), **HOW)
    assert opened_each(made, KEYS, LABEL)[0].to_pylist() == canonical(array).to_pylist()


def test_a_batch_agrees_with_one_row_at_a_time():
    values = pa.array([f"value {number}" * (number % 7) for number in range(3000)])
    subjects = rows([number % 4 for number in range(3000)])
    made = encrypt_of_subject(values, subjects, **HOW)
    for place in range(0, 3000, 97):
        assert encrypt_of_subject(values.slice(place, 1), subjects.slice(place, 1), **HOW)[0] == made[place]


def test_a_key_that_does_not_open_ends_the_batch():
    with pytest.raises(InputError, match="does not open"):
        encrypt_of_subject(pa.array(["x"]), rows([0]), **HOW | {"subkey": bytes(32)})
