"""Presidio's recognizer objects as plug-ins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.detect import phones
from engine.detect.plugins.budget import BUDGET, Budget
from engine.detect.plugins.plain import flags_apart
from engine.detect.plugins.plugin import CodePlugin, RulePlugin, Typed
from engine.detect.presidio import close_log, defined_by
from engine.detect.recognizers import claim_of
from engine.detect.rules import Rule, Search, superset
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
        return RulePlugin(rules=tuple(_rules(recognizer, name)), **common)
    if analyzes == "PhoneRecognizer":
        search = Search(name, recognizer.supported_entities[0], phones.search(recognizer), (), needs_context=False,
                        filter=superset(_DIGITS, 0))
        return RulePlugin(rules=(search,), **common)
    types = tuple(recognizer.supported_entities)

    def analyze(text: str) -> Iterator[Typed]:
        for one in recognizer.analyze(text, list(types), None) or ():
            yield one.start, one.end, one.entity_type, one.score

    of_digits = superset(_DIGITS, 0) if analyzes and "PhoneRecognizer" in kinds else None
    return CodePlugin(entity_types=types, analyze=analyze, filter=of_digits, **common)


def _rules(recognizer: Any, name: str) -> Iterator[Rule]:  # noqa: ANN401 - Presidio's classes carry no types
    for pattern in recognizer.patterns:
        written, flags = flags_apart(words_apart(pattern.regex), int(recognizer.global_regex_flags or 0))
        yield Rule(name, recognizer.supported_entities[0], written, flags, claim_of(recognizer, pattern.score))


def words_apart(written: str) -> str:
    r"""Returns the pattern of a deny list in a form that can be joined; any other as it is.

    Presidio writes ``(?:^|(?<=\W))(…)(?:(?=\W)|$)``: between no word characters, since a line break is none. The same as
    ``(?<!\w)(…)(?!\w)``, which does not ask where lines or values end.
    """
    if written.startswith(_DENY_BEFORE) and written.endswith(_DENY_AFTER):
        return rf"(?<!\w)({written[len(_DENY_BEFORE):-len(_DENY_AFTER)]})(?!\w)"
    return written
