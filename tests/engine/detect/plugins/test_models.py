"""What surrounds a model: windows, labels, budgets, and the files that it may be made of."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.plugins import Budget, Description, Plugins, load_model, load_yaml
from engine.detect.plugins.models import Labels, Model, ModelPlugin
from engine.detect.plugins.offline import fingerprint, folder_of, only_tensors
from engine.detect.plugins.windows import Windows, joined
from engine.errors import InputError, PolicyError

WINDOWS = Windows(40, 12)


@dataclass(frozen=True)
class Capitals:
    """A model without weights: capitals are PER, numbers NUM, and some texts are too much for it."""

    windows: Windows = WINDOWS
    folders: tuple[str, ...] = ()

    def load(self):
        def predict(texts):
            if any("crash" in text for text in texts):
                raise RuntimeError(texts)
            return [[(*match.span(), "PER" if match.group()[0].isalpha() else "NUM", 0.5 + len(match.group()) / 100)
                     for match in re.finditer(r"[A-Z][a-z]+(?: [A-Z][a-z]+)*|\d+", text)] for text in texts]
        return Model(predict, self.windows)


LABELS = Labels({"PER": "PERSON", "NUM": "ID", "X": "Y"}, frozenset({"Y"}), frozenset({"ID"}), 0.4)


def found(texts, **more) -> list[tuple]:
    plugin = ModelPlugin("capitals", Capitals(), LABELS, **more)
    return [tuple(row.values()) for row in Plugins([plugin], threshold=0).find(pa.array(texts, pa.string())).to_pylist()]


def test_labels_become_types_and_scores_are_kept():
    assert found(["see Ann Lee", None, "", "  ", "no 12"]) == [
        (0, 4, 11, "PERSON", pytest.approx(0.57), "capitals"), (4, 3, 5, "ID", pytest.approx(0.52 * 0.4), "capitals")]
    assert LABELS.entity_types == ("ID", "PERSON")


def test_labels_that_are_ignored_or_not_mapped():
    labels = Labels({"A": "X", "B": "Y", "C": "Z"}, frozenset({"A", "Z"}))
    assert list(labels.typed([(0, 1, label, 1.0) for label in "ABCD"] + [(1, 1, "B", 1.0)])) == [(0, 1, "Y", 1.0)]
    assert labels.entity_types == ("Y",)


@given(st.lists(st.sampled_from(["Ann", "Bob Lee", "and", "12", ",", "x" * 50, "\u2003", "é"]), max_size=60).map(" ".join))
def test_long_values_are_seen_whole(text):
    """Every name that fits into the overlap is found where it stands, once; and nothing else."""
    whole = Capitals().load().predict([text])[0]
    expected = {(start, end) for start, end, _, _ in whole if end - start < 12}
    spans = ModelPlugin("capitals", Capitals(), LABELS).find(pa.array([text]))
    got = {(int(start), int(end)) for start, end in zip(spans.start, spans.end, strict=True)}
    assert expected <= got
    assert all(any(first <= start and end <= last for first, last, _, _ in whole) for start, end in got)


@given(st.text("ab \n", max_size=300), st.integers(5, 60), st.integers(0, 29))
def test_windows_cover_a_text_and_overlap(text, size, overlap):
    if 2 * overlap >= size:
        with pytest.raises(ValueError, match="less than half"):
            Windows(size, overlap)
        return
    places = [(first, first + len(piece), piece) for first, piece in Windows(size, overlap).of(text)]
    assert all(text[first:last] == piece and len(piece) <= size for first, last, piece in places)
    assert places[0][0] == 0
    assert places[-1][1] == len(text)
    assert all(earlier[0] < later[0] <= earlier[1] - overlap for earlier, later in pairwise(places))


def test_what_two_windows_saw_is_one():
    assert joined([(0, 5, "A", 0.3), (3, 8, "A", 0.9), (4, 6, "B", 0.5), (8, 9, "A", 0.1)]) == [
        (0, 8, "A", 0.9), (4, 6, "B", 0.5), (8, 9, "A", 0.1)]


def test_a_value_on_which_the_model_fails_ends_alone(caplog):
    rows = found(["Ann", "a crash of Bob", "Bob", "x" * 101], budget=Budget(characters=100))
    assert [row[:4] for row in rows] == [
        (0, 0, 3, "PERSON"), (1, 0, 14, "UNSCANNABLE"), (2, 0, 3, "PERSON"), (3, 0, 101, "UNSCANNABLE")]
    said = "plug-in capitals: 1 values are unscannable: "
    assert sorted(caplog.messages) == [said + "RuntimeError", said + "too long"]


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "engine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "words"), [
    ("nlp_engine_name: spacy\nmodels: [{lang_code: en, model_name: en_core_web_lg}]",
     ["not a folder on this machine", "not downloaded"]),
    ("nlp_engine_name: transformers\nmodels: [{lang_code: en, model_name: {spacy: en, transformers: dslim/bert-base-NER}}]",
     ["'dslim/bert-base-NER'"]),
    ("nlp_engine_name: transformers\nmodels: [{lang_code: en, model_name: .}]", ["'model_name'", "transformers: folder"]),
    ("nlp_engine_name: stanza\nmodels: [{lang_code: en, model_name: en}]", ["stanza", "pickles"]),
    ("nlp_engine_name: spacey\nmodels: []", ["'nlp_engine_name'"]),
    ("nlp_engine_name: spacy\nmodels: []\nner_model_configuration: {label_to_ignore: []}", ["did you mean 'labels_to_ignore'?"]),
    ("- a", ["not a mapping"]), ("a: [", ["not valid YAML"]),
])
def test_configurations_that_are_refused(tmp_path, text, words):
    with pytest.raises(PolicyError) as caught:
        load_model(written(tmp_path, text))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_engines_without_entities_are_no_plugins(tmp_path):
    assert load_model(written(tmp_path, "nlp_engine_name: no_op\nmodels: [{lang_code: en, model_name: no_op}]")) == ()


def test_recognizers_that_bring_a_model(tmp_path):
    (tmp_path / "m").mkdir()
    both = """
    recognizers:
      - {name: GLiNERRecognizer, model_name: m, entity_mapping: {a person: PERSON}, threshold: 0.4, chunk_size: 100}
      - {name: hf, class_name: HuggingFaceNerRecognizer, model_name: m, supported_entities: [PERSON], device: 1,
         text_chunker: {chunker_type: character, chunk_size: 90, chunk_overlap: 9}}
    """
    gliner, hf = load_yaml(written(tmp_path, both))
    assert (gliner.engine.asked, gliner.entity_types, gliner.engine.windows) == (("a person",), ("PERSON",), Windows(100, 49))
    assert (hf.name, hf.entity_types, hf.engine.device, hf.engine.windows) == ("hf", ("PERSON",), "cuda:1", Windows(90, 9))
    assert hf.engine.prefixes == ("B-", "I-", "U-", "L-")
    with pytest.raises(PolicyError, match="not a folder"):
        load_yaml(written(tmp_path, "recognizers: [{name: GLiNERRecognizer, model_name: urchade/gliner}]"))
    with pytest.raises(PolicyError, match="did you mean 'threshold'"):
        load_yaml(written(tmp_path, "recognizers: [{name: GLiNERRecognizer, model_name: m, treshold: 1}]"))
    with pytest.raises(PolicyError, match="no GLiNER model with its tokenizer"):
        gliner.find(pa.array(["a"]))


ANALYZER = """
supported_languages: [en]
default_score_threshold: 0
nlp_configuration: {nlp_engine_name: spacy, models: [{lang_code: en, model_name: m}, {lang_code: de, model_name: m}]}
recognizer_registry:
  recognizers: [UrlRecognizer, {name: SpacyRecognizer, type: predefined, enabled: %s}]
"""


def test_an_analyzers_configuration(tmp_path):
    (tmp_path / "m").mkdir()
    assert [one.name for one in load_yaml(written(tmp_path, ANALYZER % "true"))] == ["UrlRecognizer", "m", "m"]
    assert [one.name for one in load_yaml(written(tmp_path, ANALYZER % "true"), languages=("de",))] == ["UrlRecognizer", "m"]
    assert [one.name for one in load_yaml(written(tmp_path, ANALYZER % "false"))] == ["UrlRecognizer"]
    with pytest.raises(PolicyError, match="describes no plug-ins"):
        load_yaml(written(tmp_path, "a: 1"))


def test_a_description_is_data_and_holds_its_models_to_what_they_were(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.safetensors").write_bytes(b"1")
    path = written(tmp_path, "recognizers: [{name: GLiNERRecognizer, model_name: m}]")
    described = Description.read(path)
    path.unlink()
    again = Description.model_validate_json(described.model_dump_json())
    assert again == described
    assert again.plugins() is described.plugins()
    assert again.plugins()[0].fingerprints == ((str(tmp_path / "m"), fingerprint(str(tmp_path / "m"))),)
    (tmp_path / "m" / "model.safetensors").write_bytes(b"2")
    with pytest.raises(InputError, match="not the one"):
        again.plugins()[0].find(pa.array(["a"]))


def test_weights_and_code(tmp_path):
    with pytest.raises(PolicyError, match="not safetensors"):
        only_tensors(str(tmp_path))
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(PolicyError, match="can run code"):
        only_tensors(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"")
    only_tensors(str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps({"layers": [{"inner": {"auto_map": {"AutoModel": "x.Y"}}}]}))
    with pytest.raises(PolicyError, match="code of its own"):
        only_tensors(str(tmp_path))
    with pytest.raises(PolicyError, match="not a folder"):
        folder_of({"a": 1}, str(tmp_path), "here")
