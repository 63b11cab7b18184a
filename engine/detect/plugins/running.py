"""Runs plug-ins over an array: one filter for all, context words and thresholds heeded, what could not be scanned told."""

from __future__ import annotations

import functools
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect import context as contexts
from engine.detect.config import ContextSettings
from engine.detect.plugins.plugin import Plugin
from engine.detect.plugins.presidio import from_presidio
from engine.detect.plugins.spans import Spans, strongest
from engine.detect.plugins.texts import Integers, Texts, alternatives, lengths, unreadable, without
from engine.errors import PolicyError

UNSCANNABLE = "UNSCANNABLE"
"""Entity type of a value that a plug-in could not scan: all of it, with score 1."""

NOT_UTF8 = "not UTF-8"

FOUND = pa.schema([
    ("value", pa.int64()), ("start", pa.int64()), ("end", pa.int64()), ("entity_type", pa.string()), ("score", pa.float64()),
    ("recognizer", pa.string()),
])
_SHORT = 160
"""Characters of a filter that is joined with others: RE2 reads long ones joined at a tenth of the speed of one by one."""

Row = tuple[int, int, int, str, float, str]
_LOG = logging.getLogger("lakeveil")


def plugged(some: Iterable[object] | object) -> tuple[Plugin, ...]:
    """Returns plug-ins, of one or several: as they are, or made of Presidio's recognizers.

    Raises:
        PolicyError: If one is neither.
    """
    several = some if isinstance(some, Iterable) and not isinstance(some, str) else (some,)
    return tuple(cast("Plugin", one) if hasattr(one, "entity_types") and hasattr(one, "thresholds") else from_presidio(one)
                 for one in several)


class Plugins:
    """Several plug-ins. Make one a process and use it for every column.

    Attributes:
        plugins: In the order in which they run.
        context: How context words raise scores.
        threshold: Claims below this score are dropped where a plug-in says nothing else.

    Raises:
        PolicyError: If one would claim ``UNSCANNABLE``.
    """

    def __init__(self, plugins: Iterable[Plugin], *, context: ContextSettings | None = None, threshold: float = 0.4) -> None:
        self.plugins: Sequence[Plugin] = tuple(plugins)
        for one in self.plugins:
            if UNSCANNABLE in one.entity_types:
                raise PolicyError(f"{UNSCANNABLE} is what a cell is called that cannot be scanned", where=f"plug-in {one.name!r}",
                                  next="give what it finds another type")
        self.context = context or ContextSettings()
        self.threshold = threshold

    @functools.cached_property
    def entity_types(self) -> tuple[str, ...]:
        """What any of them may claim."""
        return tuple(dict.fromkeys(kind for one in self.plugins for kind in one.entity_types))

    @functools.cached_property
    def _filter(self) -> str | None:
        """Of all whose own is short: on clean text one pass settles them."""
        return alternatives(one.filter for one in self.plugins if _joins(one))

    def find(self, values: pa.Array, *, header: str = "") -> pa.Table:
        """Finds what the plug-ins claim in an array of texts.

        Args:
            values: Texts, best distinct ones; nulls hold nothing.
            header: The column's name or path, for its words.

        Returns:
            A table with the schema ``FOUND``, sorted by value and place: index of the value, start and end (characters; end
            exclusive), entity type, score, plug-in. A value that a plug-in could not scan has one row, ``UNSCANNABLE``, by the
            plug-in that gave up first. Claims of one type do not lie inside each other; those of different types may.
        """
        written = values.cast(pa.string())
        given_up = dict.fromkeys(unreadable(written), (NOT_UTF8, "any plug-in"))
        values = _emptied(written, list(given_up))
        texts, words = Texts(values), contexts.header_words(header)
        hopeful = texts.candidates(self._filter)
        found: list[Row] = []
        for one in self.plugins:
            places = hopeful if _joins(one) else texts.candidates(None)
            places = self._worth_it(one, texts, without(places, given_up), words)
            spans = one.find(values.take(pa.array(places)), header) if len(places) else Spans.of([])
            given_up |= {int(places[at]): (why, one.name) for at, why in spans.unscannable.items()}
            found += self._weighed(one, texts, spans, places, words)
        _tell(given_up.values())
        sound = [row for row in found if row[0] not in given_up]
        kept = [sound[at] for at in strongest(Spans.of([row[:5] for row in sound])).tolist()]
        ends = lengths(written, list(given_up))
        kept += [(place, 0, end, UNSCANNABLE, 1.0, who) for (place, (_, who)), end in zip(given_up.items(), ends, strict=True)]
        return pa.Table.from_pydict(dict(zip(FOUND.names, zip(*sorted(kept), strict=True), strict=True)), FOUND) if kept \
            else FOUND.empty_table()

    def _worth_it(self, one: Plugin, texts: Texts, places: Integers, header: str) -> Integers:
        """Returns the places of values on which a claim of the plug-in could count."""
        if not one.needs_context or contexts.stands_in(one.context, header):
            return places
        if not one.context or self.context.words == 0:
            return places[:0]
        return np.intersect1d(places, texts.candidates(contexts.expression(one.context)))

    def _weighed(self, one: Plugin, texts: Texts, spans: Spans, places: Integers, header: str) -> Iterator[Row]:
        """Yields claims with the scores that context words leave them, if those pass the plug-in's threshold."""
        usual = one.thresholds.get("default", self.threshold)
        asks = bool(one.context) and (self.context.boost > 0 or one.needs_context)
        in_header = asks and contexts.stands_in(one.context, header)
        values = places[spans.value]
        written = texts.strings(values) if asks and not in_header else [""] * len(values)
        columns = (values, spans.start, spans.end, spans.kind, spans.score)
        for text, value, start, end, kind, score in zip(written, *(column.tolist() for column in columns), strict=True):
            likely = in_header or contexts.stands_in(one.context, contexts.before(text, start, self.context.words))
            final = contexts.raised(score, self.context) if likely else score
            if (likely or not one.needs_context) and final >= one.thresholds.get(spans.types[kind], usual):
                yield value, start, end, spans.types[kind], final, one.name


def _joins(one: Plugin) -> bool:
    return one.filter is not None and len(one.filter) <= _SHORT


def _emptied(values: pa.Array, places: list[int]) -> pa.Array:
    """Returns the values with nulls at some places."""
    if not places:
        return values
    kept = np.ones(len(values), bool)
    kept[places] = False
    return pc.if_else(pa.array(kept), values, pa.scalar(None, values.type))


def _tell(given_up: Iterable[tuple[str, str]]) -> None:
    for (why, who), count in sorted(Counter(given_up).items()):
        _LOG.warning("plug-in %s: %d values are unscannable: %s", who, count, why)
