"""A spaCy pipeline from a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.detect.plugins.models import Model
from engine.detect.plugins.offline import go_offline, missing
from engine.detect.plugins.plugin import Typed
from engine.detect.plugins.windows import Windows
from engine.errors import InputError, PolicyError

_WINDOWS = Windows(10_000, 400)
_FACTORIES = frozenset({
    "attribute_ruler", "entity_linker", "entity_ruler", "future_entity_ruler", "lemmatizer", "merge_entities",
    "merge_noun_chunks", "merge_subtokens", "morphologizer", "ner", "parser", "sentencizer", "senter", "span_finder",
    "span_ruler", "spancat", "spancat_singlelabel", "tagger", "textcat", "textcat_multilabel", "tok2vec", "token_splitter",
    "trainable_lemmatizer",
})
"""Components of spaCy's own. Others are code of somebody else's, and some load models of their own."""

_FOR_GRAMMAR = ("tagger", "parser", "senter", "attribute_ruler", "lemmatizer", "trainable_lemmatizer", "morphologizer", "textcat",
                "textcat_multilabel")
_BY_GRAMMAR = frozenset({"entity_ruler", "future_entity_ruler", "span_ruler", "entity_linker"})
"""Components whose entities may depend on parts of speech and lemmas."""


@dataclass(frozen=True)
class SpacyEngine:
    """As ``engine.detect.plugins.models.Engine`` says.

    Attributes:
        folder: The pipeline's folder, the one with ``config.cfg``.
        score: Of every entity: spaCy gives none.
    """

    folder: str
    score: float = 0.85

    @property
    def folders(self) -> tuple[str, ...]:
        """The pipeline's."""
        return (self.folder,)

    def load(self) -> Model:
        """Loads the pipeline, less what its entities do not need."""
        go_offline()
        try:
            import spacy  # noqa: PLC0415 - slow to import; only if a model is configured
        except ImportError as error:
            raise missing("spacy", error) from error
        named = _components(spacy, self.folder)
        _only_arrays(self.folder)
        spare = () if _BY_GRAMMAR & set(named.values()) else [name for name, kind in named.items() if kind in _FOR_GRAMMAR]
        try:
            pipeline = spacy.load(self.folder, exclude=spare)
        except Exception as error:
            raise InputError(f"spaCy cannot load this pipeline: {type(error).__name__}", where=self.folder,
                             next="load it with spacy.load, and save it with the installed version") from error

        def predict(texts: Sequence[str]) -> list[list[Typed]]:
            return [[(one.start_char, one.end_char, one.label_, self.score) for one in document.ents]
                    for document in pipeline.pipe(texts, batch_size=64)]

        return Model(predict, _WINDOWS)


def _components(spacy: Any, folder: str) -> dict[str, str]:  # noqa: ANN401 - a module without types
    """Returns the pipeline's components and their factories, all of them spaCy's own."""
    path = Path(folder, "config.cfg")
    if not path.is_file():
        raise PolicyError("this folder holds no spaCy pipeline", where=str(path), allowed="what nlp.to_disk(folder) writes")
    try:
        components = spacy.util.load_config(path, interpolate=False).get("components", {})
    except ValueError as error:
        raise PolicyError("the pipeline's configuration cannot be read", where=str(path)) from error
    named = {name: str(one.get("factory", "")) for name, one in components.items()}
    foreign = {kind for kind in named.values() if kind not in _FACTORIES}
    if foreign:
        raise PolicyError(f"the pipeline has components that are not spaCy's own: {', '.join(sorted(foreign))}", where=str(path),
                          allowed=", ".join(sorted(_FACTORIES)), next="plug a transformer in with nlp_engine_name: transformers")
    return named


def _only_arrays(folder: str) -> None:
    """Checks that no component holds weights of another framework, which thinc would read with ``torch.load``."""
    import srsly  # noqa: PLC0415 - comes with spaCy

    for path in Path(folder).rglob("model"):
        try:
            shims = srsly.msgpack_loads(path.read_bytes()).get("shims", ()) if path.is_file() else ()
        except (ValueError, AttributeError) as error:
            raise InputError("the weights of a component cannot be read", where=str(path)) from error
        if any(_holds(one) for one in shims):
            raise PolicyError("a component of the pipeline holds weights of another framework", where=str(path),
                              allowed="layers of thinc's own", next="plug a transformer in with nlp_engine_name: transformers")


def _holds(shims: Any) -> bool:  # noqa: ANN401 - lists in lists of bytes
    return any(map(_holds, shims)) if isinstance(shims, Iterator | list | tuple) else bool(shims)
