"""Expressions that are walked by a kernel, since most texts are full of what looks like them: hosts, and days with a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.detect.block import Block, Integers
from engine.detect.checks.domains import begins_top_level
from engine.detect.kernels.cutting import CLASSES, LETTER
from engine.detect.kernels.finding import days, hosts

Walk = Callable[[Block], tuple[Integers, Integers]]

HOSTS = r"""\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}\b(?:/(?:[^\s\x00()<>"']*[^\s\x00()<>"',;])?)?"""

_YEAR, _MONTH, _DAY = "(?:1[5-9]|20|21)[0-9]{2}", "(?:1[0-2]|0?[1-9])", "(?:3[01]|[12][0-9]|0?[1-9])"
_DATE = (f"{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}|{_DAY}[-/.]{_DAY}[-/.]{_YEAR}|{_DAY}[-/]{_DAY}[-/][0-9]{{2}}|"
         r"(?:3[01]|[12][0-9]|0[1-9])\.(?:3[01]|[12][0-9]|0[1-9])\.[0-9]{2}")
_TIME = (r"[T ](?:2[0-3]|[01]?[0-9]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
         "(?:Z|[+-](?:1[0-4]|0[0-9]):?[0-5][0-9])?")
DAYS = rf"\b(?:{_DATE})(?:{_TIME})?\b"

_HOST = (CLASSES >= LETTER) | (np.arange(256) == ord("-"))
_PATH = ~np.isin(np.arange(256), np.frombuffer(b"\t\n\f\r \0()<>\"'", np.uint8))
"""Whether a byte may stand in a label of a host, in a path after it."""


def _hosts(block: Block) -> tuple[Integers, Integers]:
    """Leaves out those whose last label is no top-level domain, as their check would."""
    dots = block.places_of(".A")
    found = np.empty((3, len(dots)), np.int64)
    start, end, label = found[:, :hosts(block.padded, CLASSES, _HOST, _PATH, dots, found)]
    known = begins_top_level(block.padded, label)
    return start[known], end[known]


def _days(block: Block) -> tuple[Integers, Integers]:
    found = np.empty((2, len(block.numbers)), np.int64)
    count = days(block.padded, CLASSES, block.numbers, found)
    return found[0, :count], found[1, :count]


WALKS: dict[tuple[str, bool], Walk] = {(HOSTS, True): _hosts, (DAYS, False): _days}
"""By expression, and whether it is of any case: what finds its matches, from left to right and the longest of each place; it may
leave out what fails the check of its type."""
