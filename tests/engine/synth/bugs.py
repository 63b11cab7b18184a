"""Bugs of the training, each planted where it would stand: what sees them is ``planted.BUGS``'s to say."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from pytest import MonkeyPatch  # noqa: PT013 - a type, and no more

from engine.synth.journal import Journal
from engine.synth.shards import VerifiedRelease

_STEP = 20


def half_the_noise(here: MonkeyPatch) -> None:
    """As if the noise multiplier were taken for a variance, or divided by the number of workers."""
    from engine.synth import clipping

    gaussian = clipping.gaussian
    here.setattr(clipping, "gaussian", lambda size, scale: gaussian(size, scale / 2))


def _less_noise(here: MonkeyPatch, change: Callable[[dict[str, np.ndarray], int], None]) -> None:
    """Noise is added but for what ``change`` makes of it, layer by layer, given how many noises there were before."""
    from engine.synth import training
    from engine.synth.clipping import Bound

    begun, noise, sizes, before = training.micro_batch, Bound.noise, {}, Counter()

    def begin(generator: object, units: object) -> int:
        sizes.clear()
        sizes.update({name: value.numel() for name, value in generator.state.items()})
        return begun(generator, units)

    def less(self: Bound, size: int) -> np.ndarray:
        drawn = noise(self, size)
        change(dict(zip(sizes, np.split(drawn, np.cumsum(list(sizes.values())))[:-1], strict=True)), before.total())
        before["all"] += 1
        return drawn

    here.setattr(training, "micro_batch", begin)
    here.setattr(Bound, "noise", less)


def no_noise_on_biases(here: MonkeyPatch) -> None:
    """Biases are forgotten."""
    def change(parts: dict[str, np.ndarray], _: int) -> None:
        for name in parts:
            parts[name] *= not name.endswith("bias")

    _less_noise(here, change)


def no_noise_on_some_weights(here: MonkeyPatch) -> None:
    """A twentieth of one layer is forgotten."""
    _less_noise(here, lambda parts, _: parts.get("2.out.weight", np.empty(0))[::20].fill(0))


def half_noise_on_a_layer(here: MonkeyPatch) -> None:
    """One layer has half the noise."""
    def change(parts: dict[str, np.ndarray], _: int) -> None:
        if "2.out.weight" in parts:
            parts["2.out.weight"] *= 0.5

    _less_noise(here, change)


def half_noise_once(here: MonkeyPatch) -> None:
    """One step has half the noise."""
    def change(parts: dict[str, np.ndarray], before: int) -> None:
        for name in parts:
            parts[name] *= 0.5 if before == _STEP else 1

    _less_noise(here, change)


def replayed_noise(here: MonkeyPatch) -> None:
    """Every attempt seeds its noise alike."""
    from engine.synth import clipping, training

    fresh, state = training.fresh_key, {}

    def key(ranks: object) -> bytes:
        state["noise"] = np.random.default_rng(7)
        return fresh(ranks)

    here.setattr(training, "fresh_key", key)
    here.setattr(clipping, "gaussian", lambda size, scale: state["noise"].normal(0, scale, size))


def replayed_batches(here: MonkeyPatch) -> None:
    """Every attempt samples with the same key."""
    from engine.synth import training

    here.setattr(training, "fresh_key", lambda _: bytes(32))


def more_often(here: MonkeyPatch) -> None:
    """Units are drawn 1.2 times as often as is accounted."""
    from engine.synth import training

    drawn = training.Inclusion
    here.setattr(training, "Inclusion", lambda key, units, rate: drawn(key, units, min(1.0, 1.2 * rate)))


def rounded_rate(here: MonkeyPatch) -> None:
    """Rates are rounded up to eighths: small ones are wrong alone."""
    from engine.synth import training

    drawn = training.Inclusion
    here.setattr(training, "Inclusion", lambda key, units, rate: drawn(key, units, np.ceil(rate * 8) / 8))


def one_unit_more_often(here: MonkeyPatch) -> None:
    """One unit is in every step."""
    from engine.synth.sampling import Inclusion

    at = Inclusion.at
    here.setattr(Inclusion, "at", lambda self, step: np.union1d(at(self, step), [3]))


def shuffled(here: MonkeyPatch) -> None:
    """Every batch has the same size, as where units are shuffled: another mechanism, with another epsilon."""
    from engine.synth.sampling import Inclusion

    def at(self: Inclusion, _: int) -> np.ndarray:
        return np.random.default_rng().permutation(len(self.units))[:round(len(self.units) * self.rate)]

    here.setattr(Inclusion, "at", at)


def unbounded_batch(here: MonkeyPatch) -> None:
    """Samples are not cut to ``largest_batch``."""
    from engine.synth import training

    here.setattr(training, "truncated", lambda inclusion, step, *_: inclusion.at(step))


def skipped_clip(here: MonkeyPatch) -> None:
    """Gradients are summed as they are."""
    from engine.synth.ghost import Tape

    clipped = Tape.clipped
    here.setattr(Tape, "clipped", lambda self, losses, _, **how: clipped(self, losses, float("inf"), **how))


def wider_clip(here: MonkeyPatch) -> None:
    """The loop clips at a tenth more than noise is for; whoever asks for one unit's part gets the right one."""
    from engine.synth import training

    whole = training.clipped_sum
    here.setattr(training, "clipped_sum", lambda generator, units, chosen, clip, **how: whole(
        generator, units, chosen, 1.1 * clip, **how))


def clipped_row_by_row(here: MonkeyPatch) -> None:
    """Rows of a unit are clipped apart."""
    from engine.synth import looks, training

    whole = training.clipped_sum

    def apart(generator: object, units: object, chosen: np.ndarray, clip: float, **how: object) -> tuple:
        rows = [np.arange(units.offsets[unit], units.offsets[unit + 1]) for unit in chosen]
        each = training.Units(units.ids, units.codes, np.arange(len(units.codes) + 1))
        return whole(generator, each, np.concatenate([np.empty(0, int), *rows]), clip, **how)

    here.setattr(training, "clipped_sum", apart)
    here.setattr(looks, "clipped_sum", apart)


def private_batch_size(here: MonkeyPatch) -> None:
    """The noisy sum is divided by how many were drawn."""
    from engine.synth import training

    whole, drawn = training.clipped_sum, []

    def counted(generator: object, units: object, chosen: np.ndarray, clip: float, **how: object) -> tuple:
        drawn.append(max(1, len(chosen)))
        return whole(generator, units, chosen, clip, **how)

    class Private(training.Adam):
        def step(self, gradient: object) -> None:
            super().step(gradient * (60 / drawn[-1]))

    here.setattr(training, "clipped_sum", counted)
    here.setattr(training, "Adam", Private)


def double_resume(here: MonkeyPatch) -> None:
    """Whoever goes on writes its record, and does not ask whether there is one, nor whether it was taken."""
    here.setattr(Journal, "_claim", lambda self, attempt: self._write(attempt))
    here.setattr(Journal, "take", lambda *_: None)


def second_split(here: MonkeyPatch) -> None:
    """A worker's share is split among workers once more."""
    share = VerifiedRelease.share
    here.setattr(VerifiedRelease, "share", lambda self, rank, size: share(self, rank, size)[rank::size])
