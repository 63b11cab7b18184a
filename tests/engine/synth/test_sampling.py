"""Who takes part must not depend on who asks, and must be random to everybody else."""

from __future__ import annotations

import itertools
import math
import os
from fractions import Fraction

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.synth.sampling import ID_BYTES, Inclusion, bounded, held_out, identifiers

KEY = bytes(range(32))


def _names(count: int) -> list[bytes]:
    return [b"unit %d" % i for i in range(count)]


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_the_batch_is_the_same_however_units_are_spread(workers):
    units = identifiers(_names(5000), KEY)
    whole = [{units[i].tobytes() for i in Inclusion(KEY, units, 0.02).at(step)} for step in range(20)]
    owners = np.random.default_rng(workers).integers(0, workers, len(units))
    for step in range(20):
        parts = [Inclusion(KEY, units[owners == rank], 0.02) for rank in range(workers)]
        union = [part.units[i].tobytes() for part in parts for i in part.at(step)]
        assert len(union) == len(set(union))
        assert set(union) == whole[step]


def test_every_unit_takes_part_at_the_rate_and_independently():
    """Each bound fails by chance less than once in a million runs (5 standard deviations)."""
    units, steps, rate = identifiers(_names(400), os.urandom(32)), 2000, 0.05
    sampler = Inclusion(os.urandom(32), units, rate)
    taken = np.zeros((steps, len(units)), dtype=bool)
    for step in range(steps):
        taken[step, sampler.at(step)] = True
    spread = math.sqrt(rate * (1 - rate) / taken.size)
    assert abs(taken.mean() - rate) < 5 * spread
    assert taken.any(axis=0).all(), "every unit is reached"
    sizes = taken.sum(axis=1)
    assert sizes.var() == pytest.approx(400 * rate * (1 - rate), rel=0.2), "batch sizes are binomial, not fixed"
    correlation = np.corrcoef(taken.T.astype(float))[np.triu_indices(400, 1)]
    assert abs(correlation.mean()) < 5 / math.sqrt(len(correlation) * steps)
    assert np.abs(correlation).max() < 7.5 / math.sqrt(steps)
    following = np.corrcoef(taken[:-1].ravel(), taken[1:].ravel())[0, 1]
    assert abs(following) < 5 / math.sqrt(taken.size)


@pytest.mark.parametrize("rate", [0.0, 1e-9, 0.003, 0.00390625, 0.1, 0.7, 0.9999])
def test_inclusion_is_one_draw_of_64_bits_below_the_rate(monkeypatch, rate):
    """Each unit's draw written out, block by block, beside the same found in chunks and windows, in whatever order of steps."""
    monkeypatch.setattr("engine.synth.sampling._AT_ONCE", 7)
    units = identifiers(_names(150), KEY)
    encrypt = Cipher(algorithms.AES(KEY), modes.ECB()).encryptor().update  # noqa: S305 - a PRF on distinct blocks

    def drawn(unit: bytes, step: int) -> Fraction:
        first = encrypt(unit + (step // 16).to_bytes(4, "big"))[step % 16 : step % 16 + 1]
        rest = encrypt(unit + (step + 2**31).to_bytes(4, "big"))[:7]
        return Fraction(int.from_bytes(first + rest, "big"), 2**64)

    sampler = Inclusion(KEY, units, rate)
    for step in (0, 1, 15, 16, 40, 17, 3, 100_000):
        below = Fraction(math.floor(rate * 2**64), 2**64)
        assert sampler.at(step).tolist() == [place for place, unit in enumerate(units) if drawn(unit.tobytes(), step) < below]


def test_another_key_is_another_sample():
    units = identifiers(_names(2000), KEY)
    one, other = (set(Inclusion(key, units, 0.5).at(0)) for key in (KEY, bytes(32)))
    assert 800 < len(one ^ other) < 1200


def test_rates_at_the_ends():
    units = identifiers(_names(50), KEY)
    assert len(Inclusion(KEY, units, 1.0).at(7)) == 50
    assert len(Inclusion(KEY, units, 1e-12).at(7)) == 0
    assert len(Inclusion(KEY, units[:0], 0.5).at(7)) == 0


def test_holdout_depends_on_the_unit_alone():
    names = _names(10_000)
    held = held_out(names, 0.2)
    assert held.mean() == pytest.approx(0.2, abs=0.02)
    assert (held_out(names[500:], 0.2) == held[500:]).all()
    assert not held_out(names, 0.0).any()
    assert held_out(names, 1.0).all()


def test_holdout_and_inclusion_have_nothing_to_do_with_each_other():
    names = _names(20_000)
    held = held_out(names, 0.5)
    taken = np.zeros(len(names), dtype=bool)
    taken[Inclusion(KEY, identifiers(names, KEY), 0.5).at(3)] = True
    assert abs(np.corrcoef(held, taken)[0, 1]) < 5 / math.sqrt(len(names))


@settings(max_examples=25, deadline=None)
@given(owners=st.lists(st.integers(0, 12), max_size=60), most=st.integers(1, 4), seed=st.integers(0, 2**32))
def test_bounding_keeps_the_lowest_ids_of_each_unit(owners, most, seed):
    key = seed.to_bytes(32, "big")
    units = identifiers((b"u%d" % owner for owner in owners), key)
    rows = identifiers((b"r%d" % i for i in range(len(owners))), key)
    kept, offsets = bounded(units, rows, most)
    groups: dict[int, list[int]] = {}
    for place, owner in enumerate(owners):
        groups.setdefault(owner, []).append(place)
    assert len(kept) == sum(min(most, len(group)) for group in groups.values())
    found = [kept[a:b] for a, b in itertools.pairwise(offsets)]
    assert sorted(owners[g[0]] for g in found) == sorted(groups)
    for group in found:
        assert len({owners[place] for place in group}) == 1
    shuffled = np.random.default_rng(seed).permutation(len(owners))
    again, _ = bounded(units[shuffled], rows[shuffled], most)
    assert set(shuffled[again]) == set(kept), "the order of rows decides nothing"


def test_ids_have_their_length_and_differ():
    ids = identifiers(_names(3000), KEY)
    assert ids.shape == (3000, ID_BYTES)
    assert len(np.unique(ids, axis=0)) == 3000
    assert not (identifiers(_names(1), bytes(32)) == ids[0]).all(), "another key, other ids"
