"""Random COUNT queries: what the release answers beside what the source does.

X. Xiao and Y. Tao, "Anatomy", VLDB 2006, section 6; K. LeFevre, D. DeWitt and R. Ramakrishnan, ACM TODS 33(3), 2008. A query
counts the rows with some of the values of one to four quasi-identifiers. From the release each class contributes its rows
times the share, column by column, of the values that its label may stand for and that the query wants; suppressed rows are
not there to be counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.anonymity.coding import SetCoding
from engine.anonymity.utility.recoded import Recoded, RecodedColumn
from schemas.utility import QueryBucket, QueryErrors

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

QUERIES = 1_000
BOUND = 0.001
"""An error is divided by at least this share of the source's rows, as a query that wants hardly anybody tells nothing."""

EDGES = (0.0, 0.001, 0.01, 0.05, 0.2)
"""Shares of the rows that queries are sorted by."""

_MOST_COLUMNS = 4
_NARROW, _WIDE = 1e-3, 0.5
_SEED = 20061


@dataclass(frozen=True)
class Query:
    """Some values of some columns: column number → whether each distinct value is wanted."""

    wanted: dict[int, Mask]


def query_errors(recoded: Recoded, queries: int = QUERIES) -> QueryErrors | None:
    """Returns the relative errors of random queries: over all, and by the share of rows that they want.

    The same source and recoding are asked the same queries, in whatever order the cube is.

    Args:
        recoded: The counted source beside its recoding.
        queries: How many.

    Returns:
        None where there is no row or no quasi-identifier to ask about.
    """
    rows = int(recoded.counts.sum())
    if not rows or not recoded.columns:
        return None
    asked = _Asked(recoded)
    answers = np.array([asked.answer(query) for query in random_queries(recoded, queries)]).reshape(-1, 2)
    bound = BOUND * rows
    error = np.abs(answers[:, 1] - answers[:, 0]) / np.maximum(answers[:, 0], bound)
    bucket = np.searchsorted(EDGES, answers[:, 0] / rows, side="right") - 1
    lower, median, upper = _quartiles(error)
    return QueryErrors(queries=queries, bound=bound, lower=lower, median=median, upper=upper, by_selectivity=tuple(
        _bucket(number, error[bucket == number]) for number in range(len(EDGES))))


def random_queries(recoded: Recoded, queries: int) -> list[Query]:
    """Draws queries over one to four columns.

    Were columns independent and values alike, a query would want between 0.1% and a half of the rows, small shares as often
    as large ones. Of numbers, dates and hierarchies the values that are wanted stand side by side.
    """
    drawn = np.random.default_rng(_SEED)
    columns = recoded.columns
    found = []
    for _ in range(queries):
        chosen = drawn.permutation(len(columns))[:drawn.integers(1, min(_MOST_COLUMNS, len(columns)) + 1)]
        share = np.exp(drawn.uniform(np.log(_NARROW), np.log(_WIDE))) ** (1 / len(chosen))
        found.append(Query({int(column): _some(columns[column], share, drawn) for column in sorted(chosen)}))
    return found


def _some(column: RecodedColumn, share: float, drawn: np.random.Generator) -> Mask:
    values = len(column.values)
    size = min(max(round(share * values), 1), values)
    wanted = np.zeros(values, bool)
    if isinstance(column.coding, SetCoding):
        wanted[drawn.permutation(values)[:size]] = True
    else:
        start = int(drawn.integers(0, values - size + 1))
        wanted[column.side_by_side[start:start + size]] = True
    return wanted


class _Asked:
    """Answers one query at a time: a pass over the tuples for the source, one over the leaves for the release."""

    def __init__(self, recoded: Recoded) -> None:
        self._columns = recoded.columns
        self._counts = recoded.counts.astype(np.float64)
        self._places = [column.place.astype(np.min_scalar_type(max(len(column.values), 1))) for column in recoded.columns]
        self._released = recoded.leaf_rows[:-1].astype(np.float64)

    def answer(self, query: Query) -> tuple[float, float]:
        """Returns the rows of the source, and what the release says of them."""
        held: Ints | None = None
        estimate = self._released
        for number, wanted in sorted(query.wanted.items(), key=lambda item: float(item[1].mean())):
            column, places = self._columns[number], self._places[number]
            held = np.flatnonzero(wanted[places]) if held is None else held[wanted[places[held]]]
            estimate = estimate * column.spread.mean(wanted.astype(np.int64))[column.of_leaf[:-1]]
        return float(self._counts[held].sum()), float(estimate.sum())


def _bucket(number: int, error: Floats) -> QueryBucket:
    below = EDGES[number + 1] if number + 1 < len(EDGES) else None
    if not len(error):
        return QueryBucket(least=EDGES[number], below=below, queries=0)
    lower, median, upper = _quartiles(error)
    return QueryBucket(least=EDGES[number], below=below, queries=len(error), lower=lower, median=median, upper=upper)


def _quartiles(error: Floats) -> tuple[float, ...]:
    return tuple(float(quartile) for quartile in np.quantile(error, (0.25, 0.5, 0.75)))
