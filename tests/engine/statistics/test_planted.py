"""The claimed epsilon on neighbouring tables, from rows to noise; and bugs that are planted on that road, each of which is seen.

Two tables differ by one subject. Each is counted by the product's own answers, noise is drawn a hundred thousand times, and the
two samples are held to the epsilon of the plan (``pure_loss``: a sound road fails in one of a million runs).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from engine.backends.statistics import LocalAnswers, groups_of
from engine.privacy.keys import KeySelection
from engine.privacy.noise import LaplaceNoise
from engine.privacy.questions import Axis, Question, Steps, questions
from engine.privacy.spending import divided
from tests.benchmarks.mechanism_proofs import FALSE_ALARM, pure_loss
from tests.engine.statistics.policies import policy

SIZE = 100_000
OTHERS = [{"id": f"p{n}", "sex": "FM"[n % 2], "age": 20 + n, "pay": 1000.0 * n, "job": "clerk"} for n in range(20)]
HEAVY = [{"id": "x", "sex": "FM"[n % 2], "age": 18 + 7 * n, "pay": 1e6, "job": f"only {n}"} for n in range(8)]
"""A subject who has many rows, in many groups, of values beyond the domain."""


def losses(query: dict, epsilon: float = 1.0, **asked) -> float:
    """Returns how improbable the worst pair of samples is, over the cells of a query, if the subject's whole claim held."""
    made = policy(epsilon=epsilon, queries={"q": query}, **asked)
    question, = questions(made, made.statistics)
    spend, = divided(made.statistics, (question,)).spends
    with_them, without = (LocalAnswers(pa.Table.from_pylist(rows)).counted(question, groups_of(question))
                          for rows in (OTHERS + HEAVY, OTHERS))
    part = "sums" if spend.part == "sums" else "counts"
    one, other = (getattr(found, part) for found in (with_them, without))
    worst = int(np.abs(one - other).argmax())
    shares = epsilon * np.abs(one - other)[worst] / max(np.abs(one - other).sum(), 1)  # of it, what this cell may tell alone
    drawn = [spend.mechanism(np.full(SIZE, int(counts[worst]))) for counts in (one, other)]
    return pure_loss(*drawn, max(shares, 1e-6))


QUERIES = {
    "rows": {"count": "rows"}, "subjects": {"count": "subjects", "by": ["sex"]}, "sum": {"sum": "pay"},
    "histogram": {"count": "rows", "by": ["age"], "bins": {"age": 6}},
}


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("bounds", [{}, {"max_rows_per_subject": 2, "max_groups_per_subject": 2}], ids=["one row", "two and two"])
def test_a_subject_costs_what_is_claimed(name, bounds):
    assert losses(QUERIES[name], **bounds) > FALSE_ALARM


def test_half_of_the_noise_is_seen(monkeypatch):
    sound = LaplaceNoise.of
    monkeypatch.setattr(LaplaceNoise, "of", lambda epsilon, changes: sound(2 * epsilon, changes))
    assert losses(QUERIES["rows"]) < FALSE_ALARM


def test_rows_that_are_not_bounded_are_seen(monkeypatch):
    monkeypatch.setattr(LocalAnswers, "bounded", LocalAnswers._rows)
    assert losses_of_all(QUERIES["rows"]) < FALSE_ALARM


@pytest.mark.slow
def test_groups_that_are_not_bounded_are_seen(monkeypatch):
    monkeypatch.setattr(LocalAnswers, "bounded", LocalAnswers._rows)
    assert losses_of_all(QUERIES["histogram"]) < FALSE_ALARM


def test_values_that_are_not_held_within_the_domain_are_seen(monkeypatch):
    monkeypatch.setattr(Steps, "point", lambda steps, value: round((value - steps.origin) / steps.step))
    steps = Steps(0.0, 99_999.0, 0.0, 128.0)
    monkeypatch.setattr(Steps, "ends", property(lambda _: (0, 781)))
    assert steps.reach == 781
    assert losses_of_all(QUERIES["sum"]) < FALSE_ALARM


def losses_of_all(query: dict) -> float:
    """Returns the same for the total over all cells, of which noise of each cell is a part: it sees a subject in many groups."""
    made = policy(queries={"q": query})
    question, = questions(made, made.statistics)
    spend, = divided(made.statistics, (question,)).spends
    part = "sums" if spend.part == "sums" else "counts"
    totals = []
    for rows in (OTHERS + HEAVY, OTHERS):
        exact = getattr(LocalAnswers(pa.Table.from_pylist(rows)).counted(question, groups_of(question)), part)
        totals.append(spend.mechanism(np.tile(exact, (SIZE, 1))).sum(1))
    return pure_loss(*totals, 1.0)


@pytest.mark.slow
def test_a_sound_total_is_not_seen():
    for query in QUERIES.values():
        assert losses_of_all(query) > FALSE_ALARM


SECRET = Question("q", "rows", (Axis("job", None),), subject="id", groups=2, selected=True)


def names(rows) -> int:
    """Returns how often one of a subject's own groups is named, of 400 runs."""
    chances, table = KeySelection(0.5, 0.02, 2).chances(), pa.Table.from_pylist(rows)
    return sum(any(key[0].startswith("only") for key in LocalAnswers(table).keys(SECRET, chances)) for _ in range(400))


@pytest.mark.slow
def test_groups_of_one_subject_are_named_by_delta_alone():
    """Of 400 runs 2 · 0.02 at most, 16; more than 45, by Chernoff's bound, in one of a hundred million."""
    assert names(OTHERS + HEAVY) <= 45
    assert names(OTHERS) == 0


def test_names_of_unbounded_groups_are_seen(monkeypatch):
    """All eight groups of one subject, where chances are certain: two may be."""
    monkeypatch.setattr(LocalAnswers, "bounded", LocalAnswers._rows)
    table = pa.Table.from_pylist(OTHERS + HEAVY)
    assert sum(key[0].startswith("only") for key in LocalAnswers(table).keys(SECRET, [0, 2**128])) == 8
    monkeypatch.undo()
    assert sum(key[0].startswith("only") for key in LocalAnswers(table).keys(SECRET, [0, 2**128])) == 2
