"""What an earlier call has fixed is what its steps ran with, whatever a later version would compute."""

from __future__ import annotations

import io
import shutil
from types import SimpleNamespace

import pytest
from rich.console import Console

from engine.errors import InputError, PolicyError
from engine.plan import Policy
from engine.privacy import budget
from engine.privacy.accounting import epsilon_of
from engine.privacy.ledger import Book
from engine.synth import outline, preparing
from engine.synth.attempts import Trained
from engine.synth.claim import claimed
from engine.synth.journal import Journal
from engine.synth.loading import Left
from engine.synth.preparing import prepare
from engine.synth.synthesize import _claim, _receipt
from jobs import _views
from schemas.training import Attempt
from tests.engine.ledger.policies import made
from tests.engine.synth.people import people, policy, write_policy, write_release


@pytest.mark.parametrize("largest_batch", [None, 90])
def test_another_version_s_noise_is_not_told_of_steps_that_ran(tmp_path, monkeypatch, largest_batch):
    ledger, release = made(tmp_path / "ledger"), write_release(tmp_path, people(300))
    asked = Policy.load(write_policy(tmp_path / "policy.yaml", release, ledger.path, records=200, batch=50, epochs=5,
                                     largest_batch=largest_batch))
    first = prepare(asked, release)
    first.journal.cover(first.journal.attempt(1), 3)
    monkeypatch.setattr(budget, "HEADROOM", 0.2)
    again = prepare(asked, release)
    assert again.schedule == first.schedule
    assert again.events(3) == first.events(3)
    assert [one.kind for one in Book.of(ledger.path, ledger.read()).entries] == ["reserve"]
    again.charge.settle(again.events(3), receipt_id="s")
    settled = Book.of(ledger.path, ledger.read()).entries[-1].events
    assert epsilon_of(settled, 1e-4) == epsilon_of(first.schedule.events(3), 1e-4), "what ran is what is settled"


def test_what_another_version_accounts_more_for_is_refused(tmp_path, monkeypatch):
    asked, release = policy(records=200, batch=50, epochs=5), write_release(tmp_path, people(300))
    folder = prepare(asked, release).journal.folder
    monkeypatch.setattr(outline, "so_far", lambda *_: 6.1)
    with pytest.raises(InputError, match="more than the policy says") as refused:
        prepare(asked, release)
    assert refused.value.where == str(folder)
    assert Journal(folder).begun().steps


def test_what_was_drawn_with_other_shares_is_another_plan(tmp_path, monkeypatch):
    asked, release = policy(batch=50, epochs=5), write_release(tmp_path, people(300))
    prepare(asked, release)
    monkeypatch.setattr(budget, "COUNT_SHARE", 0.01)
    with pytest.raises(InputError, match="another plan"):
        prepare(asked, release)


def test_a_number_of_units_that_nothing_can_be_trained_on_is_told_where_it_lies(tmp_path, monkeypatch):
    asked, release = policy(batch=50, epochs=5), write_release(tmp_path, people(300))
    monkeypatch.setattr(preparing, "noisy_count", lambda *_: -3)
    for _ in range(2):
        with pytest.raises(PolicyError, match="nothing is left to train on") as refused:
            prepare(asked, release)
        assert f"remove {release}.synthetic.training to draw another" in refused.value.as_dict()["next"]
    monkeypatch.undo()
    shutil.rmtree(f"{release}.synthetic.training")
    assert prepare(asked, release).units > 0


@pytest.mark.parametrize(("adaptive", "within"), [(True, 0.512), (False, 0.9), (False, None)])
def test_the_receipt_tells_the_clip_that_gradients_were_held_against(tmp_path, adaptive, within):
    asked, release = policy(records=200, batch=50, epochs=5, adaptive=adaptive, clip=2.0), write_release(tmp_path, people(300))
    prepared = prepare(asked, release)
    outcome = SimpleNamespace(left=Left(0, 0), within=within, clip=0.75, seconds={"train": 1.0})
    found = Trained(outcome, (Attempt(training="0" * 32, number=1, began=0, covered=9, until=9, workers=2),), 9)
    made = _receipt(prepared, people(5).schema, _claim(claimed, prepared, 9), found, seconds=1.0)
    assert (made.clip, made.final_clip, made.within_clip) == (2.0, 0.75 if adaptive else None, within)
    shown = Console(file=io.StringIO(), width=120)
    shown.print(_views.synthesis(made))
    assert ("% of gradients were within" in shown.file.getvalue()) == (within is not None)
    assert ("51% of gradients were within 0.75, to which it moved from 2" in shown.file.getvalue()) == adaptive
