"""How risks look on a screen: aggregates, before beside after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from schemas.risk import PopulationRisk, RiskReport, SinglingOut, SpecialUniques, TableRisk, Uniqueness

MOST = 15
"""Combinations and sets that are shown."""

_NUMBERS = ("rows", "share", "classes", "distinctness", "separation", "rows alone", "share of all scores")


def risk(found: RiskReport) -> list[RenderableType]:
    """Returns the attackers' chances, before and after; then what singles people out in each table."""
    both = [found.before, *([found.after] if found.after else [])]
    title = "; ".join(f"{one.table.table}: {one.sample.rows:,} rows, {len(one.columns)} columns" for one in both)
    parts: list[RenderableType] = [_table(title, ("figure", "before", "after")[:len(both) + 1], _figures(both, found.threshold))]
    for one in both:
        parts += _details(one, found)
    return [*parts, _roles(found.before), "docs/risk.md says what each figure means, and when it misleads"]


def _figures(both: list[TableRisk], threshold: float) -> Iterator[tuple[str, ...]]:
    """Yields one line a figure."""
    samples, first = [one.sample for one in both], both[0]
    yield ("columns", *(", ".join(one.columns) for one in both))
    yield ("classes; smallest", *(f"{one.classes:,}; {one.class_sizes.smallest:,}" for one in samples))
    yield ("rows that are alone", *(_of(one.alone, one.rows) for one in samples))
    yield (f"rows at risk (above {threshold:g})", *(_percent(one.at_risk) for one in samples))
    yield ("prosecutor: worst row", *(_percent(one.prosecutor_max) for one in samples))
    yield ("prosecutor: mean", *(_percent(one.prosecutor_mean) for one in samples))
    if first.population:
        for what, say in _BESIDE_POPULATION.items():
            yield (what, *(say(one.population) if one.population else "-" for one in both))
    if first.uniqueness:
        yield (f"unique among {first.uniqueness.population:,}, estimated", *map(_estimated, both))
        yield ("a match of a row that is alone is right", *map(_match, both))
    if first.special_uniques:
        yield ("rows with special uniques", *map(_special, both))


_BESIDE_POPULATION: dict[str, Callable[[PopulationRisk], str]] = {
    "journalist: worst row": lambda found: _percent(found.journalist_max),
    "journalist: mean": lambda found: _percent(found.journalist_mean),
    "marketer": lambda found: _percent(found.marketer),
    "smallest class of the population": lambda found: f"{found.smallest:,}",
    "rows at risk there": lambda found: _percent(found.at_risk),
    "rows that it does not hold all of": lambda found: f"{found.short:,}",
}


def _estimated(one: TableRisk) -> str:
    return f"{_percent(one.uniqueness.share)} ({one.uniqueness.model})" if one.uniqueness else "-"


def _match(one: TableRisk) -> str:
    return "-" if one.uniqueness is None or one.uniqueness.match is None else _percent(one.uniqueness.match)


def _special(one: TableRisk) -> str:
    return _of(one.special_uniques.rows, one.sample.rows) if one.special_uniques else "-"


def _details(one: TableRisk, found: RiskReport) -> Iterator[RenderableType]:
    """Yields what singles people out in one table."""
    name = one.table.table
    if one.uniqueness:
        yield _models(name, one.uniqueness)
    yield _sets(name, one.singling_out, found.singled_out)
    told = sorted(one.combinations, key=lambda each: (-each.alone, -each.separation, len(each.columns)))[:MOST]
    most = len(one.combinations[-1].columns)
    yield _table(
        f"{name}: what tells rows apart best of {len(one.combinations):,} combinations of up to {most} columns",
        ("columns", "classes", "distinctness", "separation", "rows alone"), (
            (" × ".join(each.columns), f"{each.classes:,}", _percent(each.distinctness), _percent(each.separation),
             _percent(each.alone)) for each in told))
    if one.special_uniques and one.special_uniques.rows:
        yield _contributions(name, one.special_uniques)
    yield from (f"not measured: {line}" for line in one.left_out)


def _roles(one: TableRisk) -> Group:
    said = any(each.in_policy for each in one.roles)
    return _table(f"{one.table.table}: roles", ("column", "figures say", *(("policy says",) if said else ()), "why"), (
        (each.column, each.role or "-", *((each.in_policy or "-",) if said else ()), each.why) for each in one.roles))


def _sets(name: str, found: tuple[SinglingOut, ...], share: float) -> RenderableType:
    title = f"{name}: {len(found) or 'no'} minimal sets of columns leave more than {_percent(share)} of the rows alone"
    if not found:
        return Text(f"{title}\n", style="bold")
    return _table(title, ("columns", "rows alone"), ((" × ".join(each.columns), _percent(each.alone)) for each in found[:MOST]))


def _models(name: str, found: Uniqueness) -> Group:
    return _table(f"{name}: unique in the population ({found.why})", ("model", "rows", "share", "note"), (
        (each.model, "-" if each.uniques is None else f"{each.uniques:,.0f}", "-" if each.share is None else _percent(each.share),
         each.note) for each in found.estimates))


def _contributions(name: str, found: SpecialUniques) -> Group:
    sizes = ", ".join(f"{times:,} of {size}" for size, times in enumerate(found.by_size, start=1))
    return _table(f"{name}: special uniques, sets by their number of columns: {sizes}", ("column", "share of all scores"), (
        (each.column, _percent(each.share)) for each in found.contributions))


def _of(rows: int, whole: int) -> str:
    return f"{rows:,} ({_percent(rows / whole)})"


def _percent(share: float) -> str:
    """Returns a share that is rounded neither to nothing nor to all."""
    if 0 < share < 0.0001:  # noqa: PLR2004 - what two decimals show
        return "<0.01%"
    return ">99.99%" if 0.9999 < share < 1 else f"{share:.2%}"  # noqa: PLR2004 - likewise


def _table(title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Group:
    """Returns a table with numbers to the right."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        shown.add_column(column, overflow="fold", justify="right" if column in _NUMBERS else "left")
    for row in rows:
        shown.add_row(*row)
    return Group(Text(title, style="bold"), shown)
