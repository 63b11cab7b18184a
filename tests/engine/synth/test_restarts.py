"""Trainings that are killed at random: no step goes uncounted, no noise is used twice, and what is resumed learns on."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from engine.synth.attempts import LostWorkersError, trained
from engine.synth.journal import Journal
from schemas.training import Begun
from tests.engine.synth.units import SIZES, units_of

pytestmark = pytest.mark.slow  # torch takes seconds to load
STEPS, EVERY = 60, 6


class _Killed(BaseException):
    pass


@pytest.fixture
def training(torch, tmp_path, monkeypatch):
    """A training on one rank that is killed where it is told to be; what it drew is on record apart from its journal."""
    from engine.synth import attempt as module
    from engine.synth import clipping
    from engine.synth.tabular import TabularGenerator
    from engine.synth.training import Alone, Recipe, fit

    recipe, units, ends = Recipe(1.0, 1.0, 0.1, STEPS, 6.0), units_of(60), []
    journal = Journal(tmp_path / "table.training")
    journal.begin(Begun(plan="0" * 64, units=60, steps=STEPS, every=EVERY))
    task = SimpleNamespace(journal=str(journal.folder), every=EVERY, recipe=recipe)
    drawn, keys = [], []
    gaussian, key = clipping.gaussian, module.fit.__globals__["fresh_key"]

    def noise(size, scale):
        if size > 1:
            if deaths and len(drawn) == deaths[0]:
                deaths.pop(0)
                raise _Killed
            drawn.append(found := gaussian(size, scale))
            return found
        return gaussian(size, scale)

    def fresh(ranks):
        keys.append(key(ranks))
        return keys[-1]

    monkeypatch.setattr(clipping, "gaussian", noise)
    monkeypatch.setitem(module.fit.__globals__, "fresh_key", fresh)
    deaths = []

    def run(attempt, told):
        generator = TabularGenerator(SIZES, hidden=4, embedding=2)
        try:
            ends.append(fit(generator, units, found.recipe, Alone(), record=module.Recorded(task, attempt), progress=told))
        except _Killed:
            raise LostWorkersError("killed") from None
        return generator

    found = SimpleNamespace(journal=journal, run=run, drawn=drawn, keys=keys, deaths=deaths, ends=ends, recipe=recipe)
    return found


def test_a_hundred_kills(training):
    """Ten trainings' worth of kills at random steps: accounted is never below executed, and never above what was reserved."""
    dice = random.Random(5)  # noqa: S311 - where a test kills
    for _ in range(100):
        training.deaths[:] = [len(training.drawn) + dice.randrange(4)]
        before = len(training.drawn)
        with contextlib.suppress(LostWorkersError):
            trained(training.journal, training.run, lambda: 1, most=1, progress=lambda _: None)
        assert len(training.drawn) <= training.journal.executed() <= STEPS
        if len(training.drawn) == before and training.journal.executed() == STEPS:
            break
    assert len({noise.tobytes() for noise in training.drawn}) == len(training.drawn)
    assert len(set(training.keys)) == len(training.keys) > 5, "each attempt samples anew"


def test_a_resumed_training_goes_on_with_what_it_learned(training):
    training.deaths[:] = [20]
    found = trained(training.journal, training.run, lambda: 1, most=2, progress=lambda _: None)
    assert [(one.began, one.until) for one in found.attempts] == [(0, 60), (18, 54)]
    assert found.steps == 60
    assert len(training.drawn) == 20 + 36
    snapshot = training.journal.latest()
    assert snapshot.step == 54
    flat = np.concatenate([value.numpy().ravel() for value in found.outcome.state.values()])
    assert (flat == snapshot.arrays["weights"]).all()
    assert set(snapshot.arrays) == {"weights", "mean", "square", "bound"}, "no key, no noise, no sampling state"


def test_a_resumed_training_goes_on_with_the_clip_that_it_found(training):
    """It starts so far above all norms that it falls by a tenth a step, but for the count's noise (a false alarm in 10^6)."""
    training.recipe, told = replace(training.recipe, adaptive=True, clip=40.0), []
    training.deaths[:] = [20]
    trained(training.journal, training.run, lambda: 1, most=2, progress=told.append)
    before, after = told[17], told[20]
    assert (before.step, after.step) == (18, 19)
    assert before.clip < 30
    assert abs(np.log(after.clip / before.clip)) < 0.5
    share = 0.5 - np.log(after.clip / before.clip) / 0.2
    assert after.within == pytest.approx(min(1, 0.9 * before.within + 0.1 * share), abs=1e-4)
    assert training.journal.latest().arrays["bound"].tolist() == pytest.approx([told[-1].clip, told[-1].within])


def test_what_is_told_of_the_clip_was_measured(training):
    trained(training.journal, training.run, lambda: 1, most=1, progress=lambda _: None)
    trained(training.journal, training.run, lambda: 1, most=1, progress=lambda _: None)
    first, again = training.ends
    assert again == pytest.approx(first), "no step was left: it is what the checkpoint has"


def test_nothing_is_told_where_nobody_measured(training):
    training.journal.cover(training.journal.attempt(1), STEPS)  # and dies before it leaves a checkpoint
    trained(training.journal, training.run, lambda: 1, most=1, progress=lambda _: None)
    assert training.ends == [None]


def test_what_was_trained_is_not_trained_again(training):
    first = trained(training.journal, training.run, lambda: 1, most=1, progress=lambda _: None)
    again = trained(training.journal, training.run, lambda: 1, most=1, progress=lambda _: None)
    assert len(training.drawn) == again.steps == STEPS
    for name, value in first.outcome.state.items():
        assert (value == again.outcome.state[name]).all()
