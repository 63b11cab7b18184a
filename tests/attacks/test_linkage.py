"""Linkage: the attacker has a table with names and quasi-identifiers, and looks for whose row is whose.

k protects who is in it, whatever the table is: the prosecutor's victim is known to be in the release, the journalist's may be
anybody. It protects of what the policy calls quasi-identifiers, and of nothing else.
"""

from __future__ import annotations

import pytest

from tests.attacks.people import town
from tests.attacks.releases import ROW, release

K = 5


@pytest.mark.parametrize("cells", ["bounds", "tight"])
def test_nobody_is_linked_with_more_than_one_in_k(tmp_path, cells) -> None:
    published = release(tmp_path, town(), {"age": {}, "income": {}}, {"k": K, "suppression": "5%"}, recoding={"cells": cells})
    kept = {row[ROW] for row in published.rows}
    for number, person in enumerate(published.people):
        found = [row[ROW] for row in published.candidates(person)]
        assert len(found) >= K or (number not in kept and not found)
        assert (number in found) == (number in kept)


def test_no_row_is_linked_to_fewer_than_k_of_the_population(tmp_path) -> None:
    everybody = town(240)
    published = release(tmp_path, everybody.slice(0, 120), {"age": {}, "income": {}}, {"k": K})
    for row in published.rows:
        assert sum(published.fits(row, person) for person in everybody.to_pylist()) >= K


def test_without_k_most_people_are_linked(tmp_path) -> None:
    published = release(tmp_path, town(), {}, {})
    alone = [len(published.candidates(person, ["age", "income"])) == 1 for person in published.people]
    assert sum(alone) > 0.9 * len(alone)


def test_a_quasi_identifier_that_the_policy_forgot_links_people(tmp_path) -> None:
    published = release(tmp_path, town(), {"age": {}}, {"k": K})
    alone = [len(published.candidates(person, ["age", "income"])) == 1 for person in published.people]
    assert sum(alone) > 0.5 * len(alone)
