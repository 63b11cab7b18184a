"""Background knowledge: the attacker knows values that the victim does not have, and rules them out.

Machanavajjhala et al., l-Diversity, TKDD 1(1), 2007: after l-2 values are ruled out, distinct diversity leaves two values,
recursive (c,l)-diversity a chance below c / (1 + c) for each; entropy diversity bounds a chance by Fano's inequality.
"""

from __future__ import annotations

import math
from itertools import combinations

import pyarrow as pa
import pytest

from tests.attacks.people import ILLNESSES, town
from tests.attacks.releases import entropy, release, shares

QUASI = {"age": {}}


def beliefs(published, ruled_out: int):
    """Yields what an attacker believes of each person, for each set of so many values that are not the person's."""
    for person in published.people:
        rows = published.candidates(person)
        for excluded in combinations([illness for illness in ILLNESSES if illness != person["illness"]], ruled_out):
            yield shares([row for row in rows if row["illness"] not in excluded], "illness")


def test_distinct_leaves_two_values_after_l_less_two_are_ruled_out(tmp_path) -> None:
    published = release(tmp_path, town(), QUASI, {"k": 4, "l": {"column": "illness", "distinct": 4}})
    assert min(map(len, beliefs(published, 2))) >= 2


def test_distinct_with_one_more_ruled_out_leaves_one(tmp_path) -> None:
    published = release(tmp_path, town(), QUASI, {"k": 4, "l": {"column": "illness", "distinct": 4}})
    assert min(map(len, beliefs(published, 3))) == 1


@pytest.mark.parametrize("c", [1.5, 3.0])
def test_recursive_bounds_the_chance_after_l_less_two_are_ruled_out(tmp_path, c) -> None:
    published = release(tmp_path, town(), QUASI, {"k": 4, "l": {"column": "illness", "recursive": {"c": c, "l": 3}}})
    assert max(max(chances.values()) for chances in beliefs(published, 1)) < c / (1 + c)


def test_distinct_bounds_no_chance(tmp_path) -> None:
    """Nine of ten neighbours have the flu: two values, and a chance that recursive diversity with c = 3 refuses."""
    neighbours = pa.table({"age": [30] * 10, "illness": ["flu"] * 9 + ["cold"]})
    published = release(tmp_path, neighbours, QUASI, {"k": 4, "l": {"column": "illness", "distinct": 2}})
    assert max(max(chances.values()) for chances in beliefs(published, 0)) == 0.9 > 3 / 4


def test_entropy_bounds_the_chance_by_fano(tmp_path) -> None:
    least = 2.5
    published = release(tmp_path, town(), QUASI, {"k": 4, "l": {"column": "illness", "entropy": least}})
    for chances in beliefs(published, 0):
        best = max(chances.values())
        assert entropy(chances) >= math.log(least) - 1e-9
        assert entropy({0: best, 1: 1 - best}) + (1 - best) * math.log(len(ILLNESSES) - 1) >= math.log(least) - 1e-9
