"""A token classification model of the library transformers, from a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.detect.plugins.models import Model
from engine.detect.plugins.offline import go_offline, missing, only_tensors
from engine.detect.plugins.plugin import Typed
from engine.detect.plugins.windows import Windows
from engine.errors import InputError, PolicyError

WINDOWS = Windows(10_000, 400)
_SPECIAL_TOKENS = 2


@dataclass(frozen=True)
class TransformersEngine:
    """As ``engine.detect.plugins.models.Engine`` says.

    Attributes:
        folder: The model's folder.
        tokenizer: The tokenizer's folder.
        aggregation: How tokens become entities: the pipeline's ``aggregation_strategy``.
        stride: Tokens that windows of a long text share.
        language: Entities end where words of spaCy's tokenizer for this language end; where the model says without one.
        alignment: How, if they do not: ``strict``, ``contract`` or ``expand``.
        threshold: Entities with lower scores are dropped.
        prefixes: Beginnings of labels that do not count.
        device: As torch names it.
        windows: What is given to the pipeline at once; it cuts that into windows of its own, by tokens.
    """

    folder: str
    tokenizer: str
    aggregation: str = "max"
    stride: int = 14
    language: str | None = None
    alignment: str = "expand"
    threshold: float = 0.0
    prefixes: tuple[str, ...] = ()
    device: str = "cpu"
    windows: Windows = WINDOWS

    @property
    def folders(self) -> tuple[str, ...]:
        """The model's and the tokenizer's."""
        return tuple(dict.fromkeys((self.folder, self.tokenizer)))

    def load(self) -> Model:
        """Loads model and tokenizer."""
        go_offline()
        try:
            import transformers  # noqa: PLC0415 - slow to import; only if a model is configured
        except ImportError as error:
            raise missing("transformers", error) from error
        only_tensors(self.folder)
        pipeline = _pipeline(transformers, self)
        align = _aligned(self.language, self.alignment) if self.language else None

        def predict(texts: Sequence[str]) -> list[list[Typed]]:
            results = pipeline(list(texts), batch_size=16)
            found = [[self._typed(one) for one in result if one["score"] >= self.threshold] for result in results]
            return found if align is None else align(texts, found)

        return Model(predict, self.windows)

    def _typed(self, prediction: Mapping[str, Any]) -> Typed:
        label = str(prediction.get("entity_group") or prediction["entity"])
        label = next((label.removeprefix(one) for one in self.prefixes if label.startswith(one)), label)
        return int(prediction["start"]), int(prediction["end"]), label, float(prediction["score"])


def _pipeline(transformers: Any, engine: TransformersEngine) -> Any:  # noqa: ANN401 - a library without types
    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(engine.tokenizer, use_fast=True, **local)
        model = transformers.AutoModelForTokenClassification.from_pretrained(engine.folder, use_safetensors=True, **local)
    except Exception as error:
        raise InputError(f"transformers cannot load this model: {type(error).__name__}", where=engine.folder,
                         next="save model and tokenizer with save_pretrained(folder)") from error
    if not tokenizer.is_fast:
        raise PolicyError("the model's tokenizer does not say where its tokens stand", where=engine.tokenizer,
                          allowed="fast tokenizers (tokenizer.json)")
    positions = getattr(model.config, "max_position_embeddings", tokenizer.model_max_length)
    if tokenizer.model_max_length > positions:  # some say nothing: they would cut no windows
        tokenizer.model_max_length = positions - _SPECIAL_TOKENS
    return transformers.pipeline("token-classification", model=model, tokenizer=tokenizer, device=engine.device,
                                 aggregation_strategy=engine.aggregation, stride=engine.stride)


def _aligned(language: str, mode: str) -> Any:  # noqa: ANN401 - a function of texts and predictions
    """Returns the function that moves ends of entities to ends of words, as Presidio's engine does."""
    try:
        import spacy  # noqa: PLC0415 - slow to import; only if a model is configured

        words = spacy.blank(language)
    except ImportError as error:
        raise missing(f"spacy, with its tokenizer for {language!r}", error) from error

    def align(texts: Sequence[str], found: Sequence[Sequence[Typed]]) -> list[list[Typed]]:
        return [_on_words(words.make_doc(text), predictions, mode) if predictions else []
                for text, predictions in zip(texts, found, strict=True)]
    return align


def _on_words(document: Any, predictions: Sequence[Typed], mode: str) -> list[Typed]:  # noqa: ANN401 - a document of spaCy's
    moved = [(document.char_span(start, end, alignment_mode=mode), label, score) for start, end, label, score in predictions]
    return [(span.start_char, span.end_char, label, score) for span, label, score in moved if span is not None]
