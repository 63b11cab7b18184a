"""Labelled texts of the public sets beside the checkout, and what our types are called in them."""

from __future__ import annotations

import functools
import json
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.detect.prose import PII, conll
from tests.benchmarks.detect.spans import Counts, Span, counted, merged, resolved

SETS = ("synth", "meddocan", "wnut17", "uner")
PARTS = ("developed on", "reported")
"""Of synth, the sentences whose template has an even number, on which rules were developed, and those with an odd one."""


@dataclass(frozen=True)
class Labelled:
    """A text, its labels, and the part of the set to which it belongs."""

    text: str
    spans: tuple[Span, ...]
    part: str = PARTS[1]


def read(name: str) -> list[Labelled]:
    """Returns the texts of a set.

    Raises:
        FileNotFoundError: If it is not beside the checkout.
    """
    return list({"synth": _synth, "meddocan": _meddocan, "wnut17": _wnut17, "uner": _uner}[name]())


def label_of(name: str, entity_type: str) -> str:
    """Returns what a set calls one of our types, ``other`` if nothing."""
    return next((label for label, patterns in _labels()[name].items()
                 if any(fnmatchcase(entity_type, pattern) for pattern in patterns)), "other")


def scored(
    name: str, texts: Iterable[Labelled], claims: Iterable[list[Span]], *, places_as_one: bool = False,
) -> dict[str, dict[str, Counts]]:
    """Returns the counts of each part and label: claims renamed, resolved and merged, labels merged.

    ``places_as_one``: Street, place and postal code are one kind, so that it makes no difference whether an address is labelled
    whole or in pieces; sentences of one set do the one and the other.
    """
    total: dict[str, dict[str, Counts]] = defaultdict(lambda: defaultdict(Counts))
    for text, claimed in zip(texts, claims, strict=False):
        renamed = (span._replace(kind=label_of(name, span.kind)) for span in claimed)
        labels, mine = text.spans, resolved(renamed)
        if places_as_one:
            labels, mine = (tuple(_as_places(spans)) for spans in (labels, mine))
        of_text = counted(merged(labels, text.text), merged(mine, text.text))
        for label, counts in of_text.items():
            total[text.part][label] += counts
    return total


def whole(counts: dict[str, Counts]) -> Counts:
    """Returns the counts of all labels together, kinds compared; what no label covers counts as claimed."""
    return sum((one for label, one in counts.items() if label != "any"), Counts())


def _as_places(spans: Iterable[Span]) -> Iterator[Span]:
    return (span._replace(kind="PLACE") if span.kind in {"STREET_ADDRESS", "GPE", "ZIP_CODE"} else span for span in spans)


@functools.cache
def _labels() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "labels.yaml").read_text(encoding="utf-8"))
    return loaded


def _synth() -> Iterator[Labelled]:
    for one in json.loads((PII / "synth_v2_half.json").read_text(encoding="utf-8")):
        spans = (Span(span["start_position"], span["end_position"], span["entity_type"]) for span in one["spans"])
        yield Labelled(one["full_text"], tuple(spans), PARTS[one["template_id"] % 2])


def _meddocan() -> Iterator[Labelled]:
    with tarfile.open(PII / "meddocan" / "dev.brat.tar.gz") as archive:
        files = {file.name: file for file in archive.getmembers() if file.isfile()}
        for name in sorted(one for one in files if one.endswith(".txt")):
            text, notes = (_text(archive, files[each]) for each in (name, name.removesuffix(".txt") + ".ann"))
            yield Labelled(text, tuple(_brat(notes)))


def _text(archive: tarfile.TarFile, file: tarfile.TarInfo) -> str:
    content = archive.extractfile(file)
    return content.read().decode() if content else ""


def _brat(notes: str) -> Iterator[Span]:
    for line in notes.splitlines():
        if line.startswith("T"):
            kind, *places = line.split("\t")[1].replace(";", " ").split()
            yield Span(int(places[0]), int(places[-1]), _labels()["same"].get(kind, kind))


def _wnut17() -> Iterator[Labelled]:
    return (_tagged(tokens) for tokens in conll(PII / "wnut17" / "dev.conll"))


def _uner() -> Iterator[Labelled]:
    return (_tagged(tokens) for tokens in conll(PII / "uner-ewt" / "dev.iob2.gz", 1, 2))


def _tagged(tokens: list[tuple[str, str]]) -> Labelled:
    """Tokens with tags in the scheme BIO, joined by spaces."""
    text, spans = "", []
    for token, tag in tokens:
        start = len(text) + bool(text)
        text += f" {token}" if text else token
        place, _, kind = tag.partition("-")
        if place == "I" and spans and spans[-1].kind == kind:
            spans[-1] = spans[-1]._replace(end=len(text))
        elif place in {"B", "I"}:
            spans.append(Span(start, len(text), kind))
    return Labelled(text, tuple(spans))
