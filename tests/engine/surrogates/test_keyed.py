"""Draws depend on key, scope, purpose and value, and on nothing else."""

from __future__ import annotations

import hashlib
import hmac
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.surrogates.keyed import Keyed, differing, fold, sign

KEY = bytes(range(32))


def test_draws_are_hmac_in_counter_mode():
    parts = (b"scope", b"purpose", "värde".encode(), b"3")
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    blocks = b"".join(hmac.new(KEY, message + n.to_bytes(4, "big"), hashlib.sha256).digest() for n in range(2))
    expected = [int.from_bytes(blocks[at:at + 4], "big") for at in range(0, 64, 4)]
    assert list(itertools.islice(Keyed(KEY, b"scope").draws("purpose", "värde", 3), 16)) == expected


@settings(deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=3), st.text(max_size=3), st.text(max_size=3)), min_size=2, max_size=2, unique=True))
def test_no_two_askings_are_one(asked):
    one, other = (Keyed(KEY, scope).digest(purpose, value) for scope, purpose, value in asked)
    assert one != other


def test_numbers_fill_their_range_evenly():
    counts = [0] * 7
    for value in range(7000):
        counts[Keyed(KEY).below(7, "test", str(value))] += 1
    assert sum((count - 1000) ** 2 / 1000 for count in counts) < 22.5  # chi-square, 6 degrees of freedom, p = 0.001


def test_a_key_does_not_show():
    assert KEY.hex() not in repr(Keyed(KEY))
    assert str(KEY) not in repr(Keyed(KEY))


@settings(deadline=None)
@given(st.text(max_size=12))
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


def test_folding_tells_names_apart_from_their_spelling_only():
    assert len({fold(name) for name in ("Müller", "MÜLLER", "mu\u0308ller", "Ｍüller")}) == 1
    assert fold("Groß") == fold("GROSS")
    assert fold("Ærø") == "aero"
    assert sign("+1 (555) 123") == "1555123"


def test_what_comes_out_as_the_original_is_drawn_again():
    assert differing("Ann", lambda attempt: ["ANN", "á-n.n", "Bob"][attempt]) == "Bob"
    assert differing("Ann", lambda _: "ann") is None
    assert differing("Ann", lambda _: None) is None
