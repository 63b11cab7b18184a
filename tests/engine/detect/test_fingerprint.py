"""A scan's fingerprint says the same for the same rules, and otherwise for others."""

from __future__ import annotations

from engine.detect import fingerprint
from engine.detect.columns.sensitivity import SensitivityConfig
from engine.detect.fingerprint import detector_fingerprint


def test_same_rules_same_fingerprint():
    assert detector_fingerprint() == detector_fingerprint(SensitivityConfig.default())
    assert len(detector_fingerprint()) == 64


def test_rules_code_and_recognizers_all_count(monkeypatch, tmp_path):
    found = {detector_fingerprint()}
    found.add(detector_fingerprint(SensitivityConfig.default().model_copy(update={"least_share": 0.5})))
    monkeypatch.setattr(fingerprint, "lakeveil_version", lambda: "another")
    found.add(detector_fingerprint())
    monkeypatch.setattr(fingerprint, "conf_path", lambda _: tmp_path)
    found.add(detector_fingerprint())
    (tmp_path / "entities").mkdir()
    for name, text in (("entities/x.yaml", "a"), ("entities/x.yaml", "b"), ("y.csv", "b")):
        (tmp_path / name).write_text(text)
        found.add(detector_fingerprint())
    (tmp_path / "notes.txt").write_text("not a rule")
    assert detector_fingerprint() in found
    assert len(found) == 7
