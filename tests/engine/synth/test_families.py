"""A family of generators has its name from the policy, wherever one is made."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

from contextlib import nullcontext
from typing import get_args

import pytest

from engine.errors import PolicyError
from schemas.policy import Synthesis
from tests.engine.synth.people import people, policy, write_release

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("torch")]


@pytest.fixture
def other(monkeypatch):
    """Returns a policy whose generator is of a family of its own, and all generators that are made of it."""
    from engine.synth.attempt import GENERATORS
    from engine.synth.tabular import TabularGenerator

    made = []

    class Other(TabularGenerator):
        name = "other"

        def __init__(self, sizes):
            super().__init__(sizes, hidden=2, embedding=2)
            made.append(self)

    monkeypatch.setitem(GENERATORS, "other", Other)
    asked = policy(records=600, batch=60, epochs=1, workers=1)
    return asked.model_copy(update={"synthesis": asked.synthesis.model_copy(update={"generator": "other"})}), made


def test_names_are_those_that_can_be_made_and_others_are_refused():
    from engine.synth.attempt import GENERATORS

    names = set(get_args(Synthesis.model_fields["generator"].annotation))
    assert names == {"auto", *GENERATORS}
    assert {Synthesis(epsilon=1, delta=1e-6, generator=name).family for name in names} == set(GENERATORS)
    with pytest.raises(PolicyError, match="breaks a rule"):
        policy(generator="another")


def test_a_synthesis_is_of_the_policy_s_family_from_training_to_further_rows(other, tmp_path, monkeypatch):
    from engine.synth import cluster, fleet
    from engine.synth.attempt import run_rank
    from engine.synth.sampler import model_of
    from engine.synth.synthesize import synthesize
    from engine.synth.training import Alone

    monkeypatch.setattr(cluster, "cluster", lambda *_, **__: nullcontext())
    monkeypatch.setattr(fleet, "gpus", lambda: 0)
    monkeypatch.setattr(fleet, "processors", lambda: 1)
    monkeypatch.setattr(fleet, "train", lambda task, attempt, told: run_rank(task, attempt, Alone(), told))
    asked, made = other
    receipt = synthesize(asked, write_release(tmp_path, people(600)))
    assert receipt.generator == "other"
    model, _ = model_of(receipt.output.table)
    assert len(made) == 3, "trained, sampled, and taken from the table"
    assert model.generator is made[-1]
    assert sum(len(batch) for batch in model.batches(5)) == 5


def test_a_dry_run_and_an_audit_are_of_the_policy_s_family(other, tmp_path):
    from engine.synth.audited import loop_of
    from engine.synth.forecast import forecast

    asked, made = other
    expected = forecast(asked, write_release(tmp_path, people(600)))
    assert expected.parameters == sum(value.numel() for value in made[0].state.values())
    assert loop_of(asked, "none", 50)[0].make().name == "other"
