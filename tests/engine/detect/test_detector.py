"""What is looked for, as data: read once, the same wherever the files lie, and the same findings in any process."""

from __future__ import annotations

import json
import shutil

import pyarrow as pa
import pytest

from engine.detect.config import RecognizerConfig
from engine.detect.detector import Detector, scanner_of
from engine.detect.fingerprint import detector_fingerprint
from engine.detect.plugins import Description
from engine.detect.scanner import Scanner
from engine.errors import InputError, NotReadyError, PolicyError

PRESIDIO = """
recognizers:
  - {name: badge, supported_entity: BADGE, patterns: [{name: p, regex: '\\bB-\\d{4}\\b', score: 0.6}]}
  - {name: Anruf, supported_language: de, supported_entity: ANRUF, deny_list: [Anruf]}
"""
WARDS = "version: 1\npatterns: [{name: wards, type: WARD, deny_list: [Ward 7, Ward 9], score: 0.9}]\n"
LIST = "version: 1\nnames: 'off'\nplugins: [own/presidio.yaml, {path: own/wards.yaml, seconds: 2}]\n"
TEXTS = pa.array(["B-1234 in Ward 7", "Anruf of jane@example.org", None, "nothing"])


@pytest.fixture
def listed(tmp_path):
    (tmp_path / "here" / "own").mkdir(parents=True)
    (tmp_path / "here" / "own" / "presidio.yaml").write_text(PRESIDIO)
    (tmp_path / "here" / "own" / "wards.yaml").write_text(WARDS)
    (tmp_path / "here" / "list.yaml").write_text(LIST)
    return tmp_path / "here" / "list.yaml"


def found(scanner: Scanner) -> set[tuple[int, str]]:
    rows = scanner.find(TEXTS).to_pylist()
    return {(row["row"], row["entity_type"]) for row in rows}


@pytest.mark.slow
def test_files_are_found_from_the_lists_folder_and_are_not_needed_afterwards(listed):
    detector = Detector.load(listed)
    shutil.rmtree(listed.parent)
    expected = {(0, "BADGE"), (0, "WARD"), (1, "ANRUF"), (1, "EMAIL_ADDRESS")}
    assert found(detector.scanner()) == expected
    sent = detector.model_dump_json()
    assert str(listed.parent) in sent  # errors name the file
    assert found(scanner_of(sent)) == expected
    assert scanner_of(sent) is scanner_of(sent)
    assert {"BADGE", "WARD", "ANRUF"} < set(detector.scanner().entity_types)


@pytest.mark.slow
def test_in_python_the_lists_plug_ins_run_too(listed):
    assert (0, "WARD") in found(Scanner.load(listed))
    assert (0, "WARD") in found(Scanner.load(str(listed)))


@pytest.mark.slow
def test_languages_choose(listed):
    listed.write_text(LIST.replace("own/presidio.yaml", "{path: own/presidio.yaml, languages: [en]}"))
    assert (1, "ANRUF") not in found(Detector.load(listed).scanner())


def test_the_digest_is_of_what_is_said_and_not_of_where(listed, tmp_path):
    one = Detector.load(listed)
    shutil.copytree(listed.parent, tmp_path / "there")
    other = Detector.load(tmp_path / "there" / "list.yaml")
    assert one.digest == other.digest
    assert detector_fingerprint(detector=one) == detector_fingerprint(detector=other)
    digests = {one.digest}
    for file, text in (("own/wards.yaml", WARDS.replace("9]", "10]")), ("list.yaml", LIST.replace("seconds: 2", "seconds: 3")),
                       ("list.yaml", LIST + "threshold: 0.5\n")):
        (tmp_path / "there" / file).write_text(text)
        digests.add(Detector.load(tmp_path / "there" / "list.yaml").digest)
    assert len(digests) == 4
    assert len({detector_fingerprint(), detector_fingerprint(detector=one), detector_fingerprint(detector=other)}) == 2


def test_a_models_weights_count(tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    (tmp_path / "engine.yaml").write_text("nlp_engine_name: spacy\nmodels: [{lang_code: en, model_name: m}]\n")
    (tmp_path / "list.yaml").write_text("version: 1\nplugins: [engine.yaml]\n")
    digests = set()
    for weights in ("a", "b"):
        (folder / "weights").write_text(weights)
        digests.add(Detector.load(tmp_path / "list.yaml").digest)
    assert len(digests) == 2


@pytest.mark.slow
def test_code_is_allowed_by_whoever_runs_alone(listed, monkeypatch):
    (listed.parent / "own" / "presidio.yaml").write_text(
        "recognizers: [{name: mine, class: 'tests.engine.detect.plugins.test_presidio_objects:Ticket'}]")
    with pytest.raises(PolicyError, match="LAKEVEIL_ALLOW_CODE=1"):
        Detector.load(listed)
    monkeypatch.setenv("LAKEVEIL_ALLOW_CODE", "1")
    sent = Detector.load(listed).model_dump_json()
    monkeypatch.delenv("LAKEVEIL_ALLOW_CODE")
    assert "TICKET" in scanner_of(sent).entity_types


@pytest.mark.parametrize(("text", "error", "said"), [
    ("plugins: [nowhere.yaml]", InputError, "nowhere.yaml"), ("plugins: [{path: own/wards.yaml, secs: 1}]", PolicyError, "secs"),
    ("plugins: [list.yaml]", PolicyError, "this describes no plug-ins"), ("plugins: [{seconds: 1}]", PolicyError, "path")])
def test_lists_that_are_refused(listed, text, error, said):
    listed.write_text(f"version: 1\n{text}\n")
    with pytest.raises(error, match=said):
        Detector.load(listed)


def without_its_model(folder) -> str:
    """A detector as it comes to a machine that does not have its model."""
    described = Description(where="engine.yaml", folder=str(folder), text=(
        "nlp_engine_name: spacy\nmodels: [{lang_code: en, model_name: /nowhere/deid}]"))
    return Detector(config=RecognizerConfig.default(), plugins=(described,)).model_dump_json()


def test_a_model_that_is_not_here_is_named_before_anything_is_scanned(tmp_path):
    with pytest.raises(NotReadyError, match="'/nowhere/deid' is not a folder") as refused:
        scanner_of(without_its_model(tmp_path))
    assert refused.value.exit_code == 4


def test_a_model_that_is_another_one_here_is_refused(tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "weights").write_text("a")
    (tmp_path / "engine.yaml").write_text("nlp_engine_name: spacy\nmodels: [{lang_code: en, model_name: m}]\n")
    (tmp_path / "list.yaml").write_text("version: 1\nplugins: [engine.yaml]\n")
    sent = Detector.load(tmp_path / "list.yaml").model_dump_json()
    (folder / "weights").write_text("b")
    with pytest.raises(NotReadyError, match="not the one that the plan was made with") as refused:
        scanner_of(sent)
    assert refused.value.where == str(folder)


def test_data_and_nothing_else(listed):
    """What goes to workers is JSON of strings and numbers."""
    sent = json.loads(Detector.load(listed).model_dump_json())
    assert Detector.model_validate_json(json.dumps(sent)) == Detector.load(listed)
