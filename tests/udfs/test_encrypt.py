"""Reversible tokens against AES-SIV of the ``cryptography`` package, one value at a time; and what does not open."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
from pathlib import Path

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ciphers.opening import opened
from engine.ciphers.sealed import Label
from engine.errors import InputError
from engine.operators.canonical import canonical
from udfs.encrypt import encrypt

FIRST, SECOND, KEY_ID = bytes(range(32)), bytes(range(32, 64)), bytes(range(200, 232))
HOW = {"domain": "patient", "column": "mail", "version": 7, "subkey": FIRST, "second": SECOND, "key_id": KEY_ID}
LABEL = Label("patient", "mail", 7, KEY_ID)


def slow(value: bytes) -> str:
    sealed = AESSIV(FIRST + SECOND).encrypt(value, [b"patient", b"mail"])
    return f"lv1e.7.c8c9cacb.{base64.b32hexencode(sealed).decode().lower().rstrip('=')}"


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(st.lists(st.none() | st.binary(min_size=1, max_size=90), max_size=12))
def test_agrees_with_one_value_at_a_time_and_opens(values: list[bytes | None]) -> None:
    array = pa.array(values, pa.binary())
    made = encrypt(array, **HOW)
    assert made.to_pylist() == [None if value is None else slow(value) for value in values]
    found, wrong = opened(made, FIRST + SECOND, LABEL)
    assert found.equals(array)
    assert not wrong.any()


def test_published_vectors() -> None:
    """The file's note, by hand: HKDF (RFC 5869), then AES-SIV of the ``cryptography`` package."""
    vectors = json.loads((Path(__file__).parents[2] / "docs" / "token-vectors.json").read_text(encoding="utf-8"))
    one, extracted = vectors["reversible"], hmac.digest(b"\0" * 32, bytes.fromhex(vectors["root"]), "sha256")
    keys = [hmac.digest(extracted, info.encode() + b"\1", "sha256")
            for info in (one["info"], f"{one['info']}/second", "lakeveil/v1/key-id")]
    assert [key.hex() for key in keys[:2]] == [one["first"], one["second"]]
    assert keys[2][:4].hex() == one["key_id"]
    made = encrypt(pa.array([case["value"] for case in one["cases"]]), domain=one["domain"], column=one["column"],
                   version=one["version"], subkey=keys[0], second=keys[1], key_id=keys[2])
    assert made.to_pylist() == [case["token"] for case in one["cases"]]
    for case in one["cases"]:
        sealed = AESSIV(keys[0] + keys[1]).encrypt(case["value"].encode(), [one["domain"].encode(), one["column"].encode()])
        assert case["token"] == f"lv1e.1.{one['key_id']}.{base64.b32hexencode(sealed).decode().lower().rstrip('=')}"


def test_empty_values_keep_their_own_token() -> None:
    made = encrypt(pa.array(["", None, "", "x"]), **HOW)
    found, wrong = opened(made, FIRST + SECOND, LABEL)
    assert found.to_pylist() == [b"", None, b"", b"x"]
    assert not wrong.any()
    assert made[0] == made[2] != made[3]


@pytest.mark.parametrize("array", [
    pa.array([42, None]), pa.array(["Jose\u0301", "é"]), pa.array([1.5, float("nan")]), pa.array([True]),
    pa.array([dt.date(2021, 3, 4)]), pa.array(["a", "a", None]).dictionary_encode(), pa.nulls(2)])
def test_what_opens_is_the_canonical_value(array: pa.Array) -> None:
    found, wrong = opened(encrypt(array, **HOW), FIRST + SECOND, LABEL)
    assert found.to_pylist() == canonical(array).to_pylist()
    assert not wrong.any()


def changed(token: str) -> list[str]:
    other = "0" if token[-2] != "0" else "1"
    return [token[:-2] + other + token[-1], token[:-1], token + "0", token.upper(), token.replace(".7.", ".8."), "",
            "lv1e.7.c8c9cacb.", "lv1e.7.c8c9cacb.wxyz", "plain"]


def test_what_was_changed_does_not_open() -> None:
    (token,) = encrypt(pa.array(["jane@example.org"]), **HOW).to_pylist()
    tampered = changed(token)
    found, wrong = opened(pa.array([*tampered, token, None]), FIRST + SECOND, LABEL)
    assert found.to_pylist() == [None] * len(tampered) + [b"jane@example.org", None]
    assert wrong.tolist() == [True] * len(tampered) + [False, False]


@pytest.mark.parametrize("other", [
    Label("patient", "phone", 7, KEY_ID), Label("staff", "mail", 7, KEY_ID), Label("patient", "mail", 6, KEY_ID),
    Label("patient", "mail", 7, bytes(32))])
def test_nothing_opens_elsewhere(other: Label) -> None:
    token = encrypt(pa.array(["jane@example.org"]), **HOW)
    assert opened(token, FIRST + SECOND, other)[1].all()
    assert opened(token, SECOND + FIRST, LABEL)[1].all()


def test_nested_values_are_refused() -> None:
    with pytest.raises(InputError):
        encrypt(pa.array([[1]]), **HOW)
