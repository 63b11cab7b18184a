"""From what a scan counted to a proposed role, a category and a confidence, with the evidence in words.

What the data shows weighs more than what the header says, where it shows it in most cells. A person confirms.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from engine.detect.headers import Hint, hint, speaks_of_id
from engine.detect.registry import Registry
from engine.detect.scanner import UNSCANNABLE
from engine.detect.tally import ColumnTally, EntityTally
from schemas.findings import Category
from schemas.policy import Role

STRONG = 0.5
"""Share of cells from which on the data outweighs the header."""

_QUASI_CATEGORIES: tuple[Category, ...] = ("date", "demographic")
_QUASI_WORDS = ("POSTCODE", "POSTAL_CODE", "ZIP_CODE", "PIN_CODE", "PLZ", "LOCATION")


@functools.cache
def _categories() -> dict[str, Category]:
    return {"LOCATION": "location", **{one.reported: one.category for one in Registry.default().types}}


def _role_of(entity_type: str, category: Category) -> Role:
    postal = any(word in entity_type for word in _QUASI_WORDS)
    return "quasi" if category in _QUASI_CATEGORIES or postal else "direct"


_SEVERITY: tuple[Role, ...] = ("direct", "text", "sensitive", "quasi", "insensitive")
_LONG_TEXT, _SHORT_TEXT = 60, 25
_UNIQUE = 0.9
_FEW = 10


@dataclass(frozen=True)
class Proposal:
    """A column's proposed role, and why."""

    role: Role
    category: Category
    confidence: float
    evidence: tuple[str, ...]


def classify(tally: ColumnTally) -> Proposal:
    """Proposes a role for one column from its counts and its name."""
    said = hint(tally.path)
    if tally.nulls == tally.cells:
        return _empty(said)
    for proposal in (*_by_unscannable(tally), *_by_text(tally, said), *_by_entities(tally, said), *_by_names(tally, said),
                     *_by_type(tally, said), *_by_header(tally, said), *_by_uniqueness(tally)):
        return proposal
    return Proposal("insensitive", "other", 0.5, ("nothing personal was found in its values or its name",))


def classify_container(path: str, children: list[Proposal]) -> Proposal:
    """Proposes for a struct, list or map the most protective role of what it holds."""
    if not children:
        return Proposal("insensitive", "other", 0.3, (f"{path} holds nothing",))
    worst = min(children, key=lambda child: (_SEVERITY.index(child.role), -child.confidence))
    return Proposal(worst.role, worst.category, worst.confidence, ("the most protective role of what it holds", *worst.evidence))


def _empty(said: Hint | None) -> Proposal:
    evidence = ("every cell is null",)
    if said is None:
        return Proposal("insensitive", "other", 0.3, evidence)
    return Proposal(said.role, said.category, 0.4, (*evidence, _says(said)))


def _says(said: Hint) -> str:
    return f"its name says {said.word!r}"


def _share(count: int, tally: ColumnTally) -> float:
    return count / max(1, tally.cells - tally.nulls)


def _mean_length(tally: ColumnTally) -> float:
    return tally.length / max(1, tally.cells - tally.nulls)


def _strongest(tally: ColumnTally) -> tuple[str, EntityTally] | None:
    # A URL inside an e-mail address, and a number that could also be a phone's, are the weaker reading.
    order = sorted(tally.entities.items(), key=lambda item: (-item[1].cells, -item[1].score_sum, item[0]))
    strong = [item for item in order if _share(item[1].cells, tally) >= STRONG and item[0] != UNSCANNABLE]
    return max(strong, key=lambda item: (item[1].score_sum / item[1].findings, item[1].cells)) if strong else None


def _by_unscannable(tally: ColumnTally) -> Iterator[Proposal]:
    found = tally.entities.get(UNSCANNABLE)
    if found and _share(found.cells, tally) >= STRONG:
        yield Proposal("text", "free text", 0.6, (f"{found.cells:,} cells could not be scanned within their budget",))


def _by_text(tally: ColumnTally, said: Hint | None) -> Iterator[Proposal]:
    length, wordy = _mean_length(tally), _share(tally.wordy, tally)
    told = said is not None and said.role == "text"
    long = told or length >= _LONG_TEXT or (length >= _SHORT_TEXT and _strongest(tally) is None)
    if wordy >= STRONG and long:
        evidence = [f"{wordy:.0%} of its cells are texts of four words or more, {length:.0f} characters on average"]
        evidence += [_says(said)] if told and said else []
        evidence += [_found(name, entity, tally) for name, entity in _by_share(tally)[:3]]
        yield Proposal("text", "free text", 0.95 if told else 0.85, tuple(evidence))


def _by_share(tally: ColumnTally) -> list[tuple[str, EntityTally]]:
    return sorted(tally.entities.items(), key=lambda item: (-item[1].cells, item[0]))


def _found(name: str, entity: EntityTally, tally: ColumnTally) -> str:
    mean = entity.score_sum / entity.findings / 1e6
    who = ", ".join(sorted(entity.recognizers))
    return f"{_share(entity.cells, tally):.0%} of its cells hold {name} (mean score {mean:.2f}, {who})"


def _by_entities(tally: ColumnTally, said: Hint | None) -> Iterator[Proposal]:
    strongest = _strongest(tally)
    if strongest is None:
        return
    name, entity = strongest
    category = _categories().get(name, "identity")
    role = _role_of(name, category)
    mean = entity.score_sum / entity.findings / 1e6
    weak = mean < STRONG or (name in {"PHONE_NUMBER", "URL"} and mean < 0.7)  # noqa: PLR2004 - a phone's score with context
    if weak and said is not None and said.role != "direct":
        return  # a code that could be a phone number, say, in a column that says what else it is
    agrees = said is not None and said.role == role
    category = said.category if said is not None and agrees else category
    evidence = [_found(name, entity, tally), *([_says(said)] if said else [])]
    if role == "quasi" and said is not None and said.role in {"direct", "sensitive"}:
        role, category = said.role, said.category
    confidence = min(0.99, 0.5 + 0.4 * _share(entity.cells, tally) * max(mean, 0.5) + (0.15 if agrees else 0))
    yield Proposal(role, category, round(confidence, 2), tuple(evidence))


def _by_names(tally: ColumnTally, said: Hint | None) -> Iterator[Proposal]:
    names = max(tally.given_names, tally.family_names)
    share = _share(names, tally)
    few = tally.distinct < _FEW or tally.distinct < 0.01 * (tally.cells - tally.nulls)  # a code list, like races
    threshold = STRONG if said is None or said.category == "identity" else 0.8
    if share >= threshold and (not few or (said is not None and said.role == "direct")):
        which = "given" if tally.given_names >= tally.family_names else "family"
        evidence = (f"{share:.0%} of its cells are known {which} names", *([_says(said)] if said else []))
        yield Proposal("direct", "identity", 0.95 if said is not None and said.role == "direct" else 0.75, evidence)


def _by_type(tally: ColumnTally, said: Hint | None) -> Iterator[Proposal]:
    if tally.type.startswith(("date", "timestamp")) and (said is None or said.role in {"quasi", "text"}):
        evidence = (f"it is of type {tally.type}: dates single people out", *([_says(said)] if said else []))
        yield Proposal("quasi", "date", 0.9 if said else 0.6, evidence)


def _by_header(tally: ColumnTally, said: Hint | None) -> Iterator[Proposal]:
    if said is None:
        return
    measured = tally.type.startswith(("double", "float", "bool"))
    if said.role == "direct" and measured and said.category != "location":
        return  # no identifier is a measurement
    if said.role == "text":
        if _share(tally.wordy, tally) > 0 or tally.type != "string":
            yield Proposal("text" if tally.type == "string" else "insensitive", "free text", 0.6, (_says(said),))
        return
    evidence = [_says(said)]
    found = [one for one in _by_share(tally) if one[0] != UNSCANNABLE][:1]
    evidence += [_found(name, entity, tally) for name, entity in found]
    yield Proposal(said.role, said.category, 0.75 if not found else 0.8, tuple(evidence))


def _by_uniqueness(tally: ColumnTally) -> Iterator[Proposal]:
    filled = tally.cells - tally.nulls
    if filled < _FEW or tally.distinct < _UNIQUE * filled or not tally.type.startswith(("string", "int", "uint")):
        return
    evidence = f"nearly every value is different ({tally.distinct:,} of {filled:,})"
    if speaks_of_id(tally.path):
        yield Proposal("direct", "identity", 0.85, (evidence, "its name says that it identifies"))
    elif tally.type == "string":
        yield Proposal("direct", "identity", 0.5, (evidence,))
