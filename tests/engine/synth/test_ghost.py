"""Clipped sums against brute force: each unit by plain autograd, Opacus's own hooks, one unit more or less."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.synth.units import trained_a_little, units_of

pytestmark = pytest.mark.slow  # torch takes seconds to load


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

    generator, units = trained_a_little(torch), units_of(17, most)
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

    generator, units = trained_a_little(torch), units_of(9, 3)
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

    generator, units = trained_a_little(torch), units_of(40, 3)
    flat = lambda chosen: clipped_sum(generator, units, np.array(chosen), 0.8)[0]
    everyone = flat(range(40))
    for unit in range(40):
        assert (everyone - flat([u for u in range(40) if u != unit])).norm() <= 0.8 * (1 + 1e-4)


def test_nobody_chosen_gives_zeros(torch):
    from engine.synth.microbatches import clipped_sum

    total, within = clipped_sum(trained_a_little(torch), units_of(5), np.array([], dtype=np.intp), 1.0)
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
