"""The charge of a tree that is drawn with noise."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from engine.backends.base import Backend, Progress
from engine.errors import InputError, PolicyError, SetupError
from engine.ledger.charge import Charge, Opens, charged
from engine.plan import Plan, Policy, compile_plan
from engine.privacy.cuts import cut_events
from engine.release.lineage import lineage_of
from schemas.receipt import Receipt


def charged_cuts(policy: Policy, backend: Opens) -> AbstractContextManager[Charge]:
    """Reserves what the cuts of a plan cost, where they are drawn with noise. As ``charged``."""
    noisy = policy.recoding.noisy
    if noisy is None:
        if policy.budget:
            lineage_of(policy)  # the receipt will name it: better refused before the work than after it
        return nullcontext(Charge())
    return charged(policy, purpose="cuts", events=cut_events(noisy), unit="subject" if noisy.rows else "record", backend=backend)


def charged_plan(policy: Policy, backend: Backend, progress: Progress) -> Plan:
    """Returns the plan of a policy. Its cuts are charged, though nothing is released: who sees the plan sees them."""
    with charged_cuts(policy, backend) as charge:
        plan = drawn_plan(policy, backend, charge, progress)
        charge.settle(charge.events)
    return plan


def charged_release(policy: Policy, backend: Backend, progress: Progress) -> Receipt:
    """Plans, executes, verifies on the written table, and publishes; or publishes nothing and raises."""
    with charged_cuts(policy, backend) as charge:
        plan = drawn_plan(policy, backend, charge, progress)
        release = replace(backend.execute(plan, progress), charge=charge.stated)
        progress("verify the written table", 0.95)
        release.verify()
        receipt = release.publish()
        charge.settle(charge.events, receipt_id=receipt.release_id)
    return receipt


def drawn_plan(policy: Policy, backend: Backend, charge: Charge, progress: Progress) -> Plan:
    """Measures the policy's source and compiles the plan; what is wrong before the first draw costs nothing.

    Args:
        policy: The policy.
        backend: What measures.
        charge: Of the cuts.
        progress: Told what is under way.

    Raises:
        InputError, PolicyError, SetupError: As ``Backend.measure`` and ``compile_plan``: nothing was drawn then.
        GuaranteeNotMet: If a noisy count says that there are too few rows. That was drawn.
    """
    try:
        return compile_plan(policy, backend.measure(policy, progress))
    except (InputError, PolicyError, SetupError):
        charge.settle(())
        raise
