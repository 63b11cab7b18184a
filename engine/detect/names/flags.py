"""Questions that are asked of all tokens at once: what shape they have, and what stands beside them."""

from __future__ import annotations

import functools

import numpy as np

from engine.detect.block import Flags, Integers
from engine.detect.names.tokens import SHAPE, SHAPES, Tokens

SMALL = ("lower", "lower among lower")
"""Shapes of words of more than one letter without a capital."""


CAPITALS = ("capitalized", "capitalized first", "capitals", "capitals among capitals", "mixed case", "capital letter")
"""Shapes of words with a capital."""


def shaped(tokens: Tokens, names: tuple[str, ...], at: Integers | slice = slice(None)) -> Flags:
    """Returns which tokens, or which of those at some places, have one of some shapes."""
    flags: Flags = _of_shapes(names)[tokens.shape[at]]
    return flags


@functools.cache
def _of_shapes(names: tuple[str, ...]) -> Flags:
    return np.isin(np.arange(len(SHAPES)), [SHAPE[name] for name in names])


def with_capital(tokens: Tokens) -> Flags:
    """Returns which words have a capital."""
    return (tokens.shape > SHAPE["lower among lower"]) & (tokens.shape < SHAPE["letter"])


def before(flags: Flags) -> Flags:
    """Returns which tokens come before those."""
    found = np.zeros_like(flags)
    found[:-1] = flags[1:]
    return found


def after(flags: Flags) -> Flags:
    """Returns which tokens come after those."""
    found = np.zeros_like(flags)
    found[1:] = flags[:-1]
    return found
