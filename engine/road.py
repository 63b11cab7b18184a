"""The main road: raw table → scan → plan → anonymize → synthesize → evaluate → report.

Each step is one function that takes a policy and leaves one artifact beside the release, so that steps
can run in one process (``walk``) or as separate jobs of a workflow.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from engine.artifacts import Artifacts, leave, read, read_if_there, receipt_of, refuse_other_policy, refuse_overwriting, released
from engine.backends.base import Backend, Progress, silent
from engine.clock import Clock
from engine.detect.columns.sensitivity import SensitivityConfig, rated
from engine.errors import GuaranteeNotMet, InputError, PolicyError, SetupError, nearest
from engine.ledger.cuts import charged_plan, charged_release
from engine.plan import Plan, Policy
from engine.release.files import RECEIPT, receipt_path, require_free
from engine.synthetic import evaluate, require_packages, synthesize
from engine.usefulness import utility
from schemas.evaluation import Evaluation
from schemas.findings import ScanReport
from schemas.policy import Source, TableFormat
from schemas.receipt import GuaranteeVerdict, Receipt, SynthesisReceipt
from schemas.risk import RiskReport
from schemas.utility import Utility

if TYPE_CHECKING:
    from engine.backends.growing import GrowingBackend
    from engine.detect.detector import Detector
    from engine.release.report import Section

BACKENDS = ("spark", "local")
SPARK_AROUND = ("SPARK_REMOTE", "PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION")
"""Environment variables of Spark Connect, of ``spark-submit`` and of a Databricks runtime."""

@dataclass
class Walk:
    """What a walk down the whole road left.

    Attributes:
        policy: The policy that was walked.
        artifacts: Where things lie.
        findings: What the scan of the source found.
        receipt: The release's receipt.
        synthesis: The synthetic table's receipt, where the policy asks for one.
        evaluation: Its evaluation.
        utility: What the release is good for, where it has quasi-identifiers.
        seconds: Step → wall-clock seconds, in the order walked.
    """

    policy: Policy
    artifacts: Artifacts
    findings: ScanReport
    receipt: Receipt
    synthesis: SynthesisReceipt | None = None
    evaluation: Evaluation | None = None
    utility: Utility | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def backend_around(otherwise: str) -> str:
    """Returns 'spark' where a session is provided already, else ``otherwise``."""
    return "spark" if any(name in os.environ for name in SPARK_AROUND) else otherwise


def open_backend(name: str) -> GrowingBackend:
    """Returns the backend called ``name``; only its own libraries are loaded.

    Raises:
        PolicyError: If there is no such backend.
        SetupError: If pyspark is not installed, or Spark does not start.
    """
    if name == "local":
        from engine.backends.local import LocalBackend  # noqa: PLC0415 - the one that was asked for

        return LocalBackend()
    if name == "spark":
        try:
            from engine.backends.spark.backend import SparkBackend  # noqa: PLC0415 - the one that was asked for
        except ModuleNotFoundError as error:
            raise SetupError("Spark is not installed", where=error.name or "", next="pip install 'lakeveil[spark]'") from None
        return SparkBackend()
    raise PolicyError(f"there is no backend {name!r}", where="--backend", allowed=" or ".join(BACKENDS),
                      next=nearest(name, BACKENDS))


def policy_of(path: Path, receipt: Path | None = None) -> Policy:
    """Reads a policy; with a receipt, for the release that the receipt lies beside, wherever that was moved.

    Raises:
        PolicyError: If the policy cannot be read.
        InputError: If the file is not called as receipts are.
    """
    policy = Policy.load(path)
    if receipt is None:
        return policy
    release = str(receipt).removesuffix(RECEIPT)
    if release == str(receipt):
        raise InputError("this is not called as a release's receipt is", where=str(receipt), allowed=f"<release>{RECEIPT}",
                         next="name the receipt that lies beside the release")
    return policy.released_to(release)


def plan(policy: Policy, backend: Backend, progress: Progress = silent) -> Plan:
    """Measures the policy's source and compiles the plan. Noisy cuts are charged: who sees the plan sees them."""
    return charged_plan(policy, backend, progress)


def scan(
    policy: Policy, backend: Backend, progress: Progress = silent, *, sample: int | None = None, whole: bool = False,
    levels: SensitivityConfig | None = None, detector: Detector | None = None,
) -> ScanReport:
    """Scans the policy's source and leaves the findings beside the release; rated by the rules that ship unless given others.

    Rows as of ``Backend.scan``. What the policy looks for is looked for, unless another detector is given.
    """
    found = backend.scan(policy.source, sample=sample, whole=whole, detector=detector or policy.detector, progress=progress)
    found = rated(found, levels)
    leave(Artifacts.of(policy).scan, found.model_dump_json(indent=2))
    return found


def scan_target(
    target: str, backend: Backend, progress: Progress = silent, *,
    format: str | None = None, sample: int | None = None, whole: bool = False,  # noqa: A002 - the word of the policy
    out: Path | None = None, levels: SensitivityConfig | None = None, detector: Detector | None = None,
) -> ScanReport:
    """Scans a table, or the source of the policy that ``target`` names; leaves the findings at ``out`` if given.

    Rows and detector as of ``Backend.scan``.
    """
    refuse_overwriting(out, ScanReport)
    if is_policy(target):
        found = scan(Policy.load(target), backend, progress, sample=sample, whole=whole, levels=levels, detector=detector)
    else:
        source = source_of(target, format)
        found = rated(backend.scan(source, sample=sample, whole=whole, detector=detector, progress=progress), levels)
    if out is not None:
        leave(str(out), found.model_dump_json(indent=2))
    return found


def anonymize(policy: Policy, backend: GrowingBackend, progress: Progress = silent) -> Receipt:
    """Plans, executes, verifies on the written table, and publishes; or publishes nothing and raises."""
    if policy.release.versions is not None:
        from engine.growing import first  # noqa: PLC0415 - loads what few policies need

        return first(policy, backend, progress)
    return charged_release(policy, backend, progress)


def verify(path: str, backend: GrowingBackend, policy: Policy | None = None) -> tuple[Receipt, tuple[GuaranteeVerdict, ...]]:
    """Re-measures a published release against the receipt beside it.

    What is promised beside a population, or over versions, takes the policy that released.

    Raises:
        InputError: If there is no receipt, or table or policy are not those that it was written for.
    """
    from engine.backends.population import beside_release  # noqa: PLC0415 - loads numpy's and Arrow's compute
    from engine.release.verification import verify_published  # noqa: PLC0415 - as above

    receipt = read(receipt_path(path), Receipt)
    if policy is None:
        return receipt, verify_published(receipt, backend.open(path))
    refuse_other_policy(policy, receipt)
    everybody = beside_release(policy, receipt, backend)
    if receipt.versions is None:
        return receipt, verify_published(receipt, backend.open(path), everybody)
    from engine.growing import history, recorded  # noqa: PLC0415 - loads what few releases need

    verdicts = verify_published(receipt, backend.open(path), everybody, recorded(policy, receipt.versions, backend))
    return receipt, (*verdicts, *history(policy, receipt.versions, backend))


def verify_target(target: str, backend: GrowingBackend) -> Receipt:
    """Verifies a release, which a policy, its path or its receipt names. Returns its receipt with fresh verdicts.

    Raises:
        InputError: If there is no receipt, or table or policy are not those that it was written for.
        GuaranteeNotMet: If a promise does not hold.
    """
    policy = Policy.load(target) if is_policy(target) else None
    path = policy.release.path if policy else released(target)
    receipt, verdicts = verify(path, backend, policy)
    broken = [verdict for verdict in verdicts if not verdict.holds]
    if broken:
        raise GuaranteeNotMet(
            "the published table does not keep what its receipt promises",
            where="; ".join(f"{v.guarantee}: promised {v.promised:g}, measured {v.measured:g}" for v in broken),
            next="withdraw the release, and publish a new one from the policy")
    found = receipt.output.model_copy(update={"table": path})
    return receipt.model_copy(update={"verdicts": verdicts, "output": found})


def report(policy: Policy) -> str:
    """Renders what lies beside the release as one HTML page, and returns where that lies."""
    from engine.release.report import render  # noqa: PLC0415 - loads the template engine

    place = Artifacts.of(policy).report
    leave(place, render([section(policy)]))
    return place


def section(policy: Policy) -> Section:
    """Returns what lies beside the release: its part of a report.

    Raises:
        InputError: If there is no receipt, or it is another policy's, or a record was altered.
    """
    from engine.release.report import Section  # noqa: PLC0415 - loads the template engine

    places = Artifacts.of(policy)
    return Section(
        receipt=receipt_of(policy), scan=read_if_there(places.scan, ScanReport),
        synthesis=read_if_there(places.synthesis, SynthesisReceipt), evaluation=read_if_there(places.evaluation, Evaluation),
        utility=read_if_there(places.utility, Utility), risk=read_if_there(places.risk, RiskReport))


def walk(policy: Policy, backend: GrowingBackend, progress: Progress = silent) -> Walk:
    """Walks the whole road for one policy.

    Raises:
        InputError: If something stands at the release's path already.
        SetupError: If the policy asks for synthesis, and what that needs is not installed.
    """
    require_free(policy.release.path)
    if policy.synthesis is not None:
        require_packages()
    clock = Clock(progress)
    findings = clock.step("scan", lambda say: scan(policy, backend, say))
    receipt = clock.step("anonymize", lambda say: anonymize(policy, backend, say))
    done = Walk(policy, Artifacts.of(policy), findings, receipt, seconds=clock.seconds)
    if policy.quasi_identifiers():
        done.utility = clock.step("utility", lambda say: utility(policy, backend, say))
    if policy.synthesis is not None:
        done.synthesis = clock.step("synthesize", lambda say: synthesize(policy, say))
        done.evaluation = clock.step("evaluate", lambda say: evaluate(policy, say))
    clock.step("report", lambda _: report(policy))
    return done


def is_policy(target: str) -> bool:
    """Whether a target is called as policies are."""
    return target.endswith((".yaml", ".yml"))


def source_of(table: str, written: str | None) -> Source:
    """Returns a table as a source.

    Raises:
        PolicyError: If there is no format that is called as ``written``.
    """
    formats = get_args(TableFormat)
    if written is not None and written not in formats:
        raise PolicyError(f"there is no format {written!r}", where="--format", allowed=", ".join(formats),
                          next=nearest(written, formats))
    return Source.model_validate({"table": table, "format": written})
