"""A release beside a population: who of everybody would get the same labels."""

from __future__ import annotations

from engine.anonymity.far import near
from engine.anonymity.population import BESIDE, Population, labelled
from engine.anonymity.risk.attackers import population_risk
from engine.backends.base import Backend, Progress
from engine.backends.frequencies import LocalFrequencies
from engine.errors import InputError
from engine.plan import Policy, compile_plan
from engine.plan.population import of_everybody
from engine.plan.stages import Check, Recode
from schemas.policy.v1 import Source
from schemas.receipt import Receipt, TableVersion
from schemas.risk import PopulationRisk


def released_beside(
    policy: Policy, receipt: Receipt, backend: Backend, *, population: Source, threshold: float, progress: Progress,
) -> PopulationRisk:
    """Returns k-map of a release: the population's rows are labelled as the release's were, and equal labels are counted.

    A row of the population whose label would not be true of it counts for nobody, so the risk is rather too high than too low.

    Args:
        policy: The policy that released.
        receipt: The release's.
        backend: Measures source and population.
        population: Has the quasi-identifiers as the source has them, and the source's rows among its own.
        threshold: A row with a greater risk is at risk.
        progress: Told what is under way.

    Raises:
        InputError: If the source is no more what was released, or the population does not fit it.
    """
    measured = backend.measure(policy.of_versions(receipt), progress)
    plan = compile_plan(policy.released_to(receipt.output.table), measured)
    if plan.fingerprint != receipt.plan_fingerprint:
        raise InputError("policy or source are no more those of the release, so that nobody else can get its labels",
                         where=policy.source.table, next="compare with the policy that released, and its source")
    everybody = backend.measure(of_everybody(policy, measured.schema, population, {}), progress)
    lacking = [name for name in policy.quasi_identifiers() if name not in everybody.schema.names]
    if lacking or everybody.cube is None:
        what = f"lacks {len(lacking)} column(s): {', '.join(map(repr, lacking))}" if lacking else "has no rows"
        raise InputError(f"the population {what}", where=population.table, allowed=", ".join(policy.quasi_identifiers()),
                         next="name a table that has them all")
    names = plan.stage(Check).quasi
    released = backend.open(policy.release.path).counts(names)
    version = TableVersion(table=population.table, format=everybody.format, version=everybody.version, rows=everybody.rows)
    alike = labelled(plan.stage(Recode).tree, Population(version, near(everybody.cube, what=BESIDE)), names)
    matched = LocalFrequencies(released, names).matched(LocalFrequencies(alike.cube.table, names))
    found = population_risk(matched, version, threshold)
    return found.model_copy(update={"population": version})
