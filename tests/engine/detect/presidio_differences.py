"""Every difference between what a scanner finds and what Presidio's pattern recognizers find, each value alone, with a reason.

    python -m tests.engine.detect.presidio_differences > tests/golden/presidio-differences.json

writes the list of the scanner of ``ours()`` and prints the groups. A difference names its data set, the number of its sentence
and characters there: no text. Presidio's side are its own recognizers, those of every country included, and its own removal of
contained claims; context words raise scores as they do here (``engine/detect/context.py``), since its enhancer compares lemmas of
a language model.
"""

from __future__ import annotations

import functools
import gzip
import json
import sys
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from engine.detect import context as contexts
from engine.detect.checks import compiled, matrix
from engine.detect.config import ContextSettings
from engine.detect.plugins.presidio import suffixes
from engine.detect.plugins.presidio_classes import recognizer_classes
from engine.detect.registry import Registry
from engine.detect.scanner import Scanner
from engine.detect.view import view_of

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data" / "pii"
GOLDEN = ROOT / "tests" / "golden" / "presidio-differences.json"
THRESHOLD = 0.4
BASES = {"ZaPhoneNumberRecognizer"}
Find = Callable[[pa.Array], pa.Table]


class Claim(NamedTuple):
    """What one side says of a value."""

    start: int
    end: int
    kind: str
    score: float
    recognizer: str

    @property
    def place(self) -> tuple[int, int, str]:
        return self[:3]


class Difference(NamedTuple):
    """A claim that one side makes and the other does not; ``side`` is the one that makes it."""

    data: str
    sentence: int
    start: int
    end: int
    type: str
    side: str
    recognizer: str
    reason: str


def ours() -> Find:
    """Returns the search that is held against Presidio: the default scanner, which looks for the types of every country."""
    return Scanner.default().find


ALIASES: Mapping[str, str] = {"DATE_OF_BIRTH": "DATE_TIME"}
"""Our name of a type → Presidio's, where they differ."""


def sentences() -> dict[str, list[str]]:
    """Returns the data sets that are compared: synth_v2_half, WNUT 17 dev, UNER EWT dev, MEDDOCAN dev by line."""
    synth = json.loads((DATA / "synth_v2_half.json").read_text(encoding="utf-8"))
    wnut = (DATA / "wnut17" / "dev.conll").read_text(encoding="utf-8").split("\n\n")
    uner = gzip.decompress((DATA / "uner-ewt" / "dev.iob2.gz").read_bytes()).decode().splitlines()
    with tarfile.open(DATA / "meddocan" / "dev.brat.tar.gz") as archive:
        files = sorted((one for one in archive.getmembers() if one.name.endswith(".txt")), key=lambda one: one.name)
        cases = [archive.extractfile(one).read().decode() for one in files]
    return {
        "synth_v2_half": [one["full_text"] for one in synth],
        "wnut17-dev": [" ".join(line.split("\t")[0] for line in block.splitlines()) for block in wnut if block.strip()],
        "uner-ewt-dev": [line.removeprefix("# text = ") for line in uner if line.startswith("# text = ")],
        "meddocan-dev": [line for case in cases for line in case.splitlines() if line.strip()],
    }


@functools.cache
def presidio() -> dict[str, Any]:
    """Returns Presidio's recognizers by name, with the one network call (the suffix list) answered from the packaged snapshot."""
    found = {name: kind() for name, kind in sorted(recognizer_classes().items()) if name not in BASES}
    found["EmailRecognizer"].validate_result = lambda text: suffixes()(text).fqdn != ""
    return found


@functools.cache
def types() -> frozenset[str]:
    """Returns the types that Presidio's recognizers claim: others are no difference."""
    return frozenset(one.supported_entities[0] for one in presidio().values())


def reference(text: str) -> list[Claim]:
    """Returns all that Presidio's recognizers claim, context heeded, below the threshold too."""
    settings = ContextSettings()
    claims = []
    for name, one in presidio().items():
        for found in one.analyze(text, one.supported_entities):
            likely = contexts.stands_in(_words(name), contexts.before(text, found.start, settings.words))
            score = contexts.raised(found.score, settings) if likely else found.score
            claims.append(Claim(found.start, found.end, found.entity_type, score, name))
    return claims


def _words(name: str) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in presidio()[name].context or () if word.strip())


def strongest(claims: Iterable[Claim]) -> list[Claim]:
    """Returns claims past the threshold that lie in no other of their type with the same or a higher score."""
    kept: list[Claim] = []
    for one in sorted(claims, key=lambda claim: (claim.start, -claim.end, -claim.score, claim.recognizer)):
        if not any(other.kind == one.kind and one.end <= other.end and one.score <= other.score for other in kept):
            kept.append(one)
    return [one for one in kept if one.score >= THRESHOLD]


def differences(
    find: Find, data: Mapping[str, Sequence[str]], aliases: Mapping[str, str] = ALIASES, every: int = 1,
) -> list[Difference]:
    """Returns what is claimed by one side alone.

    Args:
        find: The search that is held against Presidio: an array of texts → a table as ``Scanner.find`` gives.
        data: Sentences by data set.
        aliases: Its names of types → Presidio's.
        every: Only each so many-th sentence.
    """
    found: list[Difference] = []
    for name, texts in data.items():
        chosen = range(0, len(texts), every)
        values = [texts[number] for number in chosen]
        read = view_of(values).texts
        claims: dict[int, list[Claim]] = {}
        for row in find(pa.array(values, pa.string())).to_pylist():
            kind = aliases.get(row["entity_type"], row["entity_type"])
            claims.setdefault(row["row"], []).append(Claim(row["start"], row["end"], kind, row["score"], row["recognizer"]))
        for place, number in enumerate(chosen):
            made = [one for one in claims.get(place, []) if one.kind in types()]
            found += (Difference(name, number, *one[:3], side, one.recognizer, reason)
                      for side, one, reason in compared(values[place], made, changed=read[place] != values[place]))
    return sorted(found)


def compared(text: str, made: Sequence[Claim], *, changed: bool) -> Iterator[tuple[str, Claim, str]]:
    """Yields the differences of one value: side, claim, reason."""
    raw = reference(text)
    theirs = strongest(raw)
    for one in {claim.place: claim for claim in theirs if claim.place not in {claim.place for claim in made}}.values():
        yield "presidio", one, _beside(one, made, "ours") or _missed(text, one)
    for one in {claim.place: claim for claim in made if claim.place not in {claim.place for claim in theirs}}.values():
        scores = [claim.score for claim in raw if claim.place == one.place]
        yield "ours", one, _beside(one, theirs, "presidio") or (
            f"presidio: below the threshold at {max(scores):.2g}" if scores else _added(text, one, changed=changed))


def _beside(one: Claim, others: Sequence[Claim], side: str) -> str | None:
    """Says how the other side's claims stand to a claim; None where none touches it."""
    touching = [other for other in others if other.start < one.end and one.start < other.end]
    same = [other for other in touching if other.kind == one.kind]
    if any(other.start <= one.start and one.end <= other.end for other in same):
        return f"{side}: longer span"
    if any(one.start <= other.start and other.end <= one.end for other in same):
        return f"{side}: shorter span"
    if same:
        return f"{side}: shifted span"
    named = sorted({other.kind for other in touching if other[:2] == one[:2]})
    return f"{side}: the span is {named[0]}" if named else None


def _missed(text: str, one: Claim) -> str:
    if proven(one.kind, text[one.start:one.end]) is False:
        return "presidio: fails the check of its type"
    verified = "verified" if one.score >= 1 else "pattern only"
    near = contexts.stands_in(_words(one.recognizer), contexts.before(text, one.start, ContextSettings().words))
    return f"presidio: {verified}, {'near a' if near else 'no'} context word"


def _added(text: str, one: Claim, *, changed: bool) -> str:
    if changed:
        return "ours: the text reads otherwise than it is written"
    if proven(one.kind, text[one.start:one.end]):
        return "ours: passes the check of its type"
    return "ours: pattern only" if one.recognizer in presidio() else "ours: a recognizer of its own"


@functools.cache
def _checked() -> dict[str, Any]:
    return {one.type: one.check for one in Registry.default().types if one.check is not None}


def proven(kind: str, text: str) -> bool | None:
    """Whether a text passes the check that the registry has for a type; None where it has none, or is not ASCII."""
    check = _checked().get(kind)
    if check is None or not text.isascii():
        return None
    seen = (text, "".join(filter(str.isalnum, text)).upper())
    return any(bool(compiled(check)(*matrix([one]))[0]) for one in seen)


def groups(found: Iterable[Difference]) -> Counter[tuple[str, str, str, str]]:
    """Counts differences by recognizer, type, side and reason."""
    return Counter((one.recognizer, one.type, one.side, one.reason) for one in found)


def written(found: Sequence[Difference], data: Mapping[str, Sequence[str]]) -> str:
    """Returns the golden file: differences by data set and sentence, a line for each of them that has some."""
    lines = [f"  {json.dumps(f'{name} {number}')}: {json.dumps([one[2:] for one in some])}"
             for (name, number), some in groupby(found, key=lambda one: one[:2])]
    sizes = json.dumps({name: len(texts) for name, texts in data.items()})
    return f'{{"values": {sizes}, "threshold": {THRESHOLD},\n "differences": {{\n' + ",\n".join(lines) + "\n}}\n"


def golden() -> list[Difference]:
    """Returns the differences of the golden file."""
    content = json.loads(GOLDEN.read_text(encoding="utf-8"))["differences"]
    return [Difference(where.split()[0], int(where.split()[1]), *one) for where, some in content.items() for one in some]


if __name__ == "__main__":
    texts = sentences()
    every = differences(ours(), texts)
    for group, count in groups(every).most_common():
        sys.stderr.write(f"{count:5} {'  '.join(group)}\n")
    sys.stdout.write(written(every, texts))
