"""Columns of claims, and which of them are the strongest."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.plugins.presidio_classes import recognizer_classes
from engine.detect.plugins.spans import Spans, without_contained

CLAIMS = st.lists(st.tuples(
    st.integers(0, 2), st.integers(0, 8), st.integers(1, 5), st.sampled_from("AB"), st.sampled_from([0.1, 0.5, 0.5001, 1.0]),
).map(lambda one: (one[0], one[1], one[1] + one[2], one[3], one[4])), max_size=14)


def rows(spans: Spans) -> set[tuple]:
    return set(zip(spans.value.tolist(), spans.start.tolist(), spans.end.tolist(), [spans.types[one] for one in spans.kind],
                   spans.score.tolist(), strict=True))


def presidio(claims) -> set[tuple]:
    kind = recognizer_classes()["UsSsnRecognizer"]
    result = kind.remove_duplicates.__globals__["RecognizerResult"]
    return {(value, one.start, one.end, one.entity_type, one.score) for value in {claim[0] for claim in claims}
            for one in kind.remove_duplicates([result(claim[3], *claim[1:3], claim[4]) for claim in claims if claim[0] == value])}


@settings(deadline=None, max_examples=25)
@given(CLAIMS)
def test_the_strongest_are_those_that_presidio_keeps(claims):
    found = without_contained(Spans.of(claims))
    assert rows(found) == presidio(claims)
    assert len(found.value) == len(rows(found))


def test_nothing():
    empty = without_contained(Spans.of([]))
    assert not len(empty.value)
    assert empty.types == ()


def test_claims_on_values_that_were_given_up_are_dropped():
    spans = Spans.of([(0, 1, 2, "A", 0.5), (1, 1, 2, "B", 0.5)], {1: "out of time"})
    assert rows(spans) == {(0, 1, 2, "A", 0.5)}
    assert spans.unscannable == {1: "out of time"}
    assert rows(spans.take(np.array([False]))) == set()
