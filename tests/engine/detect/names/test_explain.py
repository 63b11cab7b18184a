"""Evidence: weights added up as features say, and told."""

from functools import cache
from math import log

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.config import packaged
from engine.detect.names import NameTier, explain
from engine.detect.names.evidence import Weights, ending, features_of, seen
from engine.detect.names.facts import FACTS
from engine.detect.names.tokens import SHAPE, tokens_of


@cache
def written():
    return Weights.parse(packaged("names/weights.csv"))


TEXTS = st.lists(st.sampled_from(["Mary", "Smith", "Dr.", "in", "London", "walking", "12", "Elm", "Street,", "\n", "New York",
                                  "García"]),
                 max_size=12).map(" ".join)


@settings(deadline=None, max_examples=25)
@given(TEXTS)
def test_evidence_is_the_sum_of_the_weights_of_features(text):
    names = NameTier.default()
    block = Block(pa.array([text]))
    tokens = tokens_of(block)
    at = seen(tokens, block.buffer, names.lexicon)
    found = names.tables.evidence(at, tokens, np.arange(len(tokens.start)))
    weights = written()
    for place in range(len(tokens.start) - 1):
        total = np.zeros(len(weights.labels))
        for offset in weights.places():
            if 0 <= place + offset < len(tokens.start):
                for feature in features_of(names.lexicon, int(at.word[place + offset])):
                    total += weights.at.get((offset, feature), 0)
            elif place + offset == -1:  # before a value stands an end
                total += weights.at.get((offset, "shape: end"), 0)
        if at.ending[place]:
            total += weights.at.get((0, ending(int(at.ending[place]))), 0)
        total += sum(weights.at.get((0, fact), 0) for bit, fact in enumerate(FACTS) if int(at.facts[place]) >> bit & 1)
        assert found[place] == pytest.approx(total, abs=1e-3)


def test_features_of_a_word():
    names = NameTier.default()
    block = Block(pa.array(["seen Mary walking"]))
    tokens = tokens_of(block)
    at = seen(tokens, block.buffer, names.lexicon)
    features = features_of(names.lexicon, int(at.word[1]))
    assert {"given name", "given name, capitalized", "shape: capitalized"} <= set(features)
    assert ending(int(at.ending[2])) == "ending -ing"
    assert tokens.shape[1] == SHAPE["capitalized"]


def test_facts():
    names = NameTier.default()

    def facts(text):
        block = Block(pa.array([text]))
        at = seen(tokens_of(block), block.buffer, names.lexicon)
        return [{fact for bit, fact in enumerate(FACTS) if int(bits) >> bit & 1} for bits in at.facts]

    assert "words that name a place together" in facts("in New York today")[1]
    assert "short text" in facts("John Smith")[0]
    assert "short text" not in facts("one two three four five")[0]
    assert "line that begins with a number" in facts("12 Elm Street\nDover")[1]
    assert "line that begins with a number" not in facts("12 Elm Street\nDover")[4]
    assert "short line" not in facts("a b c d e f g\nh")[0]
    assert "short line" in facts("a b c d e f g\nh")[8]


def test_explained():
    text = "Patient: Željko Brankovič, seen on Monday by Dr. Mary Poe"
    found = explain(text)
    spans = {(text[slice(*one.span)], one.entity_type) for one in found}
    assert {("Željko Brankovič", "PERSON"), ("Mary Poe", "PERSON"), ("Monday", "DATE_TIME")} <= spans
    for one in found:
        assert sum(weight for _, weight in one.evidence) == pytest.approx(log(one.score / (1 - one.score)), abs=0.01)
        assert not any(word in name for name, _ in one.evidence for word in ("Željko", "Brankovič", "Poe"))
    mary = next(one for one in found if text[slice(*one.span)] == "Mary Poe")
    assert any(name.startswith("given name") and weight > 0 for name, weight in mary.evidence)
    assert any(name.startswith("title") and "before" in name for name, _ in mary.evidence)


def test_nothing_to_explain():
    assert explain("") == []
    assert explain("nothing here") == []
