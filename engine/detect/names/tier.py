"""The tier that finds names and places by evidence that adds up."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.detect.block import Block, Claims, Flags, Integers
from engine.detect.names import chain, sources
from engine.detect.names.evidence import Seen, Tables, Weights, mentioned, seen
from engine.detect.names.lexicon import Lexicon
from engine.detect.names.tokens import SETTLED, SHAPE, Tokens, tokens_of

_LABELLED = 0.4
"""Probability from which a token is claimed."""

_SURE = 0.9
"""Probability from which a word is taken for a name elsewhere in its text."""

_LONG = 80
"""Tokens from which a text is read twice, the second time knowing the names of the first."""

_LINE, _EMPTY = SHAPE["line end"], SHAPE["empty line"]
_WHOLE_LINES = ("STREET_ADDRESS",)
"""Types whose values extend over lines."""


class NameTier:
    """Lexicon and weights, ready to look at blocks. Make one a process."""

    def __init__(self, weights: Weights) -> None:
        self.lexicon = Lexicon.of(sources.lists() | {word: {word.strip("“”")} for word in _single(weights)})
        self.tables = Tables(weights, self.lexicon)
        self.types = tuple(label for label in weights.labels[1:] if label != "OTHER")
        self.sources = ("NameEvidence",)

    @classmethod
    @functools.cache
    def default(cls) -> NameTier:
        """Returns the tier with the weights of ``conf/recognizers/names``, made once a process."""
        return cls(Weights.read(sources.FOLDER / "weights.csv"))

    def find(self, block: Block, settled: Claims | None = None, settled_types: Sequence[str] = (), known: pa.Array | None = None) -> Claims:
        tokens = tokens_of(block)
        if settled is not None:
            _settle(tokens, settled, settled_types)
        at = seen(tokens, block.buffer, self.lexicon)
        likely = self._read(tokens, at)
        return self._claims(tokens, likely)

    def _read(self, tokens: Tokens, at: Seen) -> chain.Evidence:
        ends = np.flatnonzero(tokens.shape == SHAPE["end"]) + 1
        first = np.concatenate(([0], ends[:-1]))
        count = ends - first
        cut = chain.stretches(first, count)
        evidence = self.tables.evidence(at, tokens)
        likely = chain.posteriors(evidence, self.tables.follows, cut)
        long = count > _LONG
        again = mentioned(tokens, (likely[:, 1] >= _SURE) & tokens.word & long[tokens.value])
        if not again.any():
            return likely
        at = at._replace(facts=at.facts | again << 2)
        return chain.posteriors(self.tables.evidence(at, tokens), self.tables.follows, cut)

    def _claims(self, tokens: Tokens, likely: chain.Evidence) -> Claims:
        label = likely[:, 1:-1].argmax(1) + 1
        most = np.take_along_axis(likely, label[:, None], 1)[:, 0]
        label[most < _LABELLED] = 0
        label[(tokens.shape >= _LINE) & ~np.isin(label, [self.types.index(one) + 1 for one in _WHOLE_LINES])] = 0
        content = tokens.shape < SHAPE["."]
        # A postal code is another thing than the town beside it.
        number = (tokens.shape >= SHAPE["4 digits"]) & (tokens.shape <= SHAPE["6 digits or more"])
        code = (label == self.types.index("LOCATION") + 1) & number
        parted = np.where(code, len(self.types) + 1, label)
        change = np.flatnonzero(np.diff(parted, prepend=0, append=0))
        begin, end = change[:-1], change[1:]
        real = label[begin] > 0
        begin, end = begin[real], end[real]
        # trim marks
        inner = np.concatenate(([0], np.cumsum(content)))
        some = inner[end] > inner[begin]
        begin, end = begin[some], end[some]
        places = np.flatnonzero(content)
        begin_, end_ = places[inner[begin]], places[inner[end] - 1] + 1
        dot = (label[begin_] == self.types.index("TITLE") + 1) & (end_ == begin_ + 1) & (tokens.shape[end_] == SHAPE["."])
        end_ = end_ + dot
        sums = np.concatenate(([0], np.cumsum(np.where(content, most, 0), dtype=np.float64)))
        score = (sums[end_] - sums[begin_]) / np.maximum(1, inner[end_] - inner[begin_])
        return Claims(tokens.start[begin_], tokens.end[end_ - 1], (label[begin_] - 1).astype(np.int64), score, np.zeros(len(score), np.int64))


def _single(weights: Weights) -> set[str]:
    return {feature for _, feature in weights.at if feature.startswith("“") and feature.endswith("”")}


def _settle(tokens: Tokens, settled: Claims, types: Sequence[str]) -> None:
    for start, end, kind in zip(settled.start.tolist(), settled.end.tolist(), settled.kind.tolist(), strict=True):
        low, high = np.searchsorted(tokens.start, [start, end])
        tokens.shape[low:high] = SETTLED.get(types[kind], SHAPE["other finding"])
        tokens.key[low:high] = 0
