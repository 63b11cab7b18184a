"""How statistics look on a screen: what they cost, and the figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobs._views import _table as table
from jobs._views_budget import beside
from schemas.findings import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from schemas.ledger import Charged
    from schemas.statistics import Figure, Statistics, StatisticsPlan, StatisticsReceipt

MOST_SHOWN = 40
"""Figures of a query that are shown; all of them are in the table."""


def plan(planned: StatisticsPlan) -> list[RenderableType]:
    """Returns a line for each mechanism, and the claim about all of them."""
    bounds = ""
    if planned.unit == "subject":
        bounds = (f", of whom {planned.max_rows_per_subject} rows count in each of {planned.max_groups_per_subject} groups"
                  " unless a query says otherwise")
    spends = table(
        f"{planned.policy}: epsilon {planned.epsilon:.4g}, delta {planned.delta:g}, per {planned.unit}{bounds}",
        ("query", "part", "mechanism", "one unit changes", "budget", "epsilon alone", "expected error"),
        ((one.query, one.part, one.mechanism, one.sensitivity, f"{one.share:.1%}", f"{one.epsilon:.4g}",
          f"{one.expected_error:.4g} {one.error_unit}") for one in planned.spends))
    taken = [f"it would be refused: {planned.taken} is there, and nothing is overwritten"] if planned.taken else []
    return [spends, *_claims(planned), *taken, *(beside(planned.budget) if planned.budget else [])]


def _claims(planned: StatisticsPlan) -> Iterator[str]:
    yield f"composition: {planned.composition}"
    for whom, found in ((planned.unit, planned.epsilon_by_accountant), ("row", planned.epsilon_record)):
        if found:
            yield f"by accountant at delta {planned.accounted_at:g}, per {whom}: " + ", ".join(
                f"{name} -" if epsilon is None else f"{name} {epsilon:.4g}" for name, epsilon in found.items())
    if planned.delta < planned.accounted_at:
        needed = f"{planned.delta:g} of it, to name groups" if planned.delta else "none of it"
        yield (f"delta: the policy says {planned.accounted_at:g}; with Laplace noise the theorem needs {needed}, and accountants "
               "find less epsilon with all of it")
    for done in planned.post_processing:
        yield f"afterwards, at no cost: {done}"
    for caveat in planned.caveats:
        yield f"not judged: {caveat}"


def statistics(found: Statistics) -> list[RenderableType]:
    """Returns the figures, query by query, and what is claimed of them."""
    receipt, queries = found.receipt, dict.fromkeys(figure.query for figure in found.figures)
    return [*(_query(name, [figure for figure in found.figures if figure.query == name]) for name in queries),
            *_unnamed(receipt), *_claims(receipt.plan),
            f"epsilon {receipt.plan.epsilon:.4g}, delta {receipt.plan.delta:g}, per {receipt.plan.unit}",
            _charged(receipt.charge), f"{receipt.figures:,} figures in {receipt.output}"]


def _unnamed(receipt: StatisticsReceipt) -> Iterator[str]:
    for one in receipt.plan.spends:
        if one.part == "keys" and one.query in receipt.unnamed:
            yield (f"{one.query}: no group is named; one of about {one.expected_error:,.0f} units is named as often as not")


def verified(told: StatisticsReceipt) -> str:
    """Returns a line that says that statistics are those of their receipt."""
    return f"{told.output}: {told.figures:,} figures, the same that statistics {told.statistics_id} were; sha256 {told.sha256}"


def _charged(charge: Charged | None) -> str:
    if charge is None:
        return "no ledger: what else was spent on these people is not added up"
    return f"{charge.ledger}: charged to {charge.lineage}, {charge.population}, where epsilon is {charge.total:.4g} in all"


def _query(name: str, figures: list[Figure]) -> RenderableType:
    columns = list(figures[0].groups)
    more = f", of {len(figures):,} the first {MOST_SHOWN}" if len(figures) > MOST_SHOWN else ""
    return table(f"{name}{more}", (*columns, "", "value", "noise ±"), (
        (*(printable("null" if label is None else label) for label in figure.groups.values()), figure.measure,
         f"{figure.value:,.10g}", "" if figure.deviation is None else f"{figure.deviation:.3g}")
        for figure in figures[:MOST_SHOWN]))
