"""What is told of a running training is true, costs little, and stops nothing."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from engine.errors import PolicyError, SetupError
from engine.synth import watching
from engine.synth.journal import Journal
from engine.synth.standing import Standing
from engine.synth.synthesize import synthesize
from engine.synth.watching import Watch, exposition, require_textfile
from schemas.training import Begun
from tests.engine.synth.people import people, policy, write_release

STEPS = 1000
SAMPLE = re.compile(r'(lakeveil_training_[a-z_]+)\{policy="((?:[^"\\]|\\.)*)"\} (\S+)')


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless it is moved."""
    found = SimpleNamespace(now=100.0)
    monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=lambda: found.now))
    return found


@pytest.fixture
def journal(tmp_path):
    found = Journal(tmp_path / "table.training")
    found.begin(Begun(plan="0" * 64, units=100, steps=STEPS, every=20))
    return found


def _read(place) -> dict[str, float]:
    lines = place.read_text().splitlines()
    samples = [SAMPLE.fullmatch(line) for line in lines if not line.startswith("#")]
    assert all(samples)
    kinds = {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE")}
    assert [match[1] for match in samples] == list(kinds), "each figure has its kind, and stands once"
    assert {name for name, kind in kinds.items() if kind == "counter"} == {name for name in kinds if name.endswith("_total")}
    return {match[1].removeprefix("lakeveil_training_"): float(match[3]) for match in samples}


@pytest.mark.parametrize(("cost", "most"), [(0.0, 21), (1.0, 21), (30.0, 4)])
def test_epsilon_is_told_as_more_never_as_less_and_takes_a_twentieth_of_the_time(journal, clock, cost, most):
    asked, told, words = [], [], []

    def epsilon(steps):
        asked.append(steps)
        clock.now += cost
        return steps / STEPS

    attempt = journal.attempt(2)
    with Watch(journal, 50.0, epsilon, lambda what, share: words.append((what, share))) as watch:
        for step in range(1, STEPS + 1):
            if step > attempt.covered:
                attempt = journal.cover(attempt, min(step + 19, STEPS))
            clock.now += 1.0
            watch(Standing(step, STEPS, 0.6, 1.0))
            told.append(watch._told)
    assert all(one.epsilon >= one.taken / STEPS >= step / STEPS for step, one in enumerate(told, 1))
    assert [one.epsilon for one in told] == sorted(one.epsilon for one in told)
    assert told[-1].epsilon == 1.0
    assert len(asked) <= most
    assert cost * len(asked) <= STEPS / 20 + 2 * cost
    assert [share for _, share in words] == [step / STEPS for step in range(1, STEPS + 1)]
    assert len({what for what, _ in words}) <= len(asked) + 1, "off a terminal each is a line"


def test_what_attempts_lost_counts_and_rates_are_this_attempt_s(journal, clock, tmp_path):
    journal.cover(journal.attempt(4), 40)
    second = journal.cover(journal.attempt(3), 20)
    place = tmp_path / "training.prom"
    with Watch(journal, 50.0, lambda steps: steps / 100, lambda *_: None, textfile=str(place), policy='a "b" \\c') as watch:
        assert _read(place) == {"running": 1}
        watch(Standing(1, 960, 0.5, 1.0))
        clock.now += 4
        watch(Standing(9, 960, 0.625, 1.0))
        found = _read(place)
        assert found == {"running": 1, "steps_total": 60, "steps_planned": STEPS, "steps_per_second": 2, "units_per_second": 100,
                         "epsilon": pytest.approx(1.1), "within_clip_ratio": 0.625, "attempt": 2, "workers": 3}
        assert 'policy="a \\"b\\" \\\\c"' in place.read_text()
        journal.cover(second, 30)
    assert {**found, "running": 0, "steps_total": 70} == _read(place), "what was written down last counts"


def test_whatever_goes_wrong_training_goes_on(journal, clock, tmp_path):
    journal.attempt(1)
    shares = []
    folder = tmp_path / "collector"
    folder.mkdir()
    with Watch(journal, 50.0, float, lambda _, share: shares.append(share), textfile=str(folder / "a.prom")) as watch:
        (folder / "a.prom").unlink()
        folder.rmdir()
        watch(Standing(1, 10, 0.5, 1.0))
        (journal.folder / "attempt-0001.json").write_text("{}")
        watch(Standing(2, 10, 0.5, 1.0))
    assert shares == [0.1, 0.2]


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_counted(tmp_path):
    release = write_release(tmp_path, people(50))
    with pytest.raises(SetupError, match="cannot be written") as refused:
        synthesize(policy(metrics={"textfile": str(tmp_path / "nowhere" / "a.prom")}), release)
    assert "synthesis.metrics" in refused.value.where
    assert not (tmp_path / "release.synthetic.training").exists()
    with pytest.raises(PolicyError, match="prom"):
        policy(metrics={"textfile": "a.txt"})


def test_a_file_that_another_training_writes_is_left_as_it_is(tmp_path):
    place = tmp_path / "a.prom"
    place.write_text(before := exposition("p", None, running=True))
    require_textfile(policy(metrics={"textfile": str(place)}).synthesis)
    assert place.read_text() == before
    assert list(tmp_path.iterdir()) == [place]
    (tmp_path / "b.prom").mkdir()
    with pytest.raises(SetupError, match="cannot be written"):
        require_textfile(policy(metrics={"textfile": str(tmp_path / "b.prom")}).synthesis)


def test_nothing_is_known_before_the_first_step():
    assert exposition("p", None, running=False).splitlines()[-1] == 'lakeveil_training_running{policy="p"} 0'
