"""Why something was found: the recognizer, the check that it passed, the context word that counted, and how much each added."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pyarrow as pa
import regex

from engine.detect.context import header_words
from engine.detect.names.explain import Explained
from engine.detect.names.explain import explain as explain_names
from engine.detect.registry import EntityType
from engine.detect.scanner import Scanner
from engine.errors import InputError

_REACH = 96
"""Characters beside a finding in which a context word is looked for."""

_CLOSE = 1e-6


def explain(text: str, scanner: Scanner | None = None, *, header: str = "") -> list[Explained]:
    """Finds personal data in a text and tells why.

    Args:
        text: One value.
        scanner: The default scanner unless given.
        header: The column's name or path, for its words.

    Returns:
        Findings by place. Their evidence is in words, with weights (natural log odds) that add up to the log odds of the score;
        no part of the text is in it but common words of language and context words of the registry.

    Raises:
        InputError: If it is no text, or holds half of a surrogate pair.
    """
    if not isinstance(text, str) or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise InputError("this is no text that can be written in UTF-8", where="explain", next="decode it first")
    scanner = scanner or Scanner.default()
    named = {(one.span, one.entity_type): one.evidence for one in explain_names(text)} if scanner.config.names != "off" else {}
    types = scanner.config.types()
    found = []
    for one in scanner.find_distinct(pa.array([text], pa.string()), header=header):
        span = one.start, one.end
        mine = [kind for kind in types if (kind.reported, kind.evidence) == (one.entity_type, one.recognizer)]
        beside = text[:one.start], text[one.end:]
        evidence = next(filter(None, (_of_type(kind, one.score, beside, header, scanner) for kind in mine)), None)
        evidence = evidence or named.get((span, one.entity_type)) or [(f"recognizer {one.recognizer!r}", _odds(one.score))]
        found.append(Explained(span, one.entity_type, one.score, evidence))
    return found


def _of_type(
    kind: EntityType, score: float, beside: tuple[str, str], header: str, scanner: Scanner,
) -> list[tuple[str, float]] | None:
    """Returns the evidence for a type of the registry; None if the score is not one that it gives."""
    settings, verified = scanner.config.context, kind.verified_score
    # A word before a finding raises its score by the boost, one after it by half.
    boosted = (min(1.0, max(verified + boost, settings.floor)) for boost in (settings.boost, settings.boost / 2))
    if min(abs(score - one) for one in (verified, *boosted)) > _CLOSE:
        return None
    form = "pattern" if kind.pattern is not None else "format"
    evidence = [(f"{form} of {kind.type} (conf/recognizers/entities)", _odds(kind.score))]
    if kind.check is not None:
        evidence.append((f"check passed: {kind.check.brief()}", _odds(verified) - _odds(kind.score)))
    if abs(score - verified) > _CLOSE or kind.when != "always":
        word = next(_spoken(kind, beside, header, settings.words), "a context word")
        evidence.append((word, _odds(score) - _odds(verified)))
    return evidence


def _spoken(kind: EntityType, beside: tuple[str, str], header: str, words: int) -> Iterator[str]:
    """Yields the context words that stand in the column's name, and among the words close before and after a finding."""
    before, after = (regex.findall(r"[\p{L}\p{N}'’.-]+", part.lower()) for part in (beside[0][-_REACH:], beside[1][:_REACH]))
    for place, text in (("the column's name", header_words(header)), ("the words before it", " ".join(before[-words - 4:])),
                        ("the words after it", " ".join(after[:words + 4]))):
        for word in sorted(kind.context, key=len, reverse=True):
            if regex.search(rf"(?<!\w){regex.escape(word)}s?(?!\w)", text, regex.IGNORECASE):
                yield f"context word {word!r} in {place}"


def _odds(score: float) -> float:
    return math.log(max(score, _CLOSE) / max(1 - score, _CLOSE))
