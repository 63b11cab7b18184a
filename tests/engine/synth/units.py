"""Invented units, and a generator whose gradients differ."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

import numpy as np

from engine.synth.sampling import ID_BYTES, identifiers

SIZES = (3, 6, 2, 4)


def units_of(count, most=1, seed=0, sizes=SIZES):
    """Units of one row to ``most`` each."""
    from engine.synth.microbatches import Units

    drawn = np.random.default_rng(seed)
    rows = drawn.integers(1, most + 1, count)
    codes = np.stack([drawn.integers(0, s, rows.sum()) for s in sizes], axis=1).astype(np.int32)
    ids = identifiers((b"%d" % i for i in range(count)), bytes(32)).reshape(-1, ID_BYTES)
    return Units(ids, codes, np.concatenate([[0], np.cumsum(rows)]))


def trained_a_little(torch, sizes=SIZES):
    """A small generator whose weights are none of them zero."""
    from engine.synth.tabular import TabularGenerator

    generator = TabularGenerator(sizes, hidden=5, embedding=3)
    generator.state = {name: torch.randn_like(value) * 0.7 for name, value in generator.state.items()}
    return generator
