"""From the probability of each label for each token to claims on stretches of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.detect.block import Bytes, Claims, Flags, Integers
from engine.detect.names.chain import Evidence
from engine.detect.names.tokens import SHAPE, Tokens

PERSON, PLACE, ADDRESS, TITLE, AGE = "PERSON", "LOCATION", "STREET_ADDRESS", "TITLE", "AGE"
POSTAL_CODE = "ZIP_CODE"
"""Numbers among the words of a place, of whatever country: another finding than the town beside it."""

LEAST = 0.4
"""Probability from which a token is claimed: one that is missed costs more than one too many."""

LEAST_OF = {"ORGANIZATION": 0.5}
"""The same for a type of its own: an organization identifies nobody, and is what prose is most often taken for."""

SOURCES = ("NameEvidence", "AgeUpTo89")
"""Who claims. Ages up to 89 identify nobody by 45 CFR 164.514(b)(2)(i)(C), so they can be told apart."""

_LONELY, _BESIDE = 0.8, 3
"""Probability that a postal code needs where no place and no address is so few tokens away."""

_NINETY = ord("9")
_INITIALS = 3
_LINE, _SETTLED = SHAPE["line end"], SHAPE["other finding"]


class Runs(NamedTuple):
    """Tokens in a row with one label: first token, end (exclusive), label, mean probability of the words and numbers in it."""

    begin: Integers
    end: Integers
    label: Integers
    score: npt.NDArray[np.float64]

    def those(self, chosen: Flags) -> Runs:
        """Returns some of the runs."""
        return Runs(self.begin[chosen], self.end[chosen], self.label[chosen], self.score[chosen])


def least(types: Sequence[str]) -> Evidence:
    """Returns the probability from which each label is claimed; of label 0, nothing, any."""
    return np.array([0.0, *(LEAST_OF.get(one, LEAST) for one in types)], np.float32)


def labelled(likely: Evidence, least: Evidence) -> tuple[Integers, Evidence]:
    """Returns the label that is claimed of each token, 0 for none, and its probability.

    Args:
        likely: (tokens, labels) probabilities; label 0 is of nothing, the last of something else.
        least: Probability from which each label but the last is claimed.
    """
    label, most = np.zeros(len(likely), np.int64), np.zeros(len(likely), likely.dtype)
    some = np.flatnonzero(likely[:, 0] < 1 - LEAST)
    label[some] = likely[some, 1:-1].argmax(axis=1) + 1
    most[some] = likely[some, label[some]]
    label[most < least[label]] = 0
    return label, most


def runs_of(tokens: Tokens, label: Integers, most: Evidence, types: tuple[str, ...], honorific: Flags) -> Runs:
    """Returns the runs that are claimed.

    Args:
        tokens: The tokens.
        label: Label of each token.
        most: Its probability.
        types: Entity types.
        honorific: Which tokens are honorific titles: they count before a person only.
    """
    label[honorific & (label == types.index(TITLE) + 1)] = 0
    label[(tokens.shape >= _LINE) & (label != types.index(ADDRESS) + 1) | (tokens.shape == _SETTLED)] = 0
    number = (tokens.shape >= SHAPE["4 digits"]) & (tokens.shape <= SHAPE["6 digits or more"])
    code = (label == types.index(PLACE) + 1) & number
    places = ~code & np.isin(label, [types.index(PLACE) + 1, types.index(ADDRESS) + 1])
    label[code & (most < _LONELY) & ~near(places, tokens.value)] = 0
    label = np.where(code & (label > 0), types.index(POSTAL_CODE) + 1, label)
    # A title is no part of the name that it stands before.
    person = label == types.index(PERSON) + 1
    label[honorific & person & ~np.concatenate(([False], person[:-1])) & np.concatenate((person[1:], [False]))] = 0
    change = np.flatnonzero(np.diff(label, prepend=0, append=0))
    found = _without_marks(tokens, change[:-1], change[1:], label, most)
    return _with_initials(tokens, found.those(found.label > 0), types)


def near(flags: Flags, value: Integers) -> Flags:
    """Returns which tokens are, or have at most three tokens away, one of some others of their value."""
    found = flags.copy()
    for step in range(1, _BESIDE + 1):
        same = value[step:] == value[:-step]
        found[step:] |= flags[:-step] & same
        found[:-step] |= flags[step:] & same
    return found


def _with_initials(tokens: Tokens, runs: Runs, types: tuple[str, ...]) -> Runs:
    """Adds the initials with a full stop that stand before persons."""
    begin = runs.begin.copy()
    persons = np.flatnonzero(runs.label == types.index(PERSON) + 1)
    for _ in range(_INITIALS):
        persons = persons[begin[persons] > 1]
        at = begin[persons]
        persons = persons[(tokens.shape[at - 1] == SHAPE["."]) & (tokens.shape[at - 2] == SHAPE["capital letter"])]
        begin[persons] -= 2
    return runs._replace(begin=begin)


def _without_marks(tokens: Tokens, begin: Integers, end: Integers, label: Integers, most: npt.NDArray[np.float32]) -> Runs:
    """Drops marks and line feeds at both ends of runs, and a possessive s."""
    content = tokens.shape < SHAPE["."]
    before = np.concatenate(([0], np.cumsum(content)))
    some = before[end] > before[begin]
    begin, end = begin[some], end[some]
    place = np.flatnonzero(content)
    first, last = place[before[begin]], place[before[end] - 1]
    owned = (last > first + 1) & (tokens.shape[last] == SHAPE["letter"]) & (tokens.shape[last - 1] == SHAPE["joining '"])
    last = np.where(owned, last - 2, last)
    sums = np.concatenate(([0], np.cumsum(np.where(content, most, 0), dtype=np.float64)))
    return Runs(first, last + 1, label[first], (sums[last + 1] - sums[first]) / np.maximum(1, before[last + 1] - before[first]))


def with_titles(tokens: Tokens, runs: Runs, types: tuple[str, ...], honorific: Flags) -> Runs:
    """Adds the honorific titles before persons, with their full stop."""
    persons = runs.those(runs.label == types.index(PERSON) + 1)
    last = np.maximum(persons.begin - 1, 0)
    stop = tokens.shape[last] == SHAPE["."]
    at = np.maximum(last - stop, 0)
    here = honorific[at] & (persons.begin > 0)
    at, end, score = at[here], persons.begin[here], persons.score[here]
    titles = Runs(at, end, np.full(len(at), types.index(TITLE) + 1), score)
    return Runs(*(np.concatenate(both) for both in zip(runs, titles, strict=True)))


def claims_of(tokens: Tokens, buffer: Bytes, runs: Runs, types: tuple[str, ...]) -> Claims:
    """Returns runs as claims on bytes."""
    start, end, kind = tokens.start[runs.begin], tokens.end[runs.end - 1], runs.label - 1
    shape = tokens.shape[runs.begin]
    high = (shape == SHAPE["3 digits"]) | (shape == SHAPE["2 digits"]) & (buffer[start] == _NINETY)
    source = ((kind == types.index(AGE)) & ~high).astype(np.int64)
    return Claims(start, end, kind, runs.score, source)
