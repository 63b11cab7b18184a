"""From a list of recognizers to rules. Loaded when first needed, once a process; no network."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine.detect import phones
from engine.detect.config import RecognizerConfig, RecognizerEntry
from engine.detect.presidio import defined_by, recognizer_classes
from engine.detect.rules import Claim, Rule, Search, superset
from engine.errors import PolicyError, nearest

_PHONE_DIGITS = r"\d(?:[^A-Za-z]{0,4}\d){3}"
"""In every telephone number: the shortest of any country has four digits, at most four other characters between two."""


@functools.lru_cache(maxsize=4)
def load(config: RecognizerConfig) -> tuple[Rule | Search, ...]:
    """Returns the rules of a configuration's recognizers.

    Raises:
        PolicyError: If a name is not a recognizer's.
    """
    return tuple(found for entry in config.active() for found in _rules(entry))


def _rules(entry: RecognizerEntry) -> Iterator[Rule | Search]:
    needs_context = entry.when == "context"
    recognizer = _presidio(entry.name)
    context = _words((*entry.context, *(recognizer.context or ())))
    entity_type = recognizer.supported_entities[0]
    if not hasattr(recognizer, "patterns"):
        find = phones.search(recognizer) if entry.name == "PhoneRecognizer" else _analyzed(recognizer)
        yield Search(entry.name, entity_type, find, context, needs_context, superset(_PHONE_DIGITS, 0))
        return
    for pattern in recognizer.patterns:
        yield Rule(entry.name, entity_type, pattern.regex, recognizer.global_regex_flags, claim_of(recognizer, pattern.score),
                   context=context, needs_context=needs_context)


def _words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip().lower() for word in words if word.strip()))


def _presidio(name: str) -> Any:  # noqa: ANN401 - Presidio's classes carry no types
    classes = recognizer_classes()
    if name not in classes:
        raise PolicyError(f"there is no recognizer called {name!r}", where="recognizers",
                          allowed="Presidio's pattern recognizers by class name", next=nearest(name, [*classes]))
    return classes[name]()


def claim_of(recognizer: Any, score: float) -> Callable[[Any], Claim | None]:  # noqa: ANN401 - Presidio's classes carry no types
    """Returns what makes a claim of a match of one of a PatternRecognizer's patterns, as its ``analyze`` does."""
    if defined_by(recognizer, "analyze") == "IbanRecognizer":
        return functools.partial(_iban, recognizer, score)
    validate = _is_mail_domain if defined_by(recognizer, "validate_result") == "EmailRecognizer" else recognizer.validate_result

    def claim(match: Any) -> Claim | None:  # noqa: ANN401 - a match of the module regex
        text = match.group()
        if not text:
            return None
        verdict = validate(text)
        final = score if verdict is None else float(bool(verdict))
        if final == 0 or recognizer.invalidate_result(text):
            return None
        return match.start(), match.end(), final

    return claim


@functools.cache
def _suffixes() -> Any:  # noqa: ANN401 - the library's callable object
    import tldextract  # noqa: PLC0415 - slow to import, and not every list of recognizers needs it

    # The packaged snapshot of the public suffix list: no fetch, no cache on disk.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def _is_mail_domain(text: str) -> bool:
    """Whether the domain ends in a public suffix; Presidio's own check fetches the suffix list from the network."""
    return bool(_suffixes()(text).fqdn)


def _iban(recognizer: Any, score: float, match: Any) -> Claim | None:  # noqa: ANN401 - Presidio's classes carry no types
    """Tries the match without its optional tails, the longest first, as Presidio does."""
    start = match.start()
    for group in range(len(match.groups()), 0, -1):
        end = match.end(group) if match.end(group) > 0 else match.end()
        verdict = recognizer.validate_result(match.string[start:end])
        if verdict is None or verdict:
            return start, end, 1.0 if verdict else score
    return None


def _analyzed(recognizer: Any) -> Callable[[str], Iterable[Claim]]:  # noqa: ANN401 - Presidio's classes carry no types
    kinds = recognizer.supported_entities
    return lambda text: [(found.start, found.end, found.score) for found in recognizer.analyze(text, kinds)]
