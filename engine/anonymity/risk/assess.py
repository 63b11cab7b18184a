"""All risks of one table, in one record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.anonymity.cube import D_MAX
from engine.anonymity.risk.attackers import population_risk, sample_risk
from engine.anonymity.risk.combinations import (
    MOST,
    Measured,
    largest_size,
    measure_combinations,
    number_of_sets,
    single_out,
)
from engine.anonymity.risk.frequencies import Frequencies
from engine.anonymity.risk.roles import suggest_roles
from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.risk.suda import special_uniques
from engine.anonymity.risk.uniqueness import estimate
from engine.errors import InputError, PolicyError
from schemas.policy import Role
from schemas.receipt import TableVersion
from schemas.risk import PopulationRisk, SpecialUniques, TableRisk, Uniqueness

Told = Callable[[str, float], None]
"""Called with what is under way and the share of it that is done, 0 to 1."""


@dataclass(frozen=True)
class Wanted:
    """What is to be measured.

    Attributes:
        threshold: A row with a greater risk is at risk.
        max_size: All combinations of so many columns are measured, or of fewer where they are too many.
        singled_out: A set that leaves more than this share of the rows alone singles people out.
        suda: Most columns of a minimal sample unique; 0 looks for none.
        fraction: Share of the population that the table is, or None.
        population_size: Rows of the population, or None.
        in_policy: Roles that a policy gives columns.
    """

    threshold: float = 0.2
    max_size: int = 3
    singled_out: float = 0.05
    suda: int = 3
    fraction: float | None = None
    population_size: int | None = None
    in_policy: Mapping[str, Role] = field(default_factory=dict)


def assess(
    frequencies: Frequencies, version: TableVersion, wanted: Wanted, told: Told, *,
    population: tuple[Frequencies, TableVersion] | None = None,
) -> TableRisk:
    """Measures everything that is wanted of one table.

    Args:
        frequencies: Its tuples, counted.
        version: What it is.
        wanted: What to measure.
        told: Told what is under way.
        population: The same columns of a table that holds its rows among others, and what that is.

    Raises:
        InputError: If the table is empty, or the population has fewer rows, or a column of another type.
        PolicyError: If the population's size, as it is named, is less than the table's.
    """
    measured = Measured(frequencies)
    whole = measured.of([frequencies.columns])[0]
    if not whole.rows:
        raise InputError("the table is empty", where=version.table, next="name one with rows")
    size = largest_size(len(frequencies.columns), wanted.max_size)
    found = measure_combinations(measured, size, lambda done, of: told("count combinations", 0.1 + 0.6 * done / of))
    singling_out = single_out(measured, found, wanted.singled_out)
    told("look for special uniques", 0.75)
    special, lacking = _special(frequencies, wanted.suda)
    left_out = (*_larger(frequencies, size, wanted.max_size), *lacking)
    kinds = dict(zip(frequencies.columns, frequencies.kinds, strict=True))
    told("compare with the population", 0.9)
    matched = _beside(frequencies, population, wanted.threshold) if population else None
    return TableRisk(
        table=version.model_copy(update={"rows": whole.rows}), columns=frequencies.columns,
        sample=sample_risk(whole, wanted.threshold), population=matched,
        special_uniques=special, left_out=left_out, combinations=found, singling_out=singling_out,
        uniqueness=_uniqueness(whole, wanted),
        roles=suggest_roles(found, singling_out, kinds, wanted.in_policy))


def _larger(frequencies: Frequencies, size: int, asked: int) -> tuple[str, ...]:
    """Says which combinations are too many to measure."""
    columns = len(frequencies.columns)
    if size == min(asked, columns):
        return ()
    there = f"there are {number_of_sets(columns, asked):,} of up to {asked}, and {MOST:,} are the most"
    return (f"combinations of more than {size} columns: {there}; name fewer columns with --columns",)


def _uniqueness(sample: Sizes, wanted: Wanted) -> Uniqueness | None:
    """Returns the estimates for the population that is named, by its size or by what share of it the sample is."""
    size = wanted.population_size
    if size is None and wanted.fraction is not None:
        size = round(sample.rows / wanted.fraction)
    if size is None:
        return None
    if size < sample.rows:
        raise PolicyError(f"a population of {size:,} cannot hold the table's {sample.rows:,} rows", where="--population-size",
                          allowed=f"at least {sample.rows:,}", next="name the population that the rows are a sample of")
    return estimate(sample, size)


def _beside(frequencies: Frequencies, population: tuple[Frequencies, TableVersion], threshold: float) -> PopulationRisk:
    matched, version = frequencies.matched(population[0]), population[1]
    rows = int(matched.rows.sum())
    if matched.population < rows:
        raise InputError(f"the population has {matched.population:,} rows, fewer than the table's {rows:,}", where=version.table,
                         allowed="a table with the same columns that holds the table's rows among others",
                         next="name the table of everybody; the two may be the wrong way round")
    if matched.short == rows:
        raise InputError("the population holds none of the table's classes whole", where=version.table,
                         allowed="a table with the same columns that holds the table's rows among others",
                         next="write values the same way in both, or name fewer columns")
    return population_risk(matched, version, threshold)


def _special(frequencies: Frequencies, order: int) -> tuple[SpecialUniques | None, tuple[str, ...]]:
    if not order:
        return None, ()
    sets = number_of_sets(len(frequencies.columns), order)
    if sets > MOST:
        return None, (f"special uniques: {sets:,} sets of columns to look at, and {MOST:,} are the most; lower --suda",)
    tuples = frequencies.tuples(D_MAX)
    if tuples is None:
        needs = (f"special uniques: they need the distinct combinations of all columns in one process, at most {D_MAX:,}, and "
                 "there are more; name fewer columns with --columns, or coarser ones")
        return None, (needs,)
    return special_uniques(tuples, order), ()
