"""Lists are looked up by hash as they would be one text at a time."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.columns.vocabulary import Table, Vocabulary
from engine.detect.first.pictures import expression
from engine.detect.hashing import hash_values
from schemas.findings import Category


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sets(st.text(max_size=5), max_size=6), min_size=1, max_size=8),
    st.lists(st.text(max_size=5), min_size=1, max_size=20))
def test_lookup(lists, asked):
    found = Table.of(lists).lookup(hash_values(Block(pa.array(asked, pa.string()))))
    wanted = [sum(1 << place for place, words in enumerate(lists) if text in words) for text in asked]
    assert found.tolist() == wanted


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.default()


def test_every_listed_word_is_found(vocabulary):
    for one in vocabulary.sets:
        words = sorted(one.words)
        if words:
            inside = vocabulary.in_sets(hash_values(Block(pa.array(words))))
            assert inside(one.name).all(), one.name


def test_every_set_says_what_it_is(vocabulary):
    assert len({one.name for one in vocabulary.sets}) == len(vocabulary.sets) <= 64  # a bit for each
    for one in (*vocabulary.sets, *vocabulary.forms, *vocabulary.openings, *vocabulary.patterns):
        assert one.title
        assert one.reading[1] in Category.__args__
    assert all(word == word.lower() and word.strip() == word for one in vocabulary.sets for word in one.words)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.one_of(st.from_regex(r"[A-Z]{1,2}[0-9]{1,2} ?[0-9][A-Z]{2}", fullmatch=True), st.text("A1-. b", max_size=9)),
    min_size=1))
def test_forms_are_pictures(values):
    vocabulary = Vocabulary.default()
    found = vocabulary.in_forms(Block(pa.array(values, pa.string())))
    for form in vocabulary.forms:
        wanted = [any(re.fullmatch(expression(written), value.upper()) for written in form.formats) for value in values]
        assert found[form.name].tolist() == wanted, form.name


def test_openings_in_any_case(vocabulary):
    found = vocabulary.in_openings(pa.array(["mozilla/5.0 x", "MOZILLA/4", "not mozilla/5.0", "@jane", "a@b"]))
    assert found["agent"].tolist() == [True, True, False, False, False]
    assert found["handle"].tolist() == [False, False, False, True, False]


def test_words_without_their_accents(vocabulary):
    inside = vocabulary.in_sets(hash_values(Block(pa.array(["málaga", "malaga", "zzz"]))))
    assert np.array_equal(inside("city"), [True, True, False])
