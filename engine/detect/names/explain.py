"""Why a name was found: the features that spoke for it, and how much."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import NamedTuple

import pyarrow as pa

from engine.detect.block import Block
from engine.detect.names.evidence import ending, features_of
from engine.detect.names.facts import FACTS
from engine.detect.names.spans import PLACE, POSTAL_CODE
from engine.detect.names.tier import NameTier, Reading
from engine.detect.names.tokens import tokens_of
from engine.detect.names.unspaced import cuts

_AROUND = "what stands around it"


class Explained(NamedTuple):
    """A finding and its evidence.

    Attributes:
        span: Characters, end exclusive.
        entity_type: What it is.
        score: Its probability.
        evidence: Features in words and their weights (natural log odds, a word's mean), the heaviest first. They add up to the
            log odds of the score; the last tells what the labels of the tokens around it add.
    """

    span: tuple[int, int]
    entity_type: str
    score: float
    evidence: list[tuple[str, float]]


def explain(text: str, tier: NameTier | None = None) -> list[Explained]:
    """Finds names and places in a text and tells why. No part of the text stands in the evidence but common words of language."""
    tier = tier or NameTier.default()
    block = Block(pa.array([text], pa.string()))
    reading = tier.read(block, tokens_of(block, cuts(block, tier.lexicon)))
    tokens = reading.tokens
    found = []
    for begin, end, label, score in zip(*(column.tolist() for column in reading.runs), strict=True):
        places = block.characters(tokens.start[[begin]]), block.characters(tokens.end[[end - 1]])
        kind = PLACE if tier.types[label - 1] == POSTAL_CODE else tier.types[label - 1]
        weights = _weights(tier, reading, begin, end, tier.tables.labels.index(kind))
        odds = math.log(max(score, 1e-9) / max(1 - score, 1e-9))
        heaviest = sorted(weights.items(), key=lambda one: -abs(one[1]))
        span = int(places[0][0]), int(places[1][0])
        found.append(Explained(span, tier.types[label - 1], score, [*heaviest, (_AROUND, odds - sum(weights.values()))]))
    return sorted(found)


def _weights(tier: NameTier, reading: Reading, begin: int, end: int, label: int) -> dict[str, float]:
    """Adds up a label's weights over the words and numbers of a run; their mean."""
    total: dict[str, float] = defaultdict(float)
    inside = [place for place in range(begin, end) if reading.tokens.word[place] or reading.tokens.key[place] or place == begin]
    for place in inside:
        for offset in tier.tables.places:
            for feature in _features(tier, reading, place + offset):
                if weight := tier.tables.weight(offset, feature, label):
                    total[feature + _where(offset)] += weight / len(inside)
        alone = [fact for bit, fact in enumerate(FACTS) if int(reading.at.facts[place]) >> bit & 1]
        for feature in (*alone, *([ending(int(reading.at.ending[place]))] if reading.at.ending[place] else [])):
            if weight := tier.tables.weight(0, feature, label):
                total[feature] += weight / len(inside)
    return dict(total)


def _features(tier: NameTier, reading: Reading, place: int) -> list[str]:
    """Names the features of a token; before the first stands an end."""
    if 0 <= place < len(reading.at.word):
        return features_of(tier.lexicon, int(reading.at.word[place]))
    return ["shape: end"] if place == -1 else []


def _where(offset: int) -> str:
    return f", {abs(offset)} {'before' if offset < 0 else 'after'}" if offset else ""
