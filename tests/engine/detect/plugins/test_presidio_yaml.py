"""Presidio's lists of recognizers, read as Presidio reads them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.plugins import Plugins, RulePlugin, load_yaml
from engine.detect.plugins.plain import flags_apart
from engine.detect.plugins.presidio import words_apart
from engine.detect.plugins.presidio_yaml import plugins_of
from engine.detect.plugins.reading import Origin
from engine.errors import InputError, PolicyError, SetupError

CONF = Path(importlib.util.find_spec("presidio_analyzer").origin).parent / "conf"
OWN = """
supported_languages: [en, de]
global_regex_flags: 26
recognizers:
  - name: Zip code recognizer
    supported_languages: [{language: en, context: [zip]}, {language: de, context: [PLZ]}, {language: it, context: [cap]}]
    patterns: [{name: zip, regex: '\\b\\d{5}\\b', score: 0.1}, {name: long, regex: '(?<=#)(\\d)\\1{3}', score: 0.6}]
    supported_entity: ZIP
  - {name: Titles, type: custom, supported_language: en, supported_entities: [TITLE], deny_list: [Mr., Ms.], deny_list_score: 0.7}
  - {name: Italian, supported_language: it, supported_entity: X, deny_list: [x]}
  - {name: Phones, class_name: PhoneRecognizer, supported_regions: [DE], leniency: 3, score_thresholds: {default: 0.2}}
  - {name: UsSsnRecognizer, type: predefined, enabled: false}
  - {name: IbanRecognizer, supported_entity: ACCOUNT, context: [konto]}
  - UrlRecognizer
"""


def load(text: str, tmp_path: Path, **more):
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return load_yaml(path, **more)


def plugins(*recognizers: dict | str, **top):
    return list(plugins_of({"recognizers": list(recognizers), **top}, Origin("own.yaml")))


def test_a_list_of_ones_own(tmp_path):
    found = {one.name: one for one in load(OWN, tmp_path)}
    assert list(found) == ["Zip code recognizer", "Titles", "Phones", "IbanRecognizer", "UrlRecognizer"]
    assert found["Zip code recognizer"].context == ("zip", "plz")
    assert found["IbanRecognizer"].entity_types == ("ACCOUNT",)
    assert found["IbanRecognizer"].rules[0].flags == 26
    assert found["Phones"].thresholds == {"default": 0.2}
    table = Plugins(found.values()).find(pa.array(["PLZ 12345", "#1111 12345", "mr. x", "030/901820", "(415) 555-2671"]))
    assert [(row["value"], row["entity_type"], round(row["score"], 2)) for row in table.to_pylist()] == [
        (0, "ZIP", 0.45), (1, "ZIP", 0.6), (2, "TITLE", 0.7), (3, "PHONE_NUMBER", 0.4)]


def test_languages_choose(tmp_path):
    assert [one.name for one in load(OWN, tmp_path, languages=("it",))] == [
        "Zip code recognizer", "Italian", "Phones", "IbanRecognizer", "UrlRecognizer"]
    assert load(OWN, tmp_path, languages=("it",))[0].context == ("cap",)
    finnish = {"name": "a", "supported_entity": "A", "deny_list": ["a"], "supported_language": "fi"}
    assert [one.name for one in plugins(finnish)] == ["a"]


def test_countries_choose():
    entries = ({"name": "UsSsnRecognizer"}, {"name": "EsNifRecognizer", "country_code": "ES"}, {"name": "UrlRecognizer"},
               {"name": "own", "supported_entity": "A", "deny_list": ["a"], "country_code": "us"})
    assert [one.name for one in plugins(*entries, supported_countries=["us"])] == ["UsSsnRecognizer", "UrlRecognizer", "own"]
    with pytest.raises(PolicyError, match="class's own, which is 'us'"):
        plugins({"name": "UsSsnRecognizer", "country_code": "fr"})


def test_flags():
    entry = {"name": "a", "supported_entity": "A", "patterns": [{"name": "p", "regex": "ab", "score": 0.5}],
             "global_regex_flags": 0}
    assert plugins(entry)[0].rules[0].flags == 0
    assert plugins(entry, global_regex_flags=2)[0].rules[0].flags == 2
    assert plugins({**entry, "global_regex_flags": None})[0].rules[0].flags == 26


A = {"name": "a", "supported_entity": "A"}
P = {"name": "p", "regex": "a", "score": 0.5}


@pytest.mark.parametrize(("entry", "words"), [
    ({"name": "UsSnnRecognizer"}, ["no recognizer called 'UsSnnRecognizer'", "did you mean 'UsSsnRecognizer'?"]),
    ({"name": "mine", "class_name": "IbnRecognizer"}, ["IbanRecognizer", "recognizer 1 (mine)"]),
    ({"name": "AzureAILanguageRecognizer"}, ["no recognizer called"]),
    ({**A, "patterns": [P, {**P, "name": "q", "regex": "(a"}]}, ["does not compile", "recognizer 1 (a), pattern 'q'"]),
    ({**A, "patterns": [{**P, "score": 1.5}]}, ["'patterns.0.score'"]),
    ({**A, "patterns": [{**P, "rgx": "x"}]}, ["'patterns.0.rgx'"]),
    ({**A, "patterns": [P], "contxt": ["x"]}, ["no key of a custom recognizer called 'contxt'", "did you mean 'context'?"]),
    ({**A, "pattrns": [P]}, ["no key of a recognizer called 'pattrns'", "did you mean 'patterns'?"]),
    ({"name": "a", "patterns": [P]}, ["needs 'supported_entity'"]),
    ({**A, "type": "custom"}, ["'patterns' or 'deny_list'"]),
    ({"name": "UrlRecognizer", "type": "predefined", "patterns": [P]}, ["set 'type: custom'"]),
    ({"name": "PhoneRecognizer", "supported_region": ["US"]}, ["did you mean 'supported_regions'?", "PhoneRecognizer"]),
    ({"name": "PhoneRecognizer", "supported_regions": 7}, ["cannot be made", "TypeError"]),
    ({"name": "UrlRecognizer", "type": "odd"}, ["'type'"]),
    ({"name": "SpacyRecognizer"}, ["reads the entities of an NLP engine", "enabled: false"]),
    ({"name": "mine", "class": "os.path:join"}, ["is code", "LAKEVEIL_ALLOW_CODE=1"]),
])
def test_what_is_refused(entry, words):
    with pytest.raises(PolicyError) as caught:
        plugins(entry)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_presidios_own_files(tmp_path):
    assert [one.name for one in load_yaml(CONF / "default_recognizers.yaml")] == [
        "CreditCardRecognizer", "UsBankRecognizer", "UsLicenseRecognizer", "UsItinRecognizer", "UsPassportRecognizer",
        "UsSsnRecognizer", "NhsRecognizer", "CryptoRecognizer", "DateRecognizer", "EmailRecognizer",
        "IbanRecognizer", "IpRecognizer",
        "MedicalLicenseRecognizer", "MacAddressRecognizer", "UuidRecognizer", "PhoneRecognizer", "UrlRecognizer"]
    assert [one.name for one in load_yaml(CONF / "example_recognizers.yaml")] == ["Zip code Recognizer", "Titles recognizer"]
    with pytest.raises(InputError):
        load_yaml(tmp_path / "absent.yaml")


CODE = """
import re

class Shout:
    name, supported_entities, context = "shout", ["SHOUT"], []

    def analyze(self, text, entities, nlp_artifacts=None):
        return [type("Result", (), dict(start=m.start(), end=m.end(), entity_type="SHOUT", score=0.5))
                for m in re.finditer("[A-Z]{3,}", text)]

EntityRecognizer = type("EntityRecognizer", (), {})

class Shouting(Shout, EntityRecognizer):
    def __init__(self, name="shout"):
        self.name = name
"""


def test_a_class_is_imported_only_where_code_is_allowed(tmp_path, monkeypatch):
    (tmp_path / "shouting.py").write_text(CODE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    text = "recognizers: [{name: loud, class: 'shouting:Shouting'}]"
    with pytest.raises(PolicyError, match="is code"):
        load(text, tmp_path)
    assert "shouting" not in sys.modules
    found = load(text, tmp_path, allow_code=True)
    assert Plugins(found).find(pa.array(["hey YOU"])).to_pylist() == [
        {"value": 0, "start": 4, "end": 7, "entity_type": "SHOUT", "score": 0.5, "recognizer": "loud"}]
    for name, error in [("shouting:Absent", SetupError), ("absent.module:X", SetupError), ("shouting:re", PolicyError),
                        ("a b:c", PolicyError)]:
        with pytest.raises(error):
            load(f"recognizers: [{{name: loud, class: '{name}'}}]", tmp_path, allow_code=True)


KEYS = st.sampled_from([
    "name", "class_name", "type", "enabled", "supported_language", "supported_languages", "supported_entity", "context",
    "supported_entities", "country_code", "score_thresholds", "patterns", "deny_list", "deny_list_score", "global_regex_flags",
    "regex", "score", "language", "supported_regions", "recognizers", "supported_countries", "class", "model_name"])
WORDS = st.sampled_from(["", "a", "custom", "predefined", "en", "us", "UrlRecognizer", "PhoneRecognizer", "GLiNERRecognizer",
                         "SpacyRecognizer", "(a", "a+"])
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 30), st.floats(), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)), max_leaves=6)


@settings(deadline=None, max_examples=25)
@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_whatever_a_file_says_it_is_read_or_refused_in_words(entry):
    """Nothing else is raised."""
    for content in (entry, {"recognizers": [entry]}, {"recognizers": [{"name": "a", "supported_entity": "A", **entry}]}):
        try:
            found = list(plugins_of(content, Origin("own.yaml")))
        except PolicyError as refused:
            assert "own.yaml" in str(refused)  # noqa: PT017 - refused or read, both are well
        else:
            assert all(one.entity_types for one in found)


THEIRS = """
import json, sys
from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider
for path in sys.argv[1:]:
    found = RecognizerRegistryProvider(conf_file=path).create_recognizer_registry().recognizers
    print(json.dumps([[one.name, one.supported_entities, one.context or [], one.supported_language,
                       getattr(one, "global_regex_flags", None), [[p.regex, p.score] for p in getattr(one, "patterns", [])]]
                      for one in found]))
"""


def listed(*, everything: bool) -> dict:
    """Presidio's own list with two entries of ours; with all that it leaves out by default, too."""
    content = yaml.safe_load((CONF / "default_recognizers.yaml").read_text(encoding="utf-8"))
    own = yaml.safe_load(OWN)["recognizers"]
    own[1] = {key: value for key, value in own[1].items() if key != "supported_entities"} | {"supported_entity": "TITLE"}
    content["recognizers"] += own[:2]
    if everything:
        content["supported_languages"] = ["en", "es", "it", "pl", "fi", "ko", "sv", "th", "tr", "de"]
        for entry in content["recognizers"]:
            entry["enabled"] = "LangExtract" not in entry["name"] and "HuggingFace" not in entry["name"]
    return content


@pytest.fixture(scope="module")
def as_they_read(tmp_path_factory) -> dict[bool, tuple[dict, Path, list]]:
    """Both lists, where they lie, and what Presidio's loader makes of them: in one process, as it loads for ten seconds."""
    folder, lists = tmp_path_factory.mktemp("lists"), [listed(everything=everything) for everything in (False, True)]
    paths = [folder / "default.yaml", folder / "everything.yaml"]
    for path, content in zip(paths, lists, strict=True):
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", THEIRS, *map(str, paths)], capture_output=True, text=True, check=True,
                          timeout=300)
    said = map(json.loads, done.stdout.splitlines()[-2:])
    return dict(zip((False, True), zip(lists, paths, said, strict=True), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("everything", [False, True])
def test_as_presidios_own_loader_reads_it(as_they_read, everything):
    """Names, types, flags, patterns and scores; context words of all languages together. Its loader needs its whole package."""
    content, path, said = as_they_read[everything]
    theirs: dict[str, dict] = {}
    for name, types, context, language, flags, patterns in said:
        if language in content["supported_languages"]:
            one = theirs.setdefault(name, {"types": types, "context": set(), "flags": flags, "patterns": patterns})
            one["context"] |= {word.strip().lower() for word in context}
    ours = {one.name: one for one in load_yaml(path)}
    assert set(ours) == set(theirs)
    for name, one in ours.items():
        assert list(one.entity_types) == theirs[name]["types"]
        assert set(one.context) == theirs[name]["context"], name
        if isinstance(one, RulePlugin) and theirs[name]["patterns"]:
            assert [(rule.written, rule.flags) for rule in one.rules] == [
                flags_apart(words_apart(pattern), theirs[name]["flags"]) for pattern, _ in theirs[name]["patterns"]]
