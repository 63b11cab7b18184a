"""Intersection: the attacker finds the victim's class in two releases of the same table, and keeps what both hold.

Ganta, Kasiviswanathan, Smith, Composition Attacks and Auxiliary Information, KDD 2008. Nothing protects two releases that were
each fitted on their own. One tree, frozen and used again, gives every row the same class: there is nothing to intersect.
"""

from __future__ import annotations

from tests.attacks.people import town
from tests.attacks.releases import Published, again, release

K, L = 5, 2
CLAIMS = {"k": K, "l": {"column": "illness", "distinct": L}}


def values_left(one: Published, other: Published) -> list[int]:
    """How many illnesses each person may have by both releases."""
    return [len({row["illness"] for row in one.candidates(person)} & {row["illness"] for row in other.candidates(person)})
            for person in one.people]


def test_two_releases_that_were_fitted_apart_tell_some_illnesses(tmp_path) -> None:
    by_age = release(tmp_path, town(), {"age": {}, "income": {}}, CLAIMS)
    by_income = release(tmp_path, town(), {"age": {"weight": 0.1}, "income": {"weight": 10}}, CLAIMS)
    assert min(values_left(by_age, by_age)) >= L
    assert min(values_left(by_age, by_income)) == 1


def test_one_frozen_tree_tells_no_more_the_second_time(tmp_path) -> None:
    first = release(tmp_path, town(), {"age": {}, "income": {}}, CLAIMS)
    second = again(first, tmp_path)
    assert second.rows == first.rows
    assert min(values_left(first, second)) >= L
