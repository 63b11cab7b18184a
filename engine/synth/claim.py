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
    to another: neighbours that replace a unit. So does a row that changes where each row is a unit.

    Raises:
        GuaranteeNotMet: If two accountants disagree.
    """
    ran, (cuts, beside, delta) = plan.events(steps), _beside(synthesis, release, budget)
    by_accountant = agreed((*ran, *beside), delta)
    training = epsilon_of(ran, budget.delta)
    sampled = "Poisson-subsampled" if plan.most is None else f"truncated Poisson-subsampled ({plan.most:,} units at most)"
    spends = [Spend(purpose="training", epsilon=training, delta=budget.delta,
                    mechanism=f"DP-SGD: {sampled} Gaussian, clipped per unit")]
    if budget.counting:
        spends.append(Spend(purpose="number of units", epsilon=budget.counting, delta=0.0,
                            mechanism="discrete Laplace, sensitivity 1"))
    if budget.naming:
        epsilon, lost = budget.named
        spends.append(Spend(purpose="values of columns without a domain", epsilon=epsilon, delta=lost,
                            mechanism="partition selection (Desfontaines et al. 2022)"))
    record = _of_record(synthesis, ran, budget, cuts, delta)
    return Claim(by_accountant, delta, record, (*spends, *([cuts] if cuts else [])))


def _of_record(
    synthesis: Synthesis, ran: tuple[Event, ...], budget: Budget, cuts: Spend | None, delta: float,
) -> float:
    """Returns epsilon for one row that changes, or of a subject's comes or goes, at the same delta.

    In each column whose values were named, one value may give way to another: two groups.
    """
    naming = budget.naming
    columns = naming.groups // (synthesis.max_rows_per_subject if synthesis.unit == "subject" else 1) if naming else 0
    named = (Promised(epsilon=naming.epsilon, delta=naming.delta, count=2 * columns),) if naming else ()
    beside, lost = added_up((*named, *_promised(cuts)))
    return epsilon_of(ran, delta - lost, replacing=True) + beside + budget.counting


def so_far(synthesis: Synthesis, release: Receipt, plan: Schedule, budget: Budget, steps: int) -> float:
    """Returns epsilon of everything that is claimed if so many steps are taken, by the accountant that decides, alone."""
    _, beside, delta = _beside(synthesis, release, budget)
    return epsilon_of((*plan.events(steps), *beside), delta)


def _beside(synthesis: Synthesis, release: Receipt, budget: Budget) -> tuple[Spend | None, tuple[Event, ...], float]:
    """Returns what the cuts have cost, what is claimed beside the steps, and the delta of all."""
    cuts = paid_cuts(synthesis, release)
    delta = budget.delta + budget.named[1] + (cuts.delta if cuts else 0.0)
    return cuts, (*budget.beside(), *_promised(cuts)), delta


def _promised(cuts: Spend | None) -> tuple[Event, ...]:
    return (Promised(epsilon=cuts.epsilon, delta=cuts.delta),) if cuts else ()
