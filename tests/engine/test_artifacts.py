"""What steps leave beside a release: where it lies, that it is whole, and that nothing else is written over."""

from __future__ import annotations

import pytest

from engine import road
from engine.artifacts import Artifacts, leave, refuse_overwriting
from engine.errors import InputError, SetupError
from engine.plan import Policy
from schemas.findings import ScanReport
from schemas.receipt import Receipt


def policy(**more) -> Policy:
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "people", "purpose": "test", "legal_basis": "test", "retention": "1 day",
        "source": {"table": "lake/people"}, "columns": {"age": {"role": "quasi", "why": "needed"}}, "guarantees": {"k": 10},
        "release": {"path": "releases/people/"}, **more})


def test_a_command_writes_over_nothing_but_an_earlier_record_of_its_kind(tmp_path):
    found = ScanReport(table="t", format="csv", rows=1, columns=(), bytes_scanned=0, seconds=0)
    earlier, table, folder = tmp_path / "scan.json", tmp_path / "people.csv", tmp_path / "folder"
    leave(str(earlier), found.model_dump_json())
    table.write_text("name\nAda Byron\n")
    folder.mkdir()
    for out in (None, tmp_path / "free.json", earlier):
        refuse_overwriting(out, ScanReport)
    for out, but in ((earlier, None), (earlier, Receipt), (table, ScanReport), (folder, ScanReport), (folder, None)):
        with pytest.raises(InputError, match="there is a file already") as refusal:
            refuse_overwriting(out, but)
        assert ("or an earlier" in refusal.value.allowed) == (but is not None)
    with pytest.raises(InputError, match="there is a file already"):
        road.scan_target(str(table), road.open_backend("local"), out=table)
    assert table.read_text() == "name\nAda Byron\n"


def test_artifacts_lie_beside_the_release():
    places = Artifacts.of(policy())
    assert places.statistics == "releases/people.statistics"
    assert (places.receipt, places.report) == ("releases/people.receipt.json", "releases/people.report.html")
    assert places.synthesis == "releases/people.synthetic.receipt.json"
    named = policy(synthesis={"epsilon": 1, "delta": 1e-5, "unit": "record", "path": "elsewhere/s"})
    assert Artifacts.of(named).evaluation == "elsewhere/s.evaluation.json"


def test_what_is_left_is_whole_or_not_there(tmp_path):
    leave(str(tmp_path / "a" / "b.json"), "{}")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.json"]
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot write"):
        leave(str(tmp_path / "file" / "b.json"), "{}")
    with pytest.raises(SetupError, match="mounted"):
        leave("s3a://bucket/x", "{}")
