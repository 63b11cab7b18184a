"""Presidio's YAML lists of recognizers, as written for Presidio.

Two forms are read: the configuration of a registry (``RecognizerRegistryProvider``, also under ``recognizer_registry`` of an
analyzer's configuration) and the list that ``RecognizerRegistry.add_recognizers_from_yaml`` takes. Source: the documentation
and the models ``input_validation/yaml_recognizer_models.py`` of presidio-analyzer 2.2.366.

What differs from Presidio: keys of an entry that Presidio drops in silence are given to the recognizer's class or refused; a
scan has no language, so entries of every language of ``supported_languages`` run; one entry is one plug-in, whatever its
languages.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

import regex
from pydantic import ConfigDict, Field

from engine.detect.plugins.imported import imported
from engine.detect.plugins.model_yaml import NER_RECOGNIZERS, recognizer_of
from engine.detect.plugins.plain import flags_apart
from engine.detect.plugins.plugin import Plugin, RulePlugin
from engine.detect.plugins.presidio import from_presidio, words_apart
from engine.detect.plugins.presidio_classes import recognizer_classes
from engine.detect.plugins.reading import Origin, checked, keys_of, known, record_of
from engine.detect.plugins.rules import Rule
from engine.errors import PolicyError
from schemas.base import Record

_FLAGS = int(regex.DOTALL | regex.MULTILINE | regex.IGNORECASE)
NLP_RECOGNIZERS = {"SpacyRecognizer", "StanzaRecognizer", "TransformersRecognizer"}


class PatternEntry(Record):
    """A pattern of a custom recognizer."""

    name: str
    regex: str
    score: float = Field(ge=0, le=1)


class LanguageEntry(Record):
    """A language of a recognizer, and its context words in it."""

    language: str
    context: tuple[str, ...] | None = None


class Entry(Record):
    """One recognizer of the list. Keys that are not here are arguments of a predefined recognizer's class."""

    model_config = ConfigDict(extra="allow")

    name: str
    class_name: str | None = None
    class_: str | None = Field(None, alias="class", description="Lakeveil's own key: a class to import, package.module:Class.")
    type: Literal["predefined", "custom"] | None = None
    enabled: bool = True
    supported_language: str | None = None
    supported_languages: tuple[str | LanguageEntry, ...] | None = None
    supported_entity: str | None = None
    supported_entities: tuple[str, ...] | None = None
    context: tuple[str, ...] | None = None
    country_code: str | None = None
    score_thresholds: dict[str, float] | None = None
    patterns: tuple[PatternEntry, ...] | None = None
    deny_list: tuple[str, ...] | None = None
    deny_list_score: float = Field(1.0, ge=0, le=1)
    global_regex_flags: int | None = None
    version: str | None = None

    @property
    def languages(self) -> tuple[str, ...]:
        """Its languages; none where it says nothing."""
        several = [one if isinstance(one, str) else one.language for one in self.supported_languages or ()]
        return tuple(several) or ((self.supported_language,) if self.supported_language else ())

    @property
    def kind(self) -> str | None:
        """The entity type that it claims, where it says so."""
        return self.supported_entity or next(iter(self.supported_entities or ()), None)

    def words(self, languages: Collection[str] | None) -> tuple[str, ...] | None:
        """Returns its context words in some languages, None where it says nothing."""
        found = [word for one in self.supported_languages or () if isinstance(one, LanguageEntry)
                 and (languages is None or one.language in languages) for word in one.context or ()]
        return tuple(found) or self.context


class Registry(Record):
    """A list of recognizers."""

    supported_languages: tuple[str, ...] | None = None
    supported_countries: tuple[str, ...] | None = None
    global_regex_flags: int | None = None
    recognizers: tuple[str | dict[str, Any], ...] = Field(min_length=1)

    def wants(self, country: str | None) -> bool:
        """Whether recognizers of a country run; those of none always do."""
        countries = self.supported_countries
        return countries is None or country is None or country.strip().lower() in {one.strip().lower() for one in countries}


def plugins_of(content: Mapping[str, Any], origin: Origin, *, has_model: bool = False) -> Iterator[Plugin]:
    """Yields the plug-ins of a list of recognizers.

    Args:
        content: What the file says.
        origin: Where it comes from, and what it may do.
        has_model: Whether an NLP engine is configured beside it, whose entities ``SpacyRecognizer`` and the like stand for.

    Raises:
        PolicyError: If it is no such list, names an unknown recognizer or key, or holds a pattern that does not compile.
    """
    registry = record_of(Registry, content, origin.where)
    spoken = origin.languages or frozenset(registry.supported_languages or ()) or None
    for number, entry in enumerate(entries_of(registry, origin.where)):
        here = replace(origin.at(f"recognizer {number + 1} ({entry.name})"), languages=spoken)
        if not entry.enabled or (spoken and entry.languages and spoken.isdisjoint(entry.languages)):
            continue
        if entry.type == "custom" or (entry.type is None and (entry.patterns or entry.deny_list)):
            if registry.wants(entry.country_code):
                yield _custom(entry, registry.global_regex_flags, here)
        elif (entry.class_name or entry.name) not in NLP_RECOGNIZERS:
            yield from _predefined(entry, registry, here)
        elif not has_model:
            raise PolicyError("this recognizer reads the entities of an NLP engine, and none is configured", where=here.where,
                              next="plug the engine's configuration in beside it, and set 'enabled: false' here")


def entries_of(registry: Registry, where: str) -> tuple[Entry, ...]:
    """Returns the list's entries; a bare name is a predefined recognizer with its defaults.

    Raises:
        PolicyError: If one is not what ``Entry`` says.
    """
    return tuple(record_of(Entry, {"name": one} if isinstance(one, str) else one, f"{where}, recognizer {number + 1}")
                 for number, one in enumerate(registry.recognizers))


def _custom(entry: Entry, flags: int | None, origin: Origin) -> RulePlugin:
    if entry.model_extra:
        known(next(iter(entry.model_extra)), keys_of(Entry), what="key of a custom recognizer", where=origin.where)
    if entry.kind is None:
        raise PolicyError("a custom recognizer needs 'supported_entity'", where=origin.where, next="name what it finds")
    written = [(one.name, one.regex, one.score) for one in entry.patterns or ()]
    if entry.deny_list:
        written.append(("deny_list", listed(entry.deny_list), entry.deny_list_score))
    if not written:
        raise PolicyError("a custom recognizer needs 'patterns' or 'deny_list'", where=origin.where)
    flags = next(one for one in (flags, entry.global_regex_flags, _FLAGS) if one is not None)
    return RulePlugin(
        name=entry.name, budget=origin.budget, thresholds=dict(entry.score_thresholds or {}),
        context=tuple(dict.fromkeys(word.strip().lower() for word in entry.words(origin.languages) or () if word.strip())),
        rules=tuple(_rule(entry, *_compiled(pattern, flags, f"{origin.where}, pattern {name!r}"), score=score)
                    for name, pattern, score in written))


def listed(words: Collection[str]) -> str:
    """Returns a pattern for any of some words, as Presidio writes it, in a form that can be joined."""
    return rf"(?<!\w)({'|'.join(map(regex.escape, words))})(?!\w)"


def _compiled(written: str, flags: int, where: str) -> tuple[str, int]:
    """Returns a pattern that compiles, as Presidio asks without flags too, and its flags."""
    checked(written, 0, where)
    pattern, flags = flags_apart(words_apart(written), flags)
    return checked(pattern, flags, where), flags


def _rule(entry: Entry, written: str, flags: int, *, score: float) -> Rule:
    return Rule(str(entry.kind), written, flags, lambda match: (*match.span(), score) if score else None)


def _predefined(entry: Entry, registry: Registry, origin: Origin) -> Iterator[Plugin]:
    if entry.patterns or entry.deny_list:
        raise PolicyError("a predefined recognizer has no 'patterns' and no 'deny_list'", where=origin.where,
                          next="set 'type: custom'")
    name = entry.class_name or entry.name
    if name in NER_RECOGNIZERS:
        yield recognizer_of(name, {**_arguments(entry, origin.languages), **(entry.model_extra or {})}, origin)
        return
    classes = recognizer_classes()
    if entry.type is None and entry.class_ is None and name not in classes and entry.model_extra:  # 'patterns', misspelt
        known(next(iter(entry.model_extra)), keys_of(Entry), what="key of a recognizer", where=origin.where)
    kind = imported(entry.class_, origin.where, allow_code=origin.allow_code) if entry.class_ else \
        classes[known(name, classes, what="recognizer", where=origin.where)]
    country = getattr(kind, "COUNTRY_CODE", None)
    if entry.country_code and entry.country_code.strip().lower() != country:
        raise PolicyError(f"'country_code' is not the class's own, which is {country!r}", where=origin.where)
    if registry.wants(country):
        arguments = _accepted(kind, _arguments(entry, origin.languages), entry.model_extra or {}, origin.where)
        flags = _FLAGS if registry.global_regex_flags is None else registry.global_regex_flags
        yield _made(kind, arguments, {"global_regex_flags": flags, "score_thresholds": entry.score_thresholds}, origin)


def _arguments(entry: Entry, languages: Collection[str] | None) -> dict[str, Any]:
    """Returns what Presidio gives every recognizer's class, without what the entry does not say."""
    words, spoken = entry.words(languages), [one for one in entry.languages if languages is None or one in languages]
    said = {"name": entry.name, "supported_language": next(iter(spoken), None), "context": None if words is None else list(words),
            "supported_entity": entry.kind, "version": entry.version,
            "supported_entities": list(entry.supported_entities or ([entry.kind] if entry.kind else [])) or None}
    return {key: value for key, value in said.items() if value is not None}


def _accepted(kind: type[Any], common: Mapping[str, Any], own: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Returns the arguments for a class: those that Presidio gives to all, where it takes them, and the entry's own."""
    parameters = inspect.signature(kind.__init__).parameters
    common = {key: value for key, value in common.items() if key in parameters}
    if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values()):
        for key in own:
            known(key, [one for one in parameters if one != "self"], what="argument", where=f"{where}, {kind.__name__}")
    return {**common, **own}


def _made(kind: type[Any], arguments: Mapping[str, Any], settings: Mapping[str, Any], origin: Origin) -> Plugin:
    try:
        recognizer = kind(**arguments)
        for name, value in settings.items():
            if hasattr(recognizer, name):
                setattr(recognizer, name, value)
        return from_presidio(recognizer, budget=origin.budget)
    except PolicyError:
        raise
    except Exception as error:
        raise PolicyError(f"this recognizer cannot be made: {type(error).__name__}", where=f"{origin.where}, {kind.__name__}",
                          next="compare its keys with the arguments of its class") from error
