r"""Patterns of a user's own, with Lakeveil's checks.

    version: 1
    patterns:
      - {name: badge, type: BADGE, regex: '\bB-[0-9]{7}\b', score: 0.5, context: [badge], check: {kind: luhn}}
      - {name: wards, type: WARD, deny_list: [Ward 7, Ward 9], score: 0.9}

A pattern means what the module ``regex`` makes of it: leftmost match, alternatives in their order, Unicode's digits, letters and
word boundaries. The engines that scan many patterns in one pass (``first/multi.py``) take the longest match of bytes, so a
user's pattern never runs on them; they, or RE2, may only filter.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import regex
from pydantic import BeforeValidator, Field, model_validator

from engine.detect.checks import compiled, matrix
from engine.detect.checks.spec import All, Either, Encoded, Part, Spec, Structure
from engine.detect.plugins.plain import flags_apart
from engine.detect.plugins.plugin import RulePlugin
from engine.detect.plugins.presidio_yaml import listed
from engine.detect.plugins.reading import Origin, checked, record_of
from engine.detect.plugins.rules import Claim, Rule
from schemas.base import Record

_LETTERS_AND_DIGITS = regex.compile("[^0-9A-Za-z]+")


def _several(check: Any) -> Any:  # noqa: ANN401 - YAML, before it is looked at
    return {"kind": "all", "of": check} if isinstance(check, list) else check


class UserPattern(Record):
    """What one recognizer of the user's looks for."""

    name: str = Field(min_length=1)
    type: str = Field(pattern="^[A-Z][A-Z0-9_]*$")
    regex: str | None = Field(None, min_length=1, description="The group 'entity' is claimed; without one, the match.")
    deny_list: tuple[Annotated[str, Field(pattern=r"\S")], ...] = Field((), description=(
        "Words that are claimed where they stand alone."))
    score: float = Field(gt=0, le=1, description="How likely a match is what it looks like, before its check.")
    ignore_case: bool = False
    check: Annotated[Spec, BeforeValidator(_several)] | None = Field(None, description=(
        "As in conf/recognizers/entities; a list means all. It sees capitals and digits only, or the text as it is written if "
        "one of its parts is 'structure' or a decoding."))
    context: tuple[str, ...] = ()
    when: Literal["always", "context"] = "always"

    @model_validator(mode="after")
    def _whole(self) -> UserPattern:
        if (self.regex is None) == (not self.deny_list):
            raise ValueError("it needs 'regex' or 'deny_list', and not both")
        if self.when == "context" and not self.context:
            raise ValueError("without 'context' it can never count")
        return self


class UserPatterns(Record):
    """The file."""

    version: Literal[1]
    patterns: tuple[UserPattern, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_apart(self) -> UserPatterns:
        if len({one.name for one in self.patterns}) < len(self.patterns):
            raise ValueError("two patterns have one name")
        return self


def plugins_of(content: Mapping[str, Any], origin: Origin) -> Iterator[RulePlugin]:
    """Yields the plug-ins of a list of patterns.

    Raises:
        PolicyError: If it is not what ``UserPatterns`` says, or a pattern does not compile.
    """
    for one in record_of(UserPatterns, content, origin.where).patterns:
        written, flags = flags_apart(one.regex or listed(one.deny_list), int(regex.IGNORECASE) if one.ignore_case else 0)
        rule = Rule(one.type, checked(written, flags, f"{origin.where}, pattern {one.name!r}"), flags,
                    functools.partial(_claim, one.score))
        yield RulePlugin(
            one.name, (rule,), context=tuple(word.lower() for word in one.context), needs_context=one.when == "context",
            judge=functools.partial(_judged, one.check) if one.check else None, budget=origin.budget)


def _claim(score: float, match: Any) -> Claim:  # noqa: ANN401 - a match of the module regex
    start, end = match.span("entity" if "entity" in match.re.groupindex else 0)
    return start, end, score


def _judged(check: Spec, texts: list[str], scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A failed check ends the claim; one that a share ``chance`` of random candidates passes multiplies its odds by 1/chance."""
    seen = texts if _as_written(check) else [_LETTERS_AND_DIGITS.sub("", text).upper() for text in texts]
    passed = compiled(check)(*matrix(seen)) if texts else np.zeros(0, np.bool_)
    return np.where(passed, scores / (scores + (1 - scores) * check.chance), 0.0)


def _as_written(check: Spec) -> bool:
    if isinstance(check, All | Either):
        return any(_as_written(one) for one in check.of)
    return _as_written(check.of) if isinstance(check, Part) else isinstance(check, Encoded | Structure)
