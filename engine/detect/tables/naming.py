"""Names of columns that are data themselves, and how a report shows them.

A pivoted table has people for columns, a JSON object addresses for keys, and a CSV file without a header line its first row.
One rule for all that leaves a scan: what identifies somebody directly in a name, as it is written, stands as ``*`` and a number.
The number is the line of the report in which it first stands: the column's place, where no column is nested.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import regex

from engine.detect.columns.headers import hint
from engine.detect.columns.roles import reading_of
from engine.detect.columns.sensitivity import LEVELS, SensitivityConfig, level_of_type
from engine.detect.lexicon import english_words, given_names, word_lists
from engine.detect.scanner import Scanner
from engine.errors import nearest
from schemas.findings import ColumnFindings
from schemas.policy import TableFormat

MASK = "*"

ROW = "the file's first line reads like a row of data, not like a header: its names are not shown"
"""What the evidence of a column says whose name is taken for a value of the first row."""

_PERSON = "PERSON"
_STATISTICS = frozenset(("max", "dev"))
"""Given names that are words of schemas, and no common words of English."""

_SURE = 0.9
"""Score from which on a name in no list is one: columns are called by words that no list knows, too (*Lineitem price*)."""

_WITHOUT_HEADER: frozenset[TableFormat] = frozenset(("csv",))

_SIGNS = ".[]$"
"""What stands before a step of a path."""

_WORD = regex.compile(r"\p{Lu}?[\p{Ll}\p{Lo}\p{M}]+|\p{Lu}+(?!\p{Ll})")
"""A word, cut where a capital follows a small letter."""

Span = tuple[int, int, str]


@dataclass(frozen=True)
class Names:
    """What was found in the names of a table's columns.

    Attributes:
        paths: Column and path → the path as it is shown.
        found: The entity types in each name that stands in a line of the report.
        row: Whether the header line is taken for a row of data.
    """

    paths: dict[tuple[str, str], str]
    found: list[list[str]]
    row: bool

    def shown(self, path: str) -> str:
        """Returns a path as it is shown; of one that is no line of the report, a mask."""
        return next((shown for (_, one), shown in self.paths.items() if one == path), MASK)

    def on(self, column: ColumnFindings) -> ColumnFindings:
        """Returns what was found in a column under the name that is shown."""
        path = self.paths[column.column, column.path]
        return column.model_copy(update={
            "path": path, "column": self.paths[column.column, column.column], "masked": path != column.path,
            "evidence": (*column.evidence, *([ROW] if self.row else []))})


def names_of(
    columns: Sequence[ColumnFindings], format: TableFormat, scanner: Scanner, beside: Iterable[str] = (),  # noqa: A002 - the report's own word
) -> Names:
    """Looks for identifiers in the names of columns, and in those of what is nested in them.

    Args:
        columns: As they were found, under their true names.
        format: How the table is stored.
        scanner: Looks for them. What ships does, too: a list of recognizers that is about something else unmasks nothing.
        beside: Other names of the table, to be shown alike; without numbers.
    """
    parts = [(one.column, one.path[len(one.column):].lstrip(_SIGNS)) for one in columns]
    texts = list(dict.fromkeys(filter(None, (*itertools.chain.from_iterable(parts), *beside))))
    found = dict(zip(texts, _found(texts, scanner), strict=True))
    spans = found
    if scanner is not Scanner.default():
        spans = {text: [*found[text], *more] for text, more in zip(texts, _found(texts, Scanner.default()), strict=True)}
    row = format in _WITHOUT_HEADER and any(_is_value(spans[one.column], one) for one in columns)
    numbers: dict[str, str] = {}
    paths = {(name, name): _cut(name, _identifying(spans.get(name, [])), {}, "") for name in beside}
    for line, (one, (column, rest)) in enumerate(zip(columns, parts, strict=True), 1):
        name = _cut(column, [(0, len(column))] if row else _identifying(spans[column]), numbers, str(line))
        sign = one.path[len(one.column):len(one.path) - len(rest)]
        paths[one.column, one.path] = name + sign + _cut(rest, _identifying(spans.get(rest, [])), numbers, str(line))
    return Names(paths, [sorted({kind for *_, kind in found[rest or column]}) for column, rest in parts], row)


def quoted(names: Sequence[str], of: Sequence[str]) -> str:
    """Returns names of columns as an error lists them: in quotes; by their places if a name of the table identifies somebody.

    In a file without a header line the other names are of the same row.

    Args:
        names: Those to list.
        of: All names of the table, in order.
    """
    if _somebody(of):
        return ", ".join(f"{MASK}{of.index(name) + 1}" for name in names)
    return ", ".join(map(repr, names))


def alike(word: str, of: Sequence[str]) -> str:
    """Returns a hint with the name of a table's columns closest to ``word``; none if a name of the table identifies somebody."""
    hinted = nearest(word, of)
    return "" if hinted and _somebody(of) else hinted


def _somebody(names: Sequence[str]) -> bool:
    return any(_identifying(spans) for spans in _found(names, Scanner.default()))


def _found(texts: Sequence[str], scanner: Scanner) -> list[list[Span]]:
    """Returns what is found in each text; a person's name also where its words are joined by other signs than spaces."""
    spans: list[list[Span]] = [[] for _ in texts]
    for one in scanner.find(pa.array(texts, pa.string())).to_pylist():
        text, kind = texts[one["row"]], one["entity_type"]
        if kind != _PERSON or _is_name(text[one["start"]:one["end"]], one["score"]):
            spans[one["row"]].append((one["start"], one["end"], kind))
    for text, here in zip(texts, spans, strict=True):
        if not here and _PERSON in scanner.entity_types and _names_person(text):
            here.append((0, len(text), _PERSON))
    return spans


def _is_name(name: str, score: float) -> bool:
    """Whether what reads like a person's name is one: no word of schemas, and listed somewhere, or surely one."""
    words = _words(name)
    if _pairs(words):
        return True
    if score >= _SURE and any(_tells(word) and word in _listed() for word in words):
        return True
    if name.lower() in english_words() or name.lower() in _STATISTICS or hint(name) is not None:
        return False
    return score >= _SURE or not _listed().isdisjoint(words)


def _names_person(text: str) -> bool:
    """Whether a given and a family name stand side by side in a name that says nothing else: ``anna_weber``."""
    words = _words(text)
    pairs = itertools.pairwise(words)
    given, family = given_names(), word_lists()["family"]
    listed = any((a in given and b in family) or (a in family and b in given) for a, b in pairs)
    return (listed and hint(text) is None) or _pairs(words)


def _pairs(words: Sequence[str]) -> bool:
    """Whether a given name that is no other word stands beside a family name, which may be one: *Michelle Long*."""
    given, family = given_names(), word_lists()["family"]
    return any(_tells(a) and a in given and b in family for one in itertools.pairwise(words) for a, b in (one, one[::-1]))


def _tells(word: str) -> bool:
    """Whether a word is no common one of English or of schemas."""
    return word not in english_words() and word not in _STATISTICS and hint(word) is None


def _words(name: str) -> list[str]:
    """Returns the words of a name as they are written; unlike those of a header, none is taken for two (*Court*, *ney*)."""
    return [word.lower() for word in _WORD.findall(name)]


@functools.cache
def _listed() -> frozenset[str]:
    return frozenset((*given_names(), *word_lists()["family"]))


def _is_value(spans: Iterable[Span], column: ColumnFindings) -> bool:
    """Whether a column's name holds, in part, what its cells hold."""
    held = {entity.entity_type for entity in column.entities}
    return column.path == column.column and any(_identifies(kind) and kind in held for *_, kind in spans)


def _identifies(kind: str) -> bool:
    """Whether an entity type says by itself who somebody is. Places do not, nor does a UUID."""
    confidential = LEVELS.index(level_of_type(kind, SensitivityConfig.default())) >= LEVELS.index("confidential")
    return confidential and reading_of(kind)[0] == "direct"


def _identifying(spans: Iterable[Span]) -> list[tuple[int, int]]:
    return sorted((start, end) for start, end, kind in spans if _identifies(kind))


def _cut(text: str, spans: Iterable[tuple[int, int]], numbers: dict[str, str], line: str) -> str:
    """Returns a text with a numbered mask in place of some spans, sorted by where they begin; they may overlap."""
    cut, done = "", 0
    for start, end in spans:
        if end > done:
            cut += text[done:start] + f"{MASK}{numbers.setdefault(text[max(start, done):end], line)}"
            done = end
    return cut + text[done:]
