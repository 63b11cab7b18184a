"""What training refuses to start on, and that nothing is published then. None of these starts Ray or loads torch."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.errors import BudgetExceeded, GuaranteeNotMet, InputError, PolicyError, SetupError
from engine.synth.evaluate import evaluate
from engine.synth.shards import open_release
from engine.synth.synthesize import require_training_packages, synthesize
from tests.engine.synth.people import people, policy, write_release


@pytest.fixture
def release(tmp_path: Path) -> str:
    return write_release(tmp_path, people(300))


def _refused(release: str, kind: type[Exception], words: str, **synthesis: object) -> None:
    with pytest.raises(kind, match=words) as refused:
        synthesize(policy(**synthesis), release)
    assert not Path(release + ".synthetic").exists()
    assert not any("staging" in entry.name for entry in Path(release).parent.iterdir())
    assert not {"ray", "torch"} & set(sys.modules) - LOADED, "refused before anything heavy is loaded"
    assert refused.value.next or refused.value.allowed, "the error says what to do"


LOADED = set(sys.modules)


@pytest.fixture(autouse=True)
def _loaded() -> None:
    LOADED.update(sys.modules)


def _edit(release: str, **fields: object) -> None:
    place = Path(release + ".receipt.json")
    place.write_text(json.dumps({**json.loads(place.read_text()), **fields}))


def test_no_receipt(release):
    Path(release + ".receipt.json").unlink()
    _refused(release, InputError, "no receipt")


def test_a_receipt_that_is_not_one(release):
    Path(release + ".receipt.json").write_text("{}")
    _refused(release, InputError, "receipt cannot be read")


def test_a_verdict_that_does_not_hold(tmp_path):
    _refused(write_release(tmp_path, people(100), holds=False), GuaranteeNotMet, "not verified")


def test_a_receipt_without_verdicts_proves_nothing(release):
    _edit(release, verdicts=[])
    _refused(release, GuaranteeNotMet, "not verified")


def test_a_version_written_after_verification(release):
    write_deltalake(release, people(10), mode="append")
    _refused(release, InputError, "another version")


def test_what_services_commit_is_no_other_version_and_only_what_was_verified_is_read(release):
    digests = open_release(release).receipt.files
    DeltaTable(release).alter.set_table_properties({"delta.logRetentionDuration": "interval 9 days"})
    DeltaTable(release).optimize.compact()
    opened = open_release(release)
    assert opened.receipt.files == digests
    assert sum(len(rows) for _, rows in opened.read(opened.share(0, 1), ["token"])) == 300
    DeltaTable(release).vacuum(0, dry_run=False, enforce_retention_duration=False)
    _refused(release, InputError, "missing", records=None)


def test_another_first_commit(release):
    commit = Path(release, "_delta_log", f"{0:020}.json")
    commit.write_text(commit.read_text() + "\n")
    _refused(release, InputError, "first commit")


def test_another_list_of_files(release):
    files = json.loads(Path(release + ".receipt.json").read_text())["files"]
    _edit(release, files=files[1:])
    _refused(release, InputError, "list of files")


def test_a_file_that_was_altered_but_kept_its_size(release):
    file = open_release(release).receipt.files[1]
    place = Path(release, file.path)
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(bytes(content))
    _refused(release, InputError, "not the one that was verified", records=None)


def test_a_file_that_was_replaced_by_another_table(release):
    file = open_release(release).receipt.files[0]
    pq.write_table(people(7), Path(release, file.path))
    _refused(release, InputError, "not the one that was verified", records=None)


def test_a_file_that_is_gone(release):
    Path(release, open_release(release).receipt.files[2].path).unlink()
    _refused(release, InputError, "missing", records=None)


def test_a_file_that_leads_out_of_the_release(release, tmp_path):
    file = open_release(release).receipt.files[0]
    outside = tmp_path / "outside.parquet"
    shutil.move(Path(release, file.path), outside)
    Path(release, file.path).symlink_to(outside)
    _refused(release, InputError, "outside", records=None)


def test_no_table(tmp_path):
    _refused(str(tmp_path / "nothing"), InputError, "no receipt")


def test_a_store_that_is_not_mounted():
    with pytest.raises(SetupError, match="mounted"):
        open_release("s3://bucket/release")


def test_no_synthesis_section(release):
    plain = policy().model_copy(update={"synthesis": None})
    with pytest.raises(PolicyError, match="does not say how to synthesize"):
        synthesize(plain, release)


def test_a_release_without_its_subject(tmp_path):
    _refused(write_release(tmp_path, people(50), subject=None), InputError, "which subject")


def test_delta_above_one_over_units(release):
    _refused(release, PolicyError, "delta is no promise", records=3000, delta=1e-3)


def test_an_epsilon_that_cannot_be_met(release):
    _refused(release, BudgetExceeded, "epsilon is too small", records=300, epsilon=0.001, epochs=1000)


def test_a_path_that_is_taken(release):
    Path(release + ".synthetic").mkdir()
    with pytest.raises(InputError, match="taken"):
        synthesize(policy(records=300), release)


def test_packages_that_are_missing(monkeypatch):
    find = __import__("importlib.util").util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None if name == "ray" else find(name, *rest))
    with pytest.raises(SetupError, match=r"not installed: ray") as refused:
        require_training_packages()
    assert "lakeveil[synth]" in refused.value.next


def test_messages_quote_no_cell(release):
    content = Path(release, open_release(release).receipt.files[0].path)
    content.write_bytes(b"t0000ff secret" * 50)
    with pytest.raises(InputError) as refused:
        synthesize(policy(), release)
    assert "secret" not in str(refused.value)


def test_evaluating_without_a_synthesis_receipt(release):
    with pytest.raises(InputError, match="no synthesis receipt"):
        evaluate(policy(), release, release + ".synthetic")
