"""What a training claims: epsilon of all that ran, composed jointly, and what each part of it costs by itself."""

from __future__ import annotations

from dataclasses import dataclass

from engine.privacy.accounting import epsilon_of
from engine.privacy.budget import Budget, Schedule
from engine.privacy.events import added_up
from engine.synth.accountants import agreed
from engine.synth.statement import paid_cuts
from schemas.dp_events import Event, Promised
from schemas.policy import Synthesis
from schemas.receipt import Receipt, Spend


@dataclass(frozen=True)
class Claim:
    """What is claimed.

    Attributes:
        by_accountant: Epsilon of everything together, by each accountant that has one; ``pld`` counts.
        delta: At which delta.
        record: Epsilon for whoever changes, adds or takes away one row, the subject's others staying as they are.
        spends: Epsilon and delta of each part. Together they cost less than their sum.
    """

    by_accountant: dict[str, float]
    delta: float
    record: float
    spends: tuple[Spend, ...]


def claimed(synthesis: Synthesis, release: Receipt, plan: Schedule, budget: Budget, steps: int) -> Claim:
    """Returns what may be claimed once so many steps were taken, by all attempts together.

    A row that changes while its subject's others stay moves the subject's gradient, which stays within the clip, from one place
    to another: neighbours that replace a unit. Where each row is a unit, it is that unit.

    Raises:
        GuaranteeNotMet: If two accountants disagree.
    """
    ran, (cuts, beside, delta) = plan.events(steps), _beside(synthesis, release, budget)
    by_accountant = agreed((*ran, *beside), delta)
    training = epsilon_of(ran, budget.delta)
    of_record = epsilon_of(ran, budget.delta, replacing=True) + added_up(beside)[0]
    spends = [Spend(purpose="training", epsilon=training, delta=budget.delta,
                    mechanism="DP-SGD: Poisson-subsampled Gaussian, clipped per unit")]
    if budget.counting:
        spends.append(Spend(purpose="number of units", epsilon=budget.counting, delta=0.0,
                            mechanism="discrete Laplace, sensitivity 1"))
    return Claim(by_accountant, delta, by_accountant["pld"] if synthesis.unit == "record" else of_record,
                 (*spends, *([cuts] if cuts else [])))


def so_far(synthesis: Synthesis, release: Receipt, plan: Schedule, budget: Budget, steps: int) -> float:
    """Returns epsilon of everything that is claimed if so many steps are taken, by the accountant that decides, alone."""
    _, beside, delta = _beside(synthesis, release, budget)
    return epsilon_of((*plan.events(steps), *beside), delta)


def _beside(synthesis: Synthesis, release: Receipt, budget: Budget) -> tuple[Spend | None, tuple[Event, ...], float]:
    """Returns what the cuts have cost, what is claimed beside the steps, and the delta of all."""
    cuts = paid_cuts(synthesis, release)
    promised = (Promised(epsilon=cuts.epsilon, delta=cuts.delta),) if cuts else ()
    return cuts, (*budget.count(), *promised), budget.delta + (cuts.delta if cuts else 0.0)
