"""Minimality: an attacker who knows the algorithm concludes from a class that was not cut that it could not be.

Wong, Fu, Wang, Pei, Minimality Attack in Privacy Preserving Data Publishing, VLDB 2007. Trees that heed claims on sensitive
columns while they cut fall to it, as the algorithms of that paper do: here is how far. Trees for k alone, and those of
``cuts: quasi``, are functions of the quasi-identifiers, and whoever knows the algorithm knows no more than whoever does not.
"""

from __future__ import annotations

import pytest

from schemas.policy.recoding import Recoding
from tests.attacks.worlds import beliefs, beliefs_like, by_class, by_tree, worst

PEOPLE = [20, 20, 40, 40, 40, 40]
DISTINCT = {"k": 2, "l": {"column": "ill", "distinct": 2}}
RECURSIVE = {"k": 2, "l": {"column": "ill", "recursive": {"c": 2, "l": 2}}}
pytestmark = pytest.mark.slow


def leaks(guarantees: dict, options: Recoding | None = None, people: list[int] = PEOPLE) -> list[float]:
    """By how much knowing the algorithm raises the firmest belief, for each release that there can be of some worlds."""
    return [worst(found) - by_class(seen) for seen, found in beliefs(by_tree(people, guarantees, options), len(people), "FCD")]


def test_for_k_alone_nothing_is_concluded() -> None:
    assert max(leaks({"k": 2})) <= 1e-9


def test_with_distinct_diversity_half_a_chance_becomes_three_quarters() -> None:
    assert max(leaks(DISTINCT)) == 0.25


def test_with_distinct_diversity_a_third_becomes_certain() -> None:
    """One class of six with five illnesses: it was not cut because the two younger have the same one, so it is the double one."""
    seen, found = beliefs_like(by_tree(PEOPLE, DISTINCT), ("F", "F", "C", "D", "E", "G"))
    assert by_class(seen) == pytest.approx(1 / 3)
    assert found[0] == found[1] == {"F": 1.0}


def test_cuts_by_quasi_identifiers_alone_tell_no_more_than_their_classes() -> None:
    blind = Recoding(cuts="quasi")
    for guarantees in (DISTINCT, RECURSIVE):
        assert max(leaks({**guarantees, "suppression": 0.7}, blind)) <= 1e-9


def test_a_target_among_sensitive_columns_is_told_by_the_cuts() -> None:
    """The one in the middle is put where it fits."""
    by_target = Recoding.model_validate({"optimize": {"accuracy": "ill"}})
    assert max(leaks({"k": 2}, by_target, [20, 20, 40, 60, 60])) > 0.1
