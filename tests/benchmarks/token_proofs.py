"""What is proved of tokens and keys, not timed: tests that are run for the bench, each claim with its own."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.benchmarks.detect.figures import Figure, figure

PROOFS = {
    "published vectors, valid accepted and invalid refused": (
        "tests/engine/ciphers", "tests/engine/operators/test_keyed.py", "tests/engine/operators/test_canonical.py",
        "tests/engine/backends/keys/test_keys.py", "tests/udfs/test_token.py"),
    "a worker or an executor killed: the digest of the undisturbed run": ("tests/faults/test_killed_executors.py",),
    "rotation: who has the old key or old tokens reads and links nothing": (
        "tests/engine/rotation", "tests/parity/test_same_rotation.py"),
    "forgetting: who was forgotten is read and linked by nobody": ("tests/engine/forgetting",),
    "canary sweep: no key in what a run leaves, each planted one found": (
        "tests/faults/test_canaries.py", "tests/faults/test_traces.py"),
}
"""Claim → the tests that try to refute it."""


def proofs() -> list[Figure]:
    """Returns of each claim how many of its tests held, out of all."""
    return [_proof(claim, tests) for claim, tests in PROOFS.items()]


def _proof(claim: str, tests: tuple[str, ...]) -> Figure:
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests], check=False,
                          capture_output=True, text=True)
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|skipped|errors?)", done.stdout)}
    return figure(claim, counts.get("passed", 0), "tests", bar=sum(counts.values()) or 1, note=", ".join(tests))
