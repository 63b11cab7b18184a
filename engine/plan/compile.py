"""Policy and measurement become a Plan."""

from __future__ import annotations

from engine.anonymity.cube import Cube
from engine.plan.agreement import refuse_disagreement
from engine.plan.measurement import Measurement
from engine.plan.policy import Policy
from engine.plan.rules import DRAWN, RULES
from engine.plan.stages import Plan


def compile_plan(policy: Policy, measurement: Measurement) -> Plan:
    """Compiles a policy for one measured version of its table.

    Pure: equal arguments give a Plan with an equal fingerprint. Everything that execution needs is in the
    Plan, the generalization tree included; keys are in it by reference only.

    Args:
        policy: What must be true of the release.
        measurement: What a backend measured of the source.

    Raises:
        InputError: If the table does not have the columns that the policy describes, or has others.
        PolicyError: If an operator does not fit its column.
        GuaranteeNotMet: If no generalization of the table meets the guarantees.
    """
    cube = measurement.cube
    try:
        refuse_disagreement(policy, measurement)
        found = {rule: tuple(rule(policy, measurement)) for rule in sorted(RULES, key=DRAWN.__contains__)}
    finally:
        if cube is not None and not isinstance(cube, Cube):
            cube.close()
    held = cube if isinstance(cube, Cube) else None
    stages = tuple(stage for rule in RULES for stage in found[rule])
    return Plan(policy=policy, stages=stages, rows=measurement.rows, schema=measurement.schema, format=measurement.format,
                cube=held)
