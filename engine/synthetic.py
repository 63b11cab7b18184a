"""The steps of the road that need what training needs: a synthetic table, what making it would take, and how good it is."""

from __future__ import annotations

from collections.abc import Iterable

from engine.artifacts import Artifacts
from engine.backends.base import Progress, silent
from engine.errors import SetupError
from engine.plan import Policy
from schemas.evaluation import Evaluation
from schemas.forecast import Forecast
from schemas.receipt import SynthesisReceipt
from schemas.sample import SampleReceipt
from schemas.training_audit import TrainingAudit


def forecast(policy: Policy) -> Forecast:
    """Returns what ``synthesize`` would do: noise, steps, epsilon, memory and time. Trains and spends nothing.

    Raises:
        SetupError: If Ray, torch or Opacus is not installed.
    """
    try:
        from engine.synth.forecast import forecast as foreseen  # noqa: PLC0415 - loads torch
    except ModuleNotFoundError as error:
        raise _not_installed(error) from None
    return foreseen(policy, Artifacts.of(policy).release)


def synthesize(policy: Policy, progress: Progress = silent) -> SynthesisReceipt:
    """Trains a generator on the verified release and writes a synthetic table.

    Raises:
        SetupError: If Ray, torch or Opacus is not installed.
    """
    try:
        from engine.synth.synthesize import synthesize as train  # noqa: PLC0415 - loads torch and Ray
    except ModuleNotFoundError as error:
        raise _not_installed(error) from None
    return train(policy, Artifacts.of(policy).release, progress=progress)


def sample(target: str, rows: int, given: Iterable[str], out: str) -> SampleReceipt:
    """Draws rows from the generator of a synthetic table, which a path or a policy names, into a table of their own.

    Raises:
        SetupError: If torch is not installed.
    """
    try:
        from engine.synth.sampler import sample as draw  # noqa: PLC0415 - loads torch
    except ModuleNotFoundError as error:
        raise _not_installed(error) from None
    path = Artifacts.of(Policy.load(target)).synthetic if target.endswith((".yaml", ".yml")) else target.rstrip("/")
    return draw(path, rows, given, out.rstrip("/"))


def audit_training(
    policy: Policy, progress: Progress = silent, *, canaries: int, confidence: float, steps_only: bool = False,
) -> TrainingAudit:
    """Audits the loop that trains, with the policy's constants, by canaries. Reads no row, and spends nothing.

    Args:
        policy: With a ``synthesis`` section.
        progress: Called with what is under way.
        canaries: Random units.
        confidence: Of all lower bounds together.
        steps_only: Whether the whole training is left out.

    Raises:
        GuaranteeNotMet: If what is claimed is refuted.
        NoPowerError: If a loop without noise would not be refuted either.
        SetupError: If torch is not installed.
    """
    try:
        from engine.synth.audited import audit_training as audit  # noqa: PLC0415 - loads torch
    except ModuleNotFoundError as error:
        raise _not_installed(error) from None
    return audit(policy, Artifacts.of(policy).release, number=canaries, confidence=confidence, progress=progress,
                 steps_only=steps_only)


def evaluate(policy: Policy, progress: Progress = silent) -> Evaluation:
    """Measures the synthetic table against the release it was trained on, and leaves the figures beside it."""
    try:
        from engine.synth.evaluate import evaluate as measure  # noqa: PLC0415 - loads scikit-learn
    except ModuleNotFoundError as error:
        raise _not_installed(error) from None
    places = Artifacts.of(policy)
    return measure(policy, places.release, places.synthetic, progress=progress)


def require_packages() -> None:
    """Checks that the road can be walked to its end, before its first step publishes something."""
    try:
        from engine.synth.synthesize import require_training_packages  # noqa: PLC0415 - only where it is asked for
    except ModuleNotFoundError as error:
        raise _not_installed(error) from None
    require_training_packages()


def _not_installed(error: ModuleNotFoundError) -> SetupError:
    return SetupError("synthesis needs packages that are not installed", where=error.name or "",
                      next="pip install 'lakeveil[synth]'")
