"""Documents as tokens with the labels that each may have: what weights are fitted to (fit_names.py)."""

import random

import names_corpora as corpora
import numpy as np
import pyarrow as pa

from engine.detect.block import Block
from engine.detect.names import chain
from engine.detect.names.evidence import Seen, features_of, features_of_word, seen
from engine.detect.names.facts import ALONE, ELSEWHERE, KNOWN, PLAIN
from engine.detect.names.tokens import SETTLED, SHAPE, SHAPES, WORD_SHAPES, tokens_of

LABELS = ("nothing", "PERSON", "LOCATION", "STREET_ADDRESS", "ORGANIZATION", "TITLE", "AGE", "NRP", "DATE_TIME", "OTHER")
NAMES = ("given name", "family name", "name in many countries", "city", "region", "part of a place name",
         "country in another language")
COULD_BE = {"DATE_TIME": ("weekday", "month", "time unit", "time word", "number word"), "NRP": ("demonym",),
            "TITLE": ("title", "job", "job ending word"), "AGE": ()}
"""Label → kinds of words that could have it where a corpus does not label it; numbers can be dates and ages."""

_DIGITS = [SHAPE[name] for name in ("1 digit", "2 digits", "3 digits", "year", "digits then letters")]
_PLACES = {name: index for index, name in enumerate(LABELS)} | {"MISC": len(LABELS) - 1}
_PARTIES = {"borrower", "lender", "bank", "agent"}
"""Roles in contracts that one corpus labels as names."""

_UNSEEN = ("SEXO", "FAMILIARES", "OTROS")
"""Labels of what no tier looks for."""

_RENAMED = {"CORREO_ELECTRONICO": "EMAIL_ADDRESS", "NUMERO_TELEFONO": "PHONE_NUMBER"}


class Sample:
    """Documents as tokens, with the labels that each may have.

    Args of the constructor: (documents, how much each counts) pairs; the lexicon; a source of chance.
    """

    def __init__(self, weighted, lexicon, rng):
        documents = [document for among, _ in weighted for document in among]
        block = Block(pa.array([document.text for document in documents], pa.string()))
        tokens = tokens_of(block)
        self.may = np.zeros((len(tokens.start), len(LABELS)))
        self.may[:, 0] = 1
        self.documents, self.block = documents, block
        self._label(tokens, lexicon)
        self.cut = chain.stretches(*_values(tokens))
        weight = np.concatenate([np.full(len(among), times) for among, times in weighted])
        self.weight = weight[tokens.value[self.cut.start]]
        persons = (self.may[:, 1] == 1) & (self.may.sum(1) == 1) & tokens.word
        names = tokens.key ^ tokens.value.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        known = tokens.word & np.isin(names, names[persons & (rng.random(len(persons)) < 0.15)])
        again = tokens.word & np.isin(names, names[persons & (np.bincount(tokens.value)[tokens.value] > 80)])
        at = seen(tokens, block.buffer, lexicon)
        known &= rng.random(len(known)) < 0.3
        again &= rng.random(len(again)) < 0.6
        facts = at.facts & ~(1 << ALONE) & ~(known.astype(np.int64) << PLAIN)
        self.at = Seen(at.word, at.ending, facts | known << KNOWN | again << ELSEWHERE)
        self.tokens = tokens

    def _label(self, tokens, lexicon):
        """Reads the labels off the spans; settles some of what the first tier finds."""
        chance = random.Random(1)  # noqa: S311 - the same weights every time
        could = _could_be(tokens, lexicon, self.block)
        first = np.searchsorted(tokens.value, np.arange(len(self.documents) + 1))
        for index, document in enumerate(self.documents):
            mine = slice(first[index], first[index + 1])
            for label in could.keys() - document.complete:
                self.may[mine, _PLACES[label]] = could[label][mine]
            self.may[mine, -1] = document.complete != corpora.ENTITIES
            begin = int(self.block.starts[index])
            for start, end, kind in document.spans:
                low = begin + len(document.text[:start].encode())
                high = low + len(document.text[start:end].encode())
                span = slice(*np.searchsorted(tokens.start, [low, high]))
                if not _settled(tokens, span, kind, document.text[start:end], chance):
                    self.may[span] = _allowed(kind, document, document.text[start:end], could["NRP"][span])

def _could_be(tokens, lexicon, block):
    """Returns label → which tokens could have it."""
    classes = lexicon.classes(block.buffer, tokens)
    found = {label: tokens.word & (lexicon.having(*kinds)[classes] if kinds else False) for label, kinds in COULD_BE.items()}
    numbers = np.isin(tokens.shape, _DIGITS)
    return found | {label: found[label] | numbers for label in ("DATE_TIME", "AGE")}


def _settled(tokens, span, kind, words, chance):
    """Settles a span as the first tier would, most of the time; returns whether nothing is left to label."""
    plain = kind == "DATE_TIME" and not any(sign.isalpha() for sign in words)
    if kind in _PLACES and not (plain and chance.random() < 0.6):
        return False
    if plain or (chance.random() < 0.8 and not kind.startswith(_UNSEEN)):
        tokens.shape[span] = SETTLED.get(_RENAMED.get(kind, kind), SHAPE["other finding"])
        tokens.key[span] = 0
    return True


def _allowed(kind, document, words, demonym):
    """Returns (tokens, labels): what the tokens of a labelled span may be."""
    may = np.zeros((len(demonym), len(LABELS)))
    if words.lower() in _PARTIES:
        return may + 1
    may[:, _PLACES[kind]] = 1
    if kind == "MISC":  # some corpora put nationalities there
        may[:, _PLACES["NRP"]] = may[:, 0] = demonym
    if kind == "LOCATION" and document.complete == corpora.ENTITIES and any(sign.isdigit() for sign in words):
        may[:, _PLACES["STREET_ADDRESS"]] = 1
    return may


def _values(tokens):
    ends = np.flatnonzero(tokens.shape == SHAPE["end"]) + 1
    first = np.concatenate(([0], ends[:-1]))
    return first, ends - first


def forgetting(sample, lexicon, rng):
    """Makes the lexicon forget some words here and there, as it does not know all: returns rows of words, and the features of
    each."""
    width = len(WORD_SHAPES)
    rows = [features_of(lexicon, row) for row in range(len(lexicon.members) * width + len(SHAPES) - width)]
    drop = {kind: bit for bit, kind in enumerate(lexicon.kinds)}
    names = sum(1 << drop[kind] for kind in NAMES)
    class_of = {bits: index for index, bits in enumerate(lexicon.members)}
    new = []
    word = sample.at.word.copy()
    looks = lexicon.looks.of(sample.block.buffer, sample.tokens.start, sample.tokens.end)
    words = np.flatnonzero(word < len(lexicon.members) * width)
    for mask, share in ((names, 0.35), (1 << drop["common word"], 0.12), (1 << drop["well-known place"], 0.2),
                        (1 << drop["well-known organization"], 0.3)):
        for place in words[rng.random(len(words)) < share]:
            if word[place] >= len(rows):
                continue
            bits = lexicon.members[word[place] // width]
            if bits & mask:
                less = bits & ~mask or lexicon.members[looks[place]]
                if less not in class_of:
                    kinds = lexicon.kinds_of(less)
                    class_of[less] = -1 - len(new)
                    new.append([features_of_word(kinds, shape) for shape in WORD_SHAPES])
                target = class_of[less]
                shape = word[place] % width
                word[place] = target * width + shape if target >= 0 else len(rows) + (-1 - target) * width + shape
    return word, rows + [row for shapes in new for row in shapes]
