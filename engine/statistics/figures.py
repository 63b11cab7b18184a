"""From exact counts to released figures: noise, and what may be done to figures after it, which costs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from engine.backends.statistics import Answers, Counted, Key, groups_of
from engine.privacy.exact import Whole
from engine.privacy.keys import KeySelection
from engine.privacy.noise import Noise
from engine.privacy.quantiles import Quantile
from engine.privacy.questions import Question
from engine.privacy.spending import Spend
from schemas.policy.statistics import Statistics
from schemas.statistics import Figure

Reals = npt.NDArray[np.float64]


def figures_of(question: Question, spends: Sequence[Spend], answers: Answers) -> list[Figure]:
    """Returns a query's figures, with noise, in the order of its groups."""
    by_part = {spend.part: spend.mechanism for spend in spends}
    selection = by_part.get("keys")
    keys = answers.keys(question, selection.chances()) if isinstance(selection, KeySelection) else groups_of(question)
    counted = answers.counted(question, keys)
    if question.measure == "values":
        quantiles = [spend.mechanism for spend in spends if isinstance(spend.mechanism, Quantile)]
        return list(_quantiles(question, keys, counted, quantiles))
    noise: dict[str, Noise] = {part: kind for part, kind in by_part.items() if not isinstance(kind, KeySelection | Quantile)}
    noisy = {part: kind(counted.counts if part == "counts" else counted.sums) for part, kind in noise.items()}
    return [Figure(query=question.name, groups=_groups(question, keys[at]), measure=measure, value=float(values[at]),
                   deviation=float(deviations[at]))
            for at in range(len(keys)) for measure, values, deviations in _measures(question, noise, noisy)]


def _measures(question: Question, noise: dict[str, Noise], noisy: dict[str, Whole]) -> Iterator[tuple[str, Reals, Reals]]:
    """Yields what is told of each group: measure, values, standard deviations of noise.

    That of a mean by the delta method: origin + S / N has about the variance (var S + (S / N)² var N) / N².
    """
    steps = question.steps
    if "counts" in noise:
        counts = noisy["counts"].astype(np.float64)
        yield ("subjects" if question.measure == "subjects" else "rows"), counts, np.full(len(counts), noise["counts"].deviation)
    if "sums" in noise and steps is not None:
        sums, deviation = noisy["sums"].astype(np.float64) * steps.step, noise["sums"].deviation * steps.step
        if question.measure == "sum":
            yield "sum", sums, np.full(len(sums), deviation)
        else:
            rows = np.maximum(counts, 1.0)
            means = np.clip(steps.origin + sums / rows, steps.lower, steps.upper)
            yield "mean", means, np.hypot(deviation, (means - steps.origin) * noise["counts"].deviation) / rows


def _quantiles(question: Question, keys: Sequence[Key], counted: Counted, quantiles: Sequence[Quantile]) -> Iterator[Figure]:
    """Yields each group's quantiles in rising order: a later one that came out lower changes places with it."""
    ordered = sorted(quantiles, key=lambda quantile: quantile.share)
    for at, key in enumerate(keys):
        if counted.points is None or question.steps is None:
            raise TypeError("quantiles are taken of points")
        found = sorted(quantile(counted.points[at]) for quantile in ordered)
        for quantile, point in zip(ordered, found, strict=True):
            value = min(max(question.steps.value(point), question.steps.lower), question.steps.upper)
            measure = f"quantile {float(quantile.share):g}"
            yield Figure(query=question.name, groups=_groups(question, key), measure=measure, value=value)


def _groups(question: Question, key: Key) -> dict[str, str | None]:
    return {axis.column: label for axis, label in zip(question.axes, key, strict=True)}


def after(figures: Sequence[Figure], asked: Statistics) -> list[Figure]:
    """Returns the figures as the policy wants them shown: no count below 0, or as they are."""
    if not asked.non_negative:
        return list(figures)
    return [figure.model_copy(update={"value": max(figure.value, 0.0)}) if figure.measure in {"rows", "subjects"} else figure
            for figure in figures]
