"""The peer: Presidio's own analyzer with its pattern recognizers, on a blank spaCy pipeline, so without names.

Two settings. ``installed``: the recognizers that Presidio's own configuration turns on for English. ``everything``: every
recognizer class of Presidio that needs no model and no service, of whatever country. Context words work: a blank pipeline
gives words for lemmas.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from engine.detect.plugins.presidio_classes import recognizer_classes
from tests.benchmarks.detect.spans import Span

Setting = Literal["installed", "everything"]
THRESHOLD = 0.4
_BASES = {"ZaPhoneNumberRecognizer"}
"""A base class, which takes what to look for."""


@functools.cache
def analyzer(setting: Setting = "installed") -> Any:
    """Returns an analyzer; without network, as its e-mail recognizer reads the list of suffixes that tldextract ships."""
    import spacy  # noqa: PLC0415 - slow, and only the peer needs it
    import tldextract  # noqa: PLC0415 - as above
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry  # noqa: PLC0415 - as above
    from presidio_analyzer.nlp_engine import SpacyNlpEngine  # noqa: PLC0415 - as above

    class Blank(SpacyNlpEngine):
        def load(self) -> None:
            self.nlp = {"en": spacy.blank("en")}

    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL + 1)
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    blank = Blank()
    blank.load()
    registry = RecognizerRegistry(supported_languages=["en"])
    if setting == "installed":
        registry.load_predefined_recognizers(languages=["en"], nlp_engine=blank)
        for one in [one for one in registry.recognizers if "NlpEngine" in type(one).__name__ or "Spacy" in type(one).__name__]:
            registry.remove_recognizer(one.name)
    else:
        for name, kind in sorted(recognizer_classes().items()):
            if name not in _BASES:
                one = kind()
                one.supported_language = "en"
                registry.add_recognizer(one)
    engine = AnalyzerEngine(registry=registry, nlp_engine=blank, supported_languages=["en"])
    engine.analyze("Loads what loads late: 2024-02-29, jane@example.org, +1 415 555 2671.", "en")
    return engine


def analyze(text: str, setting: Setting = "installed") -> list[Span]:
    """Returns what Presidio claims in a text with a score of at least ``THRESHOLD``."""
    return [Span(one.start, one.end, one.entity_type, one.score)
            for one in analyzer(setting).analyze(text, "en", score_threshold=THRESHOLD)]


def found(texts: Sequence[str], setting: Setting = "installed") -> Iterator[list[Span]]:
    """Yields what Presidio claims in each text."""
    return (analyze(text, setting) for text in texts)
