"""A verified release in, a synthetic Delta table and its receipt out."""

from __future__ import annotations

import importlib.util
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from engine.errors import SetupError
from engine.plan import Policy
from engine.privacy.accounting import AUTHORITATIVE
from engine.privacy.budget import Budget, Schedule
from engine.release.files import discard_staging, open_staging, publish_directory
from engine.synth.attempts import Trained, every, trained
from engine.synth.authentication import require_authentication
from engine.synth.claim import Claim, claimed, so_far
from engine.synth.devices import Device, chosen, require_device
from engine.synth.preparing import Prepared, prepare
from engine.synth.standing import Progress, silent
from engine.synth.statement import covers, excludes
from engine.synth.watching import Watch, require_textfile
from engine.synth.weights import Weights
from engine.version import lakeveil_version
from schemas.policy import Synthesis
from schemas.receipt import Receipt, SynthesisReceipt, TableVersion

if TYPE_CHECKING:
    from engine.synth.sampler import Model

T = TypeVar("T")


def synthesize(policy: Policy, release_path: str, *, progress: Progress = silent) -> SynthesisReceipt:
    """Trains a generator on a verified release, with differential privacy, and publishes a table that it samples.

    The table becomes visible at ``synthesis.path``, by default ``<release>.synthetic``, in one step, its receipt beside it. A
    call that was killed, or lost its workers, is gone on with by the same call.

    Args:
        policy: With a ``synthesis`` section.
        release_path: Of a release with its receipt.
        progress: Called with what is under way and the share of it that is done.

    Raises:
        PolicyError: If the policy has no usable ``synthesis`` section, or delta is no promise for so many units.
        InputError: If the release is missing, altered or without receipt, the path is taken, or another training was begun there.
        GuaranteeNotMet: If the release is not verified, or two accountants disagree.
        BudgetExceeded: If epsilon cannot be met.
        SetupError: If Ray or torch is missing, the Ray cluster asks for no token, a GPU is wanted and there is none, or workers
            were lost again and again.
    """
    began = time.perf_counter()
    progress("checking the release", 0.0)
    require_training_packages()
    require_authentication()
    require_textfile(policy.synthesis)
    require_device(policy.synthesis)
    prepared = prepare(policy, release_path)
    progress("starting Ray workers", 0.0)
    with ThreadPoolExecutor(max_workers=1) as beside:
        planned = beside.submit(_claim, claimed, prepared, prepared.schedule.steps)
        found, device = _trained(prepared, progress)
        claim = planned.result() if found.steps == prepared.schedule.steps else _claim(claimed, prepared, found.steps)
    progress("writing the synthetic table", 0.0)
    model = _model(prepared, found.outcome.weights)
    receipt = _receipt(prepared, model.schema, claim, found, seconds=time.perf_counter() - began)
    prepared.charge.settle(prepared.events(found.steps), receipt_id=receipt.synthesis_id)
    receipt = _publish(model, receipt.model_copy(update={
        "charge": prepared.charge.stated, "device": device.kind, "mixed": device.mixed}))
    prepared.journal.remove()
    progress("writing the synthetic table", 1.0)
    return receipt


def _claim(told: Callable[[Synthesis, Receipt, Schedule, Budget, int], T], prepared: Prepared, steps: int) -> T:
    return told(prepared.synthesis, prepared.release.receipt, prepared.schedule, prepared.outline.budget, steps)


def _trained(prepared: Prepared, progress: Progress) -> tuple[Trained, Device]:
    """Returns a training that is done, and what it computed on."""
    from engine.synth.attempt import Task  # noqa: PLC0415 - torch takes seconds to load
    from engine.synth.cluster import cluster, silenced  # noqa: PLC0415 - Ray takes seconds to load
    from engine.synth.fleet import gpus, processors, train  # noqa: PLC0415 - as above
    from engine.synth.training import Recipe  # noqa: PLC0415 - as above

    synthesis, plan = prepared.synthesis, prepared.schedule
    watch = Watch(prepared.journal, plan.expected_batch, lambda steps: _claim(so_far, prepared, steps), progress,
                  textfile=synthesis.metrics.textfile if synthesis.metrics else None, policy=prepared.release.receipt.policy)
    with silenced(), cluster(synthesis.workers), watch:
        device = chosen(synthesis, gpus())
        places = gpus if device.kind == "gpu" else processors
        recipe = Recipe(
            plan.noise_multiplier, synthesis.clip, plan.sample_rate, plan.steps, plan.expected_batch, most=plan.most,
            units=plan.units, per_layer=synthesis.clipping == "per-layer", adaptive=synthesis.adaptive, mixed=device.mixed)
        task = Task(
            release=prepared.release, encoding=prepared.learned.encoding, generator=synthesis.family,
            subject=prepared.outline.subject, holdout=synthesis.holdout, most_rows=synthesis.max_rows_per_subject, recipe=recipe,
            journal=str(prepared.journal.folder), every=every(plan.steps), device=device.kind)
        found = trained(prepared.journal, lambda attempt, told: train(task, attempt, told),
                        lambda: max(1, min(synthesis.workers, places())), most=synthesis.attempts, progress=watch)
    return found, device


def require_training_packages() -> None:
    """Checks that what training needs is installed, without importing it.

    Raises:
        SetupError: If a package is missing.
    """
    missing = [name for name in ("torch", "ray", "opacus") if importlib.util.find_spec(name) is None]
    if missing:
        raise SetupError(f"synthesis needs packages that are not installed: {', '.join(missing)}",
                         where="this Python environment", next="pip install 'lakeveil[synth]'")


def _receipt(
    prepared: Prepared, schema: pa.Schema, claim: Claim, found: Trained, *, seconds: float,
) -> SynthesisReceipt:
    synthesis, plan, release = prepared.synthesis, prepared.schedule, prepared.release
    last, within = found.attempts[-1], found.outcome.within
    rate = last.steps / found.outcome.seconds["train"] if last.steps else None
    return SynthesisReceipt(
        synthesis_id=uuid.uuid4().hex, lakeveil=lakeveil_version(), created=datetime.now(UTC).isoformat(timespec="seconds"),
        release_id=release.receipt.release_id, release=release.receipt.output,
        output=TableVersion(table=prepared.outline.path, version=0, rows=synthesis.rows or max(1, prepared.units)),
        generator=synthesis.family, unit=synthesis.unit,
        max_rows_per_subject=synthesis.max_rows_per_subject, rows_cut=found.outcome.left.cut,
        rows_without_subject=found.outcome.left.without_subject, epsilon=claim.by_accountant["pld"],
        epsilon_record=claim.record, delta=claim.delta, accountant=AUTHORITATIVE,
        epsilon_by_accountant=claim.by_accountant, spends=claim.spends, events=prepared.events(found.steps),
        noise_multiplier=plan.noise_multiplier, clip=synthesis.clip, clipping=synthesis.clipping, adaptive=synthesis.adaptive,
        final_clip=found.outcome.clip if synthesis.adaptive else None,
        within_clip=None if within is None else round(within, 3), sample_rate=plan.sample_rate,
        largest_batch=synthesis.largest_batch, steps=found.steps, lost_steps=found.steps - last.covered,
        attempts=len(found.attempts), steps_per_second=rate, units_per_second=rate and rate * plan.expected_batch,
        workers=last.workers, holdout=synthesis.holdout,
        covers=covers(synthesis, release.receipt, estimated=prepared.outline.budget.counting > 0, named=prepared.learned.named),
        excludes=excludes(synthesis, release.receipt, prepared.learned.left_out, ledger=prepared.charge.stated is not None),
        seconds=round(seconds, 1), columns=tuple(schema.names),
    )


def _model(prepared: Prepared, weights: Weights) -> Model:
    from engine.synth.sampler import Model  # noqa: PLC0415 - loads torch

    return Model.of(prepared.synthesis.family, weights, prepared.learned.encoding, prepared.release.schema())


def _publish(model: Model, receipt: SynthesisReceipt) -> SynthesisReceipt:
    """Samples the table, and makes it visible with its receipt beside and its generator within."""
    from engine.synth.sampler import write  # noqa: PLC0415 - loads torch

    path, rows = receipt.output.table, receipt.output.rows or 0
    staged = open_staging(path, receipt.synthesis_id)
    try:
        write(model, staged, rows, {"synthesis_id": receipt.synthesis_id, "release_id": receipt.release_id})
        receipt = receipt.model_copy(update={"generator_sha256": model.keep(Path(staged))})
        publish_directory(staged, path, receipt)
    except BaseException:
        discard_staging(staged)
        raise
    return receipt
