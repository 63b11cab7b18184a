"""Audits of the loop: marks are read as they are written, an honest loop holds, one with less noise does not."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from engine.errors import GuaranteeNotMet, InputError, NoPowerError, PolicyError, SetupError
from engine.privacy.budget import schedule, split
from schemas.policy.recoding import NoisyCuts, Recoding
from schemas.training_audit import NOT_AUDITED, Control, Look, LowerBound, Question, TrainingAudit
from tests.engine.synth.people import people, policy, write_release

SIZES = (4, 3, 5)
CHANCE = 1e-6
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("torch")]  # torch takes seconds to load


def loop(number=120, rows=1, **how):
    from engine.synth.audit import Loop
    from engine.synth.tabular import TabularGenerator
    from engine.synth.training import Recipe

    recipe = Recipe(**{"noise_multiplier": 1.0, "clip": 0.7, "sample_rate": 0.1, "steps": 60, "expected_batch": 20.0, **how})
    return Loop(lambda: TabularGenerator(SIZES, hidden=4, embedding=2), recipe, number, rows)


@pytest.mark.parametrize("per_layer", [False, True])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_canary_is_read_where_it_is_and_nowhere_else(torch, per_layer, rows):
    from engine.synth.marked import Marked
    from engine.synth.microbatches import clipped_sum

    under = loop(9, rows)
    generator = Marked(under.make(), 9, clip=0.7, per_layer=per_layer)
    chosen = np.array([0, 4, 8])
    total, within = clipped_sum(generator, under.canaries(), chosen, 0.7, per_layer=per_layer)
    read = generator.read(total, 0.7)
    assert within == 0, "all of them are clipped"
    assert read[chosen] == pytest.approx(1, abs=0.01)
    assert (np.delete(read, chosen) == 0).all()


@pytest.mark.parametrize("per_layer", [False, True])
def test_noise_over_clip_is_read_as_it_is_but_for_the_spread(torch, per_layer):
    from engine.synth.marked import Marked

    generator = Marked(loop().make(), 20_000, clip=0.7, per_layer=per_layer)
    noise = torch.randn(sum(value.numel() for value in generator.state.values())).double() * 0.7 * 2
    assert generator.read(noise, 0.7).std() == pytest.approx(2 * generator.spread, rel=6 / np.sqrt(2 * 20_000))
    assert (generator.spread == 1) is (not per_layer)


def test_a_marked_generator_is_the_policy_s_and_marks(torch):
    from engine.synth.ghost import Tape
    from engine.synth.marked import Marked

    under = loop(5, 2)
    inner, units = under.make(), under.canaries()
    generator = Marked(inner, 5, clip=1.0, per_layer=False)
    generator.state["mark.0"] = torch.arange(5.0)[:, None]
    codes, _ = units.padded(np.arange(5))
    whole = generator.loss(Tape(generator.state, recording=False), codes)
    plain = inner.loss(Tape(inner.state, recording=False), codes[:, :, :-1])
    assert torch.allclose(whole - plain, 100 * torch.arange(5.0)[:, None].expand(5, 2), atol=1e-3)
    assert generator.sizes == (*SIZES, 5)


def test_canaries_are_random_rows_and_those_among_them_keep_theirs():
    from engine.synth.marked import among, canaries, marked

    units = marked(canaries(SIZES, 40, 3))
    assert units.codes.shape == (120, 4)
    assert (units.codes[:, -1] == np.repeat(np.arange(40), 3)).all()
    assert all(units.codes[:, place].max() < size for place, size in enumerate(SIZES))
    assert len(np.unique(units.ids, axis=0)) == 40
    present = np.arange(40) % 3 == 1
    some = among(units, present)
    assert (some.ids == units.ids[present]).all()
    assert set(some.codes[:, -1].tolist()) == set(np.flatnonzero(present).tolist())
    assert (np.diff(some.offsets) == 3).all()
    assert (canaries(SIZES, 40).codes != canaries(SIZES, 40).codes).any()


@pytest.mark.parametrize("how", [{}, {"adaptive": True}, {"per_layer": True}], ids=str)
def test_an_honest_loop_holds_and_less_noise_does_not(how):
    from engine.synth.audit import judged, tests_of, watch_steps
    from engine.synth.looks import looks

    under = loop(**how)
    seen = watch_steps(under, steps=80)
    question = judged(under, seen, delta=1e-5, chance=CHANCE)
    assert [bound.method for bound in question.bounds] == ["wagers", "curve", "pair"]
    assert question.holds
    best = question.bounds[0]
    assert 0.3 * best.claimed < best.epsilon < best.claimed
    assert question.bounds[1].epsilon < best.epsilon
    assert question.coins == seen.present.size == 2 * 80 * 120
    assert question.right / question.coins == pytest.approx(0.69, abs=0.05)
    assert not [look for look in looks(under, [seen]) if not look.holds]
    for share in (0.5, 0.0):
        less = watch_steps(under, share, steps=80)
        assert tests_of(under, less, CHANCE)["wagers"](under.recipe.noise_multiplier), share


@pytest.mark.parametrize("how", [{}, {"adaptive": True}, {"noise_multiplier": 3.0}], ids=str)
def test_noise_is_measured_everywhere_and_is_what_is_claimed(how):
    from engine.synth.added import claimed
    from engine.synth.audit import watch_steps

    under = loop(6, **how)
    added = watch_steps(under, attempts=1, steps=40).added
    assert added.sizes.tolist() == [*(value.numel() for value in under.make().state.values()), 6, 1]
    assert added.places.sum() == pytest.approx(np.sum(added.layers)), "one sum of squares, taken apart twice"
    assert added.places.mean() == pytest.approx(40, rel=6 * np.sqrt(2 / added.draws.sum()))
    gradient, count = claimed(under.recipe)
    assert gradient**-2 + (2 * count) ** -2 == pytest.approx(under.recipe.noise_multiplier**-2)


def test_less_noise_is_not_measured():
    from engine.synth.audit import watch_steps

    assert watch_steps(loop(6), 0.5, attempts=1, steps=4).added is None


def test_a_training_holds_and_one_without_noise_does_not():
    from engine.synth.audit import judged, tests_of, watch_training

    under = loop(1500, noise_multiplier=2.0)
    seen = watch_training(under)
    question = judged(under, seen, delta=1e-5, chance=CHANCE)
    assert question.holds
    assert [bound.method for bound in question.bounds] == ["curve", "pair"]
    assert question.bounds[0].epsilon < question.bounds[0].claimed, "and may be 0: one run proves little"
    assert question.bounds[1].delta < question.bounds[0].delta
    assert 0.4 < seen.present.mean() < 0.6
    naked = watch_training(under, 0.0)
    assert naked.right > 0.9 * 1500
    assert tests_of(under, naked, 1e-3)["curve"](under.recipe.noise_multiplier)


def test_too_few_canaries_prove_nothing_even_without_noise():
    from engine.synth.audit import tests_of, watch_training

    under = loop(10)
    assert not tests_of(under, watch_training(under, 0.0), 1e-3)["curve"](under.recipe.noise_multiplier)


def test_the_loop_has_the_policy_s_constants_and_no_release_is_needed():
    from engine.synth.audited import loop_of, sizes_of

    asked = policy(records=900, batch=90, clip=0.4, adaptive=True, clipping="per-layer", max_rows_per_subject=7)
    under, delta = loop_of(asked, "there/is/none", 50)
    plan = schedule(asked.synthesis, 900, split(asked.synthesis, 1))
    assert dataclasses.astuple(under.recipe) == (
        plan.noise_multiplier, 0.4, plan.sample_rate, plan.steps, plan.expected_batch, None, 0, True, True, False)
    assert (delta, under.number, under.rows) == (pytest.approx(9e-5), 50, 3)
    assert sizes_of(asked) == under.make().sizes == (33, 4, 33, 16), "ill has no domain: no table is read to learn its values"
    assert loop_of(policy(records=900, unit="record"), "none", 50)[0].rows == 1


def test_a_bound_on_samples_is_looked_at_where_the_policy_has_one():
    from engine.synth.audit import watch_steps
    from engine.synth.audited import loop_of
    from engine.synth.looks import looks

    bounded, _ = loop_of(policy(records=900, batch=90, largest_batch=150), "none", 50)
    assert bounded.recipe.most == 150
    assert 720 < bounded.recipe.units <= 900
    cut, free = (
        [look for look in looks(under, [watch_steps(under, attempts=1, steps=8)]) if "largest batch" in look.what]
        for under in (bounded, loop()))
    assert [(look.value, look.allowed) for look in cut] == [(1, 1)], "half of all batches are cut"
    assert not free


def test_where_everybody_is_in_every_step_the_audit_says_so():
    from engine.synth.audit import watch_steps
    from engine.synth.looks import looks

    under = loop(sample_rate=1.0)
    found = {look.what: look for look in looks(under, [watch_steps(under, attempts=1, steps=8)])}
    often = found["how often units are drawn at the policy's rate"]
    assert (often.least, often.value, often.allowed) == (1, 1, 1)
    assert "how much batches differ in size" not in found, "they do not"


def test_without_a_public_number_of_units_the_receipt_is_asked(tmp_path):
    from engine.synth.audited import loop_of

    with pytest.raises(InputError, match="no receipt"):
        loop_of(policy(), str(tmp_path / "release"), 50)
    release = write_release(tmp_path, people(600))
    plan = schedule(policy().synthesis, 600, split(policy().synthesis, 1))
    for place in (release, f"file://{release}"):
        assert loop_of(policy(), place, 50)[0].recipe.noise_multiplier == plan.noise_multiplier
    with pytest.raises(SetupError, match="mounted"):
        loop_of(policy(), "s3a://bucket/release", 50)


PUBLIC = {"ill": {"role": "sensitive", "why": "w", "domain": {"values": ["false", "true"]}}}


@pytest.mark.parametrize("more", [PUBLIC, {**PUBLIC, "town": {"role": "insensitive", "why": "w"}}], ids=["public", "named"])
def test_the_loop_is_that_of_the_training_where_rows_are_more_than_delta_is_a_promise_for(tmp_path, more):
    """2,000 rows of fewer subjects: at delta 0.001 there are at most 1,000, or the training is refused when they are counted."""
    from engine.synth.audited import loop_of
    from engine.synth.outline import constants_of, expected_units, outlined

    table = people(2000).append_column("town", pa.array(["a", "b"] * 1000))
    release, asked = write_release(tmp_path, table), policy(more, delta=0.001, epochs=2)
    under, delta = loop_of(asked, release, 50)
    out = outlined(asked, release)
    units = expected_units(out.synthesis, 2000)
    plan = constants_of(out, units)
    assert (units, delta) == (1000, out.budget.delta)
    assert (under.recipe.noise_multiplier, under.recipe.sample_rate, under.recipe.steps) == (
        plan.noise_multiplier, plan.sample_rate, plan.steps)


@pytest.mark.parametrize(("rows", "unit", "named"), [
    (None, "subject", ("ill", "town")), (2, "subject", ("ill",)), (None, "record", ("ill",))])
def test_an_audit_says_which_columns_it_takes_to_be_named(rows, unit, named):
    from engine.synth.audited import not_audited, to_name

    asked = policy({"town": {"role": "insensitive", "why": "w", "domain": {"values": ["a", "b"]}}}, unit=unit)
    assert to_name(asked) == ("ill",)
    assert "all of ill hold truth values" in not_audited(asked)[-1]
    quasi = asked.columns["town"].model_copy(update={"role": "quasi"})
    asked = asked.model_copy(update={"columns": asked.columns | {"town": quasi}})
    assert to_name(asked) == ("ill", "town"), "labels stand where values were"
    assert not_audited(asked) == NOT_AUDITED, "they are no truth values"
    asked = asked.model_copy(update={"recoding": Recoding(cuts=NoisyCuts(epsilon=1, rows=rows))})
    assert to_name(asked) == named
    assert not_audited(policy(PUBLIC)) == NOT_AUDITED


def test_a_policy_that_trains_nothing_is_refused():
    from engine.synth.audited import loop_of, sizes_of

    asked = policy(records=900)
    with pytest.raises(PolicyError, match="does not say how to synthesize"):
        loop_of(asked.model_copy(update={"synthesis": None}), "none", 50)
    with pytest.raises(PolicyError, match="no column"):
        sizes_of(asked.model_copy(update={"columns": {"person": asked.columns["person"]}}))


def found(*, epsilon=1.0, look=0.0, caught=True):
    """An audit as it would be."""
    bound = LowerBound(method="wagers", delta=1e-5, claimed=2.0, epsilon=epsilon, holds=epsilon <= 2)
    return TrainingAudit(
        policy="people", noise_multiplier=1, sample_rate=0.1, steps=10, clip=1, clipping="flat", adaptive=False, columns=3,
        canaries=100, rows=1, confidence=0.99, questions=(Question(what="step", coins=100, right=60, bounds=(bound,)),),
        controls=(Control(noise=0.0, what="step", coins=100, right=100, caught=caught),
                  Control(noise=0.5, what="step", coins=100, right=70, caught=False)),
        looks=(Look(what="batches", value=look, allowed=0.5),), seconds=1)


def test_what_is_refuted_is_refused_and_so_is_an_audit_without_power():
    from engine.synth.audited import require

    require(found())
    with pytest.raises(GuaranteeNotMet, match="does not keep what is claimed") as refuted:
        require(found(epsilon=3.0, caught=False))
    assert "at least 3 at delta 1e-05, claimed is 2" in refuted.value.where
    with pytest.raises(GuaranteeNotMet) as refuted:
        require(found(look=0.9))
    assert "batches: 0.9, 0.5 at most" in refuted.value.where
    with pytest.raises(NoPowerError, match="proves nothing") as blind:
        require(found(caught=False))
    assert (blind.value.exit_code, blind.value.where) == (11, "step")


def test_the_whole_audit_of_a_policy(monkeypatch):
    from engine.synth import audited
    from engine.synth.audited import audit_training

    monkeypatch.setattr(audited, "STEPS", 96)  # some seconds less
    told = []
    asked = policy(PUBLIC, records=2000, batch=200, epochs=2, epsilon=3, max_rows_per_subject=2)
    made = audit_training(asked, "there/is/none", number=2000, confidence=0.999, progress=lambda *step: told.append(step))
    assert made.holds
    assert made.caught
    assert [one.what for one in made.questions] == ["step", "training"]
    assert [(one.noise, one.what) for one in made.controls] == [
        (0, "step"), (0, "training"), (0.5, "step"), (0.5, "training")]
    assert made.controls[2].caught
    assert made.questions[0].bounds[0].epsilon > 0.4 * made.questions[0].bounds[0].claimed
    assert made.questions[1].bounds[0].claimed == pytest.approx(3, rel=0.01), "all is public: all of epsilon trains"
    assert len(made.looks) == 14
    assert made.canaries == 2200
    assert {what for what, _ in told} >= {"auditing single steps", "auditing a training", "what the guesses prove"}
    assert max(share for _, share in told) == pytest.approx(1)
    assert TrainingAudit.model_validate_json(made.model_dump_json()) == made
