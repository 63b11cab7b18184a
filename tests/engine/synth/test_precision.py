"""What one unit adds never has a norm above the clip, in whatever precision and micro-batches; and what is computed on."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from engine.errors import SetupError
from engine.synth.devices import Device, chosen, require_device
from tests.engine.synth.people import policy
from tests.engine.synth.units import trained_a_little, units_of

CLIP, SIZES = 0.3, (5, 9, 30, 4, 12)


@pytest.fixture(autouse=True, scope="module")
def seeded(torch):
    torch.manual_seed(3)


def _added(torch, generator, units, **more):
    """The norm of what each unit adds, over the clip, by float64 from what was summed."""
    from engine.synth.microbatches import clipped_sum

    sums = [clipped_sum(generator, units, np.array([unit]), CLIP, at_once=1, **more)[0] for unit in range(len(units.ids))]
    return np.array([float(total.double().norm()) for total in sums]) / CLIP


@pytest.mark.slow
@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("most", [1, 6])
@pytest.mark.parametrize("per_layer", [False, True])
def test_no_unit_adds_more_than_the_clip(torch, mixed, most, per_layer):
    found = _added(torch, trained_a_little(torch, SIZES), units_of(60, most, sizes=SIZES), mixed=mixed, per_layer=per_layer)
    assert found.max() <= 1
    assert found.max() > 1 - 1e-3, "and no less than it may, but for what floating point can lose"


@pytest.mark.slow
def test_norms_that_are_not_rounded_up_are_too_small_for_some(torch, monkeypatch):
    """So the test above can fail."""
    monkeypatch.setattr("engine.synth.ghost._LOST", 0.0)
    found = _added(torch, trained_a_little(torch, SIZES), units_of(60, 2, sizes=SIZES), mixed=True)
    assert 1 < found.max() < 1 + 1e-5


@pytest.mark.slow
def test_positions_that_cancel_are_not_told_too_small(torch):
    """Two positions of opposite gradients: what is left is lost in what they were, and the bound says so."""
    from engine.synth.ghost import Tape

    inputs = torch.randn(40, 1, 30).repeat(1, 2, 1)
    signs = torch.tensor([1.0, -1.0]) + torch.randn(40, 2) * 1e-4
    tape = Tape({"0.weight": torch.zeros(3, 30), "0.bias": torch.zeros(3)}, recording=True)
    _, norms = tape.clipped((tape.linear("0", inputs).sum(-1) * signs).sum(1), 1.0)
    exact = signs.double().sum(1).abs() * np.sqrt(3) * (1 + (inputs[:, 0].double() ** 2).sum(1)).sqrt()
    assert (norms.double() >= exact).all()


@pytest.mark.slow
def test_mixed_precision_is_bfloat16_and_learns_about_the_same(torch):
    from engine.synth.microbatches import clipped_sum

    generator, units = trained_a_little(torch, SIZES), units_of(200, 2, sizes=SIZES)
    full, mixed = (clipped_sum(generator, units, np.arange(200), CLIP, mixed=mixed)[0] for mixed in (False, True))
    assert 1e-4 < (full - mixed).norm() / full.norm() < 0.05
    assert full.dtype == mixed.dtype == torch.float64


@pytest.mark.slow
def test_the_sum_is_the_same_however_the_batch_is_cut(torch):
    from engine.synth.microbatches import clipped_sum

    generator, units = trained_a_little(torch, SIZES), units_of(50, 3, sizes=SIZES)
    whole, fits = clipped_sum(generator, units, np.arange(50), CLIP, at_once=50)
    for at_once in (1, 7, 49):
        total, within = clipped_sum(generator, units, np.arange(50), CLIP, at_once=at_once)
        assert within == fits
        assert torch.allclose(total, whole, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_a_micro_batch_fits_its_budget(torch, monkeypatch):
    from engine.synth import microbatches

    generator = trained_a_little(torch, SIZES)
    one, many = (microbatches.micro_batch(generator, units_of(20, most, sizes=SIZES)) for most in (1, 20))
    assert many * 10 < one
    monkeypatch.setitem(microbatches.MICRO_BATCH_BYTES, "cpu", 1)
    assert microbatches.micro_batch(generator, units_of(20, 3, sizes=SIZES)) == 1


@pytest.mark.slow
def test_the_generator_computes_where_its_state_is(torch):
    """On torch's device without storage: whatever stayed on the processor would be refused."""
    from engine.synth.ghost import Tape

    generator = trained_a_little(torch, SIZES)
    state = {name: value.to("meta") for name, value in generator.state.items()}
    codes = torch.zeros(3, 2, 5, dtype=torch.int64, device="meta")
    assert generator.loss(Tape(state, recording=True), codes).device.type == "meta"


@pytest.mark.parametrize(("device", "precision", "gpus", "expected"), [
    ("auto", "auto", 0, Device("cpu", mixed=False)), ("auto", "auto", 2, Device("gpu", mixed=True)),
    ("cpu", "auto", 2, Device("cpu", mixed=False)), ("cpu", "mixed", 0, Device("cpu", mixed=True)),
    ("gpu", "full", 1, Device("gpu", mixed=False)),
])
def test_device_and_precision_follow_policy_and_cluster(device, precision, gpus, expected):
    assert chosen(policy(device=device, precision=precision).synthesis, gpus) == expected


@pytest.mark.slow
def test_a_gpu_that_is_not_there_is_refused_before_anything_is_spent(torch, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'lakeveil[synth]'")
    from engine.synth import cluster, fleet, synthesize

    monkeypatch.setattr(cluster, "cluster", lambda *_, **__: contextlib.nullcontext())
    monkeypatch.setattr(fleet, "gpus", lambda: 0)
    monkeypatch.setattr(synthesize, "prepare", lambda *_: pytest.fail("a charge was reserved"))
    with pytest.raises(SetupError, match="the Ray cluster has none"):
        synthesize.synthesize(policy(device="gpu"), "nowhere")
    require_device(policy(device="auto").synthesis)
    require_device(None)
