"""Our side: the scanner as users call it, and what it claims as spans."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from engine.detect.config import BETTER_BY_EVIDENCE, RecognizerConfig
from engine.detect.scanner import Scanner
from tests.benchmarks.detect.spans import Span

THRESHOLD = 0.4


_WARM = pa.array([f"Call Jane Roe on +1 415 555 {place:04} or write to jane{place}@example.org before 2024-02-29. ４１１１ 1111"
                  for place in range(4000)])
"""Enough for loops to be compiled (``engine.detect.kernels.WORTH``)."""


@functools.cache
def scanner() -> Scanner:
    """Returns the scanner that users get; loaded and warm."""
    made = Scanner.default()
    made.find(_WARM)
    return made


@functools.cache
def first_tier() -> Scanner:
    """Returns a scanner of the registry's types alone that run before names do."""
    made = Scanner.load(RecognizerConfig.default().model_copy(update={"names": "off", "leave_out": BETTER_BY_EVIDENCE}))
    made.find(_WARM)
    return made


@functools.cache
def everything() -> Scanner:
    """Returns a scanner that reports titles and ages up to 89, too, which labelled sets label."""
    made = Scanner.load(RecognizerConfig.default().model_copy(update={"names": "all"}))
    made.find(_WARM)
    return made


def types(one: Scanner) -> set[str]:
    """Returns the entity types that a scanner looks for."""
    return set(one.entity_types)


def budget() -> float:
    """Returns the seconds that one cell may take."""
    settings: Any = getattr(scanner().config, "budget", None)
    return float(settings.seconds) if settings else 5.0


def found(texts: Sequence[str], header: str = "", one: Scanner | None = None) -> list[list[Span]]:
    """Returns what a scanner (that of users by default) claims in each text with a score of at least ``THRESHOLD``."""
    claims: list[list[Span]] = [[] for _ in texts]
    table = (one or scanner()).find(pa.array(texts, pa.string()), header=header)
    columns = (table[name].to_pylist() for name in ("row", "start", "end", "entity_type", "score"))
    for row, start, end, kind, score in zip(*columns, strict=True):
        if score >= THRESHOLD:
            claims[row].append(Span(start, end, kind, score))
    return claims
