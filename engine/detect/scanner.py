"""Finds personal data in an Arrow array: distinct values only, whole buffers at a time."""

from __future__ import annotations

import functools
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine import compiled
from engine.detect import context as contexts
from engine.detect.across import Across
from engine.detect.arguments import as_known, as_subjects, as_texts, require_header
from engine.detect.block import Block, Claims, Integers
from engine.detect.columns.headers import announces_names, announces_people
from engine.detect.config import RecognizerConfig
from engine.detect.first.phone_tier import SOURCE as PLANS
from engine.detect.first.phone_tier import TYPE as PHONE
from engine.detect.first.phone_tier import PhoneTier
from engine.detect.first.phrases import repeated
from engine.detect.first.tier import FirstTier
from engine.detect.found import Found, placed, resolved
from engine.detect.named import counting, types_of
from engine.detect.names import NameTier
from engine.detect.pieces import Pieces
from engine.detect.plugins import UNSCANNABLE, Plugin, Plugins, descriptions, plugged
from engine.detect.redaction import KNOWN, Styles, redacted
from engine.detect.resolve import staying
from engine.detect.view import View, needs_view, view_of
from engine.errors import PolicyError, nearest

__all__ = ["FINDINGS", "UNSCANNABLE", "Finding", "Scanner"]

FINDINGS = pa.schema([
    ("row", pa.int64()), ("start", pa.int64()), ("end", pa.int64()), ("entity_type", pa.string()), ("score", pa.float64()),
    ("recognizer", pa.string()),
])
_BLOCK = 1 << 24
"""Bytes that are scanned at a time, which bounds memory to about ten times as many."""

_FEW = 4096
"""Values among which the share of distinct ones is measured; where most are, a dictionary does not pay."""
_MOSTLY = 0.9


@dataclass(frozen=True, order=True)
class Finding:
    """One finding in a list of values; sorted as it should be told."""

    value: int
    start: int
    end: int
    entity_type: str
    score: float
    recognizer: str


class Scanner:
    """Compiled recognizers. Make one a process and use it for every column.

    Attributes:
        config: What it was made of.
        entity_types: All types that it can find.
        recognizers: All who can claim.
    """

    def __init__(self, config: RecognizerConfig, plugins: Iterable[Plugin] = ()) -> None:
        """Compiles a configuration; what users bring runs beside it, on what is left distinct."""
        self.config = config
        self._plugins = Plugins(plugins, context=config.context, threshold=config.threshold)
        every = config.types()
        types = tuple(one for one in every if one.reported != PHONE)
        self._phones = PhoneTier(config.context) if PHONE in {one.type for one in every} else None
        self._first = _first_tier(types, config.context)
        self._names = NameTier.default() if config.names != "off" else None
        self.entity_types = tuple(dict.fromkeys(
            (UNSCANNABLE, *([PHONE] if self._phones else []), *(one.reported for one in types),
             *(types_of(config, self._names) if self._names else ()), *self._plugins.entity_types)))
        self.recognizers = tuple(dict.fromkeys(
            ("budget", PLANS, *(one.evidence for one in types), *(self._names.sources if self._names else ()),
             *(one.name for one in self._plugins.plugins))))
        self._kinds = {name: place for place, name in enumerate(self.entity_types)}
        self._sources = {name: place for place, name in enumerate(self.recognizers)}
        self._kind = np.array([self._kinds[one.reported] for one in types], np.int64)
        self._source = np.array([self._sources[one.evidence] for one in types], np.int64)
        number = self._kinds.get(PHONE, 0), self._sources[PLANS]
        self._across = Across(types, (self._first, self._phones), (self._kind, self._source), number)
        self._reported = tuple(one.reported for one in types)
        self._cold = True

    @classmethod
    @functools.cache
    def default(cls) -> Scanner:
        """Returns the scanner of ``conf/recognizers/default.yaml``, made once a process."""
        return cls(RecognizerConfig.default())

    @classmethod
    def load(cls, config: RecognizerConfig | str | Path, plugins: Iterable[object] | object = ()) -> Scanner:
        """Returns the scanner of a configuration or of a YAML file.

        Args:
            config: What to look for, and files of plug-ins.
            plugins: More that users bring (docs/plug-ins.md), one or several: Presidio's objects, say.

        Raises:
            InputError: If a file cannot be read.
            PolicyError: If it is not what it should be, or names what there is not.
        """
        config = config if isinstance(config, RecognizerConfig) else RecognizerConfig.load(config)
        return cls(config, [*(plugin for one in descriptions(config.plugins) for plugin in one.plugins()), *plugged(plugins)])

    def find(self, array: pa.Array | pa.ChunkedArray, *, header: str = "", known: pa.Array | None = None) -> pa.Table:
        """Finds personal data in an array of texts.

        Args:
            array: Texts; or numbers, dates and bytes, read as Arrow writes them. Nulls hold nothing.
            header: The column's name or path, for its words.
            known: For each text a list of strings that its row knows to be names: evidence for names in that text. With it every
                text is looked at, repeated or not.

        Returns:
            A table with the schema ``FINDINGS``, sorted by row and place: row, start and end (characters, that is, code
            points; end exclusive), entity type, score, and who claims it. Findings of different types may overlap.

        Raises:
            InputError: If the array has no texts (a list, a struct), or ``known`` is not a list of strings for each.
        """
        require_header(header, "find")
        array = as_texts(array, "find")
        if known is not None:
            known = as_known(known, len(array), "find, known")
            found = self.find_columns(array.cast(pa.string()), header=header, known=known)
        elif _repeats(array):
            encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
            found = self.find_columns(encoded.dictionary.cast(pa.string()), header=header)
            found = _spread(found, encoded.indices, len(encoded.dictionary))
        else:
            found = self.find_columns(array.cast(pa.string()), header=header)
        return self.table(found)

    def redact(
        self, array: pa.Array | pa.ChunkedArray, *, header: str = "", styles: Styles | None = None,
        entities: Collection[str] | None = None, threshold: float = 0.0, subjects: pa.Array | None = None,
    ) -> pa.Array:
        """Returns texts with what is found in them replaced.

        Args:
            array: Texts; or what ``find`` reads as such: numbers, dates, bytes.
            header: The column's name or path, for its words.
            styles: How findings are replaced; by typed placeholders by default.
            entities: Entity types that go; all by default.
            threshold: Findings with a lower score are left.
            subjects: What each text's subject is called, in canonical bytes (``engine.operators.canonical``).

        Returns:
            String array; null where a text is null, ``[UNSCANNABLE]`` where one is beyond the budget or not UTF-8.

        Raises:
            PolicyError: If nothing finds one of the entity types, or the threshold is not between 0 and 1.
            InputError: If the array has no texts, ``subjects`` are not bytes for each, or the header no text.
        """
        require_header(header, "redact")
        if not (isinstance(threshold, int | float) and 0 <= threshold <= 1):
            raise PolicyError("a threshold is a score", where="redact, threshold", allowed="0 to 1")
        if not isinstance(styles, Styles | None):
            raise PolicyError("styles are a Styles", where="redact, styles", next='write Styles("surrogate", key=…), say')
        if isinstance(entities, str):
            raise PolicyError("entity types come as a list", where="redact, entities", next="give a list")
        for name in (*(entities or ()), *((styles.by_type.keys() - {KNOWN}) if styles else ())):
            if name not in self.entity_types:
                raise PolicyError(f"nothing finds an entity type {name!r}", where="redact", next=nearest(name, self.entity_types))
        texts = as_texts(array, "redact")
        subjects = None if subjects is None else as_subjects(subjects, len(texts), "redact, subjects")
        return redacted(texts, functools.partial(self.find, header=header), styles=styles, entities=entities, threshold=threshold,
                        subjects=subjects, longest=self.config.budget.bytes)

    def find_distinct(self, values: pa.Array, *, header: str = "") -> list[Finding]:
        """Finds personal data in an array of texts, each looked at. Returns findings sorted by value and place."""
        found = self.find_columns(values, header=header)
        columns = (column.tolist() for column in found)
        return [Finding(value, start, end, self.entity_types[kind], score, self.recognizers[source])
                for value, start, end, kind, score, source in zip(*columns, strict=True)]

    def find_columns(self, values: pa.Array, *, header: str = "", known: pa.Array | None = None) -> Found:
        """Finds personal data in an array of texts, each looked at; ``known`` as for ``find``.

        A text that reads otherwise than it is written (``engine/detect/view``) is looked at both ways, and a finding stands
        where its characters are written.
        """
        pieces = Pieces.of(values, self.config.budget.bytes)
        parts, slow = [], set()
        for begin, end in pieces.blocks(_BLOCK):
            only = int(pieces.value[begin]) if pieces.value[begin] == pieces.value[end - 1] else None
            if only in slow:
                continue
            beside = None if known is None else known.take(pa.array(pieces.value[begin:end]))
            found, seconds = self._in_block(pieces.array[begin:end], header, beside)
            if only is not None and seconds > self.config.budget.seconds and self._cold:  # it made what is made once a process
                found, seconds = self._in_block(pieces.array[begin:end], header, beside)
            self._cold = False
            if only is not None and seconds > self.config.budget.seconds:
                slow.add(only)
            piece = found.value + begin
            before = pieces.before[piece]
            parts.append(found._replace(value=pieces.value[piece], start=found.start + before, end=found.end + before))
        found = Found.joined(parts)
        found = found.where(found.score >= self.config.threshold)
        given_up = np.union1d(np.union1d(pieces.unscannable, np.array(sorted(slow), np.int64)), found.value[found.kind == 0])
        found = Found.joined([found.where(~np.isin(found.value, given_up)), self._whole_cells(pieces, given_up)])
        if len(pieces.value) > len(values):  # overlaps were looked at twice
            found = found.where(staying(found.value, found.start, found.end, found.kind, found.score))
        return found.where(np.lexsort((found.source, found.kind, found.end, found.start, found.value)))

    def table(self, found: Found) -> pa.Table:
        """Returns findings as a table with the schema ``FINDINGS``, the value's index as its row."""
        kinds, sources = pa.array(self.entity_types), pa.array(self.recognizers)
        return pa.Table.from_arrays([
            pa.array(found.value), pa.array(found.start), pa.array(found.end), kinds.take(pa.array(found.kind)),
            pa.array(found.score), sources.take(pa.array(found.source))], schema=FINDINGS)

    def _whole_cells(self, pieces: Pieces, values: Integers) -> Found:
        nothing = np.zeros(len(values), np.int64)
        return Found(values, nothing, pieces.lengths[values], nothing, np.ones(len(values)), nothing)

    def _in_block(self, pieces: pa.Array, header: str, known: pa.Array | None) -> tuple[Found, float]:
        """Returns the findings of some pieces, as they are written and as they read; and the seconds that it took."""
        began, made = time.monotonic(), compiled.seconds()
        found = self._as_written_and_read(pieces, header, known)
        return found, time.monotonic() - began - (compiled.seconds() - made)

    def _as_written_and_read(self, pieces: pa.Array, header: str, known: pa.Array | None) -> Found:
        block = Block(pieces)
        written = self._in_texts(pieces, block, header, known)
        doubtful = np.flatnonzero(needs_view(pieces, block))
        if not len(doubtful):
            return resolved(written)
        texts = pieces.take(pa.array(doubtful)).to_pylist()
        view = view_of(texts, np.ones(len(texts), np.bool_))
        read = self._as_read(texts, view, header, None if known is None else known.take(pa.array(doubtful)))
        across = self._across.find(view.joined(), doubtful, contexts.header_words(header), written)
        return resolved(Found.joined([resolved(written, read._replace(value=doubtful[read.value])), across]))

    def _as_read(self, texts: list[str], view: View, header: str, known: pa.Array | None) -> Found:
        """Returns the claims on texts that read otherwise than they are written."""
        changed = np.array([place for place, text in enumerate(texts) if view.texts[place] is not text], np.int64)
        beside = None if known is None else known.take(pa.array(changed))
        otherwise = pa.array([view.texts[place] for place in changed.tolist()], pa.large_string())
        read = self._in_texts(otherwise, Block(otherwise), header, beside)
        start, end = view.originals(changed[read.value], read.start, read.end)
        return read._replace(value=changed[read.value], start=start, end=end)

    def _in_texts(self, texts: pa.Array, block: Block, header: str, known: pa.Array | None) -> Found:
        """Returns the claims of all tiers on texts, read as they are; ``block`` is the same joined."""
        words = contexts.header_words(header)
        claims = self._first.find(block, words)
        parts = [placed(block, claims, self._kind, self._source)]
        if self._phones is not None:
            phones = self._phones.find(block, words)
            parts.append(placed(block, phones, np.array([self._kinds[PHONE]]), np.array([self._sources[PLANS]])))
            claims = Claims.joined([claims, phones._replace(kind=phones.kind + len(self._reported))])
        if self._names is not None:
            names = self._names.find(block, claims, known, settled_types=(*self._reported, PHONE),
                                     announced=announces_names(header), people=announces_people(header))
            names = names.where(counting(names, self._names, self.config, claims, self._reported))
            kinds, sources = ([table.get(one, 0) for one in ours] for table, ours in ((self._kinds, self._names.types),
                                                                                 (self._sources, self._names.sources)))
            parts.append(placed(block, names, np.array(kinds, np.int64), np.array(sources, np.int64)))
        if self._plugins.plugins:
            value, start, end, kind, score, source = self._plugins.find(texts, header=header).to_pydict().values()
            parts.append(Found(np.array(value, np.int64), np.array(start, np.int64), np.array(end, np.int64),
                               np.array([self._kinds[one] for one in kind], np.int64), np.array(score, np.float64),
                               np.array([self._sources[one] for one in source], np.int64)))
        return Found.joined(parts)


_first_tier = functools.lru_cache(maxsize=4)(FirstTier)
"""Compiled once for the same types: scanners often differ in plug-ins, thresholds and budgets alone."""


def _repeats(array: pa.Array) -> bool:
    """Whether a dictionary of distinct values is worth making."""
    if pa.types.is_dictionary(array.type) or not len(array):
        return True
    some = array[:_FEW].cast(pa.string())
    return bool(pc.count_distinct(some).as_py() < _MOSTLY * len(some))


def _spread(found: Found, indices: pa.Array, distinct: int) -> Found:
    """From findings in distinct values to findings in rows, sorted by row."""
    first, last = (np.searchsorted(found.value, np.arange(distinct), side) for side in ("left", "right"))
    rows = np.flatnonzero(pc.is_valid(indices).to_numpy(zero_copy_only=False))
    value_of = pc.drop_null(indices).to_numpy().astype(np.int64)
    row, within = repeated((last - first)[value_of])
    return found.where(first[value_of[row]] + within)._replace(value=rows[row])
