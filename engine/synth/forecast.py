"""What a training would be, without a private row being counted: constants, epsilon, memory, time."""

from __future__ import annotations

import time

import numpy as np
import torch

from engine.privacy.budget import schedule
from engine.synth import loading, microbatches
from engine.synth.attempt import GENERATORS
from engine.synth.claim import claimed
from engine.synth.columns import choose_columns
from engine.synth.marked import canaries
from engine.synth.microbatches import clipped_sum, micro_batch
from engine.synth.noise import gaussian
from engine.synth.preparing import budget_of, opened
from engine.synth.statement import require_end_to_end
from schemas.forecast import Forecast
from schemas.policy import PolicyV1

_TRIED = 3

_ASSUMED = tuple(map(str, range(32)))
"""Values of a column of which they have yet to be named."""


def forecast(policy: PolicyV1, release_path: str) -> Forecast:
    """Returns what ``synthesize`` would do.

    Nothing is drawn: a column without a domain is taken to have some values or other, and the number of units, where it is not
    public, to be that of rows, which the release's receipt tells.

    Args:
        policy: With a ``synthesis`` section.
        release_path: Of a verified release.

    Raises:
        PolicyError, InputError, GuaranteeNotMet, BudgetExceeded: As ``synthesize``.
    """
    synthesis, release, _, _ = opened(policy, release_path)
    chosen = choose_columns(policy, release)
    learned, budget = chosen.learned(dict.fromkeys(chosen.to_name, _ASSUMED)), budget_of(synthesis, chosen)
    require_end_to_end(synthesis, release.receipt, chosen.unpaid)
    units = synthesis.records or release.receipt.output.rows or 1
    plan = schedule(synthesis, units, budget)
    claim = claimed(synthesis, release.receipt, plan, budget, plan.steps)
    generator = GENERATORS["tabular"](learned.encoding.sizes)
    parameters = sum(value.numel() for value in generator.state.values())
    part = max(1, round(plan.expected_batch / synthesis.workers))
    rows = canaries(learned.encoding.sizes, part)
    torch.set_num_threads(1)
    clipped_sum(generator, rows, np.arange(part), synthesis.clip)
    at_once = micro_batch(generator, rows)
    began = time.perf_counter()
    for _ in range(_TRIED):
        clipped_sum(generator, rows, np.arange(part), synthesis.clip, per_layer=synthesis.clipping == "per-layer",
                    mixed=synthesis.precision == "mixed", at_once=at_once)
        gaussian(parameters, 1.0)
    taken = (time.perf_counter() - began) / _TRIED
    held = max(loading.expected_memory((release.receipt.output.rows or units) / synthesis.workers, len(learned.encoding.sizes)),
               microbatches.expected_memory(generator, synthesis.max_rows_per_subject, part))
    return Forecast(
        units=units, assumed=synthesis.records is None, noise_multiplier=plan.noise_multiplier, sample_rate=plan.sample_rate,
        steps=plan.steps, expected_batch=plan.expected_batch, delta=claim.delta,
        epsilon_by_accountant=claim.by_accountant, epsilon_record=claim.record,
        columns=learned.encoding.names, to_name=chosen.to_name, parameters=parameters, workers=synthesis.workers,
        bytes_per_worker=held, seconds=taken * plan.steps)
