"""Mechanisms: a million draws against each distribution and each claimed loss, how fast they are, and OpenDP beside them.

A bar of 6 on a fit or a loss: what was seen is no less likely than one in a million, if the mechanism is sound. Planted bugs have
to be above it. OpenDP runs in an environment of its own, which ``make`` builds.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from engine.backends.statistics import LocalAnswers
from engine.privacy.choices import AboveThreshold, Choice
from engine.privacy.exact import discrete_gaussian_many, discrete_laplace_many
from engine.privacy.keys import BITS, KeySelection
from engine.privacy.mechanisms import discrete_laplace, exponential, permute_and_flip
from engine.privacy.noise import Change, GaussianNoise, LaplaceNoise, OnGrid
from engine.privacy.quantiles import Quantile
from engine.privacy.questions import Axis, Question
from tests.benchmarks.anonymity_adult import ADULT, adult
from tests.benchmarks.figures import ended, line, missing, shown
from tests.benchmarks.mechanism_proofs import (
    FALSE_ALARM,
    Drawn,
    approximate_loss,
    exponential_chances,
    fit,
    flip_chances,
    gaussian_chances,
    gaussian_delta,
    laplace_chances,
    pure_loss,
    whole,
)
from tests.engine.privacy.one_by_one import discrete_gaussian

Line = dict[str, Any]
PEERS = Path(__file__).parents[2] / "build" / "peers" / "bin" / "python"
BAR = -math.log10(FALSE_ALARM)
RANKED, COUNTED = 0.02, 0.1
"""Epsilon of each quantile, and of the histogram: such that errors show."""

EPSILONS = (0.25, 0.5, 1.0, 2.0)
"""At which a delta is compared."""


def main() -> int:
    """Draws, prints a table, writes the figures; 0 if no bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=10**6, help="draws of each mechanism")
    parser.add_argument("--draws", type=int, default=100, help="answers of each peer")
    asked = parser.parse_args()
    lines = []
    for part in (fits(asked.size), losses(asked.size), planted(asked.size), speeds(asked.size), beside_opendp(asked.draws)):
        lines += [shown(found) for found in part]
    return ended(lines, "mechanisms")


def improbable(measure: str, chance: float, note: str) -> Line:
    """Returns the entry of a test: how improbable what was seen is at best, as a negative power of ten."""
    return line(measure, abs(math.log10(max(chance, 1e-300))), "-log10", BAR, note)


def many(draw: Callable[[], int], size: int) -> Drawn:
    """Returns draws that are made one by one."""
    return np.array([draw() for _ in range(size)], np.int64)


def fits(size: int) -> Iterator[Line]:
    """Yields each sampler against its distribution."""
    note = f"chi-square, {size:,} draws"
    for scale in (Fraction(1, 3), Fraction(7, 3), Fraction(250)):
        drawn = discrete_laplace_many(scale, size)
        chance = whole(drawn, lambda reach, rate=float(1 / scale): laplace_chances(rate, reach))
        yield improbable(f"discrete Laplace, scale {scale}", chance, note)
    for sigma in (Fraction(1, 2), Fraction(17, 5), Fraction(300)):
        drawn = discrete_gaussian_many(sigma**2, size)
        chance = whole(drawn, lambda reach, sigma=float(sigma): gaussian_chances(sigma, reach))
        yield improbable(f"discrete Gaussian, sigma {sigma}", chance, note)
    drawn = many(lambda: discrete_laplace(Fraction(7, 3)), size)
    yield improbable("discrete Laplace, one by one", whole(drawn, lambda reach: laplace_chances(3 / 7, reach)), note)
    drawn = many(lambda: discrete_gaussian(Fraction(9)), size)
    yield improbable("discrete Gaussian, one by one", whole(drawn, lambda reach: gaussian_chances(3.0, reach)), note)
    scores, rate = [6, 5, 5, 3, 0], Fraction(1, 2)
    seen = np.bincount(many(lambda: exponential(scores, rate), size), minlength=5)
    yield improbable("exponential mechanism", fit(seen, exponential_chances(scores, 0.5)), note)
    seen = np.bincount(many(lambda: permute_and_flip(scores, rate), size), minlength=5)
    yield improbable("permute-and-flip, report-noisy-max", fit(seen, flip_chances(scores, 0.5)), note)
    counts, middle = np.array([3, 0, 4, 1, 2]), Quantile(Fraction(1, 2), 0.8)
    seen = np.bincount(many(lambda: middle(counts), size), minlength=5)
    expected = flip_chances(middle.scores(counts), float(Choice(0.8, middle.sensitivity * 2).rate))
    yield improbable("median of ten rows", fit(seen, expected), note)
    yield improbable("naming of groups", _named(size), f"of {size:,} groups of one to six units, chi-square")


def _named(size: int) -> float:
    """Named groups by their number of units, against the chances of ``KeySelection``: the product's own road."""
    selection, sizes = KeySelection(0.7, 0.02), np.arange(size) % 6 + 1
    groups = np.repeat(np.arange(size), sizes)
    table = pa.table({"group": pa.array(groups).cast(pa.string())})
    question = Question("q", "rows", (Axis("group", None),), selected=True)
    named = LocalAnswers(table).keys(question, selection.chances())
    of_size = np.bincount(sizes[np.array([int(key[0] or 0) for key in named])], minlength=7)[1:]
    chances = np.array(selection.chances()[1:7], float) / 2.0**BITS
    there = np.bincount(sizes, minlength=7)[1:]
    return 6 * min(fit([seen, whole - seen], [chance, 1 - chance])
                   for seen, whole, chance in zip(of_size, there, chances, strict=True))


def losses(size: int) -> Iterator[Line]:
    """Yields each mechanism on two neighbours against the loss that its events claim."""
    note = f"two samples of {size:,}, every outcome and half-line"
    changes = (Change(1, 5),)
    laplace, gaussian = LaplaceNoise.of(1.0, changes), GaussianNoise.of(0.125, changes)
    one, other = (laplace(np.full(size, value)) for value in (0, 5))
    yield improbable("loss of Laplace noise, epsilon 1", pure_loss(one, other, 1.0), note)
    one, other = (gaussian(np.full(size, value)) for value in (0, 5))
    deltas = {epsilon: gaussian_delta(gaussian.sigma, 5, epsilon) for epsilon in EPSILONS}
    yield improbable("loss of Gaussian noise, rho 1/8", approximate_loss(one, other, deltas), f"{note}, epsilons {EPSILONS}")
    grid = OnGrid.laplace(0.3, 1.0)
    one, other = (np.rint(grid(np.full(size, value)) / grid.step / 64).astype(np.int64) for value in (0.1, 0.4))
    yield improbable("loss of Laplace noise on a grid", pure_loss(one, other, 1.0), f"{note}, of bins")
    first, second = [6, 5, 5, 3, 0], [5, 6, 6, 2, 1]
    for name, by_exponential in (("permute-and-flip", False), ("exponential mechanism", True)):
        choice = Choice(0.8, exponential=by_exponential)
        one, other = (many(lambda scores=scores, c=choice: c(scores), size) for scores in (first, second))
        yield improbable(f"loss of the {name}", pure_loss(one, other, 0.8), note)
    vector = AboveThreshold(1.0)
    one, other = (many(lambda asked=asked: _first(vector, asked), size // 4) for asked in ([-1, 0, 1, 2], [0, -1, 2, 1]))
    yield improbable("loss of sparse vector", pure_loss(one, other, 1.0), f"two samples of {size // 4:,}")
    middle = Quantile(Fraction(1, 2), 0.8)
    one, other = (many(lambda last=last: middle(np.array([3, 0, 4, last])), size // 4) for last in (1, 2))
    yield improbable("loss of a median", pure_loss(one, other, 0.8), f"two samples of {size // 4:,}")


def _first(vector: AboveThreshold, numbers: list[int]) -> int:
    answers = list(vector(numbers, 1))
    return answers.index(True) if any(answers) else len(numbers)


def planted(size: int) -> Iterator[Line]:
    """Yields bugs that the tests have to see."""
    half = discrete_laplace_many(Fraction(5, 2), size)
    caught = {
        "half of the noise, by fit": whole(half, lambda reach: laplace_chances(0.2, reach)),
        "half of the noise, by loss": pure_loss(half, discrete_laplace_many(Fraction(5, 2), size) + 5, 1.0),
        "a twentieth less noise, by loss": pure_loss(
            discrete_laplace_many(Fraction(19, 4), size), discrete_laplace_many(Fraction(19, 4), size) + 5, 1.0),
        "rounded normal noise for discrete": whole(
            np.rint(np.random.default_rng(1).normal(0, 0.6, size)).astype(np.int64), lambda reach: gaussian_chances(0.6, reach)),
    }
    for bug, chance in caught.items():
        yield line(f"planted: {bug}", float(chance >= FALSE_ALARM), "unseen", 0, f"1e{math.log10(max(chance, 1e-300)):.0f}")


def speeds(size: int) -> Iterator[Line]:
    """Yields how long a draw takes, one by one and many at a time."""
    for name, draw, count in (
        ("discrete Laplace, scale 50, many", lambda: discrete_laplace_many(Fraction(50), size), size),
        ("discrete Gaussian, sigma 50, many", lambda: discrete_gaussian_many(Fraction(2500), size), size),
        ("discrete Laplace, scale 50, one by one", lambda: many(lambda: discrete_laplace(Fraction(50)), 20_000), 20_000),
        ("discrete Gaussian, sigma 50, one by one", lambda: many(lambda: discrete_gaussian(Fraction(2500)), 20_000), 20_000),
        ("permute-and-flip of 1,024 scores", lambda: many(lambda: permute_and_flip([*range(1024)], Fraction(1, 10)), 20), 20),
    ):
        begin = time.process_time()
        draw()
        yield line(f"time: {name}", (time.process_time() - begin) / count * 1e6, "us", None, f"{count:,} draws")


def beside_opendp(draws: int) -> Iterator[Line]:
    """Yields errors on the Adult table beside OpenDP's, for the same epsilon and the same candidates."""
    if not PEERS.exists() or not (ADULT).exists():
        yield missing("quantiles and histograms beside OpenDP", f"no {PEERS if not PEERS.exists() else ADULT}")
        return
    source, shares = adult(), (0.25, 0.5, 0.95)
    ages = np.array(source["age"].to_pylist(), int)
    jobs, counts = np.unique(np.array(source["occupation"].to_pylist()), return_counts=True)
    theirs = _asked({
        "quantiles": {"values": ages.tolist(), "candidates": list(range(17, 91)), "shares": shares},
        "histogram": {"values": source["occupation"].to_pylist(), "categories": jobs.tolist()},
        "epsilons": {"quantiles": RANKED, "histogram": COUNTED}, "draws": draws})
    by_age, ours = np.bincount(ages - 17, minlength=74), time.process_time()
    for share, answers in zip(shares, theirs["quantiles"], strict=True):
        quantile = Quantile(Fraction(share).limit_denominator(100), RANKED)
        scores = np.array(quantile.scores(by_age)) / -quantile.share.denominator
        mine = float(np.mean([scores[quantile(by_age)] for _ in range(draws)]))
        peer = float(scores[np.array(answers) - 17].mean())
        note = f"Adult, age, epsilon {RANKED}, {draws} draws; OpenDP {peer:.3g}"
        yield {**line(f"quantile {share}: ranks off", mine, "ranks", None, note), "peer": peer}
    yield line("three quantiles: time", (time.process_time() - ours) / draws * 1e3, "ms", None,
               f"from counts; OpenDP {theirs['seconds']['quantiles'] * 1e3:.3g} from {len(ages):,} rows")
    noise = LaplaceNoise.of(COUNTED, (Change(1, 1),))
    mine = float(np.abs(noise(np.tile(counts, (draws, 1))) - counts).mean())
    peer = float(np.abs(np.array(theirs["histogram"]) - counts).mean())
    note = f"Adult, {len(jobs)} occupations, epsilon {COUNTED}, {draws} draws; OpenDP {peer:.3g}"
    yield {**line("histogram: mean absolute error", mine, "rows", peer * 1.15, note), "peer": peer}


def _asked(what: dict[str, Any]) -> dict[str, Any]:
    script = str(Path(__file__).with_name("mechanism_peers.py"))
    done = subprocess.run([str(PEERS), script], input=json.dumps(what), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
