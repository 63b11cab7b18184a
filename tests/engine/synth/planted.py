"""Bugs, planted in the code that runs, where people have made them; and what sees each of them."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from pytest import MonkeyPatch  # noqa: PT013 - a type, and no more

from engine.errors import SetupError
from engine.synth.holdout import split_holdout, unit_digests
from engine.synth.journal import Journal
from schemas.training import Begun
from tests.engine.synth import bugs
from tests.engine.synth.people import people, write_release
from tests.engine.synth.test_loading import _load, _rows
from tests.engine.synth.units import units_of

SIZES, NOISE, ROWS = (4, 3, 5), 1.0, 2
STEPS, KILLED = 60, 20
WAGERS, PART, NOISES, BATCHES, WEIGHTS = (
    "one step's sum, by wagers", "one unit's part of a sum, over the clip", "noise of two steps or attempts, most alike",
    "batches of two steps or attempts, most alike", "weights, beside those that noisy sums and public constants give")
NOISY_PART = "a canary's part of noisy sums, over the clip"
DRAWN, FAIRLY, MANY, LARGEST, FARTHEST = (
    "how often canaries are drawn, a training", "how often canaries are drawn, single steps",
    "how often units are drawn at the policy's rate", "the largest batch, over the bound",
    "how often the canary that is farthest off is drawn")
SIZE = "how much batches differ in size"
LAYER, ONCE, WEIGHT = ("noise of the layer that is farthest off", "noise of the layer that is farthest off in a step",
                       "noise of the weight that is farthest off")
ACCOUNTED, SEEN = "steps that ran are accounted", "every row is on one worker"


class Found(NamedTuple):
    """What something that looks for bugs says.

    Attributes:
        caught: Whether there is one.
        figure: In figures.
    """

    caught: bool
    figure: str


class Bug(NamedTuple):
    """A bug.

    Attributes:
        name: What is wrong.
        plant: Puts it where it would stand.
        by: What sees it.
    """

    name: str
    plant: Callable[[MonkeyPatch], None]
    by: str


def audited(canaries: int = 120, steps: int = 80) -> dict[str, Found]:
    """Audits single steps over two attempts, as the command does; a false alarm in a million."""
    from engine.privacy.curves import least_noise
    from engine.privacy.pld import pld_epsilon
    from engine.synth.audit import Loop, tests_of, watch_steps, watch_training
    from engine.synth.looks import looks
    from engine.synth.tabular import TabularGenerator
    from engine.synth.training import Recipe

    recipe = Recipe(NOISE, 1.0, 0.05, 100, 20.0, most=40)
    loop = Loop(lambda: TabularGenerator(SIZES, hidden=4, embedding=2), recipe, canaries, ROWS)
    seen = watch_steps(loop, steps=steps)
    refuted = tests_of(loop, seen, 1e-6)["wagers"]
    least, claimed = (pld_epsilon(noise, 1.0, 1, 1e-5) for noise in (min(99.0, least_noise(refuted, NOISE)), NOISE))
    found = {look.what: Found(not look.holds, f"{look.value:.3g}, {look.least:.3g} to {look.allowed:.3g}")
             for look in looks(loop, [seen, watch_training(loop)])}
    return {WAGERS: Found(refuted(NOISE), f"epsilon {least:.3g} at least, {claimed:.3g} claimed"), **found}


def accounted(folder: Path) -> dict[str, Found]:
    """Two calls go on with a training that was killed, at the same moment: noise vectors that ran, and steps accounted."""
    from engine.synth import clipping

    journal, drawn, lock = Journal(folder / "table.training"), [], threading.Barrier(2, timeout=60)
    journal.begin(Begun(plan="0" * 64, units=60, steps=STEPS, every=6))
    gaussian, claim, write, one = clipping.gaussian, Journal._claim, Journal._write, threading.Lock()

    def noise(size: int, scale: float) -> np.ndarray:
        if size > 1:
            if len(drawn) == KILLED and threading.current_thread() is threading.main_thread():
                raise SetupError("killed")
            drawn.append(size)
        return gaussian(size, scale)

    def at_once(self: Journal, attempt: object) -> None:
        lock.wait()
        claim(self, attempt)

    def in_turn(self: Journal, attempt: object) -> None:
        with one:
            write(self, attempt)

    with MonkeyPatch.context() as here:
        here.setattr(clipping, "gaussian", noise)
        here.setattr(Journal, "_write", in_turn)
        with contextlib.suppress(SetupError):
            _go_on(journal, journal.attempt(1), every=6)
        here.setattr(Journal, "_claim", at_once)
        started: list[object] = []
        _together(lambda: started.append(Journal(journal.folder).attempt(1)), 2)
        line, left = threading.Barrier(len(started), timeout=60), list(started)
        _together(lambda: _go_on(journal, left.pop(), every=STEPS, together=line), len(started))
    return {ACCOUNTED: Found(len(drawn) > journal.executed(), f"{len(drawn)} ran, {journal.executed()} accounted")}


def loaded(folder: Path) -> dict[str, Found]:
    """A release in three files is read by two workers: rows of the training that none of them has."""
    table = people(400)
    parts, encoding, _ = _load(write_release(folder, table, files=3), 2, None)
    digests, _ = unit_digests(table, None, encoding.names)
    train = Counter(tuple(row) for row in encoding.encode(table)[~split_holdout(digests, 0.3, by_row=True)].tolist())
    never = (train - _rows(parts)).total()
    return {SEEN: Found(_rows(parts) != train, f"{never} of {train.total()} rows are on none")}


def _go_on(journal: Journal, attempt: object, *, every: int, together: threading.Barrier | None = None) -> None:
    from engine.synth.attempt import Recorded
    from engine.synth.tabular import TabularGenerator
    from engine.synth.training import Alone, Recipe, fit

    class Here(Recorded):
        def start(self, steps: int) -> tuple:
            found = super().start(steps)
            if together is not None:
                together.wait()
            return found

    task = SimpleNamespace(journal=str(journal.folder), every=every)
    units = units_of(60, sizes=SIZES)
    fit(TabularGenerator(SIZES, hidden=4, embedding=2), units, Recipe(NOISE, 1.0, 0.1, STEPS, 6.0), Alone(),
        record=Here(task, attempt))


def _together(work: Callable[[], object], number: int) -> None:
    def run() -> None:
        with contextlib.suppress(Exception):
            work()

    running = [threading.Thread(target=run) for _ in range(number)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


BUGS = (
    Bug("half the noise", bugs.half_the_noise, WAGERS),
    Bug("no noise on biases", bugs.no_noise_on_biases, LAYER),
    Bug("no noise on a twentieth of a layer", bugs.no_noise_on_some_weights, WEIGHT),
    Bug("half the noise on a layer", bugs.half_noise_on_a_layer, LAYER),
    Bug("half the noise in one step", bugs.half_noise_once, ONCE),
    Bug("noise replayed by another attempt", bugs.replayed_noise, NOISES),
    Bug("batches replayed by another attempt", bugs.replayed_batches, BATCHES),
    Bug("units drawn 1.2 times as often", bugs.more_often, MANY),
    Bug("units drawn 1.2 times as often, by single steps", bugs.more_often, FAIRLY),
    Bug("rates rounded up", bugs.rounded_rate, DRAWN),
    Bug("rates rounded up, by many units", bugs.rounded_rate, MANY),
    Bug("one unit in every step", bugs.one_unit_more_often, FARTHEST),
    Bug("batches of one size", bugs.shuffled, SIZE),
    Bug("samples that are not cut", bugs.unbounded_batch, LARGEST),
    Bug("skipped clip", bugs.skipped_clip, WAGERS),
    Bug("skipped clip, without guesses", bugs.skipped_clip, PART),
    Bug("a clip that is a tenth larger in the loop alone", bugs.wider_clip, NOISY_PART),
    Bug("a unit clipped row by row", bugs.clipped_row_by_row, WAGERS),
    Bug("private batch size", bugs.private_batch_size, WEIGHTS),
    Bug("double resume", bugs.double_resume, ACCOUNTED),
    Bug("second split of a shard", bugs.second_split, SEEN),
)


def looked(by: str, folder: Path) -> Found:
    """Returns what one of those that see bugs says of the code as it is."""
    return {ACCOUNTED: lambda: accounted(folder), SEEN: lambda: loaded(folder)}.get(by, audited)()[by]


def caught(folder: Path) -> Iterator[tuple[Bug, Found]]:
    """Plants one bug after the other, and yields what is said of it."""
    for place, bug in enumerate(BUGS):
        with MonkeyPatch.context() as here:
            bug.plant(here)
            yield bug, looked(bug.by, folder / str(place))
