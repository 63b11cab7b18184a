"""AES-SIV: published vectors, and the same as a library that takes one value at a time."""

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ciphers import Siv
from engine.errors import InputError
from tests.engine.ciphers.vectors import vectors

KEY = bytes(range(64))


@pytest.mark.usefixtures("both_ways")
@pytest.mark.slow
def test_every_vector_of_wycheproof(shared_data):
    seen = 0
    for _, one in vectors(shared_data, "aes_siv_cmac"):
        cipher, context = Siv(bytes.fromhex(one["key"])), bytes.fromhex(one["aad"])
        message, sealed = bytes.fromhex(one["msg"]), bytes.fromhex(one["ct"])
        opened, forged = cipher.open(pa.array([sealed]), context)
        if one["result"] == "valid":
            assert cipher.seal(pa.array([message]), context).to_pylist() == [sealed]
            assert (opened.to_pylist(), forged.tolist()) == ([message], [False])
        else:
            assert (opened.to_pylist(), forged.tolist()) == ([None], [True])
        seen += 1
    assert seen == 442


@pytest.mark.usefixtures("both_ways")
def test_the_example_of_the_standard():  # RFC 5297, appendix A.2
    key = bytes.fromhex("7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f")
    context = (bytes.fromhex("00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100"),
               bytes.fromhex("102030405060708090a0"), bytes.fromhex("09f911029d74e35bd84156c5635688c0"))
    sealed = Siv(key).seal(pa.array([b"this is some plaintext to encrypt using SIV-AES"]), *context)[0].as_py()
    assert sealed.hex() == ("7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17dba77ceb094fa663b7a3f748ba8af829"
                            "ea64ad544a272e9c485b62a3fd5c0d")


@pytest.mark.slow
@pytest.mark.usefixtures("both_ways")
@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.none() | st.binary(max_size=70), max_size=8), context=st.lists(st.binary(max_size=40), max_size=3),
       size=st.sampled_from([32, 48, 64]))
def test_as_the_library_and_back(values, context, size):
    cipher, library = Siv(KEY[:size]), AESSIV(KEY[:size])
    array = pa.array(values, pa.binary())
    sealed = cipher.seal(array, *context)
    for value, one in zip(values, sealed.to_pylist(), strict=True):
        if value:  # the library takes no empty message
            assert one == library.encrypt(value, context or None)
    opened, forged = cipher.open(sealed, *context)
    assert opened.equals(array)
    assert not forged.any()
    opened, forged = cipher.open(sealed, *context, b"elsewhere")
    assert opened.null_count == len(values)
    assert forged.tolist() == [value is not None for value in values]


@pytest.mark.usefixtures("both_ways")
def test_slices_strings_and_what_is_too_short():
    array = pa.array(["Ærø", None, "", "a" * 33, "x"])
    cipher = Siv(KEY)
    whole = cipher.seal(array).to_pylist()
    assert cipher.seal(array[1:4]).to_pylist() == whole[1:4]
    assert cipher.seal(pa.array([], pa.string())).to_pylist() == []
    opened, forged = cipher.open(pa.array([b"short", None, whole[0][:-1], whole[0]]))
    assert opened.to_pylist() == [None, None, None, "Ærø".encode()]
    assert forged.tolist() == [True, False, True, False]


@pytest.mark.parametrize("size", [0, 16, 33, 40, 128])
def test_keys_of_other_lengths_are_refused(size):
    with pytest.raises(InputError, match="32, 48 or 64 bytes"):
        Siv(bytes(size))
