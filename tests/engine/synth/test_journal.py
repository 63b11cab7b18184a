"""What attempts may have done is known whatever happens to them, and checkpoints are taken up as they were left."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError, SetupError
from engine.synth.attempts import LostWorkersError, every, trained
from engine.synth.journal import Journal, Snapshot
from schemas.training import Begun

WEIGHTS = {"weights": np.arange(4, dtype=np.float32)}


@pytest.fixture
def journal(tmp_path):
    found = Journal(tmp_path / "table.training")
    found.begin(Begun(plan="0" * 64, units=100, steps=100, every=10))
    return found


def test_what_is_lost_counts_and_is_not_taken_again(journal):
    first = journal.attempt(2)
    assert (first.began, first.until) == (0, 100)
    first = journal.keep(journal.cover(first, 10), Snapshot(10, WEIGHTS))
    journal.cover(first, 20)  # and dies somewhere before 20
    second = journal.attempt(1)
    assert (second.number, second.began, second.until, second.workers) == (2, 10, 90, 1)
    assert journal.executed() == 20
    assert journal.latest().step == 10
    assert (journal.latest().arrays["weights"] == WEIGHTS["weights"]).all()
    journal.keep(journal.cover(second, 90), Snapshot(90, WEIGHTS))
    assert journal.executed() == 100
    assert len(list(journal.folder.glob("*.safetensors"))) == 1


def test_an_attempt_that_died_before_its_first_checkpoint_counts_too(journal):
    journal.cover(journal.attempt(2), 10)
    second = journal.attempt(2)
    assert (second.began, second.until, journal.executed()) == (0, 90, 10)


def test_attempts_that_die_without_end_take_no_more_than_there_is(journal):
    for _ in range(30):
        attempt = journal.attempt(2)
        journal.cover(attempt, min(attempt.began + 10, attempt.until))
    assert journal.executed() == 100
    assert journal.attempt(2).until == 0


def test_who_was_taken_for_dead_takes_no_further_step(journal):
    first = journal.cover(journal.attempt(2), 10)
    second = journal.attempt(2)
    with pytest.raises(SetupError, match="later attempt"):
        journal.cover(first, 20)
    journal.cover(second, second.until)
    assert second.until == 90
    assert journal.executed() == 100, "what it wrote down and did not take is taken back: never more than was reserved"


def test_who_was_taken_for_dead_leaves_no_checkpoint_and_takes_none_away(journal):
    first = journal.keep(journal.cover(journal.attempt(2), 10), Snapshot(10, WEIGHTS))
    first = journal.cover(first, 20)
    second = journal.keep(journal.cover(journal.attempt(2), 30), Snapshot(30, WEIGHTS))
    with pytest.raises(SetupError, match="later attempt"):
        journal.keep(first, Snapshot(20, WEIGHTS))
    assert journal.latest().step == 30
    assert journal.executed() == first.steps + second.steps == 40


def test_who_is_overtaken_while_it_writes_takes_back_what_it_wrote(journal, monkeypatch):
    first, later, write = journal.cover(journal.attempt(2), 10), [], Journal._write

    def overtaken(self, attempt):
        write(self, attempt)
        if not later:
            later.append(None)
            later[:] = [self.attempt(2)]

    monkeypatch.setattr(Journal, "_write", overtaken)
    with pytest.raises(SetupError, match="later attempt"):
        journal.cover(first, 20)
    assert journal.executed() == 10
    assert later[0].until == 80, "it had counted what was written"


@pytest.mark.parametrize("again", [False, True])
def test_who_wakes_after_the_training_has_ended_takes_no_step(journal, again):
    """The same call may have begun another training of the same plan there since, after the table was moved away."""
    begun = journal.begun()
    journal.take(first := journal.attempt(2))
    first = journal.keep(journal.cover(first, 10), Snapshot(10, WEIGHTS))
    journal.keep(journal.cover(journal.attempt(2), 100), Snapshot(100, WEIGHTS))
    journal.remove()
    assert list(journal.folder.parent.iterdir()) == []
    if again:
        journal.begin(Begun(plan=begun.plan, units=100, steps=100, every=10))
        journal.cover(journal.attempt(1), 30)
    for act in (lambda: journal.cover(first, 20), lambda: journal.keep(first, Snapshot(9, WEIGHTS)), lambda: journal.take(first)):
        with pytest.raises(SetupError, match="has ended"):
            act()
    assert journal.folder.exists() == again
    assert journal.executed() == 30 * again


def test_a_record_of_another_training_is_none(journal):
    """Whoever hangs between looking and writing for as long as the training takes to end and another to begin leaves one."""
    first = journal.cover(journal.attempt(2), 10)
    journal.remove()
    journal.begin(Begun(plan="0" * 64, units=100, steps=100, every=10))
    journal.cover(journal.attempt(1), 30)
    journal._write(first)
    with pytest.raises(InputError, match="another training"):
        journal.executed()


def test_whoever_counts_while_a_journal_is_removed_counts_all_or_nothing(journal, monkeypatch):
    first = journal.cover(journal.attempt(2), 10)
    journal.cover(journal.attempt(2), 90)
    seen = []
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: seen.append(journal.begun()))
    journal.remove()
    assert seen == [None], "before the first of its files goes"
    with pytest.raises(SetupError, match="has ended"):
        journal.cover(first, 20)


def test_an_attempt_is_taken_once(journal):
    """Ray may start a worker's function again without a word (after a preemption, by default): that would repeat steps."""
    first = journal.attempt(2)
    journal.take(first)
    journal.cover(first, 10)
    with pytest.raises(SetupError, match="not repeated"):
        journal.take(first)
    second = journal.attempt(2)
    journal.attempt(2)
    with pytest.raises(SetupError, match="later attempt"):
        journal.take(second)


def test_two_calls_do_not_start_one_attempt(journal, monkeypatch):
    before = journal.attempts()
    monkeypatch.setattr(Journal, "attempts", lambda _: before)
    journal.attempt(2)
    with pytest.raises(SetupError, match="another call"):
        journal.attempt(2)


def _edit(place, old, new):
    said = place.read_text()
    assert old in said
    place.write_text(said.replace(old, new))


@pytest.mark.parametrize("spoil", [
    lambda folder: next(folder.glob("*.safetensors")).write_bytes(b"other"),
    lambda folder: next(folder.glob("*.safetensors")).unlink(),
    lambda folder: (folder / "attempt-0001.json").write_text("{}"),
    lambda folder: (folder / "attempt-0001.json").unlink(),
    lambda folder: _edit(folder / "attempt-0001.json", '"covered":10', '"covered":30'),
    lambda folder: _edit(folder / "training.json", '"units":100', '"units":900'),
    lambda folder: (folder / "training.json").unlink(),
    lambda folder: (folder / "attempt-0002.json").unlink(),
])
def test_what_was_altered_is_refused(journal, spoil):
    journal.keep(journal.cover(journal.attempt(2), 10), Snapshot(10, WEIGHTS))
    journal.take(journal.attempt(2))
    spoil(journal.folder)
    with pytest.raises(InputError) as failure:
        journal.attempt(2)
    assert "stays spent" in failure.value.next


def test_attempts_go_on_until_one_ends_well(journal):
    ran = []

    def run(attempt, _):
        ran.append((attempt.began, attempt.until, attempt.workers))
        attempt = journal.keep(journal.cover(attempt, attempt.began + 10), Snapshot(attempt.began + 10, WEIGHTS))
        attempt = journal.cover(attempt, min(attempt.covered + 10, attempt.until))
        if len(ran) < 3:
            raise LostWorkersError("a worker died")
        return "weights"

    found = trained(journal, run, lambda: 3 - len(ran), most=5, progress=lambda _: None)
    assert found.outcome == "weights"
    assert ran == [(0, 100, 3), (10, 90, 2), (20, 80, 1)]
    assert found.steps == 60
    assert [one.number for one in found.attempts] == [1, 2, 3]


def test_workers_lost_again_and_again_end_it_and_what_was_spent_stays(journal):
    def run(attempt, _):
        journal.cover(attempt, attempt.began + 10)
        raise LostWorkersError("a worker died", where="node 7")

    with pytest.raises(LostWorkersError, match="in 3 attempts") as failure:
        trained(journal, run, lambda: 2, most=3, progress=lambda _: None)
    assert failure.value.exit_code == 4
    assert journal.executed() == 30


def test_what_is_not_the_clusters_fault_is_not_tried_again(journal):
    def run(attempt, _):
        raise InputError("a file is not the one that was verified")

    with pytest.raises(InputError, match="not the one"):
        trained(journal, run, lambda: 2, most=3, progress=lambda _: None)
    assert len(journal.attempts()) == 1


def test_little_is_lost_with_an_attempt():
    assert [every(steps) for steps in (1, 49, 100, 763)] == [1, 1, 2, 15]


def test_values_of_any_letters_are_kept(journal):
    values = {"c": ("", "a\u2028b", "c\x85d", "e\r\nf", '"', "é")}
    journal.begin(Begun(plan="0" * 64, units=-3, vocabularies=values))
    assert journal.begun().vocabularies == values


def test_what_was_drawn_alone_is_no_training(journal):
    journal.begin(Begun(plan="0" * 64, units=100))
    with pytest.raises(InputError, match="no training was begun"):
        journal.attempt(1)
