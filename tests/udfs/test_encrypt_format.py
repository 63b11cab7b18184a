"""Values of the same form: what is not of the alphabet stays, the rest is FF1's and turns back."""

from __future__ import annotations

import string

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.ciphers.ff1 import Ff1
from engine.ciphers.within import Within
from engine.errors import InputError
from udfs.encrypt_format import encrypt_format

KEY = bytes(range(32))
HOW = {"domain": "card", "column": "pan", "subkey": KEY}
DIGITS, LETTERS = string.digits, string.ascii_letters


def inner(text: str, alphabet: str) -> str:
    return "".join(sign for sign in text if sign in alphabet)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(st.lists(st.none() | st.text(st.sampled_from("0123456789-é x𝟙"), max_size=24), max_size=8))
@example(["", None, "4111-1111-1111-1111", "12"])
def test_only_signs_of_the_alphabet_change(texts: list[str | None]) -> None:
    made = encrypt_format(pa.array(texts, pa.string()), alphabet=DIGITS, short="null", **HOW).to_pylist()
    cipher, within = Ff1(KEY, DIGITS), Within(KEY, DIGITS)
    for text, found in zip(texts, made, strict=True):
        digits = inner(text or "", DIGITS)
        if text is None or len(digits) < 6:
            assert found is None
            continue
        assert inner(found, DIGITS) == cipher.encrypt(pa.array([digits]), b"card/pan")[0].as_py()
        assert [sign for sign in found if sign not in DIGITS] == [sign for sign in text if sign not in DIGITS]
        assert [sign in DIGITS for sign in found] == [sign in DIGITS for sign in text]
        assert within.decrypt(pa.array([found]), b"card/pan").to_pylist() == [text]


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.decimal128(20, 0)])
def test_whole_numbers_are_their_digits(kind: pa.DataType) -> None:
    numbers = [4111111111111111, None, 100000, 9223372036854775807, *([] if kind == pa.uint64() else [-9223372036854775807])]
    texts = pa.array([None if one is None else str(one) for one in numbers])
    made = encrypt_format(pa.array(numbers).cast(kind), alphabet=DIGITS, **HOW)
    assert made.equals(encrypt_format(texts, alphabet=DIGITS, **HOW))
    assert Within(KEY, DIGITS).decrypt(made.drop_null(), b"card/pan").equals(texts.drop_null())


def test_short_values_end_the_run_unless_they_may_be_null() -> None:
    values = pa.array(["123456", "12-34", None, "1"])
    with pytest.raises(InputError, match="too few signs") as refused:
        encrypt_format(values, alphabet=DIGITS, **HOW)
    assert "12-34" not in str(refused.value)
    assert encrypt_format(values, alphabet=DIGITS, short="null", **HOW).is_null().to_pylist() == [False, True, True, True]


@pytest.mark.parametrize(("text", "told"), [
    ("4111-1111 1111_1111", False), ("4111111111111111 Jane", True), ("123456 é", True), ("123456٣", True), ("123456½", True),
    ("123456 ✓😀", False)])
def test_letters_and_digits_of_no_alphabet_are_not_left_in_sight_unless_kept(text: str, *, told: bool) -> None:
    values = pa.array(["123456", text, None])
    kept = encrypt_format(values, alphabet=DIGITS, others="keep", **HOW)
    nulled = encrypt_format(values, alphabet=DIGITS, others="null", **HOW)
    assert nulled.to_pylist() == [kept[0].as_py(), None if told else kept[1].as_py(), None]
    if told:
        with pytest.raises(InputError, match="not of the alphabet") as refused:
            encrypt_format(values, alphabet=DIGITS, others="refuse", **HOW)
        assert text not in str(refused.value)
    else:
        assert encrypt_format(values, alphabet=DIGITS, others="refuse", **HOW).equals(kept)


def test_columns_and_domains_are_apart_and_equal_values_stay_equal() -> None:
    values = pa.array(["4111111111111111"] * 2).dictionary_encode()
    made = {(domain, column): encrypt_format(values, alphabet=DIGITS, domain=domain, column=column, subkey=KEY).to_pylist()
            for domain in ("card", "account") for column in ("pan", "other")}
    assert len({first for first, _ in made.values()}) == 4
    assert all(first == second for first, second in made.values())


@pytest.mark.parametrize(("alphabet", "text"), [(LETTERS, "Jane Roe"), (string.ascii_uppercase + DIGITS, "AB-1234-XY"),
                                                ("αβγδεζηθικλμνξοπρστυφχψω", "καλημερα 12")])
def test_other_alphabets(alphabet: str, text: str) -> None:
    (made,) = encrypt_format(pa.array([text]), alphabet=alphabet, **HOW).to_pylist()
    assert made != text
    assert Within(KEY, alphabet).decrypt(pa.array([made]), b"card/pan").to_pylist() == [text]


def test_shape() -> None:
    assert encrypt_format(pa.nulls(2, pa.string()), alphabet=DIGITS, **HOW).to_pylist() == [None, None]
    assert encrypt_format(pa.array([], pa.large_string()), alphabet=DIGITS, **HOW) == pa.array([], pa.string())
