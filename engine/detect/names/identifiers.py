"""Words that say what the identifier beside them is (*Taj 123456788*, *ISIN: …*), some of which are names elsewhere."""

from __future__ import annotations

import functools

import numpy as np
import pyarrow as pa

from engine.detect.block import Block, Flags
from engine.detect.names.flags import before
from engine.detect.names.tokens import MARKS, SHAPE, Keys, Tokens, tokens_of
from engine.detect.registry import Registry

_FOUND = SHAPE["other finding"]


@functools.cache
def _words() -> Keys:
    """Returns the keys of the registry's context words; phrases of several words are none."""
    words = {word for one in Registry.default().types for word in one.context if " " not in word}
    tokens = tokens_of(Block(pa.array(sorted(words), pa.string())))
    alone = tokens.word & (np.bincount(tokens.value[tokens.word], minlength=len(words))[tokens.value] == 1)
    return np.unique(tokens.key[alone])


def labels_of_identifiers(tokens: Tokens) -> Flags:
    """Returns which words stand right before an identifier that the first tier has settled, or before a mark and that."""
    found = tokens.shape == _FOUND
    mark = (tokens.shape >= SHAPE[MARKS[0]]) & (tokens.shape < SHAPE[MARKS[0]] + len(MARKS))
    places = np.flatnonzero(tokens.word & (before(found) | before(mark & before(found))))
    label = np.zeros(len(found), bool)
    label[places[np.isin(tokens.key[places], _words())]] = True
    return label
