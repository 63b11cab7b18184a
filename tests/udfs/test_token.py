"""Tokens against the published vectors and one HMAC call a row."""

from __future__ import annotations

import base64
import hmac
import json
import unicodedata
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.operators.forms import collision_bound
from udfs.token import token

VECTORS = json.loads((Path(__file__).parents[2] / "docs" / "token-vectors.json").read_text(encoding="utf-8"))
SUBKEY = bytes.fromhex(VECTORS["subkey"])
ASSIGNED = st.characters(codec="utf-8").filter(lambda c: unicodedata.category(c) != "Cn")


def slow(texts: list[str | None], subkey: bytes) -> list[str | None]:
    messages = [None if text is None else unicodedata.normalize("NFC", text).encode() for text in texts]
    return [None if message is None else f"01{hmac.new(subkey, message, 'sha256').hexdigest()}" for message in messages]


@pytest.mark.parametrize("case", [c for c in VECTORS["cases"] if c["type"] in ("string", "int64", "int32", "uint64", "bool")],
                         ids=lambda case: f"{case['type']}:{case['value']!a}")
def test_published_vectors(case: dict[str, object]) -> None:
    kind = pa.bool_() if case["type"] == "bool" else pa.type_for_alias(case["type"])
    assert token(pa.array([case["value"]], kind), subkey=SUBKEY).to_pylist() == [case["token"] and f"01{case['token']}"]


@pytest.mark.parametrize("form", VECTORS["forms"])
def test_published_forms(form: str) -> None:
    one = VECTORS["forms"][form]
    key_id = bytes.fromhex(VECTORS["key_id"])
    made = token(pa.array([one["value"]]), form=form, version=one["version"], subkey=SUBKEY, key_id=key_id)
    assert made.to_pylist() == [one["token"]]


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-2**63, 2**63 - 1), max_size=8), st.integers(1, 15), st.binary(min_size=32, max_size=32))
def test_forms_against_the_standard_library(numbers: list[int], version: int, subkey: bytes) -> None:
    digests = [hmac.new(subkey, str(number).encode(), "sha256").digest() for number in numbers]
    values, head = pa.array(numbers, pa.int64()), bytes([version])

    def base32(data: bytes) -> str:
        return base64.b32hexencode(data).decode().lower()

    def uuid(data: bytes) -> str:
        number = int.from_bytes(data, "big") & ~(0xF << 76) & ~(0xC << 60) | 8 << 76 | 8 << 60
        return str(UUID(int=number))

    expected = {
        "hex": [(head + one).hex() for one in digests], "base32": [base32(head + one[:24]) for one in digests],
        "integer": [version << 59 | int.from_bytes(one[:8], "big") >> 5 for one in digests],
        "uuid": [uuid(head + one[:15]) for one in digests],
        "tagged": [f"lv1.{version}.01020304.{base32(one[:30])}" for one in digests]}
    for form, tokens in expected.items():
        made = token(values, form=form, version=version, subkey=subkey, key_id=bytes([1, 2, 3, 4, 5]))
        assert made.to_pylist() == tokens
        made.validate(full=True)


@pytest.mark.slow
def test_the_bound_on_collisions() -> None:
    assert collision_bound(10**8, "hex") < 1e-60
    assert collision_bound(10**8, "base32") < 1e-40
    assert 0.008 < collision_bound(10**8, "integer") < 0.009
    assert collision_bound(0, "uuid") == collision_bound(1, "uuid") == 0
    small = token(pa.array(range(200_000)), form="integer", subkey=SUBKEY)
    assert pc.count_distinct(small).as_py() == 200_000


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
    assert len(made[0].as_py()) == 66
    assert made[0].as_py() == made[0].as_py().lower()
    assert token(pa.nulls(3), subkey=SUBKEY).to_pylist() == [None] * 3
    assert token(pa.array([], pa.int8()), subkey=SUBKEY) == pa.array([], pa.string())


def test_nested_values_are_refused() -> None:
    with pytest.raises(InputError):
        token(pa.array([[1]]), subkey=SUBKEY)
