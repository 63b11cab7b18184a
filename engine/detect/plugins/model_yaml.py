"""Presidio's configuration of models: NLP engines, and the recognizers that bring a model of their own.

Source: ``NlpEngineProvider``, ``NerModelConfiguration``, ``HuggingFaceNerRecognizer`` and ``GLiNERRecognizer`` of
presidio-analyzer 2.2.366. Models are folders of this machine, whatever they may be called there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from engine.detect.plugins.gliner_engine import GlinerEngine
from engine.detect.plugins.models import Engine, Labels, ModelPlugin
from engine.detect.plugins.offline import folder_of
from engine.detect.plugins.reading import Origin, mapping_of, record_of, text_of
from engine.detect.plugins.spacy_engine import SpacyEngine
from engine.detect.plugins.transformers_engine import TransformersEngine
from engine.detect.plugins.windows import Windows
from engine.errors import PolicyError
from schemas.base import Record

NER_RECOGNIZERS = frozenset({"GLiNERRecognizer", "HuggingFaceNerRecognizer"})

_MAPPING = {
    **dict.fromkeys(("PER", "PERSON", "PATIENT", "STAFF", "HCW"), "PERSON"),
    **dict.fromkeys(("LOC", "LOCATION", "GPE"), "LOCATION"),
    **dict.fromkeys(("ORG", "HOSP", "PATORG", "HOSPITAL"), "ORGANIZATION"), **dict.fromkeys(("DATE", "TIME"), "DATE_TIME"),
    "NORP": "NRP", "AGE": "AGE", "ID": "ID", "EMAIL": "EMAIL", "PHONE": "PHONE_NUMBER",
}
_MAPPING_OF_RECOGNIZER = {
    **dict.fromkeys(("PER", "PS", "PERSON"), "PERSON"), **dict.fromkeys(("LOC", "LC", "LOCATION"), "LOCATION"),
    **dict.fromkeys(("ORG", "OG", "ORGANIZATION"), "ORGANIZATION"), "MISC": "MISC",
    **dict.fromkeys(("DAT", "DATE", "TIME", "DT", "TI", "DATE_TIME"), "DATE_TIME"),
}
_Aggregation = Literal["simple", "first", "average", "max"]
_Names = tuple[str | None, ...] | None


class NerModel(Record):
    """What the entities of a model mean."""

    labels_to_ignore: _Names = ()
    aggregation_strategy: _Aggregation = "max"
    stride: int | None = Field(14, ge=0)
    alignment_mode: Literal["strict", "contract", "expand"] | None = "expand"
    default_score: float = Field(0.85, ge=0, le=1)
    model_to_presidio_entity_mapping: dict[str, str] = Field(default_factory=_MAPPING.copy)
    low_score_entity_names: _Names = ()
    low_confidence_score_multiplier: float = Field(0.4, ge=0)

    def labels(self) -> Labels:
        """Returns the same, without the gaps that YAML lists may have."""
        return Labels(self.model_to_presidio_entity_mapping, frozenset(one for one in self.labels_to_ignore or () if one),
                      frozenset(one for one in self.low_score_entity_names or () if one), self.low_confidence_score_multiplier)


class Pair(Record):
    """The two models of a transformers engine. Of spaCy's only the language's tokenizer is used, which spaCy ships."""

    spacy: str
    transformers: str


class ModelEntry(Record):
    """A model and its language."""

    lang_code: str
    model_name: str | Pair


class NlpEngine(Record):
    """The configuration of an NLP engine."""

    nlp_engine_name: Literal["spacy", "transformers", "stanza", "slim", "no_op"]
    models: tuple[ModelEntry, ...] = ()
    ner_model_configuration: NerModel | None = None
    generic_tokenizer: str | None = Field(None, description="Of the engine 'slim', which finds no entities.")


def plugins_of(content: Mapping[str, Any], origin: Origin) -> Iterator[ModelPlugin]:
    """Yields the models of an NLP engine's configuration; none of ``no_op`` and ``slim``, which find no entities.

    Raises:
        PolicyError: If it is none, names a model that is no folder here, or asks for stanza.
    """
    configured = record_of(NlpEngine, content, origin.where)
    if configured.nlp_engine_name == "stanza":
        raise PolicyError("models of stanza are not read: their weights are pickles", where=origin.where,
                          allowed="spacy, transformers, and the recognizers " + ", ".join(sorted(NER_RECOGNIZERS)))
    ner = configured.ner_model_configuration or NerModel()
    for one in configured.models if configured.nlp_engine_name in {"spacy", "transformers"} else ():
        if origin.languages is None or one.lang_code in origin.languages:
            engine = _engine(configured.nlp_engine_name, one, ner, origin)
            yield ModelPlugin(Path(engine.folders[0]).name, engine, ner.labels(), budget=origin.budget,
                              fingerprints=_of(engine, origin))


def _engine(kind: str, model: ModelEntry, ner: NerModel, origin: Origin) -> Engine:
    pair = isinstance(model.model_name, Pair)
    if pair != (kind == "transformers"):
        raise PolicyError(f"'model_name' is not what the engine {kind!r} takes", where=origin.where,
                          allowed="a folder for spacy; {spacy: ..., transformers: folder} for transformers")
    if isinstance(model.model_name, Pair):
        folder = folder_of(model.model_name.transformers, origin.folder, origin.where)
        return TransformersEngine(
            folder, folder, aggregation=ner.aggregation_strategy, stride=14 if ner.stride is None else ner.stride,
            language=model.lang_code, alignment=ner.alignment_mode or "expand")
    folder = folder_of(model.model_name, origin.folder, origin.where)
    return SpacyEngine(folder, ner.default_score)


class Chunker(Record):
    """How long texts are cut."""

    chunker_type: Literal["character"]
    chunk_size: int | None = Field(None, ge=8)
    chunk_overlap: int | None = Field(None, ge=0)


class NerRecognizer(Record):
    """Arguments of the recognizers that bring a model."""

    name: str
    supported_language: str | None = None
    supported_entities: tuple[str, ...] | None = None
    supported_entity: str | None = None
    context: tuple[str, ...] = ()
    version: str | None = None
    model_name: str
    threshold: float = Field(0.3, ge=0, le=1)
    chunk_size: int | None = Field(None, ge=8)
    chunk_overlap: int | None = Field(None, ge=0)
    text_chunker: Chunker | None = None

    def windows(self, size: int, overlap: int) -> Windows:
        """Returns its windows; ``size`` and ``overlap`` are those of Presidio's recognizer where it says nothing."""
        said = self.text_chunker or self
        size = said.chunk_size or size
        return Windows(size, min(overlap if said.chunk_overlap is None else said.chunk_overlap, (size - 1) // 2))


class HuggingFace(NerRecognizer):
    """Arguments of ``HuggingFaceNerRecognizer``."""

    label_mapping: dict[str, str] = Field(default_factory=_MAPPING_OF_RECOGNIZER.copy)
    tokenizer_name: str | None = None
    aggregation_strategy: _Aggregation = "simple"
    device: str | int | None = None
    label_prefixes: tuple[str, ...] = ("B-", "I-", "U-", "L-")

    @property
    def place(self) -> str:
        """Its device, as torch names it."""
        if self.device is None or self.device == -1:
            return "cpu"
        return f"cuda:{self.device}" if isinstance(self.device, int) else self.device


class Gliner(NerRecognizer):
    """Arguments of ``GLiNERRecognizer``."""

    entity_mapping: dict[str, str] | None = None
    flat_ner: bool = True
    multi_label: bool = False
    map_location: str | None = None


def recognizer_of(kind: str, arguments: Mapping[str, Any], origin: Origin) -> ModelPlugin:
    """Returns the plug-in of a recognizer that brings a model.

    Raises:
        PolicyError: If it lacks a model's folder, or has an argument that is not known here.
    """
    said: HuggingFace | Gliner = record_of(HuggingFace, arguments, origin.where) if kind == "HuggingFaceNerRecognizer" else \
        record_of(Gliner, arguments, origin.where)
    folder = folder_of(said.model_name, origin.folder, origin.where)
    if isinstance(said, HuggingFace):
        tokenizer = folder_of(said.tokenizer_name, origin.folder, origin.where) if said.tokenizer_name else folder
        engine: Engine = TransformersEngine(
            folder, tokenizer, aggregation=said.aggregation_strategy, threshold=said.threshold, prefixes=said.label_prefixes,
            device=said.place, windows=said.windows(400, 40))
        types = said.label_mapping
        if said.supported_entities:
            types = {label: one for label, one in types.items() if one in said.supported_entities}
    else:
        types = said.entity_mapping or {one: one for one in said.supported_entities or ()} or _MAPPING
        engine = GlinerEngine(folder, tuple(types), said.threshold, said.flat_ner, said.multi_label, said.map_location or "cpu",
                              said.windows(250, 50))
    return ModelPlugin(said.name, engine, Labels(types), tuple(word.lower() for word in said.context), budget=origin.budget,
                       fingerprints=_of(engine, origin))


def _of(engine: Engine, origin: Origin) -> tuple[tuple[str, str], ...]:
    """Returns the fingerprints that a plan took of an engine's folders; none where there is no plan."""
    return tuple((folder, origin.fingerprints[folder]) for folder in engine.folders if folder in origin.fingerprints)


def load_model(path: str | Path, *, languages: tuple[str, ...] | None = None) -> tuple[ModelPlugin, ...]:
    """Returns the models of a file with the configuration of an NLP engine, alone or under ``nlp_configuration``.

    Raises:
        InputError: If it cannot be read.
        PolicyError: If it is none, or names a model that is no folder here.
    """
    content = mapping_of(text_of(path), str(path))
    origin = Origin(str(path), str(Path(path).resolve().parent), None if languages is None else frozenset(languages))
    return tuple(plugins_of(content.get("nlp_configuration", content), origin))
