"""Arrays as plug-ins look at them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.plugins.texts import Texts, alternatives, lengths, unreadable, without

VALUES = st.lists(st.one_of(st.none(), st.text("abcI\u0130\u0131 é\0", max_size=8)), max_size=8)


@settings(deadline=None)
@given(VALUES, st.sampled_from([None, "a", "(?i)i", "b|c", "[^a]"]), st.sets(st.integers(0, 7)))
def test_candidates_hold_every_value_that_matters(values, expression, given_up):
    places = Texts(pa.array(values, pa.string())).candidates(expression, given_up).tolist()
    matching = {place for place, text in enumerate(values) if text is not None
                and (expression is None or regex.search(expression, text))} - given_up
    assert matching <= set(places)
    assert all(values[place] is not None and place not in given_up for place in places)


def test_a_filter_is_left_out_where_cases_fold_otherwise():
    many = ["x" * 300] * 20
    assert len(Texts(pa.array([*many, "i"])).candidates("(?i)I")) == 1
    assert len(Texts(pa.array([*many, "i", "\u0130"])).candidates("(?i)I")) == len(many) + 2


@given(VALUES)
def test_strings(values):
    places = np.flatnonzero([text is not None for text in values])
    assert Texts(pa.array(values, pa.string())).strings(places) == [text for text in values if text is not None]


def test_alternatives():
    assert alternatives([]) is None
    assert alternatives(["a", None]) is None
    joined = alternatives(["a|b", "(?i)c"])
    assert pc.match_substring_regex(pa.array(["b", "C", "A", "d"]), joined).to_pylist() == [True, True, False, False]


def test_without():
    assert without(np.array([1, 2, 3]), {2}).tolist() == [1, 3]
    assert without(np.array([1, 2, 3]), ()).tolist() == [1, 2, 3]


@given(st.lists(st.one_of(st.none(), st.binary(max_size=6)), max_size=8))
def test_bytes_that_are_no_text(data):
    binary = pa.array(data, pa.binary())
    valid, offsets, held = binary.buffers()
    values = pa.StringArray.from_buffers(len(data), offsets, held, valid, binary.null_count) if data else binary.cast(pa.string())
    expected = []
    for place, one in enumerate(data):
        try:
            _ = one is None or one.decode()
        except UnicodeDecodeError:
            expected.append(place)
    assert unreadable(values) == expected
    here = [place for place, one in enumerate(data) if one is not None]
    assert lengths(values, here) == [len(data[place].decode("utf-8", "replace")) for place in here]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_kinds_of_strings(kind):
    assert Texts(pa.array(["a", None, "b"], kind)).strings(np.array([2])) == ["b"]
