"""``lakeveil audit-training`` as people type it, and how its results look."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

import engine.synthetic
from engine.errors import GuaranteeNotMet, NoPowerError
from jobs import _views_audit
from tests.engine.synth.test_audit import found
from tests.jobs.command import ROOT, here

POLICY = ROOT / "conf" / "policies" / "demo-patients.yaml"


@pytest.fixture
def asked(monkeypatch):
    """What the job asked for; the audit itself is tested elsewhere."""
    calls = []

    def audit(policy, progress, **how):
        calls.append((policy.name, policy.release.path, how))
        progress("auditing single steps", 0.5)
        return found()

    monkeypatch.setattr(engine.synthetic, "audit_training", audit)
    return calls


def test_it_tells_bound_claim_controls_and_that_nothing_was_spent(asked, tmp_path):
    done = here("audit-training", POLICY, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("one step's sum", "wagers", "claimed epsilon", "at least (0.99)", "60.0%", "holds", "no noise",
                  "half of the noise", "no row of a table was read, nothing was spent, nothing charged", "proves none",
                  "not audited: loading of rows", "the bound on rows of a subject", "several workers", "GPUs", "largest_batch"):
        assert words in done.stdout
    assert "auditing single steps" in done.stderr
    assert asked == [("demo-patients", "releases/patients", {"canaries": 5000, "confidence": 0.999, "steps_only": False})]


def test_json_and_options(asked, tmp_path):
    receipt = tmp_path / "elsewhere.receipt.json"
    done = here("audit-training", POLICY, "--json", "--canaries", 300, "--confidence", "0.95", "--steps-only",
                "--receipt", receipt, cwd=tmp_path)
    document = json.loads(done.stdout)
    assert document["questions"][0]["bounds"][0] == {
        "method": "wagers", "delta": 1e-5, "claimed": 2.0, "epsilon": 1.0, "holds": True}
    assert document["confidence"] == 0.99
    assert document["not_audited"][0] == "loading of rows and the split that is held out"
    assert asked[0][1:] == (str(tmp_path / "elsewhere"), {"canaries": 300, "confidence": 0.95, "steps_only": True})


@pytest.mark.parametrize("option", [("--canaries", "9"), ("--confidence", "1"), ("--confidence", "0.2")])
def test_what_no_audit_can_have_is_refused(asked, tmp_path, option):
    assert here("audit-training", POLICY, *option, cwd=tmp_path).returncode == 2
    assert not asked


@pytest.mark.parametrize(("error", "code", "word"), [
    (GuaranteeNotMet("the loop that trains does not keep what is claimed"), 5, "guarantee"),
    (NoPowerError("the audit proves nothing"), 11, "no_power")])
def test_its_ends(monkeypatch, tmp_path, error, code, word):
    def audit(*_, **__):
        raise error

    monkeypatch.setattr(engine.synthetic, "audit_training", audit)
    done = here("audit-training", POLICY, "--json", cwd=tmp_path)
    assert done.returncode == code
    assert json.loads(done.stdout)["error"] == word


def test_what_is_refuted_stands_out():
    screen = Console(file=io.StringIO(), width=160)
    for part in _views_audit.audit(found(epsilon=3.0, caught=False)):
        screen.print(part)
    text = screen.file.getvalue()
    assert text.count("REFUTED") == 1
    assert " no " in text
