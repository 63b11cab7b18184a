"""The population of a policy: counted as its source is, and labelled as its release was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.anonymity.far import near
from engine.anonymity.population import BESIDE, Population
from engine.backends.base import Backend, Progress, silent
from engine.errors import InputError
from engine.plan import Measurement, Policy, compile_plan
from engine.plan.population import counted, of_everybody
from engine.release.verification import labelled_population
from schemas.policy.v1 import Source
from schemas.receipt import Receipt


def with_population(
    policy: Policy, measured: Measurement, measure: Callable[[Policy, Progress], Measurement], progress: Progress,
) -> Measurement:
    """Returns what was measured of a source with the population that its policy names, if it names one.

    Args:
        policy: The policy.
        measured: Its source. One that lacks a quasi-identifier, or is empty, is refused later, in its own words.
        measure: The backend's.
        progress: Told what is under way.

    Raises:
        InputError: If the population cannot be read, or does not fit the source.
    """
    told = policy.guarantees.population
    if told is None or measured.cube is None:
        return measured
    progress("count the population", 0.8)
    table = Source(table=told.table, format=told.format, version=told.version)
    found = measure(of_everybody(policy, measured.schema, table, told.columns), silent)
    return replace(measured, population=counted(policy, near(measured.cube, what=BESIDE), table, told.columns, found))


def beside_release(policy: Policy, receipt: Receipt, backend: Backend, progress: Progress = silent) -> Population | None:
    """Returns the population of a release under the release's labels; None where nothing was promised beside one.

    The recoding is not in the release: the plan is made anew, from the policy and the very versions that were released.

    Raises:
        InputError: If that does not give the release's plan.
    """
    if receipt.guarantees.population is None:
        return None
    plan = compile_plan(policy.released_to(receipt.output.table), backend.measure(policy.of_versions(receipt), progress))
    if plan.fingerprint != receipt.plan_fingerprint:
        raise InputError("policy, source and population do not give the plan that this release was written by",
                         where=policy.source.table, allowed=f"the plan {receipt.plan_fingerprint[:12]}…",
                         next="name the policy as it was, with its tables as they were; or release anew")
    return labelled_population(plan)
