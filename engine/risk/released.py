"""A release beside a population: who of everybody would get the same labels."""

from __future__ import annotations

import pyarrow as pa

from engine.anonymity.far import near
from engine.anonymity.risk.attackers import population_risk
from engine.backends.base import Backend, Progress
from engine.backends.frequencies import LocalFrequencies
from engine.errors import InputError
from engine.plan import Plan, Policy, compile_plan
from engine.plan.rules import preparation
from engine.plan.stages import Recode
from schemas.policy import Guarantees
from schemas.policy.v1 import Source
from schemas.receipt import Receipt, TableVersion
from schemas.reserved import COUNT
from schemas.risk import PopulationRisk
from udfs import kernel


def as_released(policy: Policy, receipt: Receipt) -> Source:
    """Returns the policy's source in the version that was released."""
    version = receipt.source.version
    return policy.source if version is None else policy.source.model_copy(update={"version": version})


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
    measured = backend.measure(policy.model_copy(update={"source": as_released(policy, receipt)}), progress)
    plan = compile_plan(policy, measured)
    if plan.fingerprint != receipt.plan_fingerprint:
        raise InputError("policy or source are no more those of the release, so that nobody else can get its labels",
                         where=policy.source.table, next="compare with the policy that released, and its source")
    everybody = backend.measure(_quasi_alone(policy, population, measured.schema), progress)
    cube = near(everybody.cube, what="a population is held beside a release in memory")
    if cube is None:
        raise InputError("the population has no rows, or lacks a quasi-identifier", where=population.table,
                         allowed=", ".join(policy.quasi_identifiers()), next="name a table that has them all")
    names = [policy.released_name(name) for name in plan.stage(Recode).columns]
    released = backend.open(policy.release.path).counts(names)
    matched = LocalFrequencies(released, names).matched(LocalFrequencies(_labelled(plan, cube.table, names), names))
    version = TableVersion(table=population.table, format=population.format or "", version=everybody.version, rows=everybody.rows)
    found = population_risk(matched, version, threshold)
    return found.model_copy(update={"population": version})


def _quasi_alone(policy: Policy, population: Source, schema: pa.Schema) -> Policy:
    """Returns a policy that makes of a population what ``policy`` makes of its source before labels are given."""
    quasi = policy.quasi_identifiers()
    others = {name for apply in preparation(policy, schema) for name in apply.call.inputs if apply.column in quasi} - {*quasi}
    if others:
        raise InputError("an operator of a quasi-identifier reads another column, so that nobody else can get its labels",
                         where=", ".join(sorted(others)), next="look at the risk of the source")
    columns = {name: policy.columns[name] for name in quasi}
    return policy.model_copy(update={"source": population, "columns": columns, "guarantees": Guarantees()})


def _labelled(plan: Plan, cube: pa.Table, names: list[str]) -> pa.Table:
    """Returns a count table's labels, without what would be suppressed."""
    recode = plan.stage(Recode)
    labels = kernel("recode")(*(cube[name].combine_chunks() for name in recode.columns), tree=recode.tree.to_json())
    kept = pa.compute.invert(labels.field("suppressed"))
    return pa.table([*(labels.field(name) for name in recode.columns), cube[COUNT]], names=[*names, COUNT]).filter(kept)
