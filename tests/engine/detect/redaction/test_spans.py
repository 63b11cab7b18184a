"""One rule for claims that overlap, held against the rule read aloud."""

from __future__ import annotations

import random
from itertools import pairwise

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.redaction import Spans, resolve
from tests.engine.detect.redaction.slow import together, winner

PLACE = st.tuples(st.integers(0, 3), st.integers(0, 12), st.integers(1, 6), st.sampled_from("ABCK"),
                  st.sampled_from([0.2, 0.5, 1.0]))
CLAIMS = st.lists(PLACE.map(lambda one: (one[0], one[1], one[1] + one[2], one[3], one[4])), max_size=10)


def spans(claims: list[tuple[int, int, int, str, float]]) -> Spans:
    names = ("row", "start", "end", "entity_type", "score")
    schema = pa.schema(zip(names, (pa.int64(), pa.int64(), pa.int64(), pa.string(), pa.float64()), strict=True))
    return Spans.of(pa.Table.from_pylist([dict(zip(names, one, strict=True)) for one in claims], schema))


def resolved(claims, first=(), last=()) -> list[tuple[int, int, int, str, int, int]]:
    found = resolve(spans(claims), first=first, last=last)
    columns = (found.row, found.start, found.end, found.kind, found.winner_start, found.winner_end)
    return [(*one[:3], found.names[one[3]], *one[4:]) for one in zip(*(column.tolist() for column in columns), strict=True)]


@settings(deadline=None, max_examples=25)
@given(CLAIMS, st.sampled_from([(), ("K",)]), st.sampled_from([(), ("K",), ("A",)]))
def test_agrees_with_the_rule_read_aloud(claims, first, last):
    expected = []
    for row in range(4):
        for group in together([one for one in claims if one[0] == row]):
            best = winner(group, first, last)
            expected.append((row, min(one[1] for one in group), max(one[2] for one in group), best[3], best[1], best[2]))
    assert resolved(claims, first, last) == expected


@settings(deadline=None, max_examples=25)
@given(CLAIMS, st.randoms(use_true_random=False))
def test_the_order_of_claims_does_not_matter(claims, rng: random.Random):
    shuffled = rng.sample(claims, len(claims))
    assert resolved(shuffled, ("K",)) == resolved(claims, ("K",))


@settings(deadline=None, max_examples=25)
@given(CLAIMS)
def test_disjoint_sorted_and_nothing_claimed_stays(claims):
    found = resolved(claims)
    assert found == sorted(found)
    assert all(one[2] <= other[1] for one, other in pairwise(found) if one[0] == other[0])
    assert all(any(row == r and s <= start and end <= e for r, s, e, *_ in found) for row, start, end, *_ in claims)


def test_claims_that_only_touch_stay_apart():
    assert resolved([(0, 0, 3, "A", 1.0), (0, 3, 5, "B", 1.0)]) == [(0, 0, 3, "A", 0, 3), (0, 3, 5, "B", 3, 5)]


def test_joining_keeps_names_apart():
    both = spans([(0, 0, 1, "A", 1.0), (0, 2, 3, "B", 1.0)]).joined(spans([(1, 0, 1, "B", 0.5), (1, 2, 3, "C", 0.5)]))
    assert [both.names[kind] for kind in both.kind.tolist()] == ["A", "B", "B", "C"]
    assert both.wanted(0.6, None).names == both.names
    assert len(both.wanted(0.6, ["B"])) == 1
    assert len(both.wanted(0.0, [])) == 0
