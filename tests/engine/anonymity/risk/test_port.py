"""The port: an implementation by plain dictionaries gives the same record, so nothing but its answers is relied on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.risk import Frequencies
from engine.anonymity.risk.assess import Wanted, assess
from engine.anonymity.risk.frequencies import Matched
from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.risk.tuples import Tuples
from engine.backends.frequencies import LocalFrequencies
from schemas.receipt import TableVersion
from tests.engine.anonymity.risk.tables import classes, rows_of, tables

HERE, EVERYBODY = TableVersion(table="here", rows=0), TableVersion(table="everybody", rows=0)


class Obvious:
    """Counts rows one by one, anew for every question."""

    def __init__(self, table: pa.Table) -> None:
        self.columns = tuple(table.column_names)
        self.kinds = tuple(map(str, table.schema.types))
        self.rows = rows_of(table)

    def sizes(self, combinations: Sequence[tuple[str, ...]]) -> list[Sizes]:
        at = [[self.columns.index(name) for name in names] for names in combinations]
        return [Sizes.of(list(classes(self.rows, places).values())) for places in at]

    def matched(self, population: Obvious) -> Matched:
        here, there = Counter(self.rows), Counter(population.rows)
        sizes = sorted({max(rows, there[key]) for key, rows in here.items()})
        of = {size: [rows for key, rows in here.items() if max(rows, there[key]) == size] for size in sizes}
        return Matched(np.array(sizes), np.array([len(of[size]) for size in sizes]), np.array([sum(of[size]) for size in sizes]),
                       sum(rows for key, rows in here.items() if there[key] < rows), len(population.rows))

    def tuples(self, most: int) -> Tuples | None:
        counted = Counter(self.rows)
        if len(counted) > most:
            return None
        codes, cards = [], []
        for place in range(len(self.columns)):
            code = {value: number for number, value in enumerate(dict.fromkeys(row[place] for row in counted))}
            codes.append(np.array([code[row[place]] for row in counted], np.int64))
            cards.append(max(len(code), 1))
        return Tuples(self.columns, tuple(codes), tuple(cards), np.array(list(counted.values()), np.int64))


def both(table: pa.Table) -> tuple[Frequencies, Frequencies]:
    return Obvious(table), LocalFrequencies(table, table.column_names)


@pytest.mark.slow
@settings(max_examples=30)
@given(tables(least=1, most=14), st.data())
def test_the_same_record(table, data):
    more = data.draw(st.lists(st.integers(0, table.num_rows - 1), max_size=20))
    population = pa.concat_tables([table, table.take(pa.array(more, pa.int64()))])
    wanted = Wanted(threshold=0.3, max_size=data.draw(st.integers(1, 3)), singled_out=0.1, suda=2, fraction=0.25)
    found = [assess(mine, HERE, wanted, lambda *_: None, population=(theirs, EVERYBODY))
             for mine, theirs in zip(both(table), both(population), strict=True)]
    assert found[0] == found[1]
    assert found[0].population.population.rows == population.num_rows
    assert found[0].population.smallest >= found[0].sample.class_sizes.smallest


@given(tables(least=1, most=14))
def test_a_matched_table_is_never_smaller_in_the_population(table):
    for mine in both(table):
        found = mine.matched(mine)
        assert (found.short, found.population) == (0, table.num_rows)
        assert int(found.rows.sum()) == table.num_rows
        assert (found.classes * found.sizes == found.rows).all()


def test_matched_classes_that_only_the_population_has_do_not_count():
    found = Matched.of(np.array([0, 2, 0, 1]), np.array([50, 3, 7, 0]))
    assert (found.sizes.tolist(), found.classes.tolist(), found.rows.tolist()) == ([1, 3], [1, 1], [1, 2])
    assert (found.short, found.population) == (1, 60)
