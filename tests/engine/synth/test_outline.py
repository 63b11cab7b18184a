"""Where a training is recorded is known before anything is drawn for it, and is never within its table."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SetupError
from engine.plan import Policy
from engine.privacy.ledger import Book
from engine.release.files import require_free
from engine.synth.outline import outlined
from engine.synth.preparing import prepare
from tests.engine.ledger.policies import made
from tests.engine.synth.people import people, policy, write_policy, write_release

SAID = {"records": 200, "batch": 50, "epochs": 5}


@pytest.mark.parametrize("spelled", ["{}", "{}/", "{}//", "file://{}", "file://{}/"])
def test_a_journal_lies_beside_its_table_however_the_path_is_spelled(tmp_path, monkeypatch, spelled):
    monkeypatch.chdir(tmp_path)
    release, table = write_release(tmp_path, people(300)), tmp_path / "out" / "syn"
    prepared = prepare(policy(path=spelled.format(table), **SAID), release)
    assert prepared.journal.folder == tmp_path / "out" / "syn.training"
    assert prepared.journal.folder.is_dir()
    require_free(prepared.outline.path)
    assert prepared.outline.path == str(table)
    assert {place.name for place in tmp_path.iterdir()} == {"out", "release", "release.receipt.json"}
    assert outlined(policy(path=str(table), **SAID), release).plan == prepared.outline.plan


def test_a_release_named_by_a_uri_has_its_journal_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    release = write_release(tmp_path, people(300))
    assert outlined(policy(**SAID), f"file://{release}").journal.folder == Path(release + ".synthetic.training")


def test_a_table_on_another_store_is_refused_before_anything_is_charged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ledger, release = made(tmp_path / "ledger"), write_release(tmp_path, people(300))
    asked = Policy.load(write_policy(tmp_path / "policy.yaml", release, ledger.path, path="s3a://bucket/synthetic", **SAID))
    before = {place.name for place in tmp_path.iterdir()}
    with pytest.raises(SetupError, match="not a mounted file system") as refused:
        prepare(asked, release)
    assert refused.value.where == "s3a://bucket/synthetic"
    assert not Book.of(ledger.path, ledger.read()).entries
    assert {place.name for place in tmp_path.iterdir()} == before
