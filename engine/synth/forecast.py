"""What a training would be, without a private row being counted: constants, epsilon, memory, time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from engine.ledger.beside import beside
from engine.plan import Policy
from engine.privacy.budget import Schedule
from engine.synth import loading, microbatches
from engine.synth.attempt import GENERATORS
from engine.synth.claim import claimed
from engine.synth.devices import require_device
from engine.synth.generator import Generator
from engine.synth.marked import canaries
from engine.synth.outline import begun_of, constants_of, expected_units, outlined
from engine.synth.training import Alone, Recipe, fit
from engine.synth.watching import require_textfile
from schemas.forecast import Forecast
from schemas.policy import Synthesis

_TRIED = 3
"""Steps that are timed, after a first one."""

_ASSUMED = tuple(map(str, range(32)))
"""Values of a column of which they have yet to be named."""


def forecast(policy: Policy, release_path: str) -> Forecast:
    """Returns what ``synthesize`` would do.

    Nothing is drawn: a column without a domain is taken to have some values or other, and the number of units, where it is not
    public, to be that of rows, which the release's receipt tells; unless an earlier call has drawn them already. Memory and time
    are of processors, and of units with as many rows as they may have.

    Args:
        policy: With a ``synthesis`` section.
        release_path: Of a verified release.

    Raises:
        PolicyError, InputError, GuaranteeNotMet, BudgetExceeded, SetupError: As ``synthesize``.
    """
    require_device(policy.synthesis)
    require_textfile(policy.synthesis)
    out = outlined(policy, release_path)
    synthesis, release, budget, drawn = out.synthesis, out.release, out.budget, begun_of(out, ledger=policy.budget is not None)
    vocabularies = drawn.vocabularies if drawn else dict.fromkeys(out.chosen.to_name, _ASSUMED)
    learned = out.chosen.learned(vocabularies)
    units = drawn.units if drawn else expected_units(synthesis, release.receipt.output.rows)
    plan = constants_of(out, units, drawn)
    claim = claimed(synthesis, release.receipt, plan, budget, plan.steps)
    generator = GENERATORS[synthesis.family](learned.encoding.sizes)
    part = max(1, round(plan.expected_batch / synthesis.workers))
    rows = synthesis.max_rows_per_subject if synthesis.unit == "subject" else 1
    held = max(loading.expected_memory((release.receipt.output.rows or units) / synthesis.workers, len(learned.encoding.sizes)),
               microbatches.expected_memory(generator, rows, part))
    return Forecast(
        units=units, assumed=not drawn and synthesis.records is None, noise_multiplier=plan.noise_multiplier,
        sample_rate=plan.sample_rate, steps=plan.steps, expected_batch=plan.expected_batch, delta=claim.delta,
        epsilon_by_accountant=claim.by_accountant, epsilon_record=claim.record, columns=learned.encoding.names,
        to_name=() if drawn else out.chosen.to_name, workers=synthesis.workers, bytes_per_worker=held,
        budget=None if drawn and drawn.steps else beside(
            policy, (*plan.events(plan.steps), *(() if drawn else budget.beside())), unit=synthesis.unit),
        parameters=sum(value.numel() for value in generator.state.values()),
        device=synthesis.device, seconds=_seconds(generator, synthesis, plan, rows, part) * plan.steps)


def _seconds(generator: Generator, synthesis: Synthesis, plan: Schedule, rows: int, part: int) -> float:
    """Returns how long a step takes here and now, on one processor, of a worker's part of it: random units of so many rows."""
    units, ended = canaries(generator.sizes, part, rows), list[float]()
    recipe = Recipe(
        plan.noise_multiplier, synthesis.clip, sample_rate=1.0, steps=1 + _TRIED, expected_batch=part,
        per_layer=synthesis.clipping == "per-layer", adaptive=synthesis.adaptive, mixed=synthesis.precision == "mixed")
    with _one_thread():
        fit(generator, units, recipe, Alone(), progress=lambda _: ended.append(time.perf_counter()))
    return (ended[-1] - ended[0]) / _TRIED


@contextmanager
def _one_thread() -> Iterator[None]:
    """Lets torch compute on one thread, as workers do."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
