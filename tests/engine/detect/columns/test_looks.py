"""What values look like, told for many at once as for each alone."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.columns.looks import LOOKS, looks_of


def looks(values):
    array = pa.array(values, pa.string())
    return [LOOKS[place] for place in looks_of(Block(array), array).look.tolist()]


@pytest.mark.parametrize(("look", "values"), [
    ("blank", ["", "   ", "\t"]),
    ("uuid", ["550e8400-e29b-41d4-a716-446655440000"]),
    ("hex", ["d41d8cd98f00b204e9800998ecf8427e", "0A" * 20]),
    ("json", ['{"a": 1}', "[]", '["x"]']),
    ("mail", ["jane@example.com"]),
    ("blob", ["iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="]),
    ("date", ["2020-02-29", "29.02.2020", "2/9/99", "3 May 2020", "May 3, 2020", "20200229", "2020-02-29T10:11:12Z", "Dec-2011"]),
    ("time", ["10:11", "9:05 pm", "10:11:12.5"]),
    ("number", ["1.5", "-3", "1,234,567.8", "1e-5", "12%", "$5.20", "€ 7"]),
    ("digits", ["007", "4111111111111111"]),
    ("phone", ["+44 20 7946 0958", "(415) 555-2671"]),
    ("grouped", ["078-05-1120", "12 34 56", "99-99-99"]),
    ("path", ["https://example.org/a", "/home/jane"]),
    ("code", ["SK-0001", "A1B2", "v2.3.1-rc1"]),
    ("word", ["Berlin", "O'Neill", "IN_TRANSIT", "Zoë"]),
    ("words", ["New York", "Jane Q. Roe", "Renée Žižek"]),
    ("mixed", ["12 Old Mill Road", "flat 4"]),
])
def test_looks(look, values):
    assert looks(values) == [look] * len(values)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(st.lists(st.one_of(st.text(max_size=20), st.sampled_from(["2020-01-01", "a@b.c", "{}", "+49 30 1234567", "0" * 32])),
    min_size=1))
def test_neighbours_do_not_matter(values):
    assert looks(values) == [looks([value])[0] for value in values]


@given(st.lists(st.text("ab \t1ü\n.", max_size=12), min_size=1, max_size=8))
def test_words(values):
    array = pa.array(values, pa.string())
    block = Block(array)
    found = looks_of(block, array)
    wanted = [value.split() for value in values]
    assert found.words.tolist() == [len(words) for words in wanted]
    spans = [block.data[start:end].decode() for start, end in zip(found.starts, found.ends, strict=True)]
    assert spans == [word for words in wanted for word in words]
    assert found.first.tolist() == [sum(map(len, wanted[:place])) for place in range(len(values))]


def test_scripts_without_spaces_have_words_too():
    array = pa.array(["患者报告上次就诊后感觉好转今天早上一起看的没有发烧"])
    assert looks_of(Block(array), array).words[0] > 3
