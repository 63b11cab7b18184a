"""Skewness and similarity: values differ, but the class says much more of them than the whole table does.

t-closeness bounds what the class adds (Li, Li, Venkatasubramanian, t-Closeness, ICDE 2007, section 3); l-diversity does not.
"""

from __future__ import annotations

from itertools import chain, combinations

import pyarrow as pa

from tests.attacks.people import ILLNESSES, town
from tests.attacks.releases import release, shares

QUASI = {"age": {}}


def gained(published, column, events) -> float:
    """The largest gain in belief of any event, a set of values, by learning somebody's class."""
    before = shares(published.rows, column)
    return max(sum(shares(rows, column).get(value, 0) - before.get(value, 0) for value in event)
               for rows in published.classes() for event in events)


EVENTS = list(chain.from_iterable(combinations(ILLNESSES, size) for size in range(1, len(ILLNESSES))))


def test_no_event_gains_more_than_t(tmp_path) -> None:
    published = release(tmp_path, town(), QUASI, {"k": 4, "t": {"column": "illness", "max": 0.25}})
    assert len(published.classes()) > 1
    assert gained(published, "illness", EVENTS) <= 0.25 + 1e-9


def test_with_l_alone_some_event_gains_more(tmp_path) -> None:
    assert gained(release(tmp_path, town(), QUASI, {"k": 4, "l": {"column": "illness", "distinct": 3}}), "illness", EVENTS) > 0.25


def salaries() -> pa.Table:
    """Salaries follow age: all differ, and those of neighbours are near."""
    return pa.table({"age": [20 + n // 2 for n in range(80)], "salary": [1000 + 10 * n for n in range(80)]})


def moved(published) -> float:
    """How far the expected rank of a salary moves by learning somebody's class, by the largest that it could."""
    ranks = {salary: rank for rank, salary in enumerate(sorted({row["salary"] for row in published.rows}))}

    def mean(rows) -> float:
        return sum(ranks[row["salary"]] for row in rows) / len(rows)

    return max(abs(mean(rows) - mean(published.rows)) for rows in published.classes()) / (len(ranks) - 1)


def test_ordered_t_bounds_how_far_salaries_move(tmp_path) -> None:
    claim = {"column": "salary", "max": 0.3, "distance": "ordered"}
    published = release(tmp_path, salaries(), QUASI, {"k": 4, "t": claim})
    assert len(published.classes()) > 1
    assert moved(published) <= 0.3 + 1e-9


def test_different_salaries_that_are_near_say_nearly_all(tmp_path) -> None:
    assert moved(release(tmp_path, salaries(), QUASI, {"k": 4, "l": {"column": "salary", "distinct": 4}})) > 0.4
