"""The DP-SGD step against brute force: clipping per unit, noise once, every rank in every step."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.synth.noise import gaussian
from engine.synth.sampling import ID_BYTES, Inclusion, identifiers
from tests.engine.synth.ranks import Threads

SIZES = (3, 6, 2, 4)
pytestmark = pytest.mark.slow  # torch takes seconds to load
KEY = bytes(range(32))


@pytest.fixture(scope="module")
def torch():
    found = pytest.importorskip("torch", reason="torch is not installed: pip install 'lakeveil[synth]'")
    found.set_num_threads(1)
    return found


def _units(count, most=1, seed=0, sizes=SIZES):
    from engine.synth.microbatches import Units

    drawn = np.random.default_rng(seed)
    rows = drawn.integers(1, most + 1, count)
    codes = np.stack([drawn.integers(0, s, rows.sum()) for s in sizes], axis=1).astype(np.int32)
    ids = identifiers((b"%d" % i for i in range(count)), bytes(32)).reshape(-1, ID_BYTES)
    return Units(ids, codes, np.concatenate([[0], np.cumsum(rows)]))


def _trained_a_little(torch, sizes=SIZES):
    from engine.synth.tabular import TabularGenerator

    generator = TabularGenerator(sizes, hidden=5, embedding=3)
    generator.state = {name: torch.randn_like(value) * 0.7 for name, value in generator.state.items()}
    return generator


def _row_gradient(torch, generator, rows):
    """The gradient of one unit by plain autograd over all parameters, with the model written out again."""
    state = {name: value.clone().requires_grad_() for name, value in generator.state.items()}
    starts = np.concatenate([[0], np.cumsum(generator.sizes[:-1])])
    loss = torch.zeros(())
    for row in rows:
        embedded = [state["embedding"][int(code) + int(start)] for code, start in zip(row, starts, strict=True)]
        for column, code in enumerate(row):
            if column == 0:
                features = torch.zeros(1)
            else:
                before = torch.cat(embedded[:column])
                inner = torch.relu(state[f"{column}.hidden.weight"] @ before + state[f"{column}.hidden.bias"])
                features = torch.cat([inner, before])
            logits = state[f"{column}.out.weight"] @ features + state[f"{column}.out.bias"]
            loss = loss - torch.log_softmax(logits, 0)[int(code)]
    grads = torch.autograd.grad(loss, list(state.values()), allow_unused=True)
    return {name: torch.zeros_like(state[name]) if grad is None else grad for name, grad in zip(state, grads, strict=True)}


@pytest.mark.parametrize("most", [1, 4])
@pytest.mark.parametrize("clip", [0.5, 6.0, 1e6])
def test_the_clipped_sum_agrees_with_autograd_unit_by_unit(torch, most, clip):
    from engine.synth.microbatches import clipped_sum, shaped

    generator, units = _trained_a_little(torch), _units(17, most)
    chosen = np.array([0, 3, 4, 9, 16])
    total, within = clipped_sum(generator, units, chosen, clip)
    total = shaped(total, generator.state)
    norms = []
    expected = {name: torch.zeros_like(value) for name, value in generator.state.items()}
    for unit in chosen:
        grads = _row_gradient(torch, generator, units.codes[units.offsets[unit] : units.offsets[unit + 1]])
        norm = torch.sqrt(sum((g**2).sum() for g in grads.values()))
        norms.append(float(norm))
        for name, grad in grads.items():
            expected[name] += grad * min(1.0, clip / float(norm))
    assert within == sum(norm <= clip for norm in norms)
    for name, value in expected.items():
        assert torch.allclose(total[name].float(), value, rtol=1e-4, atol=2e-4), name  # norms are rounded up


@pytest.mark.parametrize("clip", [0.5, 3.0])
def test_layers_clipped_apart_agree_with_autograd(torch, clip):
    """Each of L layers to clip / √L, weight and bias of a layer together."""
    from engine.synth.microbatches import clipped_sum, shaped

    generator, units = _trained_a_little(torch), _units(9, 3)
    total, within = clipped_sum(generator, units, np.arange(9), clip, per_layer=True)
    total = shaped(total, generator.state)
    expected = {name: torch.zeros_like(value) for name, value in generator.state.items()}
    layers = {}
    for name in expected:
        layers.setdefault(name.removesuffix(".weight").removesuffix(".bias"), []).append(name)
    bound, fits = clip / np.sqrt(len(layers)), 0
    for unit in range(9):
        grads = _row_gradient(torch, generator, units.codes[units.offsets[unit] : units.offsets[unit + 1]])
        norms = {layer: float(torch.sqrt(sum((grads[name] ** 2).sum() for name in names))) for layer, names in layers.items()}
        fits += all(norm <= bound for norm in norms.values())
        for layer, names in layers.items():
            for name in names:
                expected[name] += grads[name] * min(1.0, bound / norms[layer])
    assert within == fits
    for name, value in expected.items():
        assert torch.allclose(total[name].float(), value, rtol=1e-4, atol=2e-4), name  # norms are rounded up


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Full backward hook")
def test_it_agrees_with_opacus_per_sample_gradients(torch):
    """Opacus's own hooks on the same layers, a unit's rows as a sequence."""
    opacus = pytest.importorskip("opacus")
    from engine.synth.ghost import Tape

    layer = torch.nn.Linear(4, 3)
    hooked = opacus.GradSampleModule(torch.nn.Sequential(layer), loss_reduction="sum")
    inputs, weights = torch.randn(6, 5, 4), torch.randn(6, 5, 3)
    (hooked(inputs) ** 2 * weights).sum().backward()
    samples = {"0.weight": layer.weight.grad_sample, "0.bias": layer.bias.grad_sample}
    norms = torch.sqrt(sum((s.flatten(1) ** 2).sum(1) for s in samples.values()))
    tape = Tape({"0.weight": layer.weight.detach(), "0.bias": layer.bias.detach()}, recording=True)
    total, found = tape.clipped((tape.linear("0", inputs) ** 2 * weights).sum((1, 2)), 2.0)
    assert torch.allclose(found.float(), norms, rtol=1e-4)
    for name, sample in samples.items():
        scaled = sample * (2.0 / norms).clamp(max=1).reshape(-1, *[1] * (sample.dim() - 1))
        assert torch.allclose(total[name], scaled.sum(0), rtol=1e-4, atol=1e-5)


def test_one_unit_moves_the_sum_by_the_clip_at_most(torch):
    from engine.synth.microbatches import clipped_sum

    generator, units = _trained_a_little(torch), _units(40, 3)
    flat = lambda chosen: clipped_sum(generator, units, np.array(chosen), 0.8)[0]
    everyone = flat(range(40))
    for unit in range(40):
        assert (everyone - flat([u for u in range(40) if u != unit])).norm() <= 0.8 * (1 + 1e-4)


def test_nobody_chosen_gives_zeros(torch):
    from engine.synth.microbatches import clipped_sum

    total, within = clipped_sum(_trained_a_little(torch), _units(5), np.array([], dtype=np.intp), 1.0)
    assert within == 0
    assert (total == 0).all()


def test_a_gradient_that_is_not_finite_adds_nothing(torch):
    from engine.synth.ghost import Tape

    tape = Tape({"0.weight": torch.ones(1, 2), "0.bias": torch.zeros(1)}, recording=True)
    inputs = torch.tensor([[[1.0, 2.0]], [[float("inf"), 0.0]], [[0.5, 0.5]]])
    total, norms = tape.clipped((tape.linear("0", inputs) ** 2).sum((1, 2)), 1.0)
    assert torch.isfinite(total["0.weight"]).all()
    assert not torch.isfinite(norms[1])
    assert total["0.weight"].norm() > 0


def test_a_layer_used_twice_is_refused(torch):
    from engine.synth.ghost import Tape

    tape = Tape({"0.weight": torch.ones(2, 2), "0.bias": torch.zeros(2)}, recording=True)
    with pytest.raises(ValueError, match="used twice"):
        tape.linear("0", tape.linear("0", torch.ones(1, 1, 2)))


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

    units, recipe = _units(60, 2), Recipe(0.0, 1.0, 0.1, 12, 6.0)
    results = {workers: _fit(torch, monkeypatch, workers, units, recipe) for workers in (1, 2, 3)}
    for weights, sums in results.values():
        assert all((w == weights[0]).all() for w in weights), "all ranks end with the same weights"
        assert sums == [12] * len(sums), "every rank takes every step"
    for workers in (2, 3):
        assert torch.allclose(results[workers][0][0], results[1][0][0], atol=1e-3)


def test_ranks_with_empty_batches_take_every_step(torch, monkeypatch):
    from engine.synth.training import Recipe

    units, recipe = _units(3), Recipe(1.0, 1.0, 0.05, 40, 1.0)
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
    _fit(torch, monkeypatch, workers, _units(0), training.Recipe(2.5, 0.4, 0.5, 60, 5.0))
    noise = torch.stack(seen[::workers]).numpy() * 5.0
    count = 2 * 2.5  # of the clipped: sigma, of a number that one unit moves by a half
    spread = 0.4**2 / (2.5**-2 - (2 * count) ** -2)
    assert noise.var() == pytest.approx(spread, rel=5 * np.sqrt(2 / noise.size))
    assert len(np.unique(noise.round(6))) > 0.9 * noise.size, "no noise vector twice"


def test_a_truncated_sample_is_a_random_part_of_the_sample_whatever_the_workers(torch):
    from engine.synth.training import Alone, truncated

    units = _units(400)
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
