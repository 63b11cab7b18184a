"""Models of how a class stands to the population that it is drawn from.

A class is a row of two counts, released rows and people of the population who share its labels. A union of classes that keep a
model here keeps it, too: people add up, and a share of the union lies between the shares of its classes (it is their mediant).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from engine.anonymity.models import Floats, Ints, Mask, Model
from schemas.policy import Guarantees

ROWS, PEOPLE = range(2)


@dataclass(frozen=True)
class KMap(Model):
    """At least k people of the population share the labels of each class (Sweeney, "Computational disclosure control", 2001)."""

    at_least: ClassVar[bool] = True

    def measure(self, counts: Ints) -> Floats:
        """Returns how many people there are."""
        return counts[:, PEOPLE].astype(np.float64)


@dataclass(frozen=True)
class MostPresence(Model):
    """At most such a share of a class's people is released (Nergiz, Atzori, Clifton, SIGMOD 2007, definition 3: δ-presence)."""

    def measure(self, counts: Ints) -> Floats:
        """Returns the share; infinite where nobody in the population is like those who are released."""
        rows, people = counts[:, ROWS].astype(np.float64), counts[:, PEOPLE]
        return np.asarray(np.divide(rows, people, out=np.full(len(counts), np.inf), where=people > 0))


@dataclass(frozen=True)
class LeastPresence(MostPresence):
    """At least such a share of a class's people is released."""

    at_least: ClassVar[bool] = True


def models_beside(guarantees: Guarantees, table: Ints) -> tuple[Model, ...]:
    """Returns the models of all claims on how classes stand to a population of which ``table`` holds the two counts."""
    promised: list[Model] = [KMap("", guarantees.k_map, table)] if guarantees.k_map else []
    if guarantees.presence:
        promised.append(MostPresence("", guarantees.presence.max, table))
        promised += [LeastPresence("", guarantees.presence.min, table)] if guarantees.presence.min else []
    return tuple(promised)


@dataclass(frozen=True)
class Beside:
    """The population beside the tuples of a cube.

    Attributes:
        people: Of each tuple.
        models: What classes keep.
    """

    people: Ints
    models: tuple[Model, ...]

    def counts(self, classes: Ints, number: int, rows: Ints) -> Ints:
        """Returns rows and people of each class, (number, 2)."""
        return np.stack([np.bincount(classes, of, number) for of in (rows, self.people)], axis=1).astype(np.int64)


def holds(models: tuple[Model, ...], counts: Ints) -> Mask:
    """Returns which classes keep all models; one without released rows binds nothing, and keeps none."""
    held: npt.NDArray[np.bool_] = counts[:, ROWS] > 0
    for model in models:
        held = held & model.hold(counts)
    return held
