"""What a call must not go on with is refused before Ray starts: exit code 3, the charge kept, nothing published."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from engine.plan import Policy
from engine.privacy.ledger import Book
from engine.synth.journal import Journal, Snapshot
from engine.synth.preparing import prepare
from jobs.cli import app
from tests.engine.ledger.policies import made
from tests.engine.synth.people import people, write_policy, write_release

pytestmark = pytest.mark.slow
SAID = {"records": 200, "batch": 50, "epochs": 5}


@pytest.fixture
def begun(tmp_path):
    """A training that was killed after its first checkpoint."""
    ledger, release = made(tmp_path / "ledger"), write_release(tmp_path, people(300))
    written = write_policy(tmp_path / "policy.yaml", release, ledger.path, **SAID)
    journal = prepare(Policy.load(written), release).journal
    attempt = journal.cover(journal.attempt(2), 2)
    journal.cover(journal.keep(attempt, Snapshot(2, {"weights": np.zeros(4, dtype=np.float32)})), 4)
    return written, release, ledger, journal


def _refused(begun, words: str) -> dict:
    written, release, ledger, _ = begun
    before, loaded = Book.of(ledger.path, ledger.read()).digests, "torch" in sys.modules
    ended = CliRunner().invoke(app, ["synthesize", str(written), "--json"])
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["error"]) == (3, "input"), told
    assert words in told["what"]
    assert "what was spent stays spent" in told["next"]
    assert Book.of(ledger.path, ledger.read()).digests == before, "nothing is charged, and nothing given back"
    assert not Path(release + ".synthetic").exists()
    assert loaded or "torch" not in sys.modules, "refused before anything heavy is loaded"
    return told


@pytest.mark.parametrize("spoil", [lambda place: place.write_bytes(place.read_bytes()[:-1] + b"!"), Path.unlink])
def test_a_checkpoint_that_was_altered(begun, spoil):
    spoil(next(begun[3].folder.glob("*.safetensors")))
    assert "attempt-0001-step-00000002" in _refused(begun, "the checkpoint is missing, or is not the one")["where"]


@pytest.mark.parametrize("other", [{"epsilon": 5}, {"clip": 2.0}])
def test_a_checkpoint_of_another_plan(begun, other):
    written, release, ledger, _ = begun
    write_policy(written, release, ledger.path, **{**SAID, **other})
    _refused(begun, "a training of another plan was begun here")


def test_a_record_that_was_altered(begun):
    (begun[3].folder / "attempt-0001.json").write_text('{"covered": 0}')
    _refused(begun, "no record of a training")


def test_what_no_claim_depends_on_may_be_another(begun):
    written, release, ledger, journal = begun
    write_policy(written, release, ledger.path, **SAID, workers=1, attempts=9, metrics={"textfile": "a.prom"})
    assert prepare(Policy.load(written), release).journal.executed() == Journal(journal.folder).executed() == 4
