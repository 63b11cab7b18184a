"""What a column's values say by themselves: findings, words of known lists, names of people, forms of public codes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from engine.detect.columns.column import (
    DAY,
    LONG_TEXT,
    MOST,
    NAME_SETS,
    NAMED,
    SOME,
    TEXT,
    THING,
    Column,
    Evidence,
    Weights,
)
from engine.detect.columns.roles import Reading, reading_of
from engine.detect.columns.vocabulary import FILLER, Form, Opening, Pattern, Vocabulary, WordSet
from engine.detect.scanner import UNSCANNABLE
from engine.detect.tables.tally import EntityTally
from schemas.findings import percent

_MORE_THAN_CHANCE, _CERTAIN, _CERTAIN_OF_FEW, _AS_GOOD_AS_CERTAIN = 0.001, 0.6, 0.8, 0.85
_WRITTEN_IN_WORDS = frozenset(("PERSON", "LOCATION", "STREET_ADDRESS", "NRP", "ORGANIZATION"))
_LEAST_OF = {"given": 0.35, "family": 0.35, "city": 0.35, "job": 0.35, "region": 0.5, "country": 0.5}
"""Share of cells from which on they are of an open list, which never holds everything; of the other lists ``_CERTAIN``."""

_VARIED, _LEAST_OF_FEW = 5, 0.8
_LEAST_CELLS = 5
_CLOSE = 0.1
_DIFFERENT = 10


def from_findings(column: Column) -> Iterator[Evidence]:
    """What the scanner found in its cells: of each reading the strongest type, and what else stands within longer cells."""
    best: dict[Reading, tuple[float, str]] = {}
    for name, entity in column.tally.entities.items():
        share, whole = column.of_cells(entity.cells), column.of_cells(entity.whole)
        if name == UNSCANNABLE:
            if share >= MOST:
                yield Evidence("findings", f"{entity.cells:,} cells could not be scanned within their budget", {TEXT: 4.0})
            continue
        if name in _WRITTEN_IN_WORDS and column.coded:
            continue  # a code is no name, whatever it reads like
        if name == "ORGANIZATION" and column.hint is not None and column.hint.role == "quasi":
            continue  # a person's insurer or employer: which one it is singles out
        reading, says = reading_of(name), _found(name, entity, share)
        if whole >= SOME and (reading != DAY or column.looks["date"] < MOST):
            best[reading] = max(best.get(reading, (0.0, "")), (whole * _weight(entity.score), says))
        elif whole < SOME and _is_trace(column, name, entity):
            loose = 1.0 - column.covered
            inside: Weights = {TEXT: loose, reading: 1.5 * share} if share >= MOST else {TEXT: loose * (1.6 + share)}
            yield Evidence("findings", says, inside)
    for reading, (weight, says) in best.items():
        yield Evidence("findings", says, {reading: weight})


def _is_trace(column: Column, name: str, entity: EntityTally) -> bool:
    """Whether a type that most cells are not shows that the column holds identifiers of people here and there.

    What is as good as certain shows it in however few cells; what is not, where the other cells are no codes: among them a form
    turns up by chance. So does a number among numbers.
    """
    share = column.of_cells(entity.cells)
    no_numbers = 1.0 - sum(column.looks[look] for look in ("number", "digits", "blank"))
    by_chance = no_numbers < MOST * share if column.numeric else column.coded
    words = name in _WRITTEN_IN_WORDS
    likely = entity.score >= (_CERTAIN_OF_FEW if words and column.few else _CERTAIN) or not (words or by_chance)
    seen = share >= _MORE_THAN_CHANCE and likely
    seen |= entity.score >= _AS_GOOD_AS_CERTAIN and not (words and column.few)
    return seen and reading_of(name)[0] == "direct" and not (column.numeric and by_chance)


def _weight(score: float) -> float:
    return max(0.5, 2.0 + 1.2 * math.log(max(score, 0.01) / max(1 - score, 0.01)))


def _found(name: str, entity: EntityTally, share: float) -> str:
    return f"{percent(share)} of its cells hold {name} (mean score {entity.score:.2f}, {', '.join(sorted(entity.recognizers))})"


def from_words(column: Column) -> Iterator[Evidence]:
    """Words that its cells are: the set that most of them are of; of several such, the one that its name speaks of."""
    if column.tally.filled < _LEAST_CELLS:
        return
    sets = [one for one in Vocabulary.default().sets if one.name not in (FILLER, *NAME_SETS)]
    most = column.words_but(*NAME_SETS)
    said = column.hint.reading if column.hint else None
    close = [one for one in sets if column.words(one.name) >= most - _CLOSE]
    if column.tally.distinct == 1 and column.tally.longest == 1:
        close = [one for one in close if one.reading == said]  # x is a mark of anything
    if not close:
        return
    likely = max(close, key=lambda one: (one.reading == said, column.words(one.name)))
    share, named = column.words(likely.name), max(map(column.words, NAME_SETS))
    least = _LEAST_OF_FEW if column.tally.distinct < _VARIED else _LEAST_OF.get(likely.name, _CERTAIN)
    if share >= least and (share >= named or column.few):
        yield _listed(likely, share, 4.0 if likely.role != "insensitive" else 1.0 if likely.name == "flag" else 3.0)


def _listed(one: WordSet | Form | Opening | Pattern, share: float, weight: float) -> Evidence:
    source = "words" if isinstance(one, WordSet) else "forms"
    return Evidence(source, f"{share:.0%} of its cells are {one.title}", {one.reading: weight * share})


def from_person_names(column: Column) -> Iterator[Evidence]:
    """Names of people: whole ones, given ones, family ones; and names of companies, which look like them."""
    tally = column.tally
    if column.few and tally.distinct < _DIFFERENT:
        return
    name = max(NAME_SETS, key=column.words)
    share = column.words(name)
    if share >= _LEAST_OF[name] and share > column.words_but(*NAME_SETS):
        yield Evidence("words", f"{share:.0%} of its cells are known {name} names", {NAMED: 4.5 * share})
    full, half = tally.share("full name"), tally.share("half name")
    if full + half / 2 >= SOME:
        yield Evidence("words", f"{full:.0%} of its cells are a given and a family name, {half:.0%} hold one of them",
                       {NAMED: min(4.5, 5.0 * (full + half / 2))})
    companies = tally.share("company")
    if companies >= SOME:
        yield Evidence("words", f"{companies:.0%} of its cells end like names of companies",
                       {THING: 1.5 * companies, NAMED: -4.0 * companies})


def from_forms(column: Column) -> Iterator[Evidence]:
    """Pictures of public codes, openings, patterns."""
    tally, vocabulary = column.tally, Vocabulary.default()
    for form in vocabulary.forms:
        telling = tally.share(f"form:{form.name}")
        share = telling + (tally.share(f"form:{form.name}+") if telling >= SOME / 2 else 0.0)
        if share >= MOST and tally.type == "string" and not (column.few and form.role == "direct"):
            yield _listed(form, share, form.weight)
    for opening in vocabulary.openings:
        share = tally.share(f"opening:{opening.name}")
        if share >= MOST:
            yield _listed(opening, share, opening.weight)
    for pattern in vocabulary.patterns:
        share = tally.share(f"pattern:{pattern.name}")
        if share >= MOST and column.mean_length < LONG_TEXT:
            yield _listed(pattern, share, pattern.weight)
