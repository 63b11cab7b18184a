"""Ten versions of appends and deletes, attacked row by row with everything that anybody could have seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.anonymity.beside import Beside
from engine.anonymity.claims import Claim, Claims
from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import measure_guarantees
from engine.anonymity.models import DistinctDiversity, EntropyDiversity, EqualCloseness, Likeness
from engine.anonymity.mondrian import build_tree
from engine.anonymity.versions import entering, leaving, refines
from engine.errors import InputError
from schemas.policy import Column, Guarantees
from schemas.policy.guarantees import LDiversity
from schemas.policy.recoding import Recoding
from schemas.reserved import COUNT

VALUES = 5


class Lake:
    """A release row by row, as a backend would keep it: row → (entered, leaf) for those in it, and those who wait."""

    def __init__(self, k: int, l: int) -> None:  # noqa: E741 - the literature's letter
        self.k, self.l = k, l
        self.inside: dict[int, tuple[int, int]] = {}
        self.waits: dict[int, int] = {}
        self.value: dict[int, int] = {}
        self.withdrawn: set[int] = set()
        self.versions: list[dict[int, int]] = []

    def claims(self, codes: list[int]) -> Claims:
        model = DistinctDiversity("s", self.l, np.ones(VALUES, np.int64))
        return Claims(self.k, (Claim(model, np.array(codes, np.int64)),))

    def turn(self, new: dict[int, tuple[int, int]], erased: set[int], leaves: int) -> None:
        self._leave(erased)
        for row, (leaf, value) in new.items():
            self.waits[row], self.value[row] = leaf, value
        tuples = Counter((leaf, self.value[row]) for row, leaf in self.waits.items())
        leaf, codes = (np.array([key[i] for key in tuples], np.int64) for i in (0, 1))
        free = entering(leaf, np.array(list(tuples.values()), np.int64), self.claims(codes.tolist()), leaves)
        for row, where in list(self.waits.items()):
            if free[where]:
                self.inside[row] = (len(self.versions), self.waits.pop(row))
        self.versions.append({row: where for row, (_, where) in self.inside.items()})

    def _leave(self, erased: set[int]) -> None:
        for row in erased & set(self.waits):
            del self.waits[row]
        cohorts = sorted(set(self.inside.values()))
        held = defaultdict(list)
        for row in sorted(self.inside, key=lambda row: (row not in erased, row)):  # the erased first
            held[cohorts.index(self.inside[row]), self.value[row]].append(row)
        keys = list(held)
        must = np.array([len(erased.intersection(held[key])) for key in keys], np.int64)
        left = leaving(np.array([key[0] for key in keys], np.int64), np.array([len(held[key]) for key in keys], np.int64),
                       must, self.claims([key[1] for key in keys]), len(cohorts))
        assert (left >= must).all()
        for key, number in zip(keys, left, strict=True):
            for row in held[key][:number]:
                del self.inside[row]
                if row not in erased:
                    self.withdrawn.add(row)


def attack(versions: list[dict[int, int]]) -> dict[tuple[int | None, ...], list[int]]:
    """Returns all rows by what an observer sees of each: its label, or nothing, in every version."""
    seen = defaultdict(list)
    for row in set().union(*versions):
        seen[tuple(version.get(row) for version in versions)].append(row)
    return seen


def signatures(lake: Lake) -> dict[int, set[int]]:
    """Returns what is left of each row's sensitive values to who intersects its classes over all versions."""
    left: dict[int, set[int]] = {}
    for version in lake.versions:
        told = defaultdict(set)
        for row, leaf in version.items():
            told[leaf].add(lake.value[row])
        for row, leaf in version.items():
            left[row] = left.get(row, told[leaf]) & told[leaf]
    return left


def grown(seed: int, k: int, l: int, *, leaves: int = 4, versions: int = 10) -> Lake:  # noqa: E741 - the literature's letter
    random, lake, number = Random(seed), Lake(k, l), 0  # noqa: S311 - a test's data
    for _ in range(versions):
        arrived = random.choice((0, 3, 20, 60))
        new = {number + i: (random.randrange(leaves), random.randrange(VALUES)) for i in range(arrived)}
        number += arrived
        here = sorted({*lake.inside, *lake.waits})
        lake.turn(new, set(random.sample(here, min(len(here), random.choice((0, 1, 2, 15))))), leaves)
    return lake


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 7), l=st.integers(1, 3))
@example(seed=1, k=5, l=1)
def test_after_ten_versions_every_row_has_k_candidates(seed: int, k: int, l: int) -> None:  # noqa: E741 - the literature's letter
    lake = grown(seed, k, l)
    for rows in attack(lake.versions).values():
        assert len(rows) >= k
        assert len({lake.value[row] for row in rows}) >= l
    assert all(len(values) >= l for values in signatures(lake).values())  # what m-invariance is for
    assert not lake.withdrawn & set(lake.versions[-1])


def test_histories_are_measured_as_labels_are() -> None:
    """A table of histories is a cube whose quasi-identifiers are the versions: what measures a release measures the attack."""
    lake = grown(3, 5, 2)
    seen = Counter((*history, lake.value[row]) for history, rows in attack(lake.versions).items() for row in rows)
    names = [f"version {i}" for i in range(len(lake.versions))]
    told = [[None if label is None else str(label) for label in labels] for labels in list(zip(*seen, strict=True))[:-1]]
    table = pa.table({**{name: pa.array(labels, pa.string()) for name, labels in zip(names, told, strict=True)},
                      "s": [key[-1] for key in seen], COUNT: pa.array(seen.values(), pa.int64())})
    promised = Guarantees(k=5, l=(LDiversity(column="s", distinct=2),), suppression=0)
    k, l, _ = measure_guarantees(Cube(table, tuple(names), ("s",)), promised, sum(seen.values()))  # noqa: E741 - the literature's letter
    assert (k.holds, l.holds) == (True, True)
    assert k.measured == min(map(len, attack(lake.versions).values()))


def test_the_attack_finds_what_classes_hide() -> None:
    """Every class of both versions has two rows, and each row has a history of its own."""
    assert sorted(map(len, attack([{1: 0, 2: 0, 3: 1, 4: 1}, {1: 0, 3: 0, 2: 1, 4: 1}]).values())) == [1, 1, 1, 1]


def test_a_merged_sibling_gives_no_candidates() -> None:
    """Of a class of two one row leaves, and its sibling joins the other: one class of three, and still a history of its own."""
    assert min(map(len, attack([{1: 0, 2: 0, 3: 1, 4: 1}, {2: 9, 3: 9, 4: 9}]).values())) == 1


def test_some_enter_some_wait_some_are_withdrawn() -> None:
    lakes = [grown(seed, 5, 2) for seed in range(6)]
    assert all(any(lake.versions) for lake in lakes)
    assert any(lake.waits for lake in lakes)
    assert any(lake.withdrawn for lake in lakes)


def ints(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def of_k(k: int) -> Claims:
    return Claims(k)


def test_an_increment_is_nobody_or_k() -> None:
    assert entering(ints(0, 0, 1, 3), ints(2, 1, 2, 9), of_k(3), 5).tolist() == [True, False, False, True, False]
    assert entering(ints(), ints(), of_k(3), 2).tolist() == [False, False]


@pytest.mark.parametrize(("rows", "erased", "left"), [
    ([10], [0], [0]),
    ([10], [1], [3]),    # two go along
    ([10], [3], [3]),
    ([5], [1], [5]),     # two would stay
    ([6], [1], [3]),
    ([6], [4], [6]),
    ([6], [6], [6]),
    ([3], [1], [3]),
    ([8, 4], [1, 0], [2, 2]),  # three more: of the first 7 of 11 that remain 1.9, rounded down
])
def test_who_leaves_with_whom(rows: list[int], erased: list[int], left: list[int]) -> None:
    k = 3 if len(rows) == 1 else 4
    assert leaving(np.zeros(len(rows), np.int64), ints(*rows), ints(*erased), of_k(k), 1).tolist() == left


def test_a_cohort_that_loses_nobody_stays() -> None:
    assert leaving(ints(0, 1), ints(9, 9), ints(0, 1), of_k(3), 2).tolist() == [0, 3]


def test_all_leave_where_a_claim_would_break() -> None:
    claims = Claims(2, (Claim(DistinctDiversity("s", 2, ints(5, 2)), ints(0, 1)),))
    assert leaving(ints(0, 0), ints(5, 2), ints(0, 2), claims, 1).tolist() == [5, 2]
    entropy = Claims(2, (Claim(EntropyDiversity("s", 1.9, ints(4, 4)), ints(0, 1)),))
    assert leaving(ints(0, 0), ints(4, 4), ints(1, 1), entropy, 1).tolist() == [1, 1]


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(1, 9), st.integers(0, 3)), min_size=1,
                unique_by=lambda t: t[:2]), st.randoms(use_true_random=False))
def test_the_order_of_tuples_does_not_matter(tuples, random) -> None:
    def left(these) -> dict:
        cohort, code, rows, erased = (np.array(column, np.int64) for column in zip(*these, strict=True))
        claims = Claims(3, (Claim(DistinctDiversity("s", 1, np.ones(3, np.int64)), code),))
        found = leaving(cohort, rows, np.minimum(erased, rows), claims, 4)
        return dict(zip(zip(cohort.tolist(), code.tolist(), strict=True), found.tolist(), strict=True))

    shuffled = random.sample(tuples, len(tuples))
    assert left(tuples) == left(shuffled)


@pytest.mark.parametrize(("erased", "rows"), [(4, 3), (-1, 3)])
def test_more_deleted_than_there_is_is_refused(erased: int, rows: int) -> None:
    with pytest.raises(InputError, match="more rows are deleted"):
        leaving(ints(0), ints(rows), ints(erased), of_k(2), 1)


@pytest.mark.parametrize(("people", "may"), [("abc", True), ("abb", False), ("ab-", False), ("---", False), ("abc-", True)])
def test_rows_about_nobody_bring_nobody_in_and_let_nobody_out(people: str, may: bool) -> None:  # noqa: FBT001 - a table of cases
    who = pa.array([None if one == "-" else one for one in people])
    table = pa.table({"leaf": [0] * len(people), "who": who, COUNT: [1] * len(people)})
    claims = Claims.of(Cube(table, ("leaf",), ("who",)), Guarantees(k=2, subjects={"column": "who", "least": 3}))
    leaf, rows = np.zeros(len(people), np.int64), np.ones(len(people), np.int64)
    assert entering(leaf, rows, claims, 1).tolist() == [may]
    assert refines(leaf, leaf, rows, claims, 1) is may


@pytest.mark.parametrize("claims", [
    Claims(2, (Claim(EqualCloseness("s", 0.2, ints(1, 1)), ints(0)),)),
    Claims(2, (Claim(Likeness("s", 1.0, ints(1, 1)), ints(0)),)),
    Claims(2, (), Beside(ints(3), ())),
])
def test_a_claim_that_looks_at_the_table_is_refused(claims: Claims) -> None:
    for ask in (lambda: entering(ints(0), ints(3), claims, 1), lambda: leaving(ints(0), ints(3), ints(0), claims, 1),
                lambda: refines(ints(0), ints(0), ints(3), claims, 1)):
        with pytest.raises(InputError, match="whole table"):
            ask()


@pytest.mark.parametrize(("cohort", "part", "rows", "may"), [
    ([0, 0], [0, 1], [3, 3], True),
    ([0, 0, 1], [0, 1, 1], [3, 3, 2], False),
    ([0, 1], [0, 1], [3, 3], True),        # a cohort on either side
    ([0, 0, 1, 1], [0, 1, 0, 1], [3, 2, 9, 9], False),
    ([0, 0], [0, 1], [3, 0], True),
])
def test_a_leaf_is_cut_if_every_cohort_may_be(cohort, part, rows, may) -> None:
    assert refines(ints(*cohort), ints(*part), ints(*rows), of_k(3), 2) is may


@pytest.mark.slow
def test_rows_are_routed_by_the_tree_that_was_kept() -> None:
    values = pa.array([20, 21, 22, 40, 41, 42])
    cube = Cube(pa.table({"a": values, COUNT: pa.array([1] * 6, pa.int64())}), ("a",))
    tree = build_tree(cube, {"a": Column(role="quasi", why="x")}, Guarantees(k=3), Recoding())
    kept = type(tree).from_json(tree.to_json())
    leaf = kept.route([pa.array([19, 18, 22, 90])])
    free = entering(leaf, np.ones(4, np.int64), of_k(3), kept.suppressed)
    assert sorted(free.tolist()) == [False, True]
    assert leaf.max() < kept.suppressed  # labels say between which cuts a class lies, so later values have a place
