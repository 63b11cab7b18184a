"""What audits see of the training loop: planted bugs, and how near the bounds come to what is claimed.

Each bug is planted in the code that runs (``tests.engine.synth.planted``). The audit is the command's, with the constants of the
policy that the demo has.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from engine.plan import Policy
from engine.synth.audited import audit_training
from schemas.training_audit import Question, TrainingAudit
from tests.benchmarks.figures import ROOT, ended, line, shown
from tests.engine.synth.planted import accounted, audited, caught, loaded

POLICY = ROOT / "conf" / "policies" / "demo-patients.yaml"
NEAR, SECONDS = 1.3, 120.0
"""Bars: claimed epsilon of a step over what is proved, and the time of the command."""


def measured(size: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yields what is found.

    Args:
        size: ``canaries`` of the audit, and its ``confidence``.
    """
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for bug, found in caught(Path(folder)):
            yield line(f"planted: {bug.name}", float(not found.caught), "unseen", 0, f"seen by: {bug.by}: {found.figure}")
        honest = {**audited(), **accounted(Path(folder)), **loaded(Path(folder))}
    seen = [what for what, found in honest.items() if found.caught]
    yield line("planted: none", float(len(seen)), "seen", 0, "; ".join(seen) or f"{len(honest)} looks at the code as it is")
    audit = audit_training(Policy.load(POLICY), "", number=size.canaries, confidence=size.confidence, progress=lambda *_: None)
    for question in audit.questions:
        yield _near(question, audit)
    for control in audit.controls:
        name = f"control: {control.noise:g} of the noise, {control.what}"
        bar = 0 if not control.noise or control.what == "step" else None
        yield line(name, float(not control.caught), "uncaught", bar, f"{control.right / control.coins:.1%} guessed right")
    yield line("audit-training: time", audit.seconds, "s", SECONDS,
               f"{audit.steps} steps, {audit.canaries:,} canaries, 2 controls")


def _near(question: Question, audit: TrainingAudit) -> dict[str, Any]:
    best = question.bounds[0]
    note = ", ".join(f"{one.method} {one.epsilon:.3g} of {one.claimed:.3g} at {one.delta:.0e}" for one in question.bounds)
    bar = NEAR if question.what == "step" else None
    return line(f"claimed over proved epsilon, {question.what}", best.claimed / max(best.epsilon, 1e-3), "times", bar,
                f"at {audit.confidence:g}: {note}; {question.coins:,} coins")


def main() -> int:
    """Measures, prints a table, writes the figures; 0 if no bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--canaries", type=int, default=5000, help="of the audit's training")
    parser.add_argument("--confidence", type=float, default=0.999, help="of its bounds")
    parser.add_argument("--small", action="store_true", help="a tenth of the canaries")
    asked = parser.parse_args()
    if asked.small:
        asked.canaries //= 10
    return ended([shown(found) for found in measured(asked)], "training_bugs")


if __name__ == "__main__":
    sys.exit(main())
