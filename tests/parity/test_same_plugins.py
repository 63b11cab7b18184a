"""Plug-ins that a file names say the same everywhere: local, in processes, classic and Connect; and fail alike."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.backends.crew import scan_in_crew
from engine.backends.local import LocalBackend
from engine.detect.detector import Detector
from engine.errors import NotReadyError
from engine.plan import compile_plan
from schemas.policy.v1 import Source
from tests.engine.detect.plugins.test_presidio_objects import BASE, PATTERN
from tests.engine.detect.test_detector import without_its_model
from tests.parity.cases import policy

pytestmark = [pytest.mark.spark, pytest.mark.slow]
BACKENDS = ("local", "spark", "spark_connect")
PLANTED = "Zanzibar"
HANGS, FAILS = f"S-1 {PLANTED}", f"S-2 {PLANTED}"
TEXTS = ["badge B-1234 of Maria", "x " + "a" * 60 + PLANTED, "in Ward 7", None, HANGS, FAILS, "S-3", "nothing", "078-05-1120",
         "pt vandreth zqxolm denies pain"]


class Slip(BASE):
    """A validator of the user's: hangs on one text, fails on another."""

    def __init__(self, **_):
        super().__init__(supported_entity="SLIP", patterns=[PATTERN("p", r"S-\d( \w+)?", 0.5)])

    def validate_result(self, pattern_text):
        if pattern_text == HANGS:
            time.sleep(30)
        if pattern_text == FAILS:
            raise KeyError(pattern_text)
        return True


@pytest.fixture
def listed(tmp_path, monkeypatch):
    monkeypatch.setenv("LAKEVEIL_ALLOW_CODE", "1")
    (tmp_path / "presidio.yaml").write_text(
        "recognizers:\n"
        "  - {name: badge, supported_entity: BADGE, patterns: [{name: p, regex: '\\bB-\\d{4}\\b', score: 0.6}]}\n"
        "  - {name: bomb, supported_entity: BOMB, patterns: [{name: p, regex: '(?:(?:a|a)+)+b', score: 0.6}]}\n"
        "  - {name: slip, class: 'tests.parity.test_same_plugins:Slip'}\n")
    (tmp_path / "wards.yaml").write_text("version: 1\npatterns: [{name: wards, type: WARD, deny_list: [Ward 7], score: 0.9}]\n")
    (tmp_path / "list.yaml").write_text("version: 1\nplugins: [{path: presidio.yaml, seconds: 0.5}, wards.yaml]\n")
    return tmp_path / "list.yaml"


@pytest.fixture
def lake(tmp_path):
    table = pa.table({"note": TEXTS * 3, "name": ["Maria"] * 9 + ["Vandreth"] + ["Maria"] * 20})
    write_deltalake(str(tmp_path / "lake"), table)
    return str(tmp_path / "lake")


def backend_on(name: str, request: pytest.FixtureRequest):
    from engine.backends.spark import SparkBackend  # noqa: PLC0415 - starts pyspark

    return LocalBackend() if name == "local" else SparkBackend(request.getfixturevalue(name))


def entities(report) -> dict[str, int]:
    note = next(column for column in report.columns if column.path == "note")
    return {entity.entity_type: entity.cells for entity in note.entities}


def test_a_scan(lake, listed, request, caplog):
    listed.write_text(listed.read_text() + "names: 'off'\n")
    detector = Detector.load(listed)
    for path in listed.parent.glob("*.yaml"):
        path.unlink()
    said = {name: entities(backend_on(name, request).scan(Source(table=lake), detector=detector)) for name in BACKENDS}
    assert said["local"] == said["spark"] == said["spark_connect"]
    crew = dict(scan_in_crew([Source(table=lake)], sample=None, detector=detector, workers=1, heard=lambda *_: None))
    assert entities(crew[0]) == said["local"]
    wanted = {"BADGE": 3, "WARD": 3, "SLIP": 3, "UNSCANNABLE": 9, "US_SSN": 3}
    assert {name: said["local"][name] for name in wanted} == wanted
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING and PLANTED in record.getMessage()]


def test_a_release(lake, listed, tmp_path, request):
    columns = {"name": {"role": "direct", "operator": "drop"},
               "note": {"role": "text", "why": "w", "operator": {"redact": {"known": ["name"]}}}}
    plans, rows = {}, {}
    for name in BACKENDS:
        written = policy(columns, lake, tmp_path / name, recognizers=str(listed))
        backend = backend_on(name, request)
        plans[name] = compile_plan(written, backend.measure(written))
        backend.execute(plans[name]).publish()
        rows[name] = sorted(map(str, DeltaTable(str(tmp_path / name)).to_pyarrow_table()["note"].to_pylist()))
    assert rows["local"] == rows["spark"] == rows["spark_connect"]
    assert plans["local"].stages[1:-2] == plans["spark"].stages[1:-2]
    text = "\n".join(rows["local"])
    assert {"badge [BADGE] of [KNOWN]", "in [WARD]", "[SLIP]", "[UNSCANNABLE]", "pt [KNOWN] denies pain"} < set(rows["local"])
    assert PLANTED not in text
    plain = policy(columns, lake, tmp_path / "plain")
    other = compile_plan(plain, LocalBackend().measure(plain))
    assert other.fingerprint != plans["local"].fingerprint
    assert plain.fingerprint != plans["local"].policy.fingerprint


@pytest.mark.parametrize("name", BACKENDS)
def test_a_model_that_is_not_on_the_machine_that_scans_is_named(name, lake, tmp_path, request):
    from engine.backends.spark.errors import attempt  # noqa: PLC0415 - starts pyspark
    from engine.backends.spark.scan import tallies  # noqa: PLC0415

    sent = without_its_model(tmp_path)
    backend = backend_on(name, request)

    def released() -> None:
        columns = {"name": {"role": "direct", "operator": "drop"}, "note": {"role": "text", "why": "w"}}
        written = policy(columns, lake, tmp_path / "r")
        written._detector = Detector.model_validate_json(sent)
        backend.execute(compile_plan(written, backend.measure(written)))

    def scanned() -> None:
        frame = backend.spark.read.format("delta").load(lake)
        attempt("scan", lake, lambda: frame.mapInArrow(tallies(0, frame.columns, sent), "tally binary").collect())

    for run in (released,) if name == "local" else (released, scanned):
        with pytest.raises(NotReadyError, match=re.escape("'/nowhere/deid' is not a folder")) as refused:
            run()
        assert refused.value.where == "engine.yaml"
    assert not Path(tmp_path / "r").exists()
