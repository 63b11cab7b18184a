"""Re-identification risk of source and release, a line a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.release.report.words import one_in, percent, whole
from schemas.risk import PopulationRisk, RiskReport, TableRisk, Uniqueness

Line = tuple[str, str, str, str]
"""Figure, before, after, what it says."""

_UNKNOWN = "not measured"


def risk_lines(found: RiskReport) -> Iterator[Line]:
    """Yields the figures of source and release, where there is a release."""
    before, after = found.before, found.after
    if after is None:
        return
    for what, say, says in _FIGURES:
        yield what, say(before), say(after), says
    yield ("Rows at risk", percent(before.sample.at_risk), percent(after.sample.at_risk),
           f"Share of rows whose chance is above {percent(found.threshold)}.")
    if before.population:
        for what, beside, says in _BESIDE_POPULATION:
            yield what, beside(before.population), beside(after.population) if after.population else _UNKNOWN, says
    if before.uniqueness:
        yield ("Unique among everybody", _unique(before.uniqueness), _unique(after.uniqueness),
               f"Estimated for {whole(before.uniqueness.population)} people, by the rule of Dankar et al. (2012).")
    yield ("Sets of columns that single out", whole(len(before.singling_out)), whole(len(after.singling_out)),
           f"Minimal combinations of columns that leave more than {percent(found.singled_out)} of the rows alone.")


_FIGURES: tuple[tuple[str, Callable[[TableRisk], str], str], ...] = (
    ("Classes", lambda one: whole(one.sample.classes), "Different combinations of the quasi-identifiers."),
    ("Rows that are alone", lambda one: whole(one.sample.alone), "No other row has the same combination."),
    ("Highest chance", lambda one: one_in(one.sample.prosecutor_max), "Of who knows that a person is in the table (prosecutor)."),
    ("Mean chance", lambda one: percent(one.sample.prosecutor_mean), "The same, on average over rows."),
)

_BESIDE_POPULATION: tuple[tuple[str, Callable[[PopulationRisk], str], str], ...] = (
    ("Smallest group of everybody", lambda one: whole(one.smallest), "People with the rarest combination of the table (k-map)."),
    ("Journalist", lambda one: one_in(one.journalist_max), "Highest chance of who looks for anybody, with a register of all."),
    ("Marketer", lambda one: percent(one.marketer), "Share of rows that matching with that register gets right."),
)


def _unique(found: Uniqueness | None) -> str:
    return percent(found.share) if found else _UNKNOWN
