"""A population beside a table: its counts joined to the table's, and how many of it share the labels of each released class."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity import hierarchies
from engine.anonymity.beside import PEOPLE, ROWS, LeastPresence, models_beside
from engine.anonymity.cube import Cube
from engine.anonymity.hierarchies.levels import check_type
from engine.anonymity.recoding import Recoding
from engine.anonymity.values import distinct_in_order
from engine.errors import InputError, PolicyError
from schemas.policy import Column, Guarantees
from schemas.receipt import GuaranteeVerdict, TableVersion
from schemas.reserved import COUNT

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


BESIDE = "a population is held beside them in memory"
"""Said where a cube or a population is too large for that."""


@dataclass(frozen=True)
class Population:
    """Everybody, counted by the quasi-identifiers of a source.

    Attributes:
        version: What was counted.
        cube: Its counts, in the source's names and types.
    """

    version: TableVersion
    cube: Cube = field(compare=False, repr=False)


def joined(cube: Cube, population: Population, columns: Mapping[str, Column], guarantees: Guarantees) -> Cube:
    """Returns a source's counts with the people of the population beside each tuple, and the tuples that only the population has.

    People with a value that a hierarchy does not know share no label with anybody, and are left out: k-map is then rather
    underestimated, and the largest share that is released overestimated.

    Args:
        cube: Of the source.
        population: Beside it.
        columns: The policy's record of each quasi-identifier.
        guarantees: What is promised of both.

    Raises:
        InputError: If the source is not part of the population.
        PolicyError: If the smallest share that is released is promised, and people would have to be left out.
    """
    known = _known(population.cube, columns)
    if guarantees.presence and guarantees.presence.min and not known.all():
        raise PolicyError(
            f"{int((population.cube.weights * ~known).sum()):,} people of the population have values that no hierarchy knows",
            where="guarantees.presence.min", allowed="a population of which everybody has a place in the hierarchies",
            next="add the missing values to the hierarchies, or leave min out")
    everybody = population.cube.table.filter(pa.array(known))
    size, quasi = cube.table.num_rows, list(cube.quasi)
    place = _numbered(pa.concat_tables([cube.table.select(quasi), everybody.select(quasi)]))
    number = int(place.max(initial=-1)) + 1
    people = np.bincount(place[size:], np.asarray(everybody[COUNT]), number).astype(np.int64)
    _refuse_others(np.bincount(place[:size], cube.weights, number).astype(np.int64), people, population)
    first = np.full(number, size + len(everybody))
    np.minimum.at(first, place, np.arange(len(place)))  # the tuples of the source stand before those of the population
    alone = first[first >= size] - size
    fillers = {name: cube.table[name].take(pa.array(np.zeros(len(alone), np.int64))) for name in cube.sensitive}
    only = everybody.take(pa.array(alone))
    beside = pa.table({**{name: only[name] for name in quasi}, **fillers, COUNT: np.zeros(len(alone), np.int64)})
    found = np.zeros(size, np.int64)
    found[first[first < size]] = people[first < size]
    kept = [*quasi, *cube.sensitive, COUNT]
    return Cube(pa.concat_tables([cube.table.select(kept), beside.select(kept).cast(cube.table.select(kept).schema)]),
                cube.quasi, cube.sensitive, np.concatenate([found, people[first >= size]]))


def labelled(recoding: Recoding, population: Population, names: tuple[str, ...]) -> Population:
    """Returns a population under labels; in its cube are those whom true labels stand for.

    Args:
        recoding: What gives labels.
        population: Its quasi-identifiers are the recoding's.
        names: What they are called in the release.
    """
    cube = population.cube
    classes = recoding.route([cube.table[name] for name in recoding.names])
    sizes = np.bincount(classes, cube.weights, recoding.suppressed + 1).astype(np.int64)
    held = np.flatnonzero(sizes[:recoding.suppressed])
    labels = {name: pa.array(recoding.labels(j)).take(pa.array(held)) for j, name in enumerate(names)}
    return Population(population.version, Cube(pa.table({**labels, COUNT: sizes[held]}), names))


def measure_beside(
    released: Cube, everybody: Population, guarantees: Guarantees, source_rows: int,
) -> Iterator[GuaranteeVerdict]:
    """Measures what is promised of classes beside a population.

    Where no row was left out, people who share no released label are told to be absent: the smallest share is then none.

    Args:
        released: Counts of the written table; a tuple may stand twice.
        everybody: The population under the same labels.
        guarantees: What was promised.
        source_rows: Rows of the source.

    Yields:
        A verdict for each claim. Its figure is that of the worst class; a release without rows keeps none.
    """
    size, quasi = released.table.num_rows, list(released.quasi)
    place = _numbered(pa.concat_tables([cube.table.select(quasi).cast(pa.schema([(name, pa.string()) for name in quasi]))
                                        for cube in (released, everybody.cube)]))
    number = int(place.max(initial=-1)) + 1
    parts = (place[:size], released), (place[size:], everybody.cube)
    counts = np.stack([np.bincount(of, cube.weights, number) for of, cube in parts], axis=1).astype(np.int64)
    classes = counts[counts[:, ROWS] > 0]
    absent = int(everybody.version.rows - classes[:, PEOPLE].sum()) if released.rows == source_rows else 0
    for model, said in zip(models_beside(guarantees, counts.sum(axis=0)), guarantees.on_population, strict=True):
        found = model.measure(classes)
        worst = float(found.min(initial=np.inf) if model.at_least else found.max(initial=0.0)) if len(found) else 0.0
        if isinstance(model, LeastPresence) and absent:
            worst = 0.0
        yield GuaranteeVerdict(
            guarantee=said.name, promised=said.promised, measured=min(worst, sys.float_info.max),
            holds=bool(len(found)) and bool(model.enough(np.array([worst]))[0]), detail=said.detail)


def _numbered(table: pa.Table) -> Ints:
    """Returns one number for each different tuple: null equals null, and NaN NaN."""
    number = np.zeros(table.num_rows, np.int64)
    for name in table.column_names:
        distinct, place = distinct_in_order(table[name])
        number = np.unique(number * len(distinct) + place, return_inverse=True)[1].astype(np.int64)
    return number


def _known(cube: Cube, columns: Mapping[str, Column]) -> Mask:
    known = np.ones(cube.table.num_rows, bool)
    for name in cube.quasi:
        hierarchy = columns[name].hierarchy
        if hierarchy is not None:
            check_type(cube.table[name].type, hierarchy, f"columns.{name}.hierarchy")
            values = cube.table[name].combine_chunks()
            labels = hierarchies.level(values, hierarchy, 1, where=f"columns.{name}.hierarchy")
            known &= np.asarray(pc.or_(pc.is_valid(labels), pc.is_null(values, nan_is_null=True)))
    return known


def _refuse_others(rows: Ints, people: Ints, population: Population) -> None:
    more = rows > people
    if more.any():
        raise InputError(
            f"the table has {int(rows[more].sum()):,} rows in {int(more.sum()):,} combinations of quasi-identifiers of which the "
            f"population has {int(people[more].sum()):,}", where=population.version.table,
            allowed="a population with each row of the table among its own, under the same values",
            next="correct guarantees.population, or release one row a person")
