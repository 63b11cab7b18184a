"""Prosecutor, journalist and marketer: the share of rows, or the worst row, that each re-identifies.

K. El Emam, "Guide to the De-Identification of Personal Health Information", CRC Press 2013. A row of a class of f rows has the
risk 1/f; against a population of which F rows are alike, 1/F.
"""

from __future__ import annotations

import numpy as np

from engine.anonymity.risk.frequencies import Matched
from engine.anonymity.risk.sizes import Sizes
from engine.anonymity.risk.written import histogram
from schemas.receipt import TableVersion
from schemas.risk import PopulationRisk, SampleRisk


def sample_risk(found: Sizes, threshold: float) -> SampleRisk:
    """Returns what somebody can do who knows that a person is in the table.

    Args:
        found: Sizes of the table's classes.
        threshold: A row is at risk if 1/f is greater than this.
    """
    rows, count = found.rows, found.count
    above = found.sizes < _size_at(threshold)
    return SampleRisk(
        rows=rows, classes=count, alone=found.of_size(1), prosecutor_mean=found.distinctness,
        prosecutor_max=1 / int(found.sizes[0]) if rows else 0.0,
        at_risk=float(np.sum(found.sizes[above] * found.classes[above])) / rows if rows else 0.0,
        class_sizes=histogram(found.sizes, found.classes))


def population_risk(found: Matched, version: TableVersion, threshold: float) -> PopulationRisk:
    """Returns what somebody can do who holds a table of the whole population.

    Args:
        found: The table's classes beside the population's; at least one.
        version: The population's table.
        threshold: A row is at risk if 1/F is greater than this.
    """
    rows = int(found.rows.sum())
    mean = float(np.sum(found.rows / found.sizes)) / rows
    shared = float(np.sum(found.classes * found.sizes.astype(float)))
    return PopulationRisk(
        population=version.model_copy(update={"rows": found.population}), smallest=int(found.sizes[0]),
        alone=int(found.rows[found.sizes == 1].sum()),
        journalist_max=1 / int(found.sizes[0]), journalist_mean=max(mean, float(found.classes.sum()) / shared),
        at_risk=float(found.rows[found.sizes < _size_at(threshold)].sum()) / rows, marketer=mean, short=found.short)


def _size_at(threshold: float) -> float:
    """Returns the size of a class whose rows have this risk; a little less, for 1/49 · 49 is less than one in a float."""
    return (1 - 1e-12) / threshold
