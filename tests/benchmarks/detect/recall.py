"""What is found of what is labelled: the public sets, and the dense notes with every type of the registry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from tests.benchmarks.detect import labelled, ours, peer
from tests.benchmarks.detect.dense import Dense, texts
from tests.benchmarks.detect.figures import Figure, figure
from tests.benchmarks.detect.spans import OVERLAP, Counts, Span, iou


class Bar(NamedTuple):
    """What precision and recall have to be, where anything is asked."""

    precision: float | None = None
    recall: float | None = None


BARS = {
    "EMAIL_ADDRESS": Bar(1, 1), "IBAN_CODE": Bar(1, 1), "US_SSN": Bar(1, 1), "IP_ADDRESS": Bar(1, 1), "DOMAIN_NAME": Bar(1, 1),
    "CREDIT_CARD": Bar(None, 0.97), "PHONE_NUMBER": Bar(0.95, 0.95), "DATE_TIME": Bar(None, 0.9),
}
"""For the labels of the English sentences."""

F2 = 0.80
_DENSE, _SHOWN = 200_000, 12


def measure() -> list[Figure]:
    """Returns precision, recall and F2 for each set and label, and recall on dense notes."""
    lines: list[Figure] = []
    for name in labelled.SETS:
        try:
            several = labelled.read(name)
        except FileNotFoundError:
            lines.append(figure(f"{name}: F2", None, note="not beside this checkout"))
            continue
        texts = [one.text for one in several]
        claims = ours.found(texts, one=ours.everything()), list(peer.found(texts))
        found = [labelled.scored(name, several, of) for of in claims]
        as_one = [labelled.scored(name, several, of, places_as_one=True) for of in claims]
        for part in sorted(found[0]):
            title = name if len(found[0]) == 1 else f"{name}, {part}"
            if name == "synth":
                lines.append(_with_places_as_one(title, *(one[part] for one in as_one)))
            lines += _of_part(title, found[0][part], found[1][part], judged=name == "synth" and part == labelled.PARTS[1])
    return [*lines, *_of_notes()]


def _of_part(title: str, mine: dict[str, Counts], theirs: dict[str, Counts], *, judged: bool) -> Iterator[Figure]:
    both = labelled.whole(mine), labelled.whole(theirs)
    yield figure(f"{title}: whole set, F2", both[0].f2, bar=F2 if judged else None, peer=both[1].f2,
                 note=f"typed, overlap of at least {OVERLAP:.0%}; {_shares(both[0])}; of any type {mine['any'].f2:.3f}, "
                      f"peer {theirs['any'].f2:.3f}")
    for label in dict.fromkeys([*(BARS if judged else ()), *sorted(mine)]):
        if label != "any":
            bars = BARS.get(label, Bar()) if judged else Bar()
            yield from _of_label(f"{title}: {label}", mine.get(label, Counts()), theirs.get(label, Counts()), bars)


def _with_places_as_one(title: str, mine: dict[str, Counts], theirs: dict[str, Counts]) -> Figure:
    both = labelled.whole(mine), labelled.whole(theirs)
    return figure(f"{title}: whole set, an address in one or in pieces, F2", both[0].f2, peer=both[1].f2,
                  note=f"street, place and postal code as one kind, since some templates label an address whole and others its "
                       f"parts; {_shares(both[0])}")


def _of_label(title: str, mine: Counts, theirs: Counts, bars: Bar) -> Iterator[Figure]:
    if not mine.labelled:
        yield figure(f"{title}, claimed", mine.claimed, "spans", peer=theirs.claimed, better="lower", note="none is labelled")
        return
    note = f"{_shares(mine)}; precision {mine.precision:.3f}, F2 {mine.f2:.3f}; peer {theirs.precision:.3f}, {theirs.f2:.3f}"
    yield figure(f"{title}, recall", mine.recall, bar=bars.recall, peer=theirs.recall, note=note)
    if bars.precision is not None:
        yield figure(f"{title}, precision", mine.precision, bar=bars.precision, peer=theirs.precision)


def _shares(counts: Counts) -> str:
    return f"{counts.right} right of {counts.labelled} labelled and {counts.claimed} claimed"


def _of_notes() -> list[Figure]:
    """Recall on dense notes, of types that are on; the types found worst are named."""
    notes = Dense().notes(_DENSE)
    on = ours.types(ours.scanner())
    planted, found = Counter[str](), Counter[str]()
    for note, claims in zip(notes, ours.found(texts(notes)), strict=True):
        for one in note.planted:
            if one.entity_type in on:
                span = Span(one.start, one.end, one.entity_type)
                planted[one.entity_type] += 1
                found[one.entity_type] += any(claim.kind == span.kind and iou(claim, span) >= OVERLAP for claim in claims)
    worst = sorted(planted, key=lambda kind: (found[kind] / planted[kind], kind))[:_SHOWN]
    return [figure("dense notes: typed recall", found.total() / max(1, planted.total()),
                   note=f"{planted.total():,} entities of {len(planted)} types that are on; worst: "
                        + ", ".join(f"{kind} {found[kind]}/{planted[kind]}" for kind in worst))]
