"""Labels of many categories: short, true, different, and readable without the table."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.alphabet import MOST_NAMED, MOST_RANGES, ranges, widened
from engine.anonymity.axes import Leaves
from engine.anonymity.axes.line import Categories, Pooled
from engine.anonymity.axes.order import Order
from engine.anonymity.coding import SetCoding
from engine.anonymity.loops.ground import LOSS, Aim
from engine.anonymity.mondrian import build_tree
from engine.anonymity.refining import _ways
from engine.anonymity.written import PooledCoding
from schemas.policy import Guarantees
from schemas.policy.recoding import Recoding
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.reading import true_of
from tests.engine.anonymity.slow_tree import Line, SlowTree
from tests.engine.anonymity.test_mondrian import as_partition
from udfs.recode import recode

WORDS = st.text('abz,{}[]"* \\é…', max_size=4) | st.sampled_from(["null", "*", "any value", "[a, b]", "{a}", "≤ a"])
RANKS = st.sets(st.integers(0, 400), min_size=1, max_size=120).map(sorted).map(np.array)


def categories(values: list[str | None], rows: np.ndarray) -> Categories:
    return Categories("a", Order.of(pa.array(values, pa.string()), rows.astype(np.int64)), rows.astype(np.int64))


def finished(axis: Categories | Pooled, sets: list[list[int]]) -> tuple[SetCoding, list[tuple[int, ...]]]:
    """The axis and the boxes of leaves that hold these positions."""
    held, starts = np.concatenate(sets).astype(np.int64), np.cumsum([0, *map(len, sets)])
    low, high = np.array([min(one) for one in sets]), np.array([max(one) for one in sets])
    found = axis.finish(np.zeros(0, np.int64), Leaves(low, high, starts, held, tight=True))
    assert isinstance(found.coding, SetCoding)
    return found.coding, [found.boxes[box] for box in found.box]


@given(RANKS)
def test_ranges_are_runs(ranks) -> None:
    found = ranges(ranks)
    assert [rank for first, last in found for rank in range(ranks[first], ranks[last] + 1)] == ranks.tolist()
    assert all(ranks[begin] > ranks[end] + 1 for (_, end), (begin, _) in pairwise(found))


@given(RANKS)
def test_the_widest_gaps_stay(ranks) -> None:
    found = widened(ranks)
    if len(ranks) <= MOST_NAMED or len(ranges(ranks)) <= MOST_RANGES:
        assert found.tolist() == ranks.tolist()
        return
    assert set(ranks.tolist()) < set(found.tolist())
    assert len(ranges(found)) == MOST_RANGES
    added = set(found.tolist()) - set(ranks.tolist())
    gaps = [set(range(a + 1, b)) for a, b in pairwise(ranks.tolist()) if b > a + 1]
    filled, left = [gap for gap in gaps if gap <= added], [gap for gap in gaps if not gap & added]
    assert len(filled) + len(left) == len(gaps)
    assert max(map(len, filled)) <= min(map(len, left))


@st.composite
def sets_of_words(draw):
    """Categories with their rows, and sets of positions, among them long ones."""
    words = draw(st.lists(WORDS, min_size=40, max_size=90, unique=True)) + [None] * draw(st.integers(0, 1))
    rows = draw(st.lists(st.integers(1, 9), min_size=len(words), max_size=len(words)))
    everything = list(range(len(words)))
    sets = draw(st.lists(st.sets(st.sampled_from(everything), min_size=1, max_size=8).flatmap(
        lambda gone: st.sampled_from([sorted(gone), sorted(set(everything) - gone)])), min_size=1, max_size=6))
    step = draw(st.integers(1, 2))
    return words, np.array(rows), [*sets, everything[::2], everything[step::2]]


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(sets_of_words())
def test_labels_are_true_different_and_no_longer_than_they_may_be(case) -> None:
    words, rows, sets = case
    axis = categories(words, rows)
    at = dict(zip(axis.positions.tolist(), words, strict=True))
    coding, boxes = finished(axis, sets)
    for positions, box in zip(sets, boxes, strict=True):
        label = coding.label(box)
        named = {word for word in words if true_of(label, word, pa.string())}
        assert named >= {at[position] for position in positions}
        assert coding.size(box) == len(named), label
        assert named == {coding.points[code] for code in box}
        if len(positions) <= MOST_NAMED:
            assert len(named) == len(positions)
        assert label.count(", ") <= 2 * MOST_NAMED + sum(", " in word for word in words if word)
    shown = {box: coding.label(box) for box in boxes}
    assert len(set(shown.values())) == len(shown)


@pytest.mark.parametrize(("missing", "label"), [
    ((), "*"), ((0,), "[w01, w40]"), ((7,), "{[w00, w06], [w08, w40]}"), ((1, 3), "{w00, w02, [w04, w40]}")])
def test_few_that_are_missing_part_the_alphabet(missing, label) -> None:
    words = [f"w{number:02}" for number in range(41)]
    axis = categories(words, np.full(41, 2))
    coding, (box,) = finished(axis, [[place for place in range(41) if place not in missing]])
    assert coding.label(box) == label
    assert coding.size(box) == 41 - len(missing)


@pytest.mark.parametrize(("size", "ways"), [(2, 1), (MOST_NAMED, MOST_NAMED - 1), (MOST_NAMED + 1, 0)])
def test_later_versions_do_not_cut_what_a_range_does_not_tell(size, ways) -> None:
    coding = SetCoding("a", "string", 99, 99, tuple(f"w{number:02}" for number in range(40)), tuple(range(40)))
    assert len(list(_ways(coding, tuple(range(size)), np.arange(size)))) == ways


def test_null_is_in_no_range() -> None:
    axis = categories([None, *(f"w{number:02}" for number in range(41))], np.full(42, 2))
    null = next(place for place in range(42) if axis.positions[0] == place)
    everything = [place for place in range(42) if place != 20]
    coding, (with_null, without) = finished(axis, [everything, [place for place in everything if place != null]])
    assert coding.label(with_null).startswith("{null, [w00, ")
    assert true_of(coding.label(with_null), None, pa.string())
    assert not true_of(coding.label(without), None, pa.string())


def test_a_scattered_set_holds_what_its_ranges_hold() -> None:
    words = [f"w{number:03}" for number in range(200)]
    axis = categories(words, np.full(200, 1))
    coding, (even, odd) = finished(axis, [list(range(0, 200, 2)), list(range(1, 200, 2))])
    assert (coding.size(even), coding.size(odd)) == (200 - 1 - (MOST_RANGES - 1), 200 - 1 - (MOST_RANGES - 1))
    assert coding.label(even) != coding.label(odd)
    assert len(coding.label(even)) < 16 * MOST_RANGES
    code = coding.encode(pa.array(["w101"]))
    assert coding.cover([even])(np.zeros(1, np.int64), code).all(), "a value in a range finds its label"


def test_of_pooled_categories_the_others_lie_as_the_named_ones_do() -> None:
    rows = np.arange(300, 200, -1).astype(np.int64)
    order = Order.of(pa.array([f"w{number:02}" for number in range(100)]), rows)
    pooled = Pooled("a", order, np.append(rows, 50), 1000)
    coding, (few, half, rest, everything) = finished(
        pooled, [[0, 1], list(range(50)), list(range(40, 101)), list(range(100))])
    assert isinstance(coding, PooledCoding)
    assert [coding.label(box) for box in (few, half, rest)] == ["{w00, w01}", "[w00, w49]", "*"]
    assert [coding.size(box) for box in (few, half, rest, everything)] == [2, 500, 1000, 1000]


@pytest.mark.slow
@pytest.mark.parametrize("cells", ["bounds", "tight"])
def test_a_release_of_many_categories(cells) -> None:
    """Every label of a fitted tree is true and short, and classes keep k, whichever sets became one."""
    draw, k = np.random.default_rng(4), 25
    city = np.minimum(draw.zipf(1.3, 6_000), 500)
    table = pa.table({"city": pa.array([f"City {number:03}" for number in city]), "age": draw.integers(20, 60, 6_000)})
    cube = cube_of(table)
    tree = build_tree(cube, columns(cube), Guarantees(k=k), Recoding(cells=cells))
    labels = recode(*table.columns, tree=tree.to_json())
    written = labels.field("city").to_pylist()
    assert all(true_of(label, value, pa.string()) for label, value in zip(written, table["city"].to_pylist(), strict=True))
    assert max(map(len, written)) <= 2 * MOST_NAMED * len("City 000, ")
    assert any(label.startswith(("[", "{[")) for label in written)
    sizes = pa.table({name: labels.field(name) for name in tree.names}).group_by(["city", "age"]).aggregate([([], "count_all")])
    assert min(sizes["count_all"].to_pylist()) >= k
    shown = [tree.columns[0].label(box) for box in tree.boxes[0]]
    assert len(set(shown)) == len(shown) == len(set(tree.boxes[0]))


def test_of_many_the_rare_ones_stand_by_the_alphabet() -> None:
    """The sixteen most frequent first; a cell of the others is one range, whatever their frequencies."""
    words, rows = [f"w{number:02}" for number in range(60)] + [None], np.array([*range(60, 0, -1), 30])
    draw = np.random.default_rng(2).permutation(61)
    axis = categories([words[place] for place in draw], rows[draw])
    order = sorted(range(61), key=lambda place: axis.positions[np.flatnonzero(draw == place)[0]])
    assert [words[place] for place in order[:17]] == [*words[:16], None]
    assert [words[place] for place in order[17:]] == words[16:60]
    low, high = np.array([5, 20]), np.array([60, 59])
    found = axis.finish(np.zeros(0, np.int64), Leaves(low, high, np.zeros(3, np.int64), np.zeros(0, np.int64), tight=False))
    assert [found.coding.label(found.boxes[box]) for box in found.box] == ["{null, [w05, w59]}", "[w19, w58]"]


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cells=st.sampled_from(["bounds", "tight"]), k=st.integers(2, 4))
def test_a_tree_of_many_categories_is_that_of_the_slow_one(seed, cells, k) -> None:
    draw = np.random.default_rng(seed)
    words = [None if city == 40 else f"w{city:02}" for city in np.minimum(draw.zipf(1.2, 120), 60).tolist()]
    table = pa.table({"n": draw.integers(0, 5, 120), "s": pa.array(words)})
    cube = cube_of(table)
    tree = build_tree(cube, columns(cube), Guarantees(k=k), Recoding(cells=cells))
    lines = [Line.ordered(table["n"].to_pylist()), Line.categories(words)]
    slow = SlowTree(lines, lambda part: len(part) >= k, k, Aim(tight=cells == "tight", goal=LOSS)).grown(
        [*zip(table["n"].to_pylist(), words, strict=True)])
    assert as_partition(tree, table) == {frozenset(Counter(map(repr, part)).items()) for part in slow}
