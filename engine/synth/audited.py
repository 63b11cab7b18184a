"""A policy's training, audited by canaries. No row of a table is read, nothing is spent and nothing charged."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import torch

from engine.errors import GuaranteeNotMet, NoPowerError, PolicyError
from engine.privacy.budget import schedule
from engine.synth.attempt import GENERATORS
from engine.synth.audit import ATTEMPTS, BOUNDS, STEPS, Loop, Seen, judged, tests_of, watch_steps, watch_training
from engine.synth.columns import learnable
from engine.synth.encoding import BINS
from engine.synth.looks import looks
from engine.synth.outline import budget_of, expected_units, section
from engine.synth.shards import read_receipt
from engine.synth.standing import Progress, Standing
from engine.synth.training import Recipe
from schemas.policy import PolicyV1
from schemas.training_audit import NOT_AUDITED, Control, TrainingAudit

MOST_ROWS = 3
"""Of a canary: enough to see whether a unit is clipped as one."""

LESS_NOISE = (0.0, 0.5)
"""Shares of the noise with which the controls run."""

_UNKNOWN = 16
"""Codes of a column whose values the policy does not say: no table is read to learn them, and no claim depends on them."""

OF_STEPS = 200
"""Canaries of the audit of steps: each is in hundreds of them, and the looks are made for so many."""


def audit_training(
    policy: PolicyV1, release_path: str, *, number: int, confidence: float, progress: Progress, steps_only: bool = False,
) -> TrainingAudit:
    """Audits the loop that would train on a policy's release.

    Args:
        policy: With a ``synthesis`` section.
        release_path: Of its release, whose receipt says how many rows there are where the policy does not say how many units;
            nothing else is read.
        number: Canaries of the training.
        confidence: Of all bounds together.
        progress: Called with what is under way and the share of it that is done.
        steps_only: Whether single steps are audited and the whole training is not.

    Raises:
        PolicyError: If the policy has no usable ``synthesis`` section.
        InputError: If the number of units is not known.
        BudgetExceeded: If epsilon cannot be met.
        GuaranteeNotMet: If the audit refutes what is claimed.
        NoPowerError: If it would not refute a loop without noise.
    """
    began = time.perf_counter()
    torch.set_num_threads(1)
    loop, delta = loop_of(policy, release_path, number)
    few, chance = replace(loop, number=OF_STEPS), (1 - confidence) / BOUNDS
    loops = {"step": few} if steps_only else {"step": few, "training": loop}
    seen = {what: _watched(of, what, 1.0, progress) for what, of in loops.items()}
    progress("what the guesses prove", 0.0)
    recipe = loop.recipe
    found = TrainingAudit(
        policy=policy.name, noise_multiplier=recipe.noise_multiplier, sample_rate=recipe.sample_rate, steps=recipe.steps,
        clip=recipe.clip, clipping="per-layer" if recipe.per_layer else "flat", adaptive=recipe.adaptive,
        columns=len(loop.make().sizes), canaries=sum(of.number for of in loops.values()), rows=loop.rows, confidence=confidence,
        questions=tuple(judged(loops[what], one, delta=delta, chance=chance) for what, one in seen.items()),
        controls=tuple(_control(of, what, share, chance, progress) for share in LESS_NOISE for what, of in loops.items()),
        looks=looks(few, tuple(seen.values())), not_audited=not_audited(policy), seconds=time.perf_counter() - began)
    require(found)
    return found


def require(found: TrainingAudit) -> None:
    """Refuses an audit that found something, or could not have.

    Raises:
        GuaranteeNotMet: If it refutes what is claimed.
        NoPowerError: If it would not refute a loop without noise.
    """
    against = [f"{one.what}: epsilon is at least {bound.epsilon:.4g} at delta {bound.delta:.2g}, claimed is {bound.claimed:.4g}"
               for one in found.questions for bound in one.bounds if not bound.holds]
    against += [f"{look.what}: {look.value:.4g}, {f'{look.least:.4g} at least, ' if look.least else ''}{look.allowed:.4g} at most"
                for look in found.looks if not look.holds]
    if against:
        raise GuaranteeNotMet("the loop that trains does not keep what is claimed", where="; ".join(against),
                              allowed=f"what the claim lets one guess, but for {1 - found.confidence:.2g} of all audits",
                              next="train nothing with this version; what was trained with it has a larger epsilon; report this")
    if not found.caught:
        blind = ", ".join(one.what for one in found.controls if not one.noise and not one.caught)
        raise NoPowerError("the audit proves nothing: it did not refute a loop without noise either", where=blind,
                           allowed="a control without noise that is caught",
                           next="give it more --canaries or less --confidence, or audit --steps-only")


def loop_of(policy: PolicyV1, release_path: str, number: int) -> tuple[Loop, float]:
    """Returns the loop with a policy's constants and columns, and the delta of its steps.

    Epsilon and delta are split as training splits them: what counts units and names values is not the steps'.

    Raises:
        PolicyError, InputError, BudgetExceeded: As ``audit_training``.
    """
    synthesis = section(policy)
    units = expected_units(synthesis, 0 if synthesis.records else read_receipt(release_path).output.rows)
    budget, sizes = budget_of(synthesis, to_name(policy)), sizes_of(policy)
    plan = schedule(synthesis, units, budget)
    recipe = Recipe(
        plan.noise_multiplier, synthesis.clip, plan.sample_rate, plan.steps, plan.expected_batch, most=plan.most,
        units=plan.units, per_layer=synthesis.clipping == "per-layer", adaptive=synthesis.adaptive,
        mixed=synthesis.precision == "mixed")
    rows = min(MOST_ROWS, synthesis.max_rows_per_subject) if synthesis.unit == "subject" else 1
    return Loop(lambda: GENERATORS[synthesis.family](sizes), recipe, number, rows), budget.delta


def to_name(policy: PolicyV1) -> tuple[str, ...]:
    """Returns the columns whose values training names with a part of epsilon, as far as the policy says.

    They have no domain, or hold labels of cuts which the unit has not paid for. What no policy tells: of the former those are not
    named that hold truth values, and labels that were paid for are, if rows were left out of the release.
    """
    noisy, quasi = policy.recoding.noisy, policy.quasi_identifiers()
    paid = noisy is not None and (noisy.rows is not None or section(policy).unit == "record")
    return tuple(name for name in learnable(policy)
                 if (not paid if name in quasi else policy.columns[name].domain is None))


def not_audited(policy: PolicyV1) -> tuple[str, ...]:
    """Returns what the audit says nothing of: also which of two noises it is, where no policy tells."""
    named = to_name(policy)
    if not named or set(named) & set(policy.quasi_identifiers()):
        return NOT_AUDITED
    less = f"less noise than here, which training adds if all of {', '.join(named)} hold truth values, whose names cost nothing"
    return (*NOT_AUDITED, less)


def sizes_of(policy: PolicyV1) -> tuple[int, ...]:
    """Returns the number of codes of each column that is learned, as far as the policy says.

    Raises:
        PolicyError: If nothing can be learned.
    """
    sizes = []
    for name in learnable(policy):
        domain = policy.columns[name].domain
        if domain is not None and domain.values is not None:
            sizes.append(len(domain.values) + 1)
        else:
            sizes.append(_UNKNOWN if domain is None else BINS + 1)
    if not sizes:
        raise PolicyError("no column of the policy can be learned", where="columns",
                          allowed="roles quasi, sensitive and insensitive", next="say of a column that it has one of these")
    return tuple(sizes)


def _watched(loop: Loop, what: str, share: float, progress: Progress) -> Seen:
    """Watches steps or a training with some of the noise; with less than all, steps of one attempt."""
    more = "" if share == 1 else f", {share:g} of the noise"
    if what == "training":
        return watch_training(loop, share, progress=_told(progress, f"a training{more}", loop.recipe.steps))
    attempts = ATTEMPTS if share == 1 else 1
    told = _told(progress, f"single steps{more}", attempts * STEPS)
    return watch_steps(loop, share, attempts=attempts, steps=STEPS, progress=told)


def _control(loop: Loop, what: str, share: float, chance: float, progress: Progress) -> Control:
    """Returns whether a loop with less noise than is claimed is caught."""
    seen = _watched(loop, what, share, progress)
    caught = any(refuted(loop.recipe.noise_multiplier) for refuted in tests_of(loop, seen, chance).values())
    return Control(noise=share, what=seen.what, coins=seen.scores.size, right=seen.right, caught=caught)


def _told(progress: Progress, what: str, steps: int) -> Callable[[Standing], None]:
    taken = 0

    def told(_: Standing) -> None:
        nonlocal taken
        taken += 1
        progress(f"auditing {what}", taken / steps)

    return told
