"""What a dry run tells of memory and time is of the steps that training would take."""

from __future__ import annotations

import dataclasses

import pytest
from rich.console import Console

from jobs import _views
from tests.engine.synth.people import people, policy, write_release

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("torch")]  # torch takes seconds to load


@pytest.fixture
def timed(tmp_path, monkeypatch):
    """Returns what a policy's forecast is, and which loop it has timed."""
    from engine.synth import forecast  # noqa: PLC0415 - loads torch

    release, loops = write_release(tmp_path, people(600)), []

    def fit(generator, units, recipe, ranks, **more):
        loops.append((units, recipe))
        return real(generator, units, recipe, ranks, **more)

    real = forecast.fit
    monkeypatch.setattr(forecast, "fit", fit)
    return lambda **said: (forecast.forecast(policy(records=600, batch=60, epochs=2, **said), release), *loops.pop())


@pytest.mark.parametrize(("said", "rows"), [({}, 2), ({"max_rows_per_subject": 9}, 9), ({"unit": "record"}, 1)])
def test_steps_are_timed_of_a_worker_s_part_of_units_with_all_their_rows(timed, said, rows):
    expected, units, recipe = timed(workers=2, **said)
    assert (len(units.ids), units.widest, recipe.sample_rate) == (30, rows, 1.0)
    assert expected.seconds > 0


def test_the_loop_is_the_policy_s_and_memory_grows_with_rows(timed):
    expected, _, recipe = timed(workers=1, clipping="per-layer", adaptive=True, precision="mixed", clip=0.3)
    assert dataclasses.astuple(recipe) == (expected.noise_multiplier, 0.3, 1.0, 4, 60, None, 0, True, True, True)
    one, many = (timed(workers=1, max_rows_per_subject=rows)[0].bytes_per_worker for rows in (50, 200))
    assert one < many


def test_threads_are_as_many_as_before(timed, torch):
    torch.set_num_threads(2)
    try:
        timed()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_it_says_that_memory_and_time_are_those_of_processors(timed, device):
    expected, *_ = timed(device=device)
    screen = Console(width=200)
    with screen.capture() as shown:
        screen.print(_views.forecast(expected))
    assert ("those of processors" in shown.get()) == (device == "auto")
