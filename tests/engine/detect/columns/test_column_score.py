"""Role and category are right on at least 95 of 100 columns, named well and named wrong.

How the score came about. The rules were made on the tables of ``DEVELOPED``: 96 tables, of hospitals and banks, payrolls and
shops, sensors and schools, of published schemas and of common systems, in seven languages. They were written in batches. Each
batch, names and truth, was written before the rules were run on it, scored once, and only then looked at; after that it counted
among the tables that the rules were made on, and the next batch was written. So the first score of a batch says how the rules
did on tables that they had not seen: 88.0% of 714 columns (named well, named c1, c2, …, and with exchanged names), 88.6% of
612, 89.5% of 561, 92.9% of 510, 93.7% of 429, 92.6% of 417, and 98.5% of 390 for the last one, which is ``KEPT`` and for which
nothing was changed.

All tables were written by the author of the rules. Whoever expects such a score on tables of his own should look at them first.
"""

from __future__ import annotations

import pytest

from tests.benchmarks.column_score import DEVELOPED, KEPT, column_score, scored
from tests.benchmarks.columns.spec import THING

BAR = 0.95


@pytest.mark.slow
def test_named_well():
    right, total = column_score(KEPT, ("realistic",), rows=60)
    assert total >= 130
    assert right >= BAR * total


@pytest.mark.slow
def test_named_well_and_named_wrong():
    assert len(KEPT) >= 12
    right, total = column_score()
    assert total >= 390
    assert right >= BAR * total


@pytest.mark.slow
def test_tables_that_the_rules_were_made_on():
    assert len(DEVELOPED) >= 60
    columns = list(scored(DEVELOPED, ("realistic", "cryptic"), rows=60))
    assert sum(one.right for one in columns) >= 0.98 * len(columns)
    personal = [one for one in columns if THING not in (one.column.truth, one.column.also)]
    missed = [one for one in personal if one.found.role == "insensitive"]
    assert len(missed) <= 0.005 * len(personal)  # what matters most: that little that is personal passes as harmless
