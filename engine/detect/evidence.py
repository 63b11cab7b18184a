"""What speaks for a column being one thing or another: sources of evidence, each with its weight and its words.

A *reading* is a role and a category. Weights are in log-odds and add up over sources (the weight of evidence of Good, 1950,
"Probability and the Weighing of Evidence"), as if sources were independent, which they are not quite: so weights were set by
hand, on tables made for it (``tests/benchmarks/columns``), and a proposal's confidence is a rank, not a probability.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from engine.detect.headers import Hint, ends_as_id, hints, speaks_of_id, speaks_of_thing
from engine.detect.looks import LOOKS
from engine.detect.roles import Reading, reading_of
from engine.detect.scanner import UNSCANNABLE
from engine.detect.tally import ColumnTally, EntityTally
from engine.detect.vocabulary import Form, Opening, Pattern, Vocabulary, WordSet
from schemas.policy import Role

ROLES: tuple[Role, ...] = get_args(Role)
THING: Reading = ("insensitive", "other")
TEXT: Reading = ("text", "free text")
NAMED: Reading = ("direct", "identity")
DAY: Reading = ("quasi", "date")

Weights = Mapping[Reading | Role, float]
"""A weight for a reading, or for all readings of a role."""


@dataclass(frozen=True)
class Evidence:
    """One thing that was seen.

    Attributes:
        source: Where: name, type, findings, words, forms, looks, spread, text, tag, comment, table.
        says: What, in words without data.
        weights: For what it speaks, and, where negative, against what.
    """

    source: str
    says: str
    weights: Weights

    def weight(self, reading: Reading) -> float:
        """Returns how much it speaks for a reading."""
        return self.weights.get(reading, 0.0) + self.weights.get(reading[0], 0.0)


@dataclass(frozen=True)
class Column:
    """A column, as it is classified."""

    tally: ColumnTally

    @property
    def few(self) -> bool:
        """Whether its values repeat as those of a code list do."""
        return self.tally.filled >= _ENOUGH and self.tally.distinct <= max(_FEW, 0.02 * self.tally.filled)

    @property
    def unique(self) -> bool:
        """Whether nearly every cell is different."""
        return self.tally.filled >= _SOME and self.tally.distinct >= _UNIQUE * self.tally.filled

    @property
    def mean_length(self) -> float:
        """Characters of a text."""
        return self.tally.length / max(1, self.tally.filled)

    @property
    def wordy(self) -> float:
        """Share of cells with four words or more."""
        return self.tally.share("wordy")

    @functools.cached_property
    def looks(self) -> dict[str, float]:
        """What share of the cells looks how; of types that are no text, by the type."""
        kind, tally = self.tally.type, self.tally
        looks = {name: tally.share(f"look:{name}") for name in LOOKS} | {"wordy": self.wordy}
        if kind.startswith(("date", "timestamp")):
            looks["date"] = 1.0
        elif kind.startswith("bool"):
            looks["flag"] = 1.0
        elif kind.startswith(("int", "uint", "float", "double", "halffloat", "decimal")):
            looks["number"] = 1.0
            looks["whole"] = tally.share("range:whole")
            looks["real"] = 1.0 - looks["whole"]
            looks["flag"] = float(tally.distinct <= 2)  # noqa: PLR2004 - yes and no
        elif tally.unread:
            looks["binary"] = tally.unread / max(1, tally.filled)
        looks["date"] = max(looks["date"], *(tally.share(f"range:{name}") for name in ("day", "moment", "year")))
        looks["small"] = tally.share("range:age")
        looks["flag"] = max(looks.get("flag", 0.0), tally.share("set:flag"))
        return looks

    @property
    def numeric(self) -> bool:
        """Whether its cells are numbers, whatever they mean."""
        return self.looks.get("number", 0.0) + self.looks.get("digits", 0.0) >= _MOST

    @functools.cached_property
    def covered(self) -> float:
        """Share of cells that are one thing from end to end: an entity, a street, the description of a browser."""
        tally, vocabulary = self.tally, Vocabulary.default()
        entities = (entity.whole / max(1, tally.filled) for name, entity in tally.entities.items() if name != UNSCANNABLE)
        written = (tally.share(f"opening:{one.name}") for one in vocabulary.openings)
        return min(1.0, max((*entities, *written, tally.share("pattern:street") if self.mean_length < _LONG_TEXT else 0.0)))

    def fits(self, one: Hint) -> bool:
        """Whether its values look as a hint in its name lets expect."""
        if not one.looks or not self.tally.filled:
            return True
        if self.wordy >= _MOST and "wordy" not in one.looks:
            return False
        return sum(self.looks.get(look, 0.0) for look in one.looks) >= _SOME_OF

    @functools.cached_property
    def hint(self) -> Hint | None:
        """What its name suggests and its values bear out."""
        return next((one for one in hints(self.tally.path) if self.fits(one)), None)

    def words(self, word_set: str) -> float:
        """Returns the share of cells in a set of words, fillers aside."""
        rest = self.tally.measures["measured"] - self.tally.measures["set:filler"]
        return self.tally.measures[f"set:{word_set}"] / rest if rest > 0 else 0.0


_SOME, _ENOUGH, _FEW, _VARIED = 10, 30, 3, 5
_MOST, _SOME_OF, _UNIQUE = 0.5, 0.2, 0.9
_LONG_TEXT, _SHORT_TEXT = 60, 25
_MORE_THAN_CHANCE = 0.001
_CERTAIN = 0.6
_NAME_SETS = ("given", "family")
_LEAST_IN_SET = {"given": 0.35, "family": 0.35, "city": 0.35, "job": 0.35, "region": 0.5, "country": 0.5}


def from_name(column: Column) -> Iterator[Evidence]:
    """The words of its name, where its values do not contradict them."""
    said = column.hint
    doubted = next((one for one in hints(column.tally.path) if not column.fits(one)), None)
    if doubted is not None and (said is None or said.about is False) and doubted is not said:
        yield Evidence("name", f"its name says {doubted.word!r}, but its values do not look like it", {})
    if said is None:
        return
    weight, but = said.weight, ""
    if said.set and column.words(said.set) < 0.05 and column.tally.distinct >= _FEW:  # noqa: PLR2004 - hardly any
        other = max((column.words(one.name) for one in Vocabulary.default().sets if one.name not in (said.set, "filler")), default=0.0)
        if other >= _MOST and said.category != "location":
            weight, but = 0.3 * weight, ", but its values are words of another kind"
    yield Evidence("name", f"its name says {said.word!r}{but}", {(said.role, said.category): weight})


def from_identifying_name(column: Column) -> Iterator[Evidence]:
    """A name that speaks of identifiers, on a column that has one for each row."""
    said = column.hint
    of_another_kind = max(column.looks.get("real", 0.0), column.looks["date"], column.wordy) >= _MOST
    if not column.unique or of_another_kind or not speaks_of_id(column.tally.path):
        return
    words = "its name says that it identifies, and nearly every value is different"
    if said is None:
        yield Evidence("name", words, {NAMED: 1.0 if speaks_of_thing(column.tally.path) else 2.5})
    elif said.role == "direct":
        yield Evidence("name", words, {(said.role, said.category): 2.5})
    elif said.role != "insensitive" and ends_as_id(column.tally.path):
        yield Evidence("name", words, {NAMED: 2.5, (said.role, said.category): -said.weight})


def from_type(column: Column) -> Iterator[Evidence]:
    """The declared type."""
    kind = column.tally.type
    if kind.startswith(("date", "timestamp")):
        yield Evidence("type", f"it is of type {kind}: dates single people out", {DAY: 2.5})
    elif kind.startswith("bool"):
        yield Evidence("type", "it is yes or no, which identifies nobody", {"direct": -4.0, THING: 1.0})
    elif kind.startswith(("float", "double", "halffloat")) and column.looks["whole"] < _MOST:
        yield Evidence("type", "it is a measurement, and no identifier is one", {"direct": -4.0})


def from_days(column: Column) -> Iterator[Evidence]:
    """Days, by their form and by how many decades they are spread over."""
    tally = column.tally
    share = max(tally.share("look:date"), tally.share("range:day"))
    if share >= _MOST:
        yield Evidence("looks", f"{share:.0%} of its cells are written as days", {DAY: 3.5 * share})
    moments = tally.share("range:moment") if tally.type != "string" else 0.0
    if moments >= _MOST:
        yield Evidence("looks", f"{moments:.0%} of its cells are moments, counted from 1970", {DAY: 1.5 * moments})
    if column.few and tally.share("timed") >= _MOST:
        yield Evidence("spread", f"its moments repeat, as those of a pipeline's runs do: {tally.distinct:,} in {tally.filled:,} cells", {DAY: -2.0, THING: 0.5})
    decades = sum(count >= 0.02 * tally.measures["measured"] for name, count in tally.measures.items() if name.startswith("decade:"))
    if decades >= 3 and column.looks["date"] >= _MOST:  # noqa: PLR2004 - what happens to a pipeline happens within few years
        yield Evidence("spread", f"its days are spread over {decades} decades, as births are", {DAY: 2.5})


def from_findings(column: Column) -> Iterator[Evidence]:
    """What the scanner found in its cells: of each reading the strongest type, and what else stands within longer cells."""
    best: dict[Reading, tuple[float, str]] = {}
    for name, entity in column.tally.entities.items():
        share, score = entity.cells / max(1, column.tally.filled), entity.score
        whole = entity.whole / max(1, column.tally.filled)
        if name == UNSCANNABLE:
            if share >= _MOST:
                yield Evidence("findings", f"{entity.cells:,} cells could not be scanned within their budget", {TEXT: 4.0})
            continue
        reading = reading_of(name)
        says = _found(name, entity, column.tally)
        if whole >= _SOME_OF and (reading != DAY or column.looks["date"] < _MOST):
            weight = whole * max(0.5, 2.0 + 1.2 * math.log(max(score, 0.01) / max(1 - score, 0.01)))
            best[reading] = max(best.get(reading, (0.0, "")), (weight, says))
        elif whole < _SOME_OF and share >= _MORE_THAN_CHANCE and score >= _CERTAIN and reading != DAY and not column.numeric:
            loose = 1.0 - column.covered
            yield Evidence("findings", says, {TEXT: loose * (1.6 + share)} if share < _MOST else {TEXT: loose, reading: 1.5 * share})
    for reading, (weight, says) in best.items():
        yield Evidence("findings", says, {reading: weight})


def _found(name: str, entity: EntityTally, tally: ColumnTally) -> str:
    share, who = entity.cells / max(1, tally.filled), ", ".join(sorted(entity.recognizers))
    return f"{share:.0%} of its cells hold {name} (mean score {entity.score:.2f}, {who})"


def from_words(column: Column) -> Iterator[Evidence]:
    """Words that its cells are: of the set that most of them are of."""
    tally = column.tally
    sets = [one for one in Vocabulary.default().sets if one.name not in ("filler", *_NAME_SETS)]
    most = max(column.words(one.name) for one in sets)
    said = (column.hint.role, column.hint.category) if column.hint else None
    likely = max(sets, key=lambda one: (column.words(one.name) >= most - 0.1, (one.role, one.category) == said, column.words(one.name)))
    share, named = column.words(likely.name), max(column.words(name) for name in _NAME_SETS)
    least = 0.8 if tally.distinct < _VARIED else _LEAST_IN_SET.get(likely.name, _CERTAIN)
    if share >= least and (share >= named or column.few):
        weight = (4.0 if likely.role != "insensitive" else 1.0 if likely.name == "flag" else 3.0) * share
        yield _listed(likely, share, weight)


def _listed(one: WordSet | Form | Opening | Pattern, share: float, weight: float) -> Evidence:
    return Evidence("words" if isinstance(one, WordSet) else "forms", f"{share:.0%} of its cells are {one.title}",
                    {(one.role, one.category): weight})


def from_person_names(column: Column) -> Iterator[Evidence]:
    """Names of people: whole ones, given ones, family ones."""
    tally = column.tally
    if column.few and tally.distinct < _SOME:
        return
    name = max(_NAME_SETS, key=column.words)
    share = column.words(name)
    others = max(column.words(one.name) for one in Vocabulary.default().sets if one.name not in ("filler", *_NAME_SETS))
    if share >= _LEAST_IN_SET[name] and share > others:
        yield Evidence("words", f"{share:.0%} of its cells are known {name} names", {NAMED: 4.5 * share})
    full, half = tally.share("full name"), tally.share("half name")
    if full + half / 2 >= _SOME_OF:
        yield Evidence("words", f"{full:.0%} of its cells are a given and a family name, {half:.0%} hold one of them",
                       {NAMED: min(4.5, 5.0 * (full + half / 2))})
    companies = tally.share("company")
    if companies >= _SOME_OF:
        yield Evidence("words", f"{companies:.0%} of its cells end like names of companies", {THING: 1.5 * companies, NAMED: -4.0 * companies})


def from_forms(column: Column) -> Iterator[Evidence]:
    """Pictures of public codes, and openings."""
    tally, vocabulary = column.tally, Vocabulary.default()
    for form in vocabulary.forms:
        telling = tally.share(f"form:{form.name}")
        share = telling + (tally.share(f"form:{form.name}+") if telling >= _SOME_OF / 2 else 0.0)
        if share >= _MOST and tally.type == "string" and not (column.few and form.role == "direct"):
            yield _listed(form, share, form.weight * share)
    for opening in vocabulary.openings:
        share = tally.share(f"opening:{opening.name}")
        if share >= _MOST:
            yield _listed(opening, share, opening.weight * share)
    for pattern in vocabulary.patterns:
        share = tally.share(f"pattern:{pattern.name}")
        if share >= _MOST and column.mean_length < _LONG_TEXT:
            yield _listed(pattern, share, pattern.weight * share)


def from_looks(column: Column) -> Iterator[Evidence]:
    """Random-looking identifiers, encoded content, content that was not looked into."""
    looks = column.looks
    if looks["hex"] >= _MOST:
        yield Evidence("looks", f"{looks['hex']:.0%} of its cells look like digests: a pseudonym singles out as its value does", {NAMED: 4.0})
    if looks["uuid"] >= _MOST:
        yield Evidence("looks", f"{looks['uuid']:.0%} of its cells look like UUIDs", {NAMED: 3.0})
    if looks["phone"] >= _MOST:
        yield Evidence("looks", f"{looks['phone']:.0%} of its cells are written as telephone numbers are", {("direct", "contact"): 2.0 * looks["phone"]})
    if looks["blob"] >= _MOST:
        yield Evidence("looks", f"{looks['blob']:.0%} of its cells are encoded, and were not looked into", {TEXT: 1.8})
    unread = column.tally.unread / max(1, column.tally.filled)
    if unread > 0:
        images = column.tally.share("binary:image")
        yield Evidence("looks", f"{unread:.0%} of its cells are binary, and were not looked into" + (", images among them" if images else ""),
                       {NAMED: 3.0} if images >= _MOST else {TEXT: 3.0})
    large = column.tally.measures["json:large"]
    if large:
        yield Evidence("looks", f"{large:,} documents are too long to be opened, and were scanned as text", {})
    if column.tally.measures["json:invalid"]:
        yield Evidence("looks", f"{column.tally.measures['json:invalid']:,} cells begin as JSON and are none; scanned as text", {})


def from_spread(column: Column) -> Iterator[Evidence]:
    """How many of its values are different."""
    tally = column.tally
    if column.few:
        yield Evidence("spread", f"its values repeat: {tally.distinct:,} different in {tally.filled:,} cells", {"direct": -1.5, "text": -2.0})
    elif column.unique and tally.type == "string" and max(column.wordy, column.looks["date"]) < _MOST:
        coded = sum(column.looks[look] for look in ("code", "digits", "uuid", "hex", "grouped"))
        weight = 1.5 if coded >= _MOST else 0.5
        yield Evidence("spread", f"nearly every value is different ({tally.distinct:,} of {tally.filled:,})", {NAMED: weight, "direct": 0.7, ("quasi", "demographic"): -1.5, ("sensitive", "health"): -weight, THING: -weight / 2})


def from_text(column: Column) -> Iterator[Evidence]:
    """Sentences."""
    length, wordy = column.mean_length, column.wordy
    if wordy < _MOST or length < _SHORT_TEXT:
        return
    weight = (1.0 - column.covered) * (2.0 + 2.5 * min(1.0, (length - _SHORT_TEXT) / (_LONG_TEXT - _SHORT_TEXT)))
    yield Evidence("text", f"{wordy:.0%} of its cells are texts of four words or more, {length:.0f} characters on average", {TEXT: weight})


SOURCES: tuple[Callable[[Column], Iterator[Evidence]], ...] = (
    from_name, from_identifying_name, from_type, from_days, from_findings, from_words, from_person_names, from_forms, from_looks,
    from_spread, from_text,
)
"""In the order in which evidence is told where it weighs the same."""
