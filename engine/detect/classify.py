"""From what a scan counted to a proposed role, a category and a confidence, with the evidence in words.

Each source of evidence (``engine/detect/evidence.py``) speaks for some readings and against others; what they say is added up, and
the reading with the highest sum is proposed. What tags say is a floor: it raises protection, and never lowers it. A person confirms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.detect.evidence import NAMED, SOURCES, TEXT, THING, Column, Evidence
from engine.detect.headers import hints
from engine.detect.roles import Reading
from engine.detect.table import from_table
from engine.detect.tags import Tag
from engine.detect.tally import ColumnTally
from schemas.findings import Category
from schemas.policy import Role

SEVERITY: tuple[Role, ...] = ("direct", "text", "sensitive", "quasi", "insensitive")
"""Roles, the most protective first."""

_NOTHING = 1.0
"""Weight of nothing personal, before anything was seen: more than a trace must speak against it."""

_LEAST, _MOST = 0.3, 0.99


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
        return tuple(dict.fromkeys(one.says for one in self.reasons)) + self.conflicts


def classify_table(tallies: Iterable[ColumnTally], tags: Mapping[str, tuple[Tag, ...]] | None = None) -> list[Proposal]:
    """Proposes for each column of a table, given what the others are. Containers are not columns here (``classify_container``).

    Args:
        tallies: The columns and nested paths.
        tags: Path → what is said of it beside the table (``engine/detect/tags.py``).
    """
    tallies = list(tallies)
    seen = [[one for source in SOURCES for one in source(Column(tally))] for tally in tallies]
    first = [_weighed(tally, evidence) for tally, evidence in zip(tallies, seen, strict=True)]
    readings = [(tally, proposal.reading) for tally, proposal in zip(tallies, first, strict=True)]
    proposals = []
    for tally, evidence, alone in zip(tallies, seen, first, strict=True):
        proposal = _weighed(tally, [*evidence, *from_table(Column(tally), alone.reading, readings)])
        proposals.append(tagged(proposal, (tags or {}).get(tally.path, ())))
    return proposals


def classify(tally: ColumnTally, tags: tuple[Tag, ...] = ()) -> Proposal:
    """Proposes for one column by itself."""
    return tagged(_weighed(tally, [one for source in SOURCES for one in source(Column(tally))]), tags)


def _weighed(tally: ColumnTally, evidence: list[Evidence]) -> Proposal:
    if not tally.filled:
        return _empty(tally)
    readings: set[Reading] = {THING, TEXT}
    readings.update(key for one in evidence for key, weight in one.weights.items() if isinstance(key, tuple) and weight > 0)
    sums = {reading: sum(one.weight(reading) for one in evidence) + (_NOTHING if reading == THING else 0.0) for reading in readings}
    best = max(sums, key=lambda reading: (round(sums[reading], 9), -SEVERITY.index(reading[0]), reading[1]))
    odds = sum(math.exp(value - sums[best]) for value in sums.values())
    reasons = sorted((one for one in evidence if one.weight(best) or not one.weights), key=lambda one: -abs(one.weight(best)))
    if best == THING and not any(one.weight(best) > 0 for one in reasons):
        reasons = [Evidence("findings", "nothing personal was found in its values or its name", {}), *reasons]
    return Proposal(*best, round(min(_MOST, max(_LEAST, 1 / odds)), 2), tuple(reasons))


def _empty(tally: ColumnTally) -> Proposal:
    nothing = Evidence("looks", "every cell is null" if tally.cells else "it has no cells", {})
    said = next(iter(hints(tally.path)), None)
    if said is None:
        return Proposal(*THING, _LEAST, (nothing,))
    name = Evidence("name", f"its name says {said.word!r}", {(said.role, said.category): said.weight})
    return Proposal(said.role, said.category, 0.4, (nothing, name))


def tagged(proposal: Proposal, tags: tuple[Tag, ...]) -> Proposal:
    """Returns a proposal that honours tags: the more protective of what is found and what is said, and where they conflict."""
    for tag in tags:
        seen = Evidence("tag", tag.says, {})
        if not tag.personal:
            conflict = (f"conflict: {tag.says}, but what was found says {proposal.role}",) if proposal.role != "insensitive" else ()
            proposal = Proposal(*proposal.reading, proposal.confidence, (*proposal.reasons, seen), proposal.conflicts + conflict)
        elif proposal.role == "insensitive" or (tag.exact and SEVERITY.index(tag.role) < SEVERITY.index(proposal.role)):
            category = tag.category if proposal.category == "other" or tag.exact else proposal.category
            proposal = Proposal(tag.role, category, 0.95, (seen, *proposal.reasons), proposal.conflicts)
        elif tag.exact and tag.role != proposal.role:
            conflict = (f"conflict: {tag.says}, but what was found says {proposal.role}, which protects more",)
            proposal = Proposal(*proposal.reading, proposal.confidence, (*proposal.reasons, seen), proposal.conflicts + conflict)
        else:
            proposal = Proposal(*proposal.reading, max(0.95, proposal.confidence), (*proposal.reasons, seen), proposal.conflicts)
    return proposal


def classify_container(path: str, children: list[Proposal], tags: tuple[Tag, ...] = ()) -> Proposal:
    """Proposes for a struct, list, map or document the most protective role of what it holds."""
    if not children:
        return tagged(Proposal(*THING, _LEAST, (Evidence("looks", f"{path} holds nothing", {}),)), tags)
    worst = min(children, key=lambda child: (SEVERITY.index(child.role), -child.confidence))
    holds = Evidence("table", "the most protective role of what it holds", {})
    return tagged(Proposal(*worst.reading, worst.confidence, (holds, *worst.reasons), worst.conflicts), tags)
