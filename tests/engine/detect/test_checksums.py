"""Vectorized checks against independent ones: python-stdnum, Faker, datetime, and pure Python."""

from __future__ import annotations

import datetime as dt
import importlib
import random
import time

import numpy as np
import pytest
from faker import Faker
from hypothesis import given
from hypothesis import strategies as st
from stdnum import numdb

from engine.detect.checks import compiled, matrix, strings
from engine.detect.checks.matrix import BLOCK
from engine.errors import PolicyError
from tests.engine.detect.checking import SPECS, check

DIGITS, LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ALPHANUMERIC = DIGITS + LETTERS


def stdnum(module):
    return importlib.import_module(f"stdnum.{module}").is_valid


def completed(bodies, alphabet=DIGITS):
    """Each body with every last character: a tenth of them or so are valid."""
    return [body + last for body in bodies for last in alphabet]


# families against python-stdnum

FAMILIES = [
    ({"kind": "luhn"}, "luhn", DIGITS), ({"kind": "verhoeff"}, "verhoeff", DIGITS), ({"kind": "damm"}, "damm", DIGITS),
    ({"kind": "iso7064", "system": "mod_11_2"}, "iso7064.mod_11_2", DIGITS + "X"),
    ({"kind": "iso7064", "system": "mod_37_2"}, "iso7064.mod_37_2", ALPHANUMERIC + "*"),
    ({"kind": "iso7064", "system": "mod_11_10"}, "iso7064.mod_11_10", DIGITS),
    ({"kind": "iso7064", "system": "mod_37_36"}, "iso7064.mod_37_36", ALPHANUMERIC),
]


@pytest.mark.parametrize(("spec", "module", "alphabet"), FAMILIES, ids=lambda one: one if isinstance(one, str) else "")
@given(bodies=st.lists(st.text(DIGITS, min_size=1, max_size=20), min_size=1, max_size=4))
def test_families_as_python_stdnum(spec, module, alphabet, bodies):
    texts = completed(bodies, alphabet)
    assert check(texts, **spec) == [stdnum(module)(text) for text in texts]
    assert any(check(texts, **spec))


@given(st.lists(st.text(ALPHANUMERIC, min_size=2, max_size=24), min_size=1, max_size=4))
def test_mod_97_10_as_an_integer(bodies):
    texts = [body + f"{key:02}" for body in bodies for key in range(100)]
    expected = [int("".join(str(int(character, 36)) for character in text)) % 97 == 1 for text in texts]
    assert check(texts, kind="iso7064", system="mod_97_10") == expected
    rotated = [text[4:] + text[:4] for text in texts]
    assert check([text[-4:] + text[:-4] for text in texts], kind="iso7064", system="mod_97_10", rotate=4) == expected
    assert check(rotated, kind="iso7064", system="mod_97_10") == check(texts, kind="iso7064", system="mod_97_10", rotate=4)


@pytest.mark.slow
def test_iban_as_python_stdnum():
    rng = random.Random(1)  # noqa: S311 - the same on every run
    fake = Faker(["de_DE", "fr_FR", "en_GB", "it_IT", "nl_NL", "pl_PL", "tr_TR", "fi_FI"])
    fake.seed_instance(1)
    texts = [fake.iban() for _ in range(400)]
    places = [rng.randrange(15) for _ in texts]
    texts += [text[:place] + rng.choice(ALPHANUMERIC) + text[place + 1:] for text, place in zip(texts, places, strict=True)]
    german = "DE89370400440532013000"
    texts += [german, f"XX{german[2:]}", german[:-1], f"{german}0", german[2:18]]
    is_valid = stdnum("iban")
    expected = [is_valid(text, check_country=False) and text[2:4].isdigit() for text in texts]  # python-stdnum lets letters check
    assert check(texts, kind="iban") == expected
    assert sum(expected) >= 400


@pytest.mark.slow
@pytest.mark.parametrize(("table", "width"), [("id/loc", 2), ("us/ein", 2), ("my/bp", 2), ("imsi", 3), ("cz/banks", 4),
                                              ("at/postleitzahl", 4)])
def test_listed_as_numdb(table, width):
    numbers = [f"{number:0{width}}" for number in range(0, 10**width, 1 + 10**width // 1000)]
    expected = [len(numdb.get(table).split(number + "x")) > 1 for number in numbers]  # what is unknown is not split
    assert check(numbers, kind="listed", table=table, width=width) == expected
    assert check([f"x{number}" for number in numbers], kind="listed", table=table, width=width, at=1) == expected
    longer = [f"{number}/{number}" for number in numbers] + ["1", f"{'x' * width}"]
    assert check(longer, kind="listed", table=table, width=width, at=-width) == [*expected, False, False]


# weighted sums, modulo, parts: pure Python from the specification

WEIGHTED = st.integers(2, 97).flatmap(lambda modulus: st.fixed_dictionaries({
    "kind": st.just("weighted"), "modulus": st.just(modulus), "weights": st.lists(st.integers(-5, 20), min_size=1, max_size=12),
    "start": st.integers(0, 50), "check": st.none() | st.text(DIGITS + ".X", min_size=modulus, max_size=modulus)}))


def slowly_weighted(text, spec):
    length = len(spec["weights"]) + (spec["check"] is not None)
    if len(text) != length:
        return False
    total = spec["start"] + sum(weight * int(digit) for weight, digit in zip(spec["weights"], text, strict=False))
    remainder = total % spec["modulus"]
    return remainder == 0 if spec["check"] is None else text[-1] == spec["check"][remainder] != "."


@given(WEIGHTED, st.data())
def test_weighted_sums_as_written(spec, data):
    length = len(spec["weights"])
    bodies = data.draw(st.lists(st.text(DIGITS, min_size=length, max_size=length), min_size=1, max_size=5))
    texts = bodies + completed(bodies, DIGITS + "X")
    assert check(texts, **spec) == [slowly_weighted(text, spec) for text in texts]


@given(st.lists(st.integers(0, 10**9 - 1), min_size=1, max_size=20), st.sampled_from([89, 97]), st.booleans())
def test_modulo_as_written(numbers, modulus, complement):
    texts = [f"{number:09}{key:02}" for number in numbers for key in (number % modulus, modulus - number % modulus, 13)]
    expected = [int(text[9:]) == (modulus - int(text[:9]) % modulus if complement else int(text[:9]) % modulus) for text in texts]
    assert check(texts, kind="modulo", modulus=modulus, digits=[0, 9], check=[9, 11], complement=complement) == expected


@given(st.lists(st.text(DIGITS, min_size=1, max_size=14), min_size=1, max_size=30))
def test_combinations(texts):
    luhn, ends = {"kind": "luhn"}, {"kind": "structure", "regex": "[0-9]*[05]"}
    first, second = check(texts, **luhn), check(texts, **ends)
    assert check(texts, kind="all", of=[luhn, ends]) == [a and b for a, b in zip(first, second, strict=True)]
    assert check(texts, kind="any", of=[luhn, ends]) == [a or b for a, b in zip(first, second, strict=True)]
    assert check(texts, kind="part", start=2, end=9, of=luhn) == [bool(text[2:9]) and stdnum("luhn")(text[2:9]) for text in texts]


def test_fallback_weights_and_right_alignment():
    estonian = {"kind": "weighted", "weights": [1, 2, 3, 4, 5, 6, 7, 8, 9, 1], "modulus": 11, "check": "0123456789.",
                "fallback": [3, 4, 5, 6, 7, 8, 9, 1, 2, 3], "fallback_check": "01234567890"}
    rng = random.Random(2)  # noqa: S311 - the same on every run
    texts = completed([f"{rng.choice('3456')}{rng.randrange(10**9):09}" for _ in range(500)])

    def slowly(text):
        for weights in (estonian["weights"], estonian["fallback"]):
            remainder = sum(weight * int(digit) for weight, digit in zip(weights, text, strict=False)) % 11
            if remainder < 10:
                break
        return int(text[-1]) == remainder % 10
    assert check(texts, **estonian) == [slowly(text) for text in texts]
    assert check(["0000006", "00000006", "6", "12"], kind="weighted", weights=[1, 2, 3, 4, 5, 6, 1], modulus=6, align="right",
                 least=2) == [True, False, False, False]


# dates

@given(st.lists(st.text(DIGITS, min_size=8, max_size=8), min_size=1, max_size=40) | st.lists(
    st.dates(dt.date(1800, 1, 1), dt.date(2200, 1, 1)).map(lambda day: day.strftime("%Y%m%d")), min_size=1))
def test_dates_as_datetime(texts):
    def exists(text):
        try:
            return 1850 <= dt.date(int(text[:4]), int(text[4:6]), int(text[6:])).year <= 2100
        except ValueError:
            return False
    assert check(texts, kind="date", layout="YYYYMMDD") == [exists(text) for text in texts]
    swapped = [text[6:] + text[4:6] + text[:4] for text in texts]
    assert check(swapped, kind="date", layout="DDMMYYYY") == [exists(text) for text in texts]


def test_dates_with_something_added():
    assert check(["6302290", "6402290", "640229", "6402690", "6422290", "6402300", "64"], kind="date", layout="YYMMDD", days=[0,
                                                                                                                              40],
                 months=[0, 20]) == [False, True, True, True, True, False, False]
    assert check(["x710430", "x710431"], kind="date", layout="YYMMDD", at=1) == [True, False]


def test_telephone_numbers():
    assert check(["2024561111", "1234567890"], kind="phone", region="US") == [True, False]
    assert check(["+442079460123", "+4420"], kind="phone") == [True, False]
    assert check(["0711234567", "0214614711"], kind="phone", region="ZA", line="mobile") == [True, False]


@pytest.mark.slow
# the shape of the interface

@given(st.lists(st.text(max_size=12), max_size=30))
def test_every_check_takes_whatever_comes(texts):
    for spec in (*(one for one, _, _ in FAMILIES), {"kind": "iban"}, {"kind": "date", "layout": "YYMMDD"}, {"kind": "jwt"},
                 {"kind": "structure", "regex": "[0-9]+"}, {"kind": "stdnum", "module": "de.idnr"}, {"kind": "base58check"},
                 {"kind": "modulo", "modulus": 97, "digits": [0, 4], "check": [4, 6]},
                 {"kind": "weighted", "weights": [1, 2, 3], "modulus": 7}, {"kind": "phone"}, {"kind": "stellar"},
                 {"kind": "ip"}, {"kind": "entropy"}, {"kind": "listed", "table": "us/ein", "width": 2}):
        together = check(texts, **spec)
        assert len(together) == len(texts)
        assert together == [one for text in texts for one in check([text], **spec)]
        assert not any(passed for text, passed in zip(texts, together, strict=True) if not text.isascii() or not text)


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=9)))
def test_matrix_and_back(texts):
    codes, lengths = matrix(texts)
    assert codes.shape == (len(texts), max(map(len, texts), default=0))
    assert strings(codes, lengths).to_pylist() == texts


def test_blocks_and_lengths_change_nothing():
    rng = np.random.default_rng(4)
    lengths = rng.integers(1, 20, 2 * BLOCK + 7)
    codes = (rng.integers(48, 58, (len(lengths), 19)) * (np.arange(19) < lengths[:, None])).astype(np.uint8)
    luhn = compiled(SPECS.validate_python({"kind": "luhn"}))
    whole = luhn(codes, lengths)
    some = rng.integers(0, len(lengths), 300)
    assert whole[some].tolist() == [stdnum("luhn")(text.as_py()) for text in strings(codes, lengths).take(some)]
    one_length = luhn(codes[lengths == 16], lengths[lengths == 16])
    assert one_length.tolist() == whole[lengths == 16].tolist()


def test_exceptions_of_a_library_do_not_escape(monkeypatch):
    module = importlib.import_module("stdnum.de.wkn")
    monkeypatch.setattr(module, "is_valid", lambda _: next(iter([])))
    assert check(["865985"], kind="stdnum", module="de.wkn") == [False]


def test_what_cannot_be_compiled():
    with pytest.raises(PolicyError, match="no such module"):
        check(["1"], kind="stdnum", module="xx.nothing")
    with pytest.raises(PolicyError, match="no such table"):
        check(["1"], kind="listed", table="xx/nothing", width=1)
    with pytest.raises(PolicyError, match="RE2"):
        check(["1"], kind="structure", regex="(?=1)1")


def test_a_check_is_compiled_once():
    spec = {"kind": "iso7064", "system": "mod_11_10"}
    assert compiled(SPECS.validate_python(spec)) is compiled(SPECS.validate_python(spec))


@pytest.mark.slow
@pytest.mark.parametrize(("spec", "millions"), [
    ({"kind": "luhn"}, 5), ({"kind": "weighted", "weights": list(range(1, 16)), "modulus": 11, "check": "0123456789X"}, 5),
    ({"kind": "iso7064", "system": "mod_97_10", "rotate": 4}, 1),
])
def test_speed(spec, millions):
    codes = np.random.default_rng(5).integers(48, 58, (1_000_000, 16)).astype(np.uint8)
    lengths = np.full(len(codes), 16)
    passes = compiled(SPECS.validate_python(spec))
    passes(codes[:10], lengths[:10])
    started = time.perf_counter()
    passes(codes, lengths)
    assert time.perf_counter() - started < 1 / millions
