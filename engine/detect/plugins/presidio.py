"""Presidio's recognizer objects as plug-ins."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from engine.detect import phones
from engine.detect.plugins.budget import BUDGET, Budget
from engine.detect.plugins.plain import flags_apart
from engine.detect.plugins.plugin import CodePlugin, RulePlugin, Typed
from engine.detect.plugins.presidio_classes import close_log, defined_by
from engine.detect.plugins.rules import Claim, Rule, Search, superset
from engine.errors import PolicyError

_DENY_BEFORE, _DENY_AFTER = r"(?:^|(?<=\W))(", r")(?:(?=\W)|$)"
_DIGITS = r"\d(?:[^A-Za-z]{0,4}\d){3}"
"""In every telephone number: the shortest of any country has four digits, at most four other characters between two."""


def from_presidio(recognizer: Any, *, budget: Budget = BUDGET) -> RulePlugin | CodePlugin:  # noqa: ANN401 - Presidio's classes carry no types
    """Wraps one of Presidio's ``EntityRecognizer`` objects.

    A ``PatternRecognizer`` becomes rules: the spans, types and scores of its own ``analyze`` on each value. One that overrides
    ``analyze``, and any other, is called with one distinct value at a time and no NLP artifacts. Its ``context`` counts as in the
    rest of the scan; an ``enhance_using_context`` of its own is not called.

    Raises:
        PolicyError: If it is no recognizer, or one that reads the entities of an NLP engine.
    """
    close_log()
    kinds = {one.__name__ for one in type(recognizer).__mro__}
    name = getattr(recognizer, "name", type(recognizer).__name__)
    if "EntityRecognizer" not in kinds:
        raise PolicyError("this is not a recognizer", where=type(recognizer).__name__,
                          allowed="objects of Presidio's EntityRecognizer and its subclasses")
    if "SpacyRecognizer" in kinds:
        raise PolicyError("this recognizer reads the entities of an NLP engine", where=name,
                          next="plug the engine's configuration in with load_model")
    common: dict[str, Any] = {
        "name": name, "budget": budget, "thresholds": dict(getattr(recognizer, "score_thresholds", None) or {}),
        "context": tuple(dict.fromkeys(word.strip().lower() for word in recognizer.context or () if word.strip())),
    }
    analyzes = defined_by(recognizer, "analyze")
    if analyzes in {"PatternRecognizer", "IbanRecognizer"}:
        return RulePlugin(rules=tuple(_rules(recognizer)), **common)
    if analyzes == "PhoneRecognizer":
        search = Search(recognizer.supported_entities[0], phones.search(recognizer), superset(_DIGITS, 0))
        return RulePlugin(rules=(search,), **common)
    types = tuple(recognizer.supported_entities)

    def analyze(text: str) -> Iterator[Typed]:
        for one in recognizer.analyze(text, list(types), None) or ():
            yield one.start, one.end, one.entity_type, one.score

    of_digits = superset(_DIGITS, 0) if analyzes and "PhoneRecognizer" in kinds else None
    return CodePlugin(entity_types=types, analyze=analyze, filter=of_digits, **common)


def _rules(recognizer: Any) -> Iterator[Rule]:  # noqa: ANN401 - Presidio's classes carry no types
    for pattern in recognizer.patterns:
        written, flags = flags_apart(words_apart(pattern.regex), int(recognizer.global_regex_flags or 0))
        yield Rule(recognizer.supported_entities[0], written, flags, _claim_of(recognizer, pattern.score))


def words_apart(written: str) -> str:
    r"""Returns the pattern of a deny list in a form that can be joined; any other as it is.

    Presidio writes ``(?:^|(?<=\W))(…)(?:(?=\W)|$)``: between no word characters, since a line break is none. The same as
    ``(?<!\w)(…)(?!\w)``, which does not ask where lines or values end.
    """
    if written.startswith(_DENY_BEFORE) and written.endswith(_DENY_AFTER):
        return rf"(?<!\w)({written[len(_DENY_BEFORE):-len(_DENY_AFTER)]})(?!\w)"
    return written


def _claim_of(recognizer: Any, score: float) -> Callable[[Any], Claim | None]:  # noqa: ANN401 - Presidio's classes carry no types
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
def suffixes() -> Any:  # noqa: ANN401 - the library's callable object
    """Returns what splits a domain at its public suffix, by the snapshot of the list that the library ships."""
    import tldextract  # noqa: PLC0415 - slow to import, and not every list of recognizers needs it

    # The packaged snapshot of the public suffix list: no fetch, no cache on disk.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def _is_mail_domain(text: str) -> bool:
    """Whether the domain ends in a public suffix; Presidio's own check fetches the suffix list from the network."""
    return bool(suffixes()(text).fqdn)


def _iban(recognizer: Any, score: float, match: Any) -> Claim | None:  # noqa: ANN401 - Presidio's classes carry no types
    """Tries the match without its optional tails, the longest first, as Presidio does."""
    start = match.start()
    for group in range(len(match.groups()), 0, -1):
        end = match.end(group) if match.end(group) > 0 else match.end()
        verdict = recognizer.validate_result(match.string[start:end])
        if verdict is None or verdict:
            return start, end, 1.0 if verdict else score
    return None
