"""Clean prose: sentences without names, places, dates and numbers of people, spun on by a chain of words.

Labelled corpora tell which of their sentences hold no entity. A chain of order two over such sentences (Shannon 1948, "A
mathematical theory of communication", section 3) writes as much text of their kind as is needed, no sentence twice.
"""

from __future__ import annotations

import ast
import functools
import gzip
import json
import random
import re
import sysconfig
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter

from engine.demo import prose
from tests.benchmarks.detect.corpus import Cells, Corpus

PII = Path(__file__).parents[3] / ".." / "shared" / "data" / "pii"

_MONTH = r"jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec"
_PRIVATE = re.compile(
    r"@|://|www\.|\.com\b|[a-z]+\.[a-z]+/|[0-9](?:[^0-9]{0,3}[0-9]){6}|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]|"
    rf"\b(?:{_MONTH})[a-z]*\b.{{0,8}}[0-9]|[0-9].{{0,6}}\b(?:{_MONTH})|years?[- ]old|\baged\b|"
    r"[0-9]+ \w+ (?:street|road|avenue|drive|lane)|/ ?s ?/", re.IGNORECASE)
"""What would be personal data, or look so to a reader, a signature (``/s/``) among them: sentences that hold it are left out."""

_DAYS = re.compile(
    r"(?i:\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b)|\b(?:January|February|March|April|May|June|July|August|September|"
    r"October|November|December)\b|\b(?:1[5-9]|20)[0-9]{2}s?\b")
"""What labelled sentences call a date: days of the week, months and years alone. Sets of names alone leave them unlabelled."""

_CHANCE = {"complaint": prose.COMPLAINTS, "drug": prose.DRUGS, "ward": prose.WARDS}
_NUMBERS = {"bp": "1##/##", "pulse": "##", "temp": "3#.#", "sat": "9#", "weeks": "#", "dose": "##", "lab": "1#.#", "bed": "##",
            "creatinine": "0.##", "crp": "##", "pain": "#"}


def corpora() -> list[Corpus]:
    """Returns the kinds of prose that can be made here: the labelled corpora may be absent."""
    found = [Corpus("prose: technical", "docstrings of Python's standard library, spun on", spun(_docstrings)),
             Corpus("prose: clinical", "sentences of the demo's notes that plant nothing private", _clinical)]
    if PII.is_dir():
        found += [Corpus("prose: web", "sentences of Wikigold, UNER and WNUT17 without entities, spun on", spun(_web)),
                  Corpus("prose: contracts", "sentences of SEC loan contracts without entities, spun on", spun(_contracts))]
    return found


def spun(sentences: object) -> Cells:
    """Returns endless paragraphs of one to five sentences from a chain over some sentences."""
    def cells(rng: random.Random) -> Iterator[str]:
        followers = _chain(sentences)
        while True:
            yield " ".join(_sentence(followers, rng) for _ in range(rng.randint(1, 5)))
    return cells


@functools.cache
def _chain(sentences: object) -> dict[tuple[str, str], list[str]]:
    followers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sentence in sentences():  # type: ignore[operator]  # one of the functions below
        before = ("", "")
        for word in [*sentence.split(), ""]:
            followers[before].append(word)
            before = (before[1], word)
    return followers


def _sentence(followers: dict[tuple[str, str], list[str]], rng: random.Random) -> str:
    words: list[str] = []
    before = ("", "")
    while len(words) < 60:
        word = rng.choice(followers[before])
        if not word:
            break
        words.append(word)
        before = (before[1], word)
    return re.sub("[0-9]", lambda _: str(rng.randint(0, 9)), " ".join(words))


def _clean(sentences: Iterable[str]) -> list[str]:
    return [text for text in sentences if len(text) > 20 and not _PRIVATE.search(text)]


def _impersonal(sentences: Iterable[str]) -> list[str]:
    """Returns the clean ones of sentences in which only names were looked for: without days and groups of people."""
    groups = re.compile("|".join(rf"\b{re.escape(one)}s?\b" for one in _groups()))
    return [text for text in _clean(sentences) if not _DAYS.search(text) and not groups.search(text)]


@functools.cache
def _groups() -> list[str]:
    """Returns what the labelled sentences call a nationality, a religion or a political group."""
    rows = json.loads((PII / "synth_v2_half.json").read_text(encoding="utf-8"))
    return sorted({span["entity_value"] for row in rows for span in row["spans"] if span["entity_type"] == "NRP"})


def _web() -> list[str]:
    return _impersonal([*unlabelled(PII / "wikigold" / "wikigold.conll.gz"), *unlabelled(PII / "uner-ewt" / "dev.iob2.gz", 1, 2),
                   *unlabelled(PII / "wnut17" / "train.conll.gz")])


def _contracts() -> list[str]:
    return _impersonal(unlabelled(PII / "sec-filings" / "train.conll.gz"))


def _docstrings() -> list[str]:
    found = []
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module))
        paragraphs = (part for node in nodes for part in re.split(r"\n\s*\n|\n *[-*] ", ast.get_docstring(node) or ""))
        found += [" ".join(one.split()) for one in paragraphs if not re.search(r"^>>>|^\s{4}|__", one, re.MULTILINE)]
    return _clean(found)


def _clinical(rng: random.Random) -> Iterator[str]:
    templates = [one for one in (*prose.MIDDLES, *prose.CLOSINGS)
                 if {slot for _, slot, _, _ in Formatter().parse(one) if slot} <= set(_CHANCE) | set(_NUMBERS)]
    while True:
        filled = {name: rng.choice(values) for name, values in _CHANCE.items()}
        filled |= {name: re.sub("#", lambda _: str(rng.randint(1, 9)), mask) for name, mask in _NUMBERS.items()}
        yield " ".join(one.format(**filled) for one in rng.sample(templates, rng.randint(3, 7)))


def unlabelled(path: Path, word: int = 0, label: int = -1) -> list[str]:
    """Returns the sentences of a CoNLL file in which no token is of an entity; words stand in one column, labels in another."""
    return [untokenized([token for token, _ in tokens]) for tokens in conll(path, word, label)
            if all(tag == "O" for _, tag in tokens)]


def conll(path: Path, word: int = 0, label: int = -1) -> Iterator[list[tuple[str, str]]]:
    """Yields the sentences of a CoNLL file as (token, label)."""
    tokens: list[tuple[str, str]] = []
    data = path.read_bytes()
    for line in [*(gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines(), ""]:
        cells = line.split("\t") if "\t" in line else line.split(" ")
        if line.startswith(("#", "-DOCSTART")) and len(cells) != 2:
            continue
        if line.strip() and not line.startswith("-DOCSTART"):
            tokens.append((cells[word], cells[label]))
        elif tokens:
            yield tokens
            tokens = []


def untokenized(tokens: list[str]) -> str:
    """Joins tokens as a person would write them."""
    text = re.sub(r" ([.,;:!?%)\]]|n't\b|'(?:s|m|re|ve|ll|d)\b)", r"\1", " ".join(tokens))
    text = re.sub(r"(?<=[0-9]) ?([.,]) ?(?=[0-9])|(?<=\w) ([-/]) (?=\w)", r"\1\2", text)
    return re.sub(r"([(\[$]) ", r"\1", text)
