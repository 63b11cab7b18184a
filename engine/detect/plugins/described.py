"""Plug-ins as data: what a plan carries and a worker loads.

A live object stays in the process that made it. What goes to Spark's workers is the text of the file that describes plug-ins,
read once where the plan is made, and, of models, the folders' names and fingerprints: a worker that finds other weights there
refuses.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from engine.detect.config import PluginFile
from engine.detect.plugins import model_yaml, patterns, presidio_yaml
from engine.detect.plugins.budget import Budget
from engine.detect.plugins.offline import fingerprint
from engine.detect.plugins.plugin import Plugin
from engine.detect.plugins.reading import Origin, mapping_of, record_of, text_of
from engine.errors import PolicyError
from schemas.base import Record

ALLOW_CODE = "LAKEVEIL_ALLOW_CODE"
"""Environment variable of whoever runs a scan: a file that came from somewhere else cannot allow itself code."""


class Description(Record):
    """Plug-ins of one file.

    The file is one of: Presidio's list of recognizers, its NLP engine configuration, its analyzer configuration (both in one), or
    a list of patterns of the user's own (``engine.detect.plugins.patterns``).
    """

    where: str = Field(description="How errors call it: the file's path.")
    text: str = Field(description="The file's text.")
    folder: str = Field("", description="What relative paths of models are relative to.")
    languages: tuple[str, ...] | None = Field(None, description="Recognizers and models of these; of all by default.")
    allow_code: bool = Field(default=False, description="Whether 'class:' in it may import somebody's code.")
    seconds: float = Field(5.0, gt=0, description="What each plug-in may spend on one cell.")
    fingerprints: tuple[tuple[str, str], ...] = Field((), description="SHA-256 of each model's folder.")

    @classmethod
    def read(cls, path: str | Path, *, languages: tuple[str, ...] | None = None, allow_code: bool = False,
             seconds: float = 5.0) -> Description:
        """Reads a file, and takes the fingerprints of the models that it names.

        Raises:
            InputError: If it cannot be read.
            PolicyError: If it is none of the files above, or names what there is not.
        """
        described = cls(where=str(path), text=text_of(path), folder=str(Path(path).resolve().parent), languages=languages,
                        allow_code=allow_code, seconds=seconds)
        found = {place: fingerprint(place) for one in described.plugins() for place in getattr(one, "folders", ())}
        return described.model_copy(update={"fingerprints": tuple(sorted(found.items()))})

    def plugins(self) -> tuple[Plugin, ...]:
        """Returns the plug-ins, made once a process; models are loaded when they are first needed.

        Raises:
            PolicyError: If the file is none of those above, or names what there is not.
        """
        return _made(self)


def descriptions(files: Iterable[PluginFile]) -> tuple[Description, ...]:
    """Reads the files that a list of recognizers names. Code that they name is allowed by ``LAKEVEIL_ALLOW_CODE=1`` alone.

    Raises:
        InputError: If one cannot be read.
        PolicyError: If one describes no plug-ins, or names what there is not.
    """
    allowed = os.environ.get(ALLOW_CODE) == "1"
    return tuple(Description.read(one.path, languages=one.languages, allow_code=allowed, seconds=one.seconds) for one in files)


class Analyzer(Record):
    """Presidio's analyzer configuration (``AnalyzerEngineProvider``)."""

    supported_languages: tuple[str, ...] | None = None
    default_score_threshold: float | None = None
    context_aware_enhancer: dict[str, Any] | None = None
    nlp_configuration: dict[str, Any] | None = None
    recognizer_registry: dict[str, Any] | None = None


@functools.lru_cache(maxsize=32)
def _made(described: Description) -> tuple[Plugin, ...]:
    content = mapping_of(described.text, described.where)
    return tuple(_plugins(described, content))


def _plugins(described: Description, content: Mapping[str, Any]) -> Iterator[Plugin]:
    origin = Origin(described.where, described.folder, None if described.languages is None else frozenset(described.languages),
                    described.allow_code, Budget(described.seconds), dict(described.fingerprints))
    if "nlp_configuration" in content or "recognizer_registry" in content:
        yield from _analyzer(content, origin)
    elif "nlp_engine_name" in content:
        yield from model_yaml.plugins_of(content, origin)
    elif "recognizers" in content:
        yield from presidio_yaml.plugins_of(content, origin)
    elif "patterns" in content:
        yield from patterns.plugins_of(content, origin)
    else:
        raise PolicyError("this describes no plug-ins", where=origin.where,
                          allowed="files with 'recognizers', 'nlp_engine_name', 'nlp_configuration' or 'patterns'",
                          next="docs/plug-ins.md shows one of each")


def _analyzer(content: Mapping[str, Any], origin: Origin) -> Iterator[Plugin]:
    """Yields plug-ins of an analyzer's configuration: the engine's entities count unless their recognizer is disabled.

    Its threshold and its settings for context words are not heeded: the scan has its own.
    """
    analyzer = record_of(Analyzer, content, origin.where)
    registry, engine = analyzer.recognizer_registry, analyzer.nlp_configuration
    if registry is not None:
        here = origin.at("recognizer_registry")
        entries = presidio_yaml.entries_of(record_of(presidio_yaml.Registry, registry, here.where), here.where)
        if any(not one.enabled and one.name in presidio_yaml.NLP_RECOGNIZERS for one in entries):
            engine = None
        languages = {"supported_languages": analyzer.supported_languages, **registry}
        yield from presidio_yaml.plugins_of(languages, here, has_model=engine is not None)
    if engine is not None:
        yield from model_yaml.plugins_of(engine, origin.at("nlp_configuration"))


def load_yaml(
    path: str | Path, *, languages: tuple[str, ...] | None = None, allow_code: bool = False, seconds: float = 5.0,
) -> tuple[Plugin, ...]:
    """Returns the plug-ins of a file.

    Raises:
        InputError: If it cannot be read.
        PolicyError: If it describes no plug-ins, or names what there is not.
    """
    return Description.read(path, languages=languages, allow_code=allow_code, seconds=seconds).plugins()
