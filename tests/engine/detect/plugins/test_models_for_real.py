"""Models that the test makes, loaded by the libraries themselves, beside what Presidio makes of the same files.

Slow: spaCy imports torch where that is installed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from engine.detect.plugins import Plugins, load_model, load_yaml
from engine.errors import InputError, PolicyError, SetupError

pytestmark = pytest.mark.slow
TEXTS = ["Ann Lee lives in Bree.", "we met Tom Bombadil; é 日本 Ann Lee, and again in Bree", "nothing here", None, "Shire",
         "a Bree\nAnn Lee",
         "in " + "the old wood of " * 900 + "Bree, said Ann Lee " + "and so on " * 900 + "in Bree"]
NAMES = {"PERSON": ["Ann Lee", "Tom Bombadil"], "GPE": ["Bree", "Shire"]}


def needs(package: str):
    return pytest.mark.skipif(importlib.util.find_spec(package) is None, reason=f"the package {package} is not installed")


def written(folder: Path, content: dict) -> Path:
    path = folder / "engine.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def ours(path: Path, load=load_model) -> list[tuple]:
    rows = Plugins(load(path), threshold=0).find(pa.array(TEXTS, pa.string())).to_pylist()
    return [(row["value"], row["start"], row["end"], row["entity_type"], pytest.approx(row["score"], abs=1e-5)) for row in rows]


def presidios(configuration: dict) -> list[tuple]:
    """What Presidio's own engine and recognizer say, one text at a time."""
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415 - slow
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer  # noqa: PLC0415 - slow

    engine = NlpEngineProvider(nlp_configuration=configuration).create_engine()
    recognizer = SpacyRecognizer(supported_entities=engine.get_supported_entities())
    return sorted((place, one.start, one.end, one.entity_type, one.score) for place, text in enumerate(TEXTS) if text
                  for one in recognizer.analyze(text, recognizer.supported_entities, engine.process_text(text, "en")))


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A pipeline with a small network that learned the names above by heart."""
    import spacy  # noqa: PLC0415 - slow
    from spacy.training import Example  # noqa: PLC0415 - slow

    spacy.util.fix_random_seed(1)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    nlp.add_pipe("sentencizer")
    examples = []
    for text in [one for one in TEXTS if one and len(one) < 1000]:
        spans = [(text.find(name), text.find(name) + len(name), label) for label, names in NAMES.items()
                 for name in names if name in text]
        examples.append(Example.from_dict(nlp.make_doc(text), {"entities": spans}))
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(25):
        nlp.update(examples, sgd=optimizer)
    folder = tmp_path_factory.mktemp("models") / "trained"
    nlp.to_disk(folder)
    return folder


def test_a_trained_pipeline_of_spacys(trained, tmp_path):
    configuration = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": str(trained)}],
                     "ner_model_configuration": {"default_score": 0.7, "low_score_entity_names": ["LOCATION", None]}}
    found = ours(written(tmp_path, configuration))
    configuration["ner_model_configuration"]["low_score_entity_names"] = ["LOCATION"]
    theirs = presidios(configuration)
    assert [one for one in found if one[0] < 6] == [one for one in theirs if one[0] < 6]
    assert {one[:4] for one in found if one[0] == 6} <= {one[:4] for one in theirs if one[0] == 6}  # seen in windows
    assert {one[3] for one in found} == {"PERSON", "LOCATION"}


def test_rules_of_spacys_and_labels_to_ignore(tmp_path):
    import spacy  # noqa: PLC0415 - slow

    nlp = spacy.blank("de")
    nlp.add_pipe("entity_ruler").add_patterns([
        {"label": "PER", "pattern": "Ann Lee"}, {"label": "LOC", "pattern": "Bree"}, {"label": "ODD", "pattern": "Shire"}])
    nlp.to_disk(tmp_path / "ruler")
    path = written(tmp_path, {"nlp_engine_name": "spacy", "models": [{"lang_code": "de", "model_name": "ruler"}],
                              "ner_model_configuration": {"labels_to_ignore": ["LOC"]}})
    places = [(place, text.index("Ann Lee")) for place, text in enumerate(TEXTS) if text and "Ann Lee" in text]
    assert [one[:4] for one in ours(path)] == [(place, start, start + 7, "PERSON") for place, start in places]
    assert load_model(path, languages=("en",)) == ()


def test_pipelines_that_are_refused(trained, tmp_path):
    def refused(error, words, change):
        folder = tmp_path / words.replace(" ", "")
        shutil.copytree(trained, folder)
        change(folder)
        with pytest.raises(error, match=words):
            ours(written(tmp_path, {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": str(folder)}]}))

    def foreign(folder):
        config = folder / "config.cfg"
        config.write_text(config.read_text().replace('factory = "sentencizer"', 'factory = "curated_transformer"'))

    def with_torch(folder):
        import srsly  # noqa: PLC0415 - comes with spaCy

        model = srsly.msgpack_loads((folder / "ner" / "model").read_bytes())
        model["shims"][0] = [b"PK\3\4"]
        (folder / "ner" / "model").write_bytes(srsly.msgpack_dumps(model))

    refused(PolicyError, "not spaCy's own: curated_transformer", foreign)
    refused(PolicyError, "weights of another framework", with_torch)
    refused(PolicyError, "no spaCy pipeline", lambda folder: (folder / "config.cfg").unlink())
    refused(InputError, "cannot be read", lambda folder: (folder / "ner" / "model").write_bytes(b"\xc1"))
    refused(InputError, "cannot load this pipeline", lambda folder: (folder / "vocab" / "strings.json").write_text("{"))


@pytest.fixture(scope="module")
def tagger(tmp_path_factory) -> Path:
    """A token classifier with a vocabulary of whole words that learned the names above by heart."""
    import torch  # noqa: PLC0415 - slow
    import transformers  # noqa: PLC0415 - slow
    from tokenizers import Tokenizer, models, pre_tokenizers, processors  # noqa: PLC0415 - not always there

    cut, special = pre_tokenizers.BertPreTokenizer(), ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
    words = sorted({*special, *(word for text in TEXTS if text for word, _ in cut.pre_tokenize_str(text))})
    inner = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, "[UNK]"))
    inner.pre_tokenizer = cut
    inner.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", "[CLS] $A [SEP] $B [SEP]", [(one, words.index(one)) for one in special[2:]])
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, model_max_length=64,
        **dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), special, strict=True)))
    labels = {"Ann": 1, "Lee": 2, "Tom": 1, "Bombadil": 2, "Bree": 3, "Shire": 3}
    torch.manual_seed(1)
    model = transformers.BertForTokenClassification(transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64,
        id2label={0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC"}, label2id={"O": 0, "B-PER": 1, "I-PER": 2, "B-LOC": 3}))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for step in range(80):
        ids = torch.randint(0, len(words), (16, 12), generator=torch.Generator().manual_seed(step))
        wanted = torch.tensor([[labels.get(words[one], 0) for one in row] for row in ids.tolist()])
        model(input_ids=ids, labels=wanted).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    folder = tmp_path_factory.mktemp("models") / "tagger"
    model.eval().save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder


@needs("transformers")
def test_a_token_classifier_as_an_engine(tagger, trained, tmp_path):
    pair = {"spacy": str(trained), "transformers": str(tagger)}
    configuration = {"nlp_engine_name": "transformers", "models": [{"lang_code": "en", "model_name": pair}],
                     "ner_model_configuration": {"aggregation_strategy": "simple", "stride": 8, "alignment_mode": "expand"}}
    found = ours(written(tmp_path, configuration))
    theirs = presidios(configuration)
    assert [one for one in found if one[0] < 6] == [one for one in theirs if one[0] < 6]
    assert {one[:4] for one in found if one[0] == 6} == {one[:4] for one in theirs if one[0] == 6}
    assert (1, 7, 19, "PERSON") in {one[:4] for one in found}


@needs("transformers")
def test_a_token_classifier_as_a_recognizer(tagger, tmp_path):
    from presidio_analyzer.predefined_recognizers import HuggingFaceNerRecognizer  # noqa: PLC0415 - slow

    path = written(tmp_path, {"recognizers": [
        {"name": "hf", "class_name": "HuggingFaceNerRecognizer", "model_name": str(tagger), "threshold": 0.4}]})
    recognizer = HuggingFaceNerRecognizer(model_name=str(tagger), threshold=0.4, device="cpu")
    theirs = {(place, one.start, one.end, one.entity_type) for place, text in enumerate(TEXTS) if text
              for one in recognizer.analyze(text, recognizer.supported_entities)}
    found = {one[:4] for one in ours(path, load_yaml)}
    assert theirs <= found
    # What Presidio misses stands past the 64 tokens that its pipeline sees of each chunk.
    assert {one for one in found if one[0] < 6} == {one for one in theirs if one[0] < 6}
    assert sum(one[0] == 6 and one[3] == "LOCATION" for one in found) == TEXTS[6].count("Bree")


@needs("transformers")
def test_pickled_weights_are_refused_and_none_is_loaded(tagger, tmp_path):
    shutil.copytree(tagger, tmp_path / "pickled")
    (tmp_path / "pickled" / "model.safetensors").rename(tmp_path / "pickled" / "pytorch_model.bin")
    path = written(tmp_path, {"recognizers": [{"name": "HuggingFaceNerRecognizer", "model_name": "pickled"}]})
    with pytest.raises(PolicyError, match="not safetensors"):
        ours(path, load_yaml)


@needs("gliner")
def test_a_gliner_model(tagger, tmp_path):
    """Random weights: nonsense, but the same nonsense as Presidio's recognizer makes of it."""
    import torch  # noqa: PLC0415 - slow
    from gliner import GLiNER, GLiNERConfig  # noqa: PLC0415 - slow
    from presidio_analyzer.predefined_recognizers import GLiNERRecognizer  # noqa: PLC0415 - slow

    config = GLiNERConfig(model_name=str(tagger), hidden_size=16, max_width=3, max_len=48, words_splitter_type="whitespace")
    torch.manual_seed(1)
    made = GLiNER.from_config(config)
    made.save_pretrained(tmp_path / "gliner", safe_serialization=True)
    arguments = {"model_name": str(tmp_path / "gliner"), "entity_mapping": {"person": "PERSON", "place": "LOCATION"},
                 "threshold": 0.4}
    recognizer = GLiNERRecognizer(**arguments, map_location="cpu")
    short = [(place, text) for place, text in enumerate(TEXTS) if text and len(text) < 48]
    theirs = {(place, one.start, one.end, one.entity_type) for place, text in short
              for one in recognizer.analyze(text, recognizer.supported_entities)}
    found = ours(written(tmp_path, {"recognizers": [{"name": "GLiNERRecognizer", **arguments}]}), load_yaml)
    assert {one[:4] for one in found if one[0] in dict(short)} == theirs
    assert theirs
    assert max(one[2] for one in found if one[0] == 6) > len(TEXTS[6]) - 48  # the end of a long text is seen


def test_libraries_that_are_not_there(tmp_path, monkeypatch):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.safetensors").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "transformers", None)
    path = written(tmp_path, {"recognizers": [{"name": "HuggingFaceNerRecognizer", "model_name": "m"}]})
    with pytest.raises(SetupError, match="needs the package transformers"):
        ours(path, load_yaml)


NO_NETWORK = """
import json, socket, sys
socket.socket.connect = socket.create_connection = lambda *a, **k: sys.exit("network")
import pyarrow as pa
from engine.detect.plugins import Description, Plugins
described = Description.model_validate_json(sys.stdin.read())
print(Plugins(described.plugins()).find(pa.array(["Ann Lee"])).num_rows)
"""


def test_another_process_loads_a_description_without_network(trained, tmp_path):
    from engine.detect.plugins import Description  # noqa: PLC0415 - beside its use

    path = written(tmp_path, {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": str(trained)}]})
    sent = Description.read(path).model_dump_json()
    assert json.loads(sent)["fingerprints"]
    done = subprocess.run([sys.executable, "-c", NO_NETWORK], input=sent, capture_output=True, text=True, check=True, timeout=200,
                          env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])})
    assert done.stdout.split()[-1] == "1"
