"""Tables of keys, classes of words, and what unknown words look like."""

from collections import Counter
from math import log

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.names import sources
from engine.detect.names.lexicon import Lexicon, Table
from engine.detect.names.looks import LOOKS, Looks
from engine.detect.names.tokens import pair, tokens_of

KEYS = st.integers(1, 2**64 - 1) | st.integers(1, 40).map(lambda small: small << 58)


@settings(deadline=None)
@given(st.dictionaries(KEYS, st.integers(1, 1000), max_size=60), st.lists(KEYS, max_size=30))
def test_table_is_a_dictionary(known, asked):
    table = Table(np.array(list(known), np.uint64), np.array(list(known.values()), np.int64))
    keys = [*known, *asked]
    assert table.find(np.array(keys, np.uint64)).tolist() == [known.get(key, 0) for key in keys]


def test_table_of_what_is_not_there_is_empty():
    table = Table(np.zeros(0, np.uint64), np.zeros(0, np.int64))
    assert table.find(np.array([5, 7], np.uint64)).tolist() == [0, 0]
    assert table.find(np.zeros(0, np.uint64)).tolist() == []


LISTS = {"given name": {"María", "Will", "Željko"}, "family name": {"Will", "O", "Škoda"}, "city": {"New York", "York"},
         "English word": {"will", "walking"}}


def kinds(lexicon, text):
    block = Block(pa.array([text]))
    tokens = tokens_of(block)
    return [lexicon.kinds_of(lexicon.members[one]) for one in lexicon.classes(block.buffer, tokens)[tokens.word]]


def test_kinds_of_words_in_any_case_and_without_accents():
    lexicon = Lexicon.of(LISTS)
    for written in ("María", "MARÍA", "maría", "Maria", "MARIA"):
        assert kinds(lexicon, written) == [["given name"]]
    for written in ("Željko", "ŽELJKO", "željko", "Zeljko"):
        assert kinds(lexicon, written) == [["given name"]]
    assert kinds(lexicon, "Will") == [["given name", "family name", "English word"]]
    assert lexicon.having("family name").sum() == 2


def test_stretches_of_a_kind():
    lexicon = Lexicon.of(LISTS)
    buffer = np.frombuffer(b"will york", np.uint8)
    assert lexicon.is_of(buffer, np.array([0, 5, 0]), np.array([4, 9, 0]), "family name").tolist() == [True, False, False]


def test_looks_are_told_of_latin_letters_alone():
    (unknown,) = kinds(Lexicon.of(LISTS), "погода")
    assert unknown == ["like nothing"]


def test_pairs():
    lexicon = Lexicon.of(LISTS)
    tokens = tokens_of(Block(pa.array(["new york and York New"])))
    keys = tokens.key[tokens.word]
    assert (lexicon.pairs.find(pair(keys[:-1], keys[1:])) > 0).tolist() == [True, False, False, False]


def test_unknown_words_have_looks():
    (unknown,) = kinds(Lexicon.of(LISTS), "xyzzyx")
    assert len(unknown) == 1
    assert unknown[0] in LOOKS


@settings(deadline=None)
@given(st.lists(st.lists(st.text(alphabet="abcdz", min_size=4, max_size=7), min_size=1, max_size=20), min_size=2, max_size=4),
       st.text(alphabet="abcdz", min_size=4, max_size=7))
def test_looks_are_naive_bayes_of_letters(lists, word):
    encoded = np.frombuffer(word.encode(), np.uint8)
    found = Looks(lists).of(encoded, np.array([0]), np.array([len(word)]))[0]

    def parts(text):
        return text[:3], text[-3:], text[-4:-1]

    logs = []
    for words in lists:
        counts = [Counter(parts(one)[part] for one in words) for part in range(3)]
        logs.append(sum(log((count[parts(word)[part]] + 0.3) / (len(words) + 0.3 * 32768)) for part, count in enumerate(counts)))
    odds = np.exp(np.array(logs) - max(logs))
    share = 1 / odds.sum()
    if abs(share - 0.55) > 1e-3 and abs(share - 0.85) > 1e-3 and (share > 0.55 or share < 0.5):
        assert found == (2 * int(odds.argmax()) + (share > 0.85) if share > 0.55 else len(LOOKS) - 1)


@pytest.mark.slow
def test_sources_list_names_and_places_of_many_countries():
    lists = sources.lists()
    assert {"Mary", "Szabolcs", "María"} <= lists["given name"]
    assert {"Smith", "Müller", "佐藤", "王", "김"} <= lists["family name"]
    assert {"राहुल", "민수"} <= lists["given name"]  # letters with their marks
    assert {"Paris", "Buenos Aires"} <= lists["well-known place"]
    assert "Norwegian" in lists["demonym"]
    assert "Norway" in lists["country"]
    assert "the" in lists["common word"]
    assert "gmbh" in lists["org suffix"]
    assert sum(map(len, lists.values())) > 100_000


@pytest.mark.slow
def test_everyday_words_that_few_lists_have_as_names():
    hardly = sources.lists()["hardly a name"]
    assert {"made", "brook", "bridges"} <= hardly
    assert not hardly & {"grace", "white", "young", "mark", "smith"}
