"""How claims are held against labels, and how figures are written."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.detect.clocks import boxed, speed
from tests.benchmarks.detect.figures import figure, table
from tests.benchmarks.detect.labelled import Labelled, label_of, scored, whole
from tests.benchmarks.detect.spans import OVERLAP, Counts, Span, counted, iou, merged, pairs, resolved

KINDS = ("A", "B")
places = st.tuples(st.integers(0, 12), st.integers(1, 6), st.sampled_from(KINDS))
spans = st.lists(places.map(lambda one: Span(one[0], one[0] + one[1], one[2])), max_size=4, unique=True)


@given(spans, spans)
def test_overlap_is_that_of_sets_of_characters(some, others):
    for one in some:
        for other in others:
            a, b = set(range(one.start, one.end)), set(range(other.start, other.end))
            assert iou(one, other) == pytest.approx(len(a & b) / len(a | b))


@given(spans, spans)
def test_pairs_are_one_to_one_and_as_many_as_can_be(labelled, claimed):
    labelled, claimed = resolved(labelled), resolved(claimed)
    found = list(pairs(labelled, claimed))
    assert len({label for label, _ in found}) == len({claim for _, claim in found}) == len(found)
    assert all(label.kind == claim.kind and iou(label, claim) >= OVERLAP for label, claim in found)
    shortest, longest = sorted((labelled, claimed), key=len)
    best = max(sum(a.kind == b.kind and iou(a, b) >= OVERLAP for a, b in zip(shortest, order, strict=False))
               for order in permutations(longest))
    assert len(found) == best


@given(spans)
def test_resolved_spans_do_not_overlap_and_the_longest_stays(some):
    found = resolved(some)
    assert all(iou(a, b) == 0 for a in found for b in found if a is not b)
    assert set(found) <= set(some)
    if some:
        assert max(one.end - one.start for one in found) == max(one.end - one.start for one in some)


def test_neighbours_of_one_kind_are_one():
    text = "Jane Roe, 5 Elm St, Riga x Ulm"
    some = [Span(0, 4, "PERSON"), Span(5, 8, "PERSON"), Span(10, 18, "PLACE"), Span(20, 24, "PLACE"), Span(27, 30, "PLACE")]
    assert [(one.start, one.end) for one in merged(some, text)] == [(0, 8), (10, 24), (27, 30)]


def test_counts_by_hand():
    labelled = [Span(0, 10, "A"), Span(20, 30, "A"), Span(40, 44, "B")]
    claimed = [Span(0, 9, "A"), Span(20, 26, "A"), Span(40, 44, "A"), Span(50, 55, "C")]
    found = counted(labelled, claimed)
    assert found["A"] == Counts(2, 3, 1)
    assert found["B"] == Counts(1, 0, 0)
    assert found["any"] == Counts(3, 4, 2)
    assert Counts(2, 3, 1).f2 == pytest.approx(5 * (1 / 3) * (1 / 2) / (4 / 3 + 1 / 2))
    assert (Counts().precision, Counts().recall, Counts().f2) == (1, 1, 1)


def test_our_types_have_names_in_the_sets():
    assert label_of("synth", "US_PHONE_NUMBER") == "PHONE_NUMBER"
    assert label_of("synth", "DATE_OF_BIRTH") == "DATE_TIME"
    assert label_of("meddocan", "ES_NIF") == "ID"
    assert label_of("wnut17", "VIN") == "other"
    texts = [Labelled("call 555 now", (Span(5, 8, "PHONE_NUMBER"),)), Labelled("so", (), "developed on")]
    total = scored("synth", texts, [[Span(5, 8, "US_PHONE_NUMBER"), Span(6, 8, "AGE")], [Span(0, 2, "VIN")]])
    assert whole(total["reported"]) == Counts(1, 1, 1)
    assert whole(total["developed on"]) == Counts(0, 1, 0)


def test_figures():
    assert [figure("m", value, bar=5)["holds"] for value in (6, 5, 4)] == [True, True, False]
    assert figure("m", 4, bar=5, better="lower")["holds"]
    assert figure("m", None, bar=5)["holds"] is None
    assert figure("m", 4)["holds"] is None
    written = table([figure("m|n", 1234567.0, "MB", bar=5, peer=0.25, note="x")], markdown=True)
    assert written.splitlines()[-1] == "| m/n | 1,234,567 MB | 0.25 | ≥ 5 | ok | x |"
    assert "MISSED" in table([figure("m", 4, bar=5)])


@pytest.mark.slow
def test_clocks_tell_twice_the_work_apart():
    def work(size, part):
        return (lambda: sum(range(size * (2 if part < 0 else 1)))), size

    found = speed(work, 0.1, 1 << 20)
    assert min(found.rates) <= found.median <= max(found.rates)
    twice = speed(lambda size, _: work(size, -1), 0.1, 1 << 20)
    assert 1.2 < found.median / twice.median < 4
    assert boxed(len, ["ab"] * 10, 1) > 0
