"""Labelled text from ../shared/data, in the types of the tier that finds names: what it is developed on, and what it is reported
on."""

import gzip
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.compute as pc

from engine.demo.lake import tables_of

DATA = Path(__file__).resolve().parents[3] / "shared/data/pii"

_SYNTH = {"GPE": "LOCATION"}
_MEDDOCAN = {
    "NOMBRE_SUJETO_ASISTENCIA": "PERSON", "NOMBRE_PERSONAL_SANITARIO": "PERSON", "CALLE": "STREET_ADDRESS",
    "TERRITORIO": "LOCATION",
    "PAIS": "LOCATION", "HOSPITAL": "ORGANIZATION", "INSTITUCION": "ORGANIZATION", "CENTRO_SALUD": "ORGANIZATION",
    "FECHAS": "DATE_TIME", "EDAD_SUJETO_ASISTENCIA": "AGE", "PROFESION": "TITLE",
}
_COLUMNS = {
    "person": "PERSON", "PER": "PERSON", "location": "LOCATION", "LOC": "LOCATION", "corporation": "ORGANIZATION",
    "group": "ORGANIZATION", "ORG": "ORGANIZATION", "MISC": "MISC", "product": "MISC", "creative-work": "MISC",
}
ALL = frozenset({"PERSON", "LOCATION", "STREET_ADDRESS", "ORGANIZATION", "TITLE", "AGE", "NRP", "DATE_TIME"})
ENTITIES = frozenset({"PERSON", "LOCATION", "ORGANIZATION"})


@dataclass
class Document:
    """A text, its labelled spans (start, end, type), and the types whose every occurrence is labelled."""

    text: str
    spans: list[tuple[int, int, str]]
    complete: frozenset[str] = field(default=ALL)


def synth(*, odd: bool) -> list[Document]:
    """Sentences of presidio-research's generator whose template has an odd (reported) or an even number (developed on)."""
    rows = json.loads((DATA / "synth_v2_half.json").read_text(encoding="utf-8"))
    return [Document(row["full_text"], [(one["start_position"], one["end_position"], _SYNTH.get(one["entity_type"],
                                                                                                one["entity_type"]))
                                        for one in row["spans"]])
            for row in rows if row["template_id"] % 2 == odd]


def meddocan(part: str) -> list[Document]:
    """Spanish clinical cases: ``train`` (developed on) or ``dev`` (reported)."""
    texts: dict[str, dict[str, str]] = {}
    with tarfile.open(DATA / f"meddocan/{part}.brat.tar.gz") as tar:
        for member in tar.getmembers():
            if member.isfile():
                stem, _, kind = Path(member.name).name.rpartition(".")
                texts.setdefault(stem, {})[kind] = tar.extractfile(member).read().decode("utf-8")
    found = []
    for _, pair in sorted(texts.items()):
        spans = []
        for line in pair["ann"].splitlines():
            if line.startswith("T"):
                kind, places = line.split("\t")[1].split(" ", 1)
                start, end = places.split(" ")[0], places.split(" ")[-1]
                spans.append((int(start), int(end), _MEDDOCAN.get(kind, kind)))
        found.append(Document(pair["txt"], spans, ALL - {"NRP", "TITLE"}))
    return found


def wnut(part: str) -> list[Document]:
    """Noisy user text: ``train`` (developed on) or ``dev`` (reported)."""
    path = DATA / f"wnut17/{part}.conll"
    text = path.read_text(encoding="utf-8") if path.exists() else _unzipped(path)
    return _conll(text, 0)


def wikigold() -> list[Document]:
    """Sentences of Wikipedia (developed on)."""
    return _conll(_unzipped(DATA / "wikigold/wikigold.conll"), 0)


def filings() -> list[Document]:
    """Loan contracts (developed on)."""
    return _conll(_unzipped(DATA / "sec-filings/train.conll"), 0)


def ewt() -> list[Document]:
    """English web text (reported)."""
    lines = (line for line in _unzipped(DATA / "uner-ewt/dev.iob2").splitlines() if not line.startswith("#"))
    return _conll("\n".join(lines), 1)


def _unzipped(path: Path) -> str:
    with gzip.open(f"{path}.gz", "rt", encoding="utf-8") as file:
        return file.read()


def _conll(text: str, word: int) -> list[Document]:
    """Sentences of a table with a token a line; blanks are put back where English has them."""
    found, rows = [], []
    for line in [*text.splitlines(), ""]:
        parts = re.split(r"[ \t]", line.strip()) if line.strip() else []
        if parts and parts[0] != "-DOCSTART-":
            rows.append((parts[word], parts[word + 1] if word else parts[-1]))
        elif rows:
            found.append(_joined(rows))
            rows = []
    return found


def _joined(rows: Iterable[tuple[str, str]]) -> Document:
    text, spans, before, quoted = "", [], "", False
    for word, tag in rows:
        glued = not text or re.match(r"^(?:[.,;:!?%)\]}]+|'\w{0,2}|n't|’\w{0,2}|\.\.+)$", word) or before in {"(", "[", "$",
                                                                                                               "#", "@"}
        if word == '"':
            glued, quoted = quoted, not quoted
        elif before == '"' and quoted:
            glued = True
        start = len(text) if glued else len(text) + 1
        text += word if glued else " " + word
        before = word
        kind = _COLUMNS.get(tag[2:], tag[2:]) if tag != "O" else ""
        if kind and spans and spans[-1][2] == kind and not tag.startswith("B-") and spans[-1][1] >= start - 1:
            spans[-1] = (spans[-1][0], len(text), kind)
        elif kind:
            spans.append((start, len(text), kind))
    return Document(text, spans, ENTITIES)


def demo() -> list[Document]:
    """Clinical notes of the demo lake, another draw than the demo's own (developed on)."""
    tables, planted = tables_of(seed=3, count=400)
    rows = planted.table.filter(pc.equal(planted.table["table"], "notes")).filter(pc.is_valid(planted.table["start"].filter(
        pc.equal(planted.table["table"], "notes"))))
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for row in rows.to_pylist():
        kind = {"DATE_OF_BIRTH": "DATE_TIME"}.get(row["entity_type"], row["entity_type"])
        spans.setdefault(row["row_id"], []).append((row["start"], row["end"], kind))
    return [Document(text, spans.get(key, []), ALL - {"TITLE", "AGE", "NRP", "DATE_TIME"})
            for key, text in zip(tables["notes"]["note_id"].to_pylist(), tables["notes"]["text"].to_pylist(), strict=True)]


def developed() -> Iterator[tuple[str, list[Document]]]:
    """Corpora that weights are fitted on and that may be read."""
    yield from (("synth even", synth(odd=False)), ("meddocan train", meddocan("train")), ("wnut train", wnut("train")),
                ("wikigold", wikigold()), ("filings", filings()), ("demo", demo()))


def reported() -> Iterator[tuple[str, list[Document]]]:
    """Corpora of which only scores are looked at."""
    yield from (("synth odd", synth(odd=True)), ("meddocan dev", meddocan("dev")), ("wnut dev", wnut("dev")), ("ewt dev", ewt()))
