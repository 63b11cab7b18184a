"""FF1: published vectors, and the same as the standard's own steps."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ciphers import Ff1
from engine.ciphers.ff1 import SMALLEST_DOMAIN
from engine.errors import InputError
from tests.engine.ciphers.ff1_reference import transformed
from tests.engine.ciphers.vectors import vectors

DIGITS = "0123456789"
BASE36 = DIGITS + "abcdefghijklmnopqrstuvwxyz"
KEY = bytes(range(32))


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize(("key", "alphabet", "tweak", "plain", "coded"), [
    ("2b7e151628aed2a6abf7158809cf4f3c", DIGITS, "", "0123456789", "2433477484"),
    ("2b7e151628aed2a6abf7158809cf4f3c", DIGITS, "39383736353433323130", "0123456789", "6124200773"),
    ("2b7e151628aed2a6abf7158809cf4f3c", BASE36, "3737373770717273373737", "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
    ("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f", DIGITS, "", "0123456789", "2830668132"),
    ("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f", DIGITS, "39383736353433323130", "0123456789", "2496655549"),
    ("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f", BASE36, "3737373770717273373737", "0123456789abcdefghi",
     "xbj3kv35jrawxv32ysr"),
    ("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94", DIGITS, "", "0123456789", "6657667009"),
    ("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94", DIGITS, "39383736353433323130", "0123456789",
     "1001623463"),
    ("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94", BASE36, "3737373770717273373737",
     "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
])
def test_samples_of_the_standard(key, alphabet, tweak, plain, coded):  # NIST, FF1samples, 1 to 9
    cipher = Ff1(bytes.fromhex(key), alphabet)
    assert cipher.encrypt(pa.array([plain]), bytes.fromhex(tweak)).to_pylist() == [coded]
    assert cipher.decrypt(pa.array([coded]), bytes.fromhex(tweak)).to_pylist() == [plain]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), [("aes_ff1_base10", 3845), ("aes_ff1_base36", 2854), ("aes_ff1_base62", 2474),
                                             ("aes_ff1_radix10", 3845)])
def test_every_vector_of_wycheproof(name, count, shared_data):
    """Those that are valid over fewer values than SP 800-38G r1 allows are refused; the reference shows that they are right."""
    seen = 0
    for group, one in vectors(shared_data, name):
        key, tweak = bytes.fromhex(one["key"]), bytes.fromhex(one["tweak"])
        valid, radix = one["result"] == "valid", group["radix"]
        alphabet = group.get("alphabet") or "".join(map(chr, range(0x4E00, 0x4E00 + radix)))
        seen += 1
        if valid and radix ** len(one["msg"]) < SMALLEST_DOMAIN:
            assert transformed(key, radix, numbers(one["msg"], alphabet), tweak) == numbers(one["ct"], alphabet)
            valid = False
        try:
            cipher = Ff1(key, alphabet)
            found = [cipher.encrypt(pa.array([text(one["msg"], alphabet)]), tweak)[0].as_py(),
                     cipher.decrypt(pa.array([text(one["ct"], alphabet)]), tweak)[0].as_py()]
        except InputError:
            assert not valid, one["tcId"]
            continue
        assert valid, one["tcId"]
        assert found == [text(one["ct"], alphabet), text(one["msg"], alphabet)], one["tcId"]
    assert seen == count


def text(message, alphabet):
    return message if isinstance(message, str) else "".join(
        alphabet[one] if 0 <= one < len(alphabet) else "\uffff" for one in message)


def numbers(message, alphabet):
    return [alphabet.index(one) for one in message] if isinstance(message, str) else message


@pytest.mark.slow
@pytest.mark.usefixtures("both_ways")
@settings(max_examples=80, deadline=None)
@given(data=st.data(), radix=st.integers(2, 300), size=st.integers(0, 60), tweak=st.binary(max_size=40),
       key=st.sampled_from([16, 24, 32]))
def test_as_the_standard_steps(data, radix, size, tweak, key):
    cipher = Ff1(KEY[:key], "".join(map(chr, range(0x100, 0x100 + radix))))
    size += cipher.shortest
    rows = data.draw(st.lists(st.lists(st.integers(0, radix - 1), min_size=size, max_size=size), min_size=1, max_size=3))
    coded = cipher.numerals(np.array(rows, np.uint16), tweak)
    assert coded.tolist() == [transformed(KEY[:key], radix, row, tweak) for row in rows]
    assert cipher.numerals(coded, tweak, forward=False).tolist() == rows


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("edge", ["0", "9"])
def test_halves_about_the_size_of_a_word(edge):
    cipher = Ff1(KEY, DIGITS)
    for size in range(6, 60):
        value = edge * size
        assert cipher.encrypt(pa.array([value]))[0].as_py() == "".join(
            map(str, transformed(KEY, 10, [int(edge)] * size, b""))), size


@pytest.mark.usefixtures("both_ways")
def test_lengths_nulls_and_characters_beyond_the_first_plane():
    cipher = Ff1(KEY, "😀😁😂🤣äöü" + DIGITS)
    array = pa.array(["😀😁😂🤣äö", None, "12345678", "ü2345678", "12345678"])
    coded = cipher.encrypt(array, b"t")
    assert [None if one is None else len(one) for one in coded.to_pylist()] == [6, None, 8, 8, 8]
    assert coded[2] == coded[4]
    assert cipher.decrypt(coded, b"t").equals(array)
    assert not cipher.decrypt(coded, b"u").equals(array)
    assert cipher.encrypt(array[2:], b"t").to_pylist() == coded.to_pylist()[2:]
    assert cipher.encrypt(pa.array([], pa.string())).to_pylist() == []
    assert cipher.encrypt(pa.array([None, None], pa.string())).to_pylist() == [None, None]


@pytest.mark.usefixtures("both_ways")
def test_few_values_strange_characters_and_bad_alphabets_are_refused():
    cipher = Ff1(KEY, DIGITS)
    assert cipher.shortest == 6
    for short in (["1234567", "12345"], [""], ["", None, "1234567"]):
        with pytest.raises(InputError, match="1,000,000"):
            cipher.encrypt(pa.array(short))
    with pytest.raises(InputError, match="not of FF1's alphabet") as refused:
        cipher.encrypt(pa.array([None, "123456", "12a456"]))
    assert "12a456" not in str(refused.value)
    for alphabet in ("", "1", "121"):
        with pytest.raises(InputError, match="alphabet"):
            Ff1(KEY, alphabet)
    with pytest.raises(InputError, match="16, 24 or 32"):
        Ff1(b"short", DIGITS)
