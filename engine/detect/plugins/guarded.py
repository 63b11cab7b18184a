"""Runs what users wrote on many values: together while all goes well, each value alone and on its own time where it does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from engine.detect.plugins.budget import Budget, Deadline, OutOfTime
from engine.detect.plugins.plain import joins
from engine.detect.plugins.rules import Claim, Rule

Integers = npt.NDArray[np.int64]
Place = tuple[int, int, int, float]
"""Index of the value, start, end, score."""

OUT_OF_TIME = "out of time"
_CHUNK = 1 << 18
"""Characters that are searched together."""

Made = TypeVar("Made", bound=tuple[Any, ...])


class Watch:
    """What one plug-in has spent on each value, and which values it had to give up."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.given_up: dict[int, str] = {}
        self._spent: dict[int, float] = {}

    def alone(self, find: Callable[[str, float], Iterable[Made]], value: int, text: str) -> list[Made]:
        """Returns what ``find`` makes of one text in the time that the value has left; nothing where it fails."""
        left = self.budget.seconds - self._spent.get(value, 0.0)
        began = time.monotonic()
        try:
            with Deadline(left):
                return list(find(text, left))
        except (OutOfTime, TimeoutError):
            self.given_up[value] = OUT_OF_TIME
        except (Exception, SystemExit) as failed:  # noqa: BLE001 - whatever a user's code raises ends the value
            self.given_up[value] = type(failed).__name__  # its message may hold the value
        finally:
            self._spent[value] = self._spent.get(value, 0.0) + time.monotonic() - began
        return []


def searched(rule: Rule, values: Sequence[int], texts: Sequence[str], watch: Watch) -> Iterator[Place]:
    """Yields a rule's claims: what its pattern finds in each text alone, and its validator accepts.

    Args:
        rule: The rule.
        values: What each text is called in claims and in ``watch``.
        texts: The texts.
        watch: Told of values that had to be given up.
    """
    _ = rule.pattern  # compiled now: that is no cell's time
    for first, last in _chunks(texts) if joins(rule) else ((one, one + 1) for one in range(len(texts))):
        if last - first > 1:
            claims = _together(rule, texts[first:last], watch.budget)
            if claims is not None:
                yield from ((values[first + place], start, end, score) for place, start, end, score in claims)
                continue
        for value, text in zip(values[first:last], texts[first:last], strict=True):
            if value not in watch.given_up:
                for claim in watch.alone(lambda one, left: claims_of(rule, one, left), value, text):
                    yield (value, *claim)


def claims_of(rule: Rule, text: str, seconds: float) -> Iterator[Claim]:
    """Yields a rule's claims on one text.

    Raises:
        TimeoutError: If the pattern takes more processor time than that.
    """
    for match in rule.pattern.finditer(text, timeout=seconds):
        claim = rule.claim(match)
        if claim is not None and claim[0] < claim[1]:
            yield claim


def _chunks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    begin = size = 0
    for index, text in enumerate(texts):
        if size + len(text) > _CHUNK and index > begin:
            yield begin, index
            begin, size = index, 0
        size += len(text) + 1
    if begin < len(texts):
        yield begin, len(texts)


def _together(rule: Rule, texts: Sequence[str], budget: Budget) -> list[Place] | None:
    """Returns the claims on texts joined by NUL; None where something goes wrong in one of them."""
    try:
        with Deadline(budget.together):
            claims = list(claims_of(rule, "\0".join(texts), budget.together))
    except (OutOfTime, Exception, SystemExit):  # noqa: BLE001 - each text alone tells whose fault it is
        return None
    if not claims:
        return []
    ends = np.cumsum(np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts)))
    places = np.searchsorted(ends, [start for start, _, _ in claims], "right").tolist()
    first = (ends - np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))).tolist()
    return [(place, start - first[place], end - first[place], score)
            for place, (start, end, score) in zip(places, claims, strict=True)]
