"""The chain, held against the sum over every sequence of labels."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.names import chain


def brute(evidence, follows):
    """Probability of each label of each token, by adding up all sequences; before and after them stands label 0."""
    count, labels = evidence.shape
    found = np.zeros(evidence.shape)
    for sequence in product(range(labels), repeat=count):
        odds = sum(evidence[at, label] for at, label in enumerate(sequence))
        odds += sum(follows[one, other] for one, other in pairwise((0, *sequence, 0)))
        for at, label in enumerate(sequence):
            found[at, label] += np.exp(odds)
    return found / found.sum(1, keepdims=True)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 6), min_size=1, max_size=5))
def test_posteriors_are_sums_over_sequences(seed, counts):
    rng = np.random.default_rng(seed)
    evidence = rng.normal(0, 3, (sum(counts), 3)).astype(np.float32)
    follows = rng.normal(0, 2, (3, 3)).astype(np.float32)
    counts = np.array(counts)
    first = np.cumsum(counts) - counts
    found = chain.posteriors(evidence, follows, chain.stretches(first, counts))
    for begin, count in zip(first, counts, strict=True):
        assert found[begin:begin + count] == pytest.approx(brute(evidence[begin:begin + count], follows), abs=1e-4)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=20))
def test_every_token_is_decided_once(counts):
    counts = np.array(counts)
    cut = chain.stretches(np.cumsum(counts) - counts, counts)
    decided = np.zeros(counts.sum(), int)
    for some in cut.batches():
        for start, length, skip, size in zip(*some, strict=True):
            assert skip + size <= length <= chain.CORE + 2 * chain.OVERLAP
            decided[start + skip:start + skip + size] += 1
    assert (decided == 1).all()


def test_long_values_read_in_stretches_as_in_one(monkeypatch):
    rng = np.random.default_rng(5)
    evidence = rng.normal(0, 3, (1000, 4)).astype(np.float32)
    follows = rng.normal(0, 1, (4, 4)).astype(np.float32)
    whole = (np.array([0]), np.array([1000]))
    cut = chain.posteriors(evidence, follows, chain.stretches(*whole))
    monkeypatch.setattr(chain, "CORE", 1000)
    assert cut == pytest.approx(chain.posteriors(evidence, follows, chain.stretches(*whole)), abs=2e-2)


def test_extreme_evidence_stays_in_range():
    evidence = np.zeros((200, 3), np.float32)
    evidence[::2, 1] = 500
    evidence[1::2, 2] = 500
    evidence[:, 0] = 0
    follows = np.full((3, 3), -9, np.float32)
    found = chain.posteriors(evidence, follows, chain.stretches(np.array([0]), np.array([200])))
    assert np.isfinite(found).all()
    assert found.sum(1) == pytest.approx(1)
    assert (found.argmax(1) == np.tile([1, 2], 100)).all()


def test_what_no_stretch_decides_stays():
    evidence = np.zeros((8, 2), np.float32)
    cut = chain.stretches(np.array([0, 4]), np.array([4, 4]))
    before = np.full((8, 2), 7, np.float32)
    found = chain.posteriors(evidence, np.zeros((2, 2), np.float32), cut.those(cut.start == 4), before)
    assert (found[:4] == 7).all()
    assert found[4:] == pytest.approx(0.5)
