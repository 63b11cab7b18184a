"""A training is reserved before it begins, whole, and once, whatever calls go on with it."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from engine.backends.ledger import LocalLedger
from engine.errors import BudgetExceeded, InputError, PolicyError, SetupError
from engine.ledger import charged
from engine.plan import Policy
from engine.privacy.ledger import Book
from engine.synth.accountants import agreed
from engine.synth.claim import claimed
from engine.synth.journal import Journal
from engine.synth.outline import ON
from engine.synth.preparing import prepare
from engine.synth.shards import open_release
from engine.synth.statement import covers, excludes
from schemas.dp_events import DiscreteLaplace, Gaussian, Promised, SampledGaussian, TruncatedSampledGaussian
from schemas.policy.privacy_budget import Cap, PrivacyBudget
from tests.engine.ledger.policies import made
from tests.engine.synth.people import people, policy, write_release

pytestmark = pytest.mark.slow


@pytest.fixture
def asked(tmp_path, monkeypatch) -> tuple[Policy, str]:
    monkeypatch.chdir(tmp_path)
    made("ledger")
    budget = PrivacyBudget(ledger="ledger", population="people", cap={"epsilon": 7, "delta": 1e-4})
    return policy(batch=50, epochs=2).model_copy(update={"budget": budget}), write_release(tmp_path, people(600), files=2)


def changed(one: Policy, **sections) -> Policy:
    return one.model_copy(update={name: getattr(one, name).model_copy(update=more) for name, more in sections.items()})


def entries(kind="kind"):
    return [getattr(entry, kind) for entry in Book.of("ledger", LocalLedger("ledger").read()).entries]


def test_count_and_steps_are_reserved_before_they_are_drawn(asked):
    prepared = prepare(*asked)
    steps = prepared.schedule.steps
    assert entries() == ["reserve", "extend"]
    assert [[type(event) for event in found] for found in entries("events")] == [[DiscreteLaplace], [SampledGaussian]]
    assert prepared.charge.events[1].count == steps
    assert entries("unit") == ["subject", "subject"]
    assert entries("purpose") == ["training", "training"]
    prepared.charge.settle(prepared.events(steps - 1), receipt_id="s")
    assert prepared.charge.stated.epsilon < 6.1


def test_a_call_that_goes_on_charges_nothing_more(asked):
    first = prepare(*asked)
    again = prepare(*asked)
    assert (again.units, again.charge.reservation, again.charge.stated) == (
        first.units, first.charge.reservation, first.charge.stated)
    assert len(entries()) == 2
    assert Journal(Path(first.outline.path + ON).absolute()).begun().reservation == first.charge.reservation


def test_what_would_pass_a_cap_is_refused_before_anything_is_drawn(asked):
    one, release = asked
    small = changed(one, budget={"cap": Cap(epsilon=1, delta=1e-4)})
    with pytest.raises(BudgetExceeded, match="spent 0, reserved 0"):
        prepare(small, release)
    assert entries() == []
    assert not Path("release.synthetic" + ON).exists()


def test_what_a_refused_training_has_drawn_is_drawn_once(asked):
    """Whoever asks again and again would have a mean of noisy counts otherwise, and the ledger a charge for each."""
    one, release = changed(asked[0], budget={"cap": Cap(epsilon=20, delta=1e-4)}), asked[1]
    loose, drawn = changed(one, synthesis={"delta": 0.01}), []
    for _ in range(3):
        with pytest.raises(PolicyError, match="delta is no promise"):
            prepare(loose, release)
        drawn.append(Journal(Path("release.synthetic" + ON).absolute()).begun())
    assert entries() == ["reserve"]
    assert drawn[0] == drawn[1] == drawn[2]
    assert (drawn[0].steps, drawn[0].reservation) == (0, Book.of("ledger", LocalLedger("ledger").read()).entries[0].id)
    assert prepare(one, release).schedule.steps, "another plan begins anew where no step was taken"
    assert entries() == ["reserve", "reserve", "extend"], "both counts were drawn, and both are charged"
    with pytest.raises(InputError, match="another plan"):
        prepare(loose, release)


def test_where_nothing_is_drawn_all_is_reserved_at_once(asked):
    one, release = asked
    prepared = prepare(changed(one, synthesis={"records": 300}), release)
    assert entries() == ["reserve"]
    assert prepared.charge.events == prepared.schedule.events(prepared.schedule.steps)


def test_of_two_calls_at_once_one_is_charged(asked):
    one, release = asked
    with ThreadPoolExecutor(4) as calls:
        found = list(calls.map(lambda _: prepare(one, release), range(4)))
    assert len({prepared.charge.reservation for prepared in found}) == 1
    assert len({prepared.units for prepared in found}) == 1
    assert entries() == ["reserve", "extend"]


def test_records_that_are_older_than_what_was_settled_are_refused(asked):
    """A training that has ended, put back to where it was killed: its last steps would be taken again, and not be charged."""
    one, release = asked
    prepared = prepare(one, release)
    journal, steps = prepared.journal, prepared.schedule.steps
    half = journal.cover(journal.attempt(1), steps // 2)
    shutil.copytree(journal.folder, "before")
    journal.cover(half, steps)
    prepared.charge.settle(prepared.events(steps), receipt_id="s")
    assert prepare(one, release).charge.settled, "who died before the table was there goes on"
    shutil.rmtree(journal.folder)
    shutil.move("before", journal.folder)
    with pytest.raises(InputError, match="its records are older than that"):
        prepare(one, release)
    assert entries() == ["reserve", "extend", "settle"]


def test_records_do_not_go_on_in_another_place(asked):
    one, release = asked
    prepared = prepare(one, release)
    shutil.copytree(prepared.journal.folder, "elsewhere" + ON)
    with pytest.raises(InputError, match="another plan"):
        prepare(changed(one, synthesis={"path": "elsewhere"}), release)


def test_a_delta_that_no_accountant_reaches_is_refused_before_anything_is_reserved(asked):
    from engine.synth.forecast import forecast  # noqa: PLC0415 - torch takes seconds to load

    one, release = asked
    tiny = changed(one, synthesis={"delta": 1e-15})
    for call in (prepare, forecast):
        with pytest.raises(PolicyError, match="so small a delta"):
            call(tiny, release)
    assert entries() == []


@pytest.mark.parametrize("with_ledger", [True, False])
def test_a_killed_training_is_settled_by_a_later_call(asked, with_ledger):
    one, release = asked
    one = one if with_ledger else one.model_copy(update={"budget": None})
    first = prepare(one, release)
    again = prepare(one, release)
    assert again.units == first.units
    again.charge.settle(again.events(again.schedule.steps), receipt_id="s")
    assert (again.charge.stated is not None) == with_ledger


def test_a_training_that_is_charged_does_not_go_on_without_its_ledger(asked):
    one, release = asked
    prepare(one, release)
    with pytest.raises(PolicyError, match="charged to a ledger"):
        prepare(one.model_copy(update={"budget": None}), release)


def test_a_training_without_a_ledger_is_charged_once_there_is_one(asked):
    one, release = asked
    free = prepare(one.model_copy(update={"budget": None}), release)
    first, again = prepare(one, release), prepare(one, release)
    assert entries() == ["reserve"]
    assert first.charge.reservation == again.charge.reservation
    assert again.charge.events == first.charge.events == free.charge.events


def test_values_are_named_once_and_charged(asked, tmp_path):
    _, release = asked
    table = people(600).append_column("town", pa.array(["a", "b"] * 300))
    (tmp_path / "town").mkdir()
    release = write_release(tmp_path / "town", table)
    more = {"town": {"role": "insensitive", "why": "w"}}
    one = policy(more, epsilon=30, batch=50, epochs=2, records=300).model_copy(update={"budget": asked[0].budget.model_copy(
        update={"cap": Cap(epsilon=40, delta=1e-4)})})
    first, again = prepare(one, release), prepare(one, release)
    assert [[type(event) for event in found] for found in entries("events")] == [[Promised], [SampledGaussian]]
    assert first.learned == again.learned
    assert first.learned.named == ("town",)
    assert "town" in covers(one.synthesis, open_release(release).receipt, estimated=False, named=first.learned.named)[-1]
    claim = claimed(one.synthesis, open_release(release).receipt, first.schedule, first.outline.budget, first.schedule.steps)
    assert 27 < claim.by_accountant["pld"] <= 30
    assert claim.delta == pytest.approx(1e-4)
    assert [spend.purpose for spend in claim.spends] == ["training", "values of columns without a domain"]
    assert (claim.spends[1].epsilon, claim.spends[1].delta) == (pytest.approx(3), pytest.approx(1e-5))
    assert claim.record > claim.by_accountant["pld"]


def test_a_path_that_is_taken_costs_nothing(asked, tmp_path):
    one, release = asked
    write_release(tmp_path, people(10), files=1)
    (tmp_path / "release.synthetic").mkdir()
    with pytest.raises(InputError, match="taken"):
        prepare(one, release)
    assert entries() == []


def test_the_receipt_says_whether_a_ledger_sums_up(asked):
    one, release = asked
    receipt = open_release(release).receipt
    said = {ledger: " ".join(excludes(one.synthesis, receipt, (), ledger=ledger)) for ledger in (True, False)}
    assert "no ledger sums them" in said[False]
    assert "the ledger had come to" in said[True]


def test_a_dry_run_charges_nothing_and_looks_at_no_path(asked, tmp_path):
    from engine.synth.forecast import forecast  # noqa: PLC0415 - torch takes seconds to load

    one, release = asked
    (tmp_path / "release.synthetic").mkdir()
    expected = forecast(one, release)
    assert (expected.units, expected.assumed) == (600, True)
    assert 0.97 * 6 < expected.epsilon_by_accountant["pld"] <= 6
    assert expected.epsilon_record > expected.epsilon_by_accountant["pld"]
    assert entries() == []
    assert (expected.budget.allowed, expected.budget.left) == (True, 7)
    assert expected.budget.standings[0].reserved == pytest.approx(expected.budget.asked)


def test_a_dry_run_says_that_a_cap_would_be_passed(asked):
    from engine.synth.forecast import forecast  # noqa: PLC0415 - torch takes seconds to load

    one, release = asked
    for _ in range(2):
        with charged(one, purpose="other", events=[Promised(epsilon=1)]):
            pass
    expected = forecast(one, release)
    assert (expected.budget.allowed, expected.budget.left) == (False, pytest.approx(5, rel=1e-3))
    assert "does not allow this" in expected.budget.refusal
    assert forecast(one.model_copy(update={"budget": None}), release).budget is None


def test_a_place_that_cannot_be_written_costs_nothing(asked, tmp_path):
    one, release = asked
    (tmp_path / "file").write_text("")
    lost = changed(one, synthesis={"path": str(tmp_path / "file" / "synthetic")})
    with pytest.raises(SetupError, match="cannot write here"):
        prepare(lost, release)
    assert entries() == []


def test_a_dry_run_tells_what_an_earlier_call_has_drawn(asked):
    from engine.synth.forecast import forecast  # noqa: PLC0415 - torch takes seconds to load

    one, release = asked
    prepared = prepare(one, release)
    expected = forecast(one, release)
    assert (expected.units, expected.assumed, expected.steps) == (prepared.units, False, prepared.schedule.steps)
    other = changed(one, synthesis={"clip": 2.0})
    with pytest.raises(InputError, match="another plan"):
        forecast(other, release)
    assert len(entries()) == 2
    assert expected.budget is None, "it is charged already"


def test_prv_agrees_within_one_percent():
    """Sequences of sampled steps with other constants, and noise on everybody between them."""
    told = agreed([SampledGaussian(noise_multiplier=1.0, sample_rate=0.02, count=100), Gaussian(noise_multiplier=4, count=2),
                   SampledGaussian(noise_multiplier=2.0, sample_rate=0.2, count=20)], 1e-5)
    assert told["prv"] == pytest.approx(told["pld"], rel=0.01)
    assert told["rdp"] > told["pld"]
    assert "prv" not in agreed([DiscreteLaplace(rate=1, sensitivity=1)], 1e-5)


def test_what_prv_does_not_know_is_added_to_it():
    steps = SampledGaussian(noise_multiplier=1.0, sample_rate=0.02, count=100)
    alone = agreed([steps], 1e-5)
    told = agreed([steps, DiscreteLaplace(rate=0.5, sensitivity=1)], 1e-5)
    assert told["prv"] == pytest.approx(alone["prv"] + 0.5)
    assert alone["pld"] < told["pld"] < alone["pld"] + 0.5
    cut = TruncatedSampledGaussian(noise_multiplier=1.0, sample_rate=0.02, most=60, units=1000, count=100)
    assert "prv" not in agreed([steps, cut], 1e-5)
