"""A verified release in, a synthetic Delta table and its receipt out."""

from __future__ import annotations

import importlib.util
import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
from deltalake import CommitProperties, write_deltalake

from engine.errors import InputError, PolicyError, SetupError
from engine.privacy.budget import Budget, Schedule, schedule, split
from engine.privacy.mechanisms import noisy_count
from engine.release.files import discard_staging, open_staging, publish_directory, require_free
from engine.synth.columns import Learned, learn_columns
from engine.synth.encoding import as_text
from engine.synth.shards import VerifiedRelease, open_release
from engine.synth.statement import covers, excludes, paid_cuts
from engine.version import lakeveil_version
from schemas.policy import PolicyV1, Synthesis
from schemas.receipt import Spend, SynthesisReceipt, TableVersion

Progress = Callable[[str, float], None]

AUTHORITATIVE = "privacy loss distribution (connect the dots), add and remove"


def _silent(what: str, share: float) -> None:
    del what, share


@dataclass(frozen=True)
class Prepared:
    """All that is decided before anything is trained."""

    release: VerifiedRelease
    synthesis: Synthesis
    path: str
    subject: str | None
    learned: Learned
    budget: Budget
    units: int
    schedule: Schedule


def synthesize(policy: PolicyV1, release_path: str, *, progress: Progress = _silent) -> SynthesisReceipt:
    """Trains a generator on a verified release, with differential privacy, and publishes a table that it samples.

    The table becomes visible at ``synthesis.path``, by default ``<release>.synthetic``, in one step, its receipt beside it.

    Args:
        policy: With a ``synthesis`` section.
        release_path: Of a release with its receipt.
        progress: Called with what is under way and the share of it that is done.

    Raises:
        PolicyError: If the policy has no usable ``synthesis`` section, or delta is no promise for so many units.
        InputError: If the release is missing, altered or without receipt, or the path is taken.
        GuaranteeNotMet: If the release is not verified, or two accountants disagree.
        BudgetExceeded: If epsilon cannot be met.
        SetupError: If Ray or torch is missing, or training failed.
    """
    began = time.perf_counter()
    progress("checking the release", 0.0)
    prepared = prepare(policy, release_path)
    require_training_packages()
    from engine.synth.accountants import agreed_epsilon  # noqa: PLC0415 - opacus takes seconds to load
    from engine.synth.attempt import GENERATORS, Task  # noqa: PLC0415 - torch takes seconds to load
    from engine.synth.fleet import train  # noqa: PLC0415 - as above
    from engine.synth.training import Recipe  # noqa: PLC0415 - as above

    synthesis, plan = prepared.synthesis, prepared.schedule
    task = Task(
        release=prepared.release, encoding=prepared.learned.encoding, generator="tabular", subject=prepared.subject,
        holdout=synthesis.holdout, most_rows=synthesis.max_rows_per_subject,
        recipe=Recipe(plan.noise_multiplier, synthesis.clip, plan.sample_rate, plan.steps, plan.expected_batch),
    )
    progress("starting Ray workers", 0.0)
    with ThreadPoolExecutor(max_workers=1) as beside:
        checked = beside.submit(agreed_epsilon, plan, synthesis.delta)
        outcome = train(task, synthesis.workers, lambda share: progress("training", share))
        cuts = paid_cuts(synthesis, prepared.release.receipt)
        beside_training = prepared.budget.counting + (cuts.epsilon if cuts else 0.0)
        by_accountant = {name: value + beside_training for name, value in checked.result().items()}
    progress("writing the synthetic table", 0.0)
    generator = GENERATORS[task.generator](task.encoding.sizes)
    generator.restore(outcome.weights)
    rows = synthesis.rows or max(1, prepared.units)
    table = task.encoding.decode(generator.sample(rows), prepared.release.schema())
    receipt = _receipt(prepared, table, by_accountant, rows_cut=outcome.rows_cut, seconds=time.perf_counter() - began)
    _publish(table, receipt)
    progress("writing the synthetic table", 1.0)
    return receipt


def prepare(policy: PolicyV1, release_path: str) -> Prepared:
    """Checks everything and decides everything that can be before training; spends the count's share where one is needed.

    Raises:
        PolicyError, InputError, GuaranteeNotMet, BudgetExceeded: As ``synthesize``.
    """
    synthesis = policy.synthesis
    if synthesis is None:
        raise PolicyError("the policy does not say how to synthesize", where="synthesis",
                          next="add synthesis: {epsilon: 1.0, delta: 1e-6, unit: subject}")
    release = open_release(release_path)
    path = synthesis.path or release_path.rstrip("/") + ".synthetic"
    require_free(path)
    subject = release.receipt.subject if synthesis.unit == "subject" else None
    if synthesis.unit == "subject" and (subject is None or subject not in release.schema().names):
        raise InputError("the release has no column that says which subject a row is about", where=release_path,
                         allowed="a release whose policy keeps source.subject as a token",
                         next="anonymize again with a token, or say synthesis.unit: record")
    learned = learn_columns(policy, release)
    budget = split(synthesis)
    units = synthesis.records or noisy_count(_count_units(release, subject), budget.counting)
    return Prepared(release, synthesis, path, subject, learned, budget, units, schedule(synthesis, units, budget))


def require_training_packages() -> None:
    """Checks that what training needs is installed, without importing it.

    Raises:
        SetupError: If a package is missing.
    """
    missing = [name for name in ("torch", "ray", "opacus") if importlib.util.find_spec(name) is None]
    if missing:
        raise SetupError(f"synthesis needs packages that are not installed: {', '.join(missing)}",
                         where="this Python environment", next="pip install 'lakeveil[synth]'")


def _count_units(release: VerifiedRelease, subject: str | None) -> int:
    if subject is None:
        return sum(len(table) for _, table in release.read(release.receipt.files, release.schema().names[:1]))
    seen: set[str] = set()
    for _, table in release.read(release.receipt.files, [subject]):
        seen.update(as_text(table[subject]).unique().drop_null().to_pylist())
    return len(seen)


def _receipt(
    prepared: Prepared, table: pa.Table, by_accountant: dict[str, float], *, rows_cut: int, seconds: float,
) -> SynthesisReceipt:
    synthesis, plan, release = prepared.synthesis, prepared.schedule, prepared.release
    cuts = paid_cuts(synthesis, release.receipt)
    training = by_accountant["pld"] - prepared.budget.counting - (cuts.epsilon if cuts else 0.0)
    spends = [Spend(purpose="training", epsilon=training, delta=synthesis.delta,
                    mechanism="DP-SGD: Poisson-subsampled Gaussian, clipped per unit")]
    if prepared.budget.counting:
        spends.append(Spend(purpose="number of units", epsilon=prepared.budget.counting, delta=0.0,
                            mechanism="discrete Laplace, sensitivity 1"))
    spends += [cuts] if cuts else []
    return SynthesisReceipt(
        synthesis_id=uuid.uuid4().hex, lakeveil=lakeveil_version(), created=datetime.now(UTC).isoformat(timespec="seconds"),
        release_id=release.receipt.release_id, release=release.receipt.output,
        output=TableVersion(table=prepared.path, version=0, rows=len(table)), generator="tabular", unit=synthesis.unit,
        max_rows_per_subject=synthesis.max_rows_per_subject, rows_cut=rows_cut, epsilon=by_accountant["pld"],
        delta=sum(spend.delta for spend in spends), accountant=AUTHORITATIVE, epsilon_by_accountant=by_accountant,
        spends=tuple(spends),
        noise_multiplier=plan.noise_multiplier, clip=synthesis.clip, sample_rate=plan.sample_rate, steps=plan.steps,
        workers=synthesis.workers, holdout=synthesis.holdout,
        covers=covers(synthesis, release.receipt, estimated=prepared.budget.counting > 0),
        excludes=excludes(synthesis, release.receipt, prepared.learned.notes),
        seconds=round(seconds, 1), columns=tuple(table.schema.names),
    )


def _publish(table: pa.Table, receipt: SynthesisReceipt) -> None:
    path = receipt.output.table
    staged = open_staging(path, receipt.synthesis_id)
    ids = {"synthesis_id": receipt.synthesis_id, "release_id": receipt.release_id}
    try:
        write_deltalake(staged, table, commit_properties=CommitProperties(custom_metadata={"userMetadata": json.dumps(ids)}))
        publish_directory(staged, path, receipt)
    except BaseException:
        discard_staging(staged)
        raise
