"""From what a scan counted to a proposed role, a category and a confidence, with the evidence in words.

Each source of evidence (``evidence.py``) speaks for some readings and against others; what they say is added up,
and the reading with the highest sum is proposed. What tags say is a floor: it raises protection, and never lowers what the data
shows. A person confirms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.detect.columns.column import TEXT, THING, Column, Evidence
from engine.detect.columns.evidence import SOURCES
from engine.detect.columns.headers import hints
from engine.detect.columns.roles import Reading
from engine.detect.columns.table import from_table
from engine.detect.columns.tags import Tag
from engine.detect.tables.tally import ColumnTally
from schemas.findings import Category
from schemas.policy import Role

SEVERITY: tuple[Role, ...] = ("direct", "text", "sensitive", "quasi", "insensitive")
"""Roles, the most protective first."""

_NOTHING = 1.0
"""Weight of nothing personal, before anything was seen: more than a trace must speak against it."""

_LEAST, _MOST, _TAGGED = 0.3, 0.99, 0.95
_SHOWN = frozenset(("findings", "words", "forms", "looks", "text", "spread"))
"""Sources that are about the data, and not about what somebody called it."""


@dataclass(frozen=True)
class Proposal:
    """A column's proposed role, and why.

    Attributes:
        role: Proposed.
        category: Proposed.
        confidence: How clearly it leads over other readings, 0 to 1.
        reasons: The evidence, what weighs most first.
        conflicts: What tags say against it, in words.
    """

    role: Role
    category: Category
    confidence: float
    reasons: tuple[Evidence, ...]
    conflicts: tuple[str, ...] = ()

    @property
    def reading(self) -> Reading:
        """Role and category."""
        return self.role, self.category

    @property
    def evidence(self) -> tuple[str, ...]:
        """The evidence in words."""
        return (*dict.fromkeys(one.says for one in self.reasons), *self.conflicts)

    @property
    def shown(self) -> float:
        """How much of its weight is in the data."""
        return sum(one.weight(self.reading) for one in self.reasons if one.source in _SHOWN)


def classify_table(tallies: Iterable[ColumnTally], tags: Mapping[str, tuple[Tag, ...]] | None = None) -> list[Proposal]:
    """Proposes for each column of a table, given what the others are. Containers are no columns here (``classify_container``).

    Args:
        tallies: The columns and nested paths.
        tags: Path → what is said of it beside the table (``engine/detect/columns/tags.py``).
    """
    columns = [Column(tally) for tally in tallies]
    seen = [_seen(column) for column in columns]
    alone = [_weighed(column, evidence) for column, evidence in zip(columns, seen, strict=True)]
    readings = [(column, proposal.reading) for column, proposal in zip(columns, alone, strict=True)]
    together = (_weighed(column, [*evidence, *from_table(column, proposal.reading, readings)])
                for column, evidence, proposal in zip(columns, seen, alone, strict=True))
    return [tagged(proposal, (tags or {}).get(column.tally.path, ())) for column, proposal in zip(columns, together, strict=True)]


def classify(tally: ColumnTally, tags: tuple[Tag, ...] = ()) -> Proposal:
    """Proposes for one column by itself."""
    column = Column(tally)
    return tagged(_weighed(column, _seen(column)), tags)


def _seen(column: Column) -> list[Evidence]:
    return [one for source in SOURCES for one in source(column)]


def _weighed(column: Column, evidence: list[Evidence]) -> Proposal:
    if not column.tally.filled:
        return _empty(column.tally)
    readings: set[Reading] = {THING, TEXT}
    readings.update(key for one in evidence for key, weight in one.weights.items() if isinstance(key, tuple) and weight > 0)
    sums = {reading: sum(one.weight(reading) for one in evidence) for reading in readings}
    sums[THING] += _NOTHING
    best = max(sums, key=lambda reading: (round(sums[reading], 9), -SEVERITY.index(reading[0]), reading[1]))
    identifying = [one for one in evidence if one.source == "findings" and _identifies(one)]
    if best == THING and any(one.weight(TEXT) > 0 or not column.numeric for one in identifying):
        best = TEXT  # most cells are harmless, and some are not
        evidence = [*evidence, *(Evidence("findings", one.says, {TEXT: 1.0}) for one in identifying if not one.weight(TEXT))]
    odds = sum(math.exp(value - sums[best]) for value in sums.values())
    reasons = sorted((one for one in evidence if one.weight(best) or not one.weights), key=lambda one: -abs(one.weight(best)))
    if best == THING and not any(one.weight(best) > 0 for one in reasons):
        reasons = [Evidence("findings", "nothing personal was found in its values or its name", {}), *reasons]
    return Proposal(*best, round(min(_MOST, max(_LEAST, 1 / odds)), 2), tuple(reasons))


def _identifies(one: Evidence) -> bool:
    return any(weight > 0 and key[0] in {"text", "direct"} for key, weight in one.weights.items() if isinstance(key, tuple))


def _empty(tally: ColumnTally) -> Proposal:
    nothing = Evidence("looks", "every cell is null" if tally.cells else "it has no cells", {})
    said = next(iter(hints(tally.path)), None)
    if said is None:
        return Proposal(*THING, _LEAST, (nothing,))
    return Proposal(*said.reading, 0.4, (nothing, Evidence("name", f"its name says {said.word!r}", {said.reading: said.weight})))


def tagged(proposal: Proposal, tags: tuple[Tag, ...]) -> Proposal:
    """Returns a proposal that honours tags: the more protective of what is found and what is said, and where they conflict."""
    for tag in tags:
        proposal = _with(proposal, tag)
    return proposal


def _with(found: Proposal, tag: Tag) -> Proposal:
    said = Evidence("tag", tag.says, {})
    noted = replace(found, reasons=(*found.reasons, said))
    if not tag.personal:
        if found.role == "insensitive":
            return replace(noted, confidence=max(_TAGGED, found.confidence))
        if found.shown < _NOTHING:
            return Proposal(*THING, _TAGGED, (said, *found.reasons), found.conflicts)
        return replace(noted, conflicts=(*found.conflicts, f"conflict: {tag.says}, but what was found says {found.role}"))
    raises = SEVERITY.index(tag.role) < SEVERITY.index(found.role)
    if found.role == "insensitive" or (tag.exact and raises):
        return Proposal(tag.role, tag.category, _TAGGED, (said, *found.reasons), found.conflicts)
    if tag.exact and tag.role != found.role:
        protects = f"conflict: {tag.says}, but what was found says {found.role}, which protects more"
        return replace(noted, conflicts=(*found.conflicts, protects))
    return replace(noted, confidence=max(_TAGGED, found.confidence))


def classify_container(children: list[Proposal], tags: tuple[Tag, ...] = ()) -> Proposal:
    """Proposes for a struct, list, map or document the most protective role of what it holds."""
    if not children:
        return tagged(Proposal(*THING, _LEAST, (Evidence("looks", "it holds nothing", {}),)), tags)
    worst = min(children, key=lambda child: (SEVERITY.index(child.role), -child.confidence))
    holds = Evidence("table", "the most protective role of what it holds", {})
    return tagged(replace(worst, reasons=(holds, *worst.reasons)), tags)
