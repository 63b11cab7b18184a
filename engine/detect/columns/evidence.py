"""What speaks for a column being one thing or another: its name, its type, its looks, its spread.

A *reading* is a role and a category. Weights are in log-odds and add up over sources (the weight of evidence of Good, 1950,
"Probability and the Weighing of Evidence"), as if sources were independent, which they are not quite: so weights were set by
hand, on tables made for it (``tests/benchmarks/columns``), and a proposal's confidence is a rank, not a probability.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.detect.columns.column import DAY, LONG_TEXT, MOST, NAMED, SHORT_TEXT, TEXT, THING, Column, Evidence
from engine.detect.columns.contents import from_findings, from_forms, from_person_names, from_words
from engine.detect.columns.headers import ends_as_id, speaks_of_id, speaks_of_thing
from engine.detect.columns.roles import Reading

_HARDLY_ANY, _SEVERAL = 0.05, 3
_FEW_WORDS = range(2, 5)
"""Different words under a name of a number, from which on they are no numbers: ok and fail. A single one may be a mask."""

_OTHER_WORDS = 0.3
"""What is left of a hint's weight where the values are words of another kind."""

_REPEATED = 0.4
"""What is left of the weight of sentences of which there are only a few: long names of kinds of things."""

_LIVES = 3
"""Decades: what happens to a pipeline happens within fewer."""

_PHONE: Reading = ("direct", "contact")
_COUNTED: Reading = ("quasi", "demographic")
_MEASURED: Reading = ("sensitive", "health")


def from_name(column: Column) -> Iterator[Evidence]:
    """The words of its name, where its values do not contradict them."""
    said, doubted = column.hint, column.doubted
    if doubted is not None and not (said is not None and said.about):
        yield Evidence("name", f"its name says {doubted.word!r}, but its values do not look like it", {})
    if said is None:
        return
    weight, but = said.weight, ""
    unknown = said.set is not None and column.words(said.set) < _HARDLY_ANY and column.tally.distinct >= _SEVERAL
    if unknown and said.category != "location" and column.words_but(said.set or "") >= MOST:
        weight, but = _OTHER_WORDS * weight, ", but its values are words of another kind"
    if said.reading == NAMED and "digits" in said.looks and column.few and _are_few_words(column):
        weight, but = _OTHER_WORDS * weight, f", but its values are {column.tally.distinct} words"
    yield Evidence("name", f"its name says {said.word!r}{but}", {said.reading: weight})


def _are_few_words(column: Column) -> bool:
    return column.tally.distinct in _FEW_WORDS and column.looks["word"] > 1 - _HARDLY_ANY and not column.tally.entities


def from_identifying_name(column: Column) -> Iterator[Evidence]:
    """A name that speaks of identifiers, on a column that has one for each row."""
    said, path = column.hint, column.tally.path
    whole = max((column.of_cells(entity.whole) for entity in column.tally.entities.values()), default=0.0)
    of_another_kind = max(column.looks["real"], column.looks["date"], column.looks["wordy"], whole) >= MOST
    if not column.unique or of_another_kind or not speaks_of_id(path):
        return
    words = "its name says that it identifies, and nearly every value is different"
    if said is None:
        yield Evidence("name", words, {NAMED: 1.0 if speaks_of_thing(path) else 2.5})
    elif said.role == "direct":
        yield Evidence("name", words, {said.reading: 2.5})
    elif said.role != "insensitive" and ends_as_id(path):
        yield Evidence("name", words, {NAMED: 2.5, said.reading: -said.weight})


def from_type(column: Column) -> Iterator[Evidence]:
    """The declared type."""
    kind = column.tally.type
    if kind.startswith(("date", "timestamp")):
        yield Evidence("type", f"it is of type {kind}: dates single people out", {DAY: 2.5})
    elif kind.startswith("bool"):
        yield Evidence("type", "it is yes or no, which identifies nobody", {"direct": -4.0, THING: 1.0})
    elif kind.startswith(("float", "double", "halffloat")) and column.looks["whole"] < MOST:
        yield Evidence("type", "it is a measurement, and no identifier is one", {"direct": -4.0})


def from_days(column: Column) -> Iterator[Evidence]:
    """Days, by their form and by how many decades they are spread over."""
    tally = column.tally
    written = max(tally.share("look:date"), tally.share("range:day"))
    if written >= MOST:
        yield Evidence("looks", f"{written:.0%} of its cells are written as days", {DAY: 3.5 * written})
    moments = tally.share("range:moment") if tally.type != "string" else 0.0
    if moments >= MOST:
        yield Evidence("looks", f"{moments:.0%} of its cells are moments, counted from 1970", {DAY: 1.5 * moments})
    if column.few and tally.share("timed") >= MOST:
        repeat = f"its moments repeat, as those of a pipeline's runs do: {tally.distinct:,} in {tally.filled:,} cells"
        yield Evidence("spread", repeat, {DAY: -2.0, THING: 0.5})
    decades = sum(tally.share(name) >= _HARDLY_ANY / 2 for name in tally.measures if name.startswith("decade:"))
    if decades >= _LIVES and column.looks["date"] >= MOST:
        yield Evidence("spread", f"its days are spread over {decades} decades, as births are", {DAY: 2.5})


def from_looks(column: Column) -> Iterator[Evidence]:
    """Identifiers that look like chance, and encoded content."""
    looks = column.looks
    if looks["hex"] >= MOST:
        digests = f"{looks['hex']:.0%} of its cells look like digests: a pseudonym singles out as its value does"
        yield Evidence("looks", digests, {NAMED: 4.0})
    if looks["uuid"] >= MOST:
        yield Evidence("looks", f"{looks['uuid']:.0%} of its cells look like UUIDs", {NAMED: 3.0})
    if looks["phone"] >= MOST:
        written = f"{looks['phone']:.0%} of its cells are written as telephone numbers are"
        yield Evidence("looks", written, {_PHONE: 2.0 * looks["phone"]})
    if looks["blob"] >= MOST:
        yield Evidence("looks", f"{looks['blob']:.0%} of its cells are encoded, and were not looked into", {TEXT: 1.8})


def from_unread(column: Column) -> Iterator[Evidence]:
    """What could not be looked into."""
    tally = column.tally
    if tally.unread:
        share, images = column.of_cells(tally.unread), tally.share("binary:image")
        binary = f"{share:.0%} of its cells are binary, and were not looked into{', images among them' if images else ''}"
        yield Evidence("looks", binary, {NAMED: 3.0} if images >= MOST else {TEXT: 3.0})
    large, invalid = tally.measures["json:large"], tally.measures["json:invalid"]
    if large:
        yield Evidence("looks", f"{large:,} documents are too long to be opened, and were scanned as text", {})
    if invalid:
        yield Evidence("looks", f"{invalid:,} cells begin as JSON and are none; scanned as text", {})


def from_spread(column: Column) -> Iterator[Evidence]:
    """How many of its values are different."""
    tally = column.tally
    if column.few:
        repeat = f"its values repeat: {tally.distinct:,} different in {tally.filled:,} cells"
        yield Evidence("spread", repeat, {"direct": -1.5})
    elif column.unique and tally.type == "string" and max(column.looks["wordy"], column.looks["date"]) < MOST:
        weight = 1.5 if column.coded else 0.5
        yield Evidence("spread", f"nearly every value is different ({tally.distinct:,} of {tally.filled:,})",
                       {"direct": 0.7, NAMED: weight, _COUNTED: -1.5, _MEASURED: -weight, THING: -weight / 2})


def from_text(column: Column) -> Iterator[Evidence]:
    """Sentences."""
    length, wordy = column.mean_length, column.looks["wordy"]
    if wordy >= MOST and length >= SHORT_TEXT:
        long = min(1.0, (length - SHORT_TEXT) / (LONG_TEXT - SHORT_TEXT))
        weight = (1.0 - column.covered) * (2.0 + 2.5 * long) * (_REPEATED if column.few else 1.0)
        yield Evidence("text", f"{wordy:.0%} of its cells are texts of four words or more, {length:.0f} characters on average",
                       {TEXT: weight})


SOURCES: tuple[Callable[[Column], Iterator[Evidence]], ...] = (
    from_name, from_identifying_name, from_type, from_days, from_findings, from_words, from_person_names, from_forms, from_looks,
    from_unread, from_spread, from_text,
)
"""In the order in which evidence is told where it weighs the same."""
