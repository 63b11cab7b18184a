"""Which claims stay: as by comparing each with every other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.resolve import staying

SCORES = st.sampled_from([0.4, 0.6, 0.9])
CLAIMS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(1, 30), st.integers(0, 2), SCORES), max_size=40)


def slowly(claims):
    """A claim stays unless another that comes before it in rank holds it, of its type or likelier."""
    def rank(place):
        value, start, end, _, score = claims[place]
        return value, start, -end, -score, place

    stays = []
    for place, (value, start, end, kind, score) in enumerate(claims):
        stays.append(not any(
            other[0] == value and other[1] <= start and end <= other[2] and (other[3] == kind or other[4] > score)
            and rank(at) < rank(place) for at, other in enumerate(claims) if at != place))
    return stays


@given(CLAIMS)
def test_as_by_comparing_all(claims):
    claims = [(value, start, start + length, kind, score) for value, start, length, kind, score in claims]
    columns = [np.array(column, np.float64 if at == 4 else np.int64) for at, column in enumerate(zip(*claims, strict=True))]
    got = staying(*columns).tolist() if claims else []
    assert got == slowly(claims)


def test_one_long_claim_with_many_inside():
    many = 200_000
    start = np.concatenate(([0], np.arange(many)))
    end = np.concatenate(([many + 1], np.arange(many) + 1))
    score = np.concatenate(([0.9], np.full(many, 0.5)))
    stays = staying(np.zeros(many + 1, np.int64), start, end, np.arange(many + 1), score)
    assert np.flatnonzero(stays).tolist() == [0]
