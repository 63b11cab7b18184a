"""How a release's utility looks on a screen."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group
from rich.text import Text

from jobs._views import _table as table
from schemas.utility import QueryBucket, QueryErrors, Utility


def utility(found: Utility) -> Group:
    """Returns the errors of counts, the accuracy of models, the groups of protected columns, and what is missing."""
    parts: list[Group | Text] = []
    if found.queries is not None:
        parts.append(table(f"{found.queries.queries:,} random counts from the release, against {found.rows:,} rows of the source",
                           ("rows wanted", "queries", "quarter below", "median error", "quarter above"), _errors(found.queries)))
    if found.learning is not None:
        one = found.learning
        released = "-" if one.train_released is None else f"{one.train_released:.1%}"
        parts.append(table(f"{one.metric} of predicting {one.target} for {one.rows_test:,} source rows", ("trained on", ""), (
            ("the source", f"{one.train_raw:.1%}"), ("the release", released), ("nothing", f"{one.majority:.1%}"))))
    if found.groups:
        parts.append(table("protected groups", ("column", "group", "rows", "left out", "loss", "accuracy raw", "released"), (
            (g.column, g.group, f"{g.rows:,}", f"{g.suppressed / max(g.rows, 1):.2%}", f"{g.loss:.1%}", _share(g.accuracy_raw),
             _share(g.accuracy_released)) for g in found.groups)))
    if found.differences:
        parts.append(table("largest differences between large groups", ("column", "of", "lowest", "highest", "difference"), (
            (d.column, d.measure, d.lowest, d.highest, f"{d.difference:.2%}") for d in found.differences)))
    return Group(*parts, *(Text(f"not measured: {line}\n", "yellow") for line in found.not_measured))


def _errors(queries: QueryErrors) -> Iterator[tuple[str, ...]]:
    for bucket in queries.by_selectivity:
        yield (_wanted(bucket), f"{bucket.queries:,}", _share(bucket.lower), _share(bucket.median), _share(bucket.upper))
    yield ("any", f"{queries.queries:,}", _share(queries.lower), _share(queries.median), _share(queries.upper))


def _wanted(bucket: QueryBucket) -> str:
    return f"{bucket.least:.1%} and more" if bucket.below is None else f"{bucket.least:.1%} to {bucket.below:.1%}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
