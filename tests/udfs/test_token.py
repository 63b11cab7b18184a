"""Tokens against the published vectors and one HMAC call a row."""

from __future__ import annotations

import hmac
import json
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from udfs.token import token

VECTORS = json.loads((Path(__file__).parents[2] / "docs" / "token-vectors.json").read_text(encoding="utf-8"))
SUBKEY = bytes.fromhex(VECTORS["subkey"])
ASSIGNED = st.characters(codec="utf-8").filter(lambda c: unicodedata.category(c) != "Cn")


def slow(texts: list[str | None], subkey: bytes) -> list[str | None]:
    messages = [None if text is None else unicodedata.normalize("NFC", text).encode() for text in texts]
    return [None if message is None else hmac.new(subkey, message, "sha256").hexdigest() for message in messages]


@pytest.mark.parametrize("case", [c for c in VECTORS["cases"] if c["type"] in ("string", "int64", "int32", "uint64", "bool")],
                         ids=lambda case: f"{case['type']}:{case['value']!a}")
def test_published_vectors(case: dict[str, object]) -> None:
    kind = pa.bool_() if case["type"] == "bool" else pa.type_for_alias(case["type"])
    assert token(pa.array([case["value"]], kind), subkey=SUBKEY).to_pylist() == [case["token"]]


def test_every_published_token_is_the_mac_of_its_canonical_bytes() -> None:
    assert len(VECTORS["cases"]) >= 40
    for case in VECTORS["cases"]:
        if case["canonical"] is not None:
            assert hmac.new(SUBKEY, bytes.fromhex(case["canonical"]), "sha256").hexdigest() == case["token"]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.none() | st.text(ASSIGNED, max_size=40)), st.binary(min_size=32, max_size=32))
def test_agrees_with_one_mac_a_row(texts: list[str | None], subkey: bytes) -> None:
    assert token(pa.array(texts, pa.string()), subkey=subkey).to_pylist() == slow(texts, subkey)


def test_long_and_unusual_strings() -> None:
    texts = ["x" * 1_000_000, "é" * 100_000, "\u202eשלום\u202c", "\U0001f9ec\u200d\U0001f469", "", "\0", None]
    assert token(pa.array(texts), subkey=SUBKEY).to_pylist() == slow(texts, SUBKEY)


def test_joins_across_types_and_not_across_subkeys() -> None:
    number = token(pa.array([42]), subkey=SUBKEY)
    assert number == token(pa.array(["42"]), subkey=SUBKEY) == token(pa.array([42.0]), subkey=SUBKEY)
    assert number != token(pa.array([42]), subkey=bytes(32))


def test_shape() -> None:
    made = token(pa.array(["a", None]), subkey=SUBKEY)
    assert made.type == pa.string()
    made.validate(full=True)
    assert len(made[0].as_py()) == 64
    assert made[0].as_py() == made[0].as_py().lower()
    assert token(pa.nulls(3), subkey=SUBKEY).to_pylist() == [None] * 3
    assert token(pa.array([], pa.int8()), subkey=SUBKEY) == pa.array([], pa.string())


def test_nested_values_are_refused() -> None:
    with pytest.raises(InputError):
        token(pa.array([[1]]), subkey=SUBKEY)
