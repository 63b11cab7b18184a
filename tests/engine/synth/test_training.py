"""The DP-SGD loop: noise once, every rank in every step, the same training on any number of workers."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.synth.noise import gaussian
from engine.synth.sampling import Inclusion, identifiers
from tests.engine.synth.ranks import Threads
from tests.engine.synth.units import SIZES, units_of

pytestmark = pytest.mark.slow  # torch takes seconds to load
KEY = bytes(range(32))


def _part(units, mine):
    from engine.synth.microbatches import Units

    rows = [np.arange(units.offsets[unit], units.offsets[unit + 1]) for unit in mine]
    offsets = np.concatenate([[0], np.cumsum(np.diff(units.offsets)[mine])]).astype(int)
    return Units(units.ids[mine], units.codes[np.concatenate([np.empty(0), *rows]).astype(int)], offsets)


def _fit(torch, monkeypatch, workers, units, recipe, *, record=None):
    """Trains with ``workers`` threads and a fixed key; returns weights and calls by rank."""
    from engine.synth import training
    from engine.synth.tabular import TabularGenerator

    monkeypatch.setattr(training, "fresh_key", lambda _: KEY)
    torch.manual_seed(11)
    start = TabularGenerator(SIZES, hidden=4, embedding=2).state
    owners = np.arange(len(units.ids)) % workers
    threads = Threads(workers)
    ranks, generators, errors = [threads.of(r) for r in range(workers)], [], []

    def run(rank):
        part = _part(units, np.flatnonzero(owners == rank.rank))
        try:
            training.fit(generators[rank.rank], part, recipe, rank, record=record if rank.rank == 0 else None)
        except Exception as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    for _ in range(workers):
        generator = TabularGenerator(SIZES, hidden=4, embedding=2)
        generator.state = {name: value.clone() for name, value in start.items()}
        generators.append(generator)
    running = [threading.Thread(target=run, args=(rank,)) for rank in ranks]
    [thread.start() for thread in running]
    [thread.join() for thread in running]
    assert not errors
    return [torch.cat([v.flatten() for v in g.state.values()]) for g in generators], [rank.sums for rank in ranks]


def test_training_does_not_depend_on_the_number_of_workers(torch, monkeypatch):
    from engine.synth.training import Recipe

    units, recipe = units_of(60, 2), Recipe(0.0, 1.0, 0.1, 12, 6.0)
    results = {workers: _fit(torch, monkeypatch, workers, units, recipe) for workers in (1, 2, 3)}
    for weights, sums in results.values():
        assert all((w == weights[0]).all() for w in weights), "all ranks end with the same weights"
        assert sums == [12] * len(sums), "every rank takes every step"
    for workers in (2, 3):
        assert torch.allclose(results[workers][0][0], results[1][0][0], atol=1e-3)


def test_ranks_with_empty_batches_take_every_step(torch, monkeypatch):
    from engine.synth.training import Recipe

    units, recipe = units_of(3), Recipe(1.0, 1.0, 0.05, 40, 1.0)
    sampler = Inclusion(KEY, units.ids, 0.05)
    assert sum(len(sampler.at(step)) == 0 for step in range(40)) > 20
    weights, sums = _fit(torch, monkeypatch, 4, units, recipe)
    assert sums == [40] * 4
    assert torch.isfinite(weights[0]).all()


@pytest.mark.parametrize("workers", [1, 3])
def test_noise_is_added_once_and_whole(torch, monkeypatch, workers):
    """With no units the sum is noise alone. Its variance is that of one share, whatever the number of ranks (1e-6)."""
    from engine.synth import training

    seen = []
    step = training.Adam.step
    monkeypatch.setattr(training.Adam, "step", lambda self, gradient: (seen.append(gradient.clone()), step(self, gradient))[1])
    _fit(torch, monkeypatch, workers, units_of(0), training.Recipe(2.5, 0.4, 0.5, 60, 5.0))
    noise = torch.stack(seen[::workers]).numpy() * 5.0
    count = 2 * 2.5  # of the clipped: sigma, of a number that one unit moves by a half
    spread = 0.4**2 / (2.5**-2 - (2 * count) ** -2)
    assert noise.var() == pytest.approx(spread, rel=5 * np.sqrt(2 / noise.size))
    assert len(np.unique(noise.round(6))) > 0.9 * noise.size, "no noise vector twice"


def test_a_truncated_sample_is_a_random_part_of_the_sample_whatever_the_workers(torch):
    from engine.synth.training import Alone, truncated

    units = units_of(400)
    whole = Inclusion(KEY, units.ids, 0.1)
    times = np.zeros(400)
    for step in range(300):
        sample, cut = set(whole.at(step).tolist()), truncated(whole, step, 30, Alone())
        assert set(cut.tolist()) <= sample
        assert len(cut) == min(len(sample), 30)
        times[cut] += 1
        if step < 5:
            together, threads = [None] * 3, Threads(3)

            def part(rank, step=step, together=together, threads=threads):
                mine = np.flatnonzero(np.arange(400) % 3 == rank)
                found = truncated(Inclusion(KEY, units.ids[mine], 0.1), step, 30, threads.of(rank))
                together[rank] = set(mine[found].tolist())

            running = [threading.Thread(target=part, args=(rank,)) for rank in range(3)]
            [thread.start() for thread in running]
            [thread.join() for thread in running]
            assert set().union(*together) == set(cut.tolist())
    share = times / 300
    assert share.mean() == pytest.approx(30 / 400, rel=0.05)
    assert abs(share - share.mean()).max() < 6 * np.sqrt(share.mean() / 300), "nobody is preferred (a false alarm in 10^6)"


def test_noise_is_gaussian_and_fresh():
    """Kolmogorov-Smirnov at a false alarm of 1e-6, and moments within 5 standard errors."""
    from math import erf, log, sqrt

    size = 100_000
    draws = np.sort(gaussian(size, 3.0) / 3.0)
    cdf = np.array([0.5 * (1 + erf(x / sqrt(2))) for x in draws])
    distance = max((np.arange(1, size + 1) / size - cdf).max(), (cdf - np.arange(size) / size).max())
    assert distance < sqrt(log(2 / 1e-6) / (2 * size))
    assert abs(draws.mean()) < 5 / sqrt(size)
    assert abs((draws**4).mean() - 3) < 5 * sqrt(96 / size)
    assert (gaussian(10, 1.0) != gaussian(10, 1.0)).all()


def test_it_learns_what_the_rows_say(torch):
    from engine.synth.tabular import TabularGenerator
    from engine.synth.training import Alone, Recipe, Units, fit

    drawn = np.random.default_rng(2)
    first = drawn.integers(1, 4, 4000)
    codes = np.stack([first, np.where(drawn.random(4000) < 0.9, first, 4 - first)], axis=1).astype(np.int32)
    units = Units(identifiers((b"%d" % i for i in range(4000)), bytes(32)), codes, np.arange(4001))
    generator = TabularGenerator((5, 5))
    fit(generator, units, Recipe(0.6, 1.0, 0.05, 150, 200.0), Alone())
    found = generator.sample(4000)
    agree = ((found[:, 0] == found[:, 1]) | (found[:, 0] == 2)).mean()
    assert agree > 0.8
    assert np.isin(found[:, 0], (1, 2, 3)).mean() > 0.9
