"""What a training claims, held against integrals and sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import GuaranteeNotMet, InputError, PolicyError
from engine.privacy.accounting import epsilon_of
from engine.privacy.budget import Schedule, schedule, split
from engine.synth.attempt import _require_within
from engine.synth.claim import claimed
from engine.synth.shards import open_release
from engine.synth.statement import require_end_to_end
from engine.synth.training import Alone, Recipe
from schemas.dp_events import DiscreteLaplace, SampledGaussian
from schemas.policy import Synthesis
from schemas.receipt import Anonymity, Spend
from tests.engine.synth.people import people, write_release

pytestmark = pytest.mark.slow

PLAN = Schedule(noise_multiplier=1.0, sample_rate=0.05, steps=60, expected_batch=50)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return open_release(write_release(tmp_path_factory.mktemp("claim"), people(60), files=1)).receipt


def test_a_unit_that_is_replaced_is_two_gaussians_apart():
    """One step: (1 - q) N(0, 1) + q N(1, 1) against (1 - q) N(0, 1) + q N(-1, 1), integrated."""
    rate, noise, delta = 0.3, 0.8, 1e-3
    outcomes = np.linspace(-12, 12, 400_001)
    normal = lambda mean: np.exp(-((outcomes - mean) / noise) ** 2 / 2) / (noise * np.sqrt(2 * np.pi))
    one, other = ((1 - rate) * normal(0) + rate * normal(mean) for mean in (1, -1))
    lost = lambda epsilon: np.clip(one - np.exp(epsilon) * other, 0, None).sum() * (outcomes[1] - outcomes[0])
    found = epsilon_of([SampledGaussian(noise_multiplier=noise, sample_rate=rate)], delta, replacing=True)
    assert lost(found) <= delta < lost(found - 1e-3)


def test_only_steps_are_accounted_for_a_unit_that_is_replaced():
    with pytest.raises(ValueError, match="only steps"):
        epsilon_of([DiscreteLaplace(rate=1, sensitivity=1)], 1e-5, replacing=True)


def test_a_count_costs_less_beside_the_steps_than_by_itself(release):
    synthesis = Synthesis(epsilon=3, delta=1e-5)
    found = claimed(synthesis, release, PLAN, split(synthesis), PLAN.steps)
    training, counting = found.spends
    assert (training.delta, counting.epsilon, found.delta) == (1e-5, 0.06, 1e-5)
    assert training.epsilon < found.by_accountant["pld"] < training.epsilon + counting.epsilon
    assert found.by_accountant["prv"] == pytest.approx(training.epsilon + counting.epsilon, rel=0.01)


def test_a_bound_on_samples_is_named_where_there_is_one(release):
    synthesis = Synthesis(epsilon=3, delta=1e-5, records=1000, largest_batch=300)
    bounded = replace(PLAN, most=90, units=1000)
    for plan, words in ((PLAN, "DP-SGD: Poisson-subsampled"), (bounded, "DP-SGD: truncated Poisson-subsampled (90 units")):
        found = claimed(synthesis, release, plan, split(synthesis), PLAN.steps)
        assert words in found.spends[0].mechanism
        assert ("prv" in found.by_accountant) == (plan.most is None), "PRV has no answer for samples that are cut"


def test_cuts_that_were_paid_for_are_part_of_the_claim_with_their_delta(release):
    recoded = Anonymity.model_construct(  # of all that a receipt says of recoding, what a claim reads
        provenance="dp-fitted", suppressed_rows=0, spend_rows=1,
        spend=Spend(purpose="cuts", epsilon=0.5, delta=1e-6, mechanism="noise"))
    synthesis = Synthesis(epsilon=3, delta=1e-5, records=1000)
    found = claimed(synthesis, release.model_copy(update={"anonymity": recoded}), PLAN, split(synthesis), PLAN.steps)
    assert found.delta == pytest.approx(1.1e-5)
    assert [spend.purpose for spend in found.spends] == ["training", "cuts"]
    assert found.spends[0].epsilon < found.by_accountant["pld"] < found.spends[0].epsilon + 0.5


def test_a_row_among_others_is_told_beside_the_subject(release):
    synthesis = Synthesis(epsilon=3, delta=1e-5, records=1000)
    found = claimed(synthesis, release, PLAN, split(synthesis), PLAN.steps)
    assert found.by_accountant["pld"] < found.record < 2 * found.by_accountant["pld"]
    of_rows = claimed(synthesis.model_copy(update={"unit": "record"}), release, PLAN, split(synthesis), PLAN.steps)
    assert of_rows.record == found.record, "a row that changes is replaced, too"


def test_a_bound_on_samples_costs_noise_where_it_cuts():
    said = {"epsilon": 0.1, "delta": 1e-5, "unit": "record", "records": 2000, "batch": 64, "epochs": 0.2}
    plans = [schedule(one, 2000, split(one)) for one in (Synthesis(**said, largest_batch=most) for most in (None, 140, 88))]
    assert [plan.most for plan in plans] == [None, 140, 88]
    assert plans[0].noise_multiplier == plans[1].noise_multiplier < plans[2].noise_multiplier
    assert plans[1].units == 2000, "however many are held out"
    for plan in plans:
        assert epsilon_of(plan.events(plan.steps), 1e-5) <= 0.1


def test_a_bound_that_cuts_every_sample_is_refused():
    asked = Synthesis(epsilon=0.05, delta=1e-6, unit="record", records=2000, batch=64, epochs=10, largest_batch=64)
    with pytest.raises(PolicyError, match="cut so often"):
        schedule(asked, 2000, split(asked))


def test_more_units_than_samples_were_accounted_for_are_refused():
    recipe = Recipe(1.0, 1.0, 0.1, 1, 10, most=20, units=100)
    _require_within(recipe, 100, Alone())
    with pytest.raises(InputError, match="more units than the policy says"):
        _require_within(recipe, 101, Alone())


@pytest.mark.parametrize(("more", "against"), [
    ({}, None), ({"provenance": "dp-fitted", "suppressed_rows": 0}, None),
    ({"provenance": "dp-fitted", "suppressed_rows": 3}, "rows were left out"),
    ({"provenance": "dp-fitted", "spend_rows": None}, "nothing bounds how many"),
    ({"provenance": "data-dependent"}, "cuts that depend on the data"),
])
def test_an_epsilon_end_to_end_is_refused_where_the_release_tells_more(release, more, against):
    spend = Spend(purpose="cuts", epsilon=0.5, delta=1e-6, mechanism="noise")
    recoded = Anonymity.model_construct(**{"spend_rows": 1, "spend": spend, "suppressed_rows": 0, **more}) if more else None
    made, asked = release.model_copy(update={"anonymity": recoded}), Synthesis(epsilon=1, delta=1e-6, claim="end-to-end")
    if against is None:
        require_end_to_end(asked, made)
        return
    with pytest.raises(GuaranteeNotMet, match="end to end") as refusal:
        require_end_to_end(asked, made)
    assert against in refusal.value.where
    require_end_to_end(asked.model_copy(update={"claim": "release"}), made)

