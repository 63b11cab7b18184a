"""ARX beside a population: every tenth row of the Adult table is its research subset, the whole table its data.

Figures as in ``test_arx``: ``KMap(k, subset)`` and ``DPresence(min, max, subset)``. Verdicts are compared as there, by releases
of fixed levels: ARX keeps them for a limit a billionth looser than the figure here, and does not for one a billionth tighter.
"""

from __future__ import annotations

from typing import Any

import pytest

from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import measure_guarantees
from engine.anonymity.lattice import FullDomain, search
from engine.anonymity.population import Population, joined, labelled, measure_beside
from engine.anonymity.utility import summarize
from schemas.policy import Column, Guarantees, Hierarchy
from schemas.receipt import GuaranteeVerdict, TableVersion
from tests.engine.anonymity.cubes import cube_of
from tests.engine.anonymity.lattice.test_arx import ADULT, SEVEN, adult, hierarchy

pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    not ADULT.is_dir(), reason="the Adult table is not on this machine: ../shared/data/adult")]


def searched(claims: dict[str, Any]) -> tuple[FullDomain, Cube, Population, Guarantees]:
    everybody = adult().select(SEVEN)
    source = cube_of(everybody.take(list(range(0, len(everybody), 10))))
    record = {name: Column(role="quasi", why="test", hierarchy=Hierarchy(table=hierarchy(name))) for name in SEVEN}
    promised = Guarantees(population={"table": "adult"}, **claims)
    population = Population(TableVersion(table="adult", rows=len(everybody)), cube_of(everybody))
    return search(joined(source, population, record, promised), record, promised), source, population, promised


def measured(found: FullDomain, source: Cube, population: Population, promised: Guarantees) -> list[GuaranteeVerdict]:
    released = labelled(found, Population(population.version, source), SEVEN).cube
    return [*measure_guarantees(released, promised, source.rows),
            *measure_beside(released, labelled(found, population, SEVEN), promised, source.rows)]


@pytest.mark.parametrize(("claims", "suppression", "levels", "loss", "suppressed"), [
    ({"k_map": 20}, 0.0, (0, 4, 1, 1, 1, 2, 2), 0.6612450084285713, 0),
    ({"k_map": 20}, 0.02, (0, 3, 0, 2, 3, 1, 1), 0.4049429341285714, 59),
    ({"k": 3, "k_map": 50}, 0.02, (0, 3, 1, 1, 2, 2, 1), 0.47954531271428574, 58),
    ({"presence": {"max": 0.25}}, 0.0, (0, 3, 1, 1, 2, 2, 2), 0.5711280616857143, 0),
    ({"presence": {"max": 0.2}}, 0.05, (0, 3, 0, 1, 2, 1, 1), 0.2515430016285714, 114),
    ({"k": 2, "presence": {"max": 0.3}}, 0.05, (0, 3, 0, 1, 2, 1, 1), 0.2520799131, 115),
    ({"presence": {"min": 0.05, "max": 0.15}}, 0.1, (0, 4, 0, 1, 3, 2, 2), 0.6344681724, 3),
    ({"k": 2, "k_map": 25, "presence": {"max": 0.3}}, 0.05, (0, 4, 0, 1, 2, 1, 0), 0.33207025264285717, 149)])
def test_the_optimum_is_that_of_arx(claims, suppression, levels, loss, suppressed) -> None:
    found, source, population, promised = searched({"suppression": suppression, **claims})
    released = labelled(found, Population(population.version, source), SEVEN).cube
    summary = summarize(found, released, source, promised)
    assert (found.levels, summary.loss, summary.suppressed_rows) == (levels, pytest.approx(loss, abs=1e-9), suppressed)
    assert found.proven
    verdicts = measured(found, source, population, promised)
    assert [one for one in verdicts if not one.holds] == []


@pytest.mark.parametrize(("claims", "levels", "k_map", "most", "least"), [
    ({"k_map": 20}, (0, 4, 1, 1, 1, 2, 2), 21, 0.152, 0.060810810810810814),
    ({"presence": {"min": 0.05, "max": 0.16}}, (0, 4, 0, 1, 3, 2, 2), 14, 0.15789473684210525, 0.057971014492753624)])
def test_verdicts_are_those_of_arx(claims, levels, k_map, most, least) -> None:
    found, source, population, _ = searched(claims)
    assert found.levels == levels
    promised = Guarantees(population={"table": "adult"}, k_map=2, presence={"min": 0.01, "max": 0.9})
    verdicts = {one.guarantee: one.measured for one in measured(found, source, population, promised)}
    assert verdicts["k-map"] == k_map
    assert verdicts["presence"] == pytest.approx(most, rel=1e-9)
    assert verdicts["least presence"] == pytest.approx(least, rel=1e-9)
