"""Fits the weights of the tier that finds names, on what may be read: the developed corpora and invented text.

    python tests/benchmarks/fit_names.py conf/recognizers/names/weights.csv

Maximum likelihood of a linear chain with partly known labels: where a corpus does not label a type, a token that could be of it
may have that label or none. Small weights are left out, and the others fitted again.
"""

import csv
import random
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import scipy.optimize
import scipy.sparse

import names_corpora as corpora
from engine.detect.block import Block
from engine.detect.names import chain, sources
from engine.detect.names.evidence import FACTS, Seen, mentioned, rows_of_endings, rows_of_words, seen
from engine.detect.names.lexicon import Lexicon, keys_of
from engine.detect.names.tokens import SETTLED, SHAPE, WORD_SHAPES, tokens_of
from names_invented import Inventor

LABELS = ("nothing", "PERSON", "LOCATION", "STREET_ADDRESS", "ORGANIZATION", "TITLE", "AGE", "NRP", "DATE_TIME", "OTHER")
PLACES = (-4, -3, -2, -1, 0, 1, 2, 3)
NAMES = ("given name", "family name", "name in many countries", "city", "region", "part of a place name", "country in another language")
COULD_BE = {"DATE_TIME": ("weekday", "month", "time unit", "time word", "number word"), "NRP": ("demonym",),
            "TITLE": ("title", "job", "job ending word"), "AGE": ()}
DIGITS = [SHAPE[name] for name in ("1 digit", "2 digits", "3 digits", "year", "digits then letters")]
L2, SMALLEST, RAREST = 0.15, 0.12, 4


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
        known = mentioned(tokens, (self.may[:, 1] == 1) & (self.may.sum(1) == 1) & (rng.random(len(self.may)) < 0.15))
        again = mentioned(tokens, (self.may[:, 1] == 1) & (self.may.sum(1) == 1) & (np.bincount(tokens.value)[tokens.value] > 80))
        at = seen(tokens, block.buffer, lexicon)
        facts = at.facts | (known & (rng.random(len(known)) < 0.3)) << 1 | (again & (rng.random(len(known)) < 0.6)) << 2
        self.at = Seen(at.word, at.ending, facts)
        self.tokens = tokens

    def _label(self, tokens, lexicon):
        """Reads the labels off the spans; settles some of what the first tier finds."""
        chance = random.Random(1)
        places = {name: index for index, name in enumerate(LABELS)} | {"MISC": len(LABELS) - 1}
        classes = lexicon.classes(self.block.buffer, tokens)
        could = {label: np.array([bool(set(lexicon.kinds_of(bits)) & set(kinds)) for bits in lexicon.members])[classes] & tokens.word
                 | (np.isin(tokens.shape, DIGITS) if label in {"DATE_TIME", "AGE"} else False) for label, kinds in COULD_BE.items()}
        first = np.searchsorted(tokens.value, np.arange(len(self.documents) + 1))
        for index, document in enumerate(self.documents):
            mine = slice(first[index], first[index + 1])
            for label, column in places.items():
                if label in could and label not in document.complete:
                    self.may[mine, column] = could[label][mine]
            if document.complete != corpora.ENTITIES:
                self.may[mine, -1] = 1

        for index, document in enumerate(self.documents):
            begin = int(self.block.starts[index])
            for start, end, kind in document.spans:
                low = begin + len(document.text[:start].encode())
                high = low + len(document.text[start:end].encode())
                span = slice(*np.searchsorted(tokens.start, [low, high]))
                words = document.text[start:end]
                plain = kind == "DATE_TIME" and not any(sign.isalpha() for sign in words)
                if kind not in places or plain and chance.random() < 0.6:
                    if plain or (chance.random() < 0.8 and not any(name in kind for name in ("SEXO", "FAMILIARES", "OTROS"))):
                        kind = {"CORREO_ELECTRONICO": "EMAIL_ADDRESS", "NUMERO_TELEFONO": "PHONE_NUMBER"}.get(kind, kind)
                        tokens.shape[span] = SETTLED.get(kind, SHAPE["other finding"])
                        tokens.key[span] = 0
                        self.may[span] = np.eye(len(LABELS))[0]
                    continue
                if words.lower() in {"borrower", "lender", "bank", "agent"}:
                    self.may[span] = 1
                    continue
                self.may[span] = np.eye(len(LABELS))[places[kind]]
                if kind == "MISC":
                    self.may[span, LABELS.index("NRP")] = could["NRP"][span]
                    self.may[span, 0] = could["NRP"][span]
                if kind == "LOCATION" and document.complete == corpora.ENTITIES and any(sign.isdigit() for sign in words):
                    self.may[span, LABELS.index("STREET_ADDRESS")] = 1


def _values(tokens):
    ends = np.flatnonzero(tokens.shape == SHAPE["end"]) + 1
    first = np.concatenate(([0], ends[:-1]))
    return first, ends - first


def forgetting(sample, lexicon, rng):
    """Makes the lexicon forget some words here and there, as it does not know all: returns rows of words, and the features of each."""
    rows, width = list(rows_of_words(lexicon)), len(WORD_SHAPES)
    drop = {kind: bit for bit, kind in enumerate(lexicon.kinds)}
    names = sum(1 << drop[kind] for kind in NAMES)
    class_of = {bits: index for index, bits in enumerate(lexicon.members)}
    new = []
    word = sample.at.word.copy()
    looks = lexicon.looks.of(sample.block.buffer, sample.tokens.start, sample.tokens.end)
    words = np.flatnonzero(word < len(lexicon.members) * width)
    for mask, share in ((names, 0.3), (1 << drop["common word"], 0.12), (1 << drop["well-known place"], 0.2)):
        for place in words[rng.random(len(words)) < share]:
            if word[place] >= len(rows):
                continue
            bits = lexicon.members[word[place] // width]
            if bits & mask:
                less = bits & ~mask or lexicon.members[looks[place]]
                if less not in class_of:
                    kinds = lexicon.kinds_of(less)
                    class_of[less] = -1 - len(new)
                    new.append([[f"shape: {shape}", *kinds, *(f"{kind}, {shape}" for kind in kinds)] for shape in WORD_SHAPES])
                target = class_of[less]
                shape = word[place] % width
                word[place] = target * width + shape if target >= 0 else len(rows) + (-1 - target) * width + shape
    return word, rows + [row for shapes in new for row in shapes]


class Features:
    """Columns of the matrix of weights: (place, feature)."""

    def __init__(self, rows, word, at, kept=None):
        # Shapes and kinds alone everywhere; both together only near; nothing that is rare.
        count = np.bincount(word, minlength=len(rows))
        total = {}
        for row, times in zip(rows, count, strict=True):
            for name in row:
                total[name] = total.get(name, 0) + times
        self.columns, self.parts = [], []
        for place in PLACES:
            names = [name for name, times in total.items() if times >= RAREST and (abs(place) <= 1 or ", " not in name)
                     and (kept is None or (place, name) in kept)]
            self.parts.append(("word", place, self._matrix(rows, names)))
            self.columns += [(place, name) for name in names]
        endings = list(rows_of_endings())
        times = np.bincount(at.ending, minlength=len(endings))
        names = [name for name, many in zip(endings, times, strict=True) if name and many >= 40 and (kept is None or (0, name) in kept)]
        self.parts.append(("ending", 0, self._matrix([[name] for name in endings], names)))
        self.columns += [(0, name) for name in names]
        facts = [[name for bit, name in enumerate(FACTS) if row >> bit & 1] for row in range(1 << len(FACTS))]
        self.parts.append(("facts", 0, self._matrix(facts, FACTS)))
        self.columns += [(0, name) for name in FACTS]

    @staticmethod
    def _matrix(rows, names):
        place = {name: index for index, name in enumerate(names)}
        found = [(row, place[name]) for row, among in enumerate(rows) for name in among if name in place]
        row, column = np.array(found).T if found else (np.zeros(0, int), np.zeros(0, int))
        return scipy.sparse.csr_matrix((np.ones(len(row)), (row, column)), (len(rows), len(names)))


def likelihood(parameters, features, sample, rows):
    """Negative log likelihood of what is known of the labels, and its gradient."""
    size = len(LABELS)
    weights = parameters[:-size * size].reshape(-1, size)
    follows = parameters[-size * size:].reshape(size, size)
    evidence, at = np.zeros(sample.may.shape), 0
    spots = []
    for name, place, matrix in features.parts:
        count = matrix.shape[1]
        table = matrix @ weights[at:at + count]
        evidence[max(0, -place):len(evidence) - max(0, place)] += table[rows[name][max(0, place):len(evidence) - max(0, -place)]]
        spots.append((at, count))
        at += count
    evidence[sample.tokens.shape == SHAPE["end"], 1:] = -60
    free, free_moves, free_sum = _expected(evidence, follows, sample, None)
    held, held_moves, held_sum = _expected(evidence, follows, sample, sample.may)
    gradient = np.zeros_like(weights)
    error = free - held
    for (begin, count), (name, place, matrix) in zip(spots, features.parts, strict=True):
        near = error[max(0, -place):len(error) - max(0, place)]
        row = rows[name][max(0, place):len(error) - max(0, -place)]
        picks = scipy.sparse.csr_matrix((np.ones(len(row)), (row, np.arange(len(row)))), (matrix.shape[0], len(row)))
        gradient[begin:begin + count] = matrix.T @ (picks @ near)
    gradient += 2 * L2 * weights
    moves = free_moves - held_moves + 2 * L2 * follows
    return free_sum - held_sum + L2 * (weights ** 2).sum() + L2 * (follows ** 2).sum(), np.concatenate((gradient.ravel(), moves.ravel()))


def _expected(evidence, follows, sample, may):
    """Expected labels of each token, expected pairs of labels, and the log of the sum over all sequences."""
    moves = np.exp(follows)
    labels, pairs, total = np.zeros_like(evidence), np.zeros_like(follows), 0.0
    first = 0
    for cut in sample.cut.batches():
        weight = sample.weight[first:first + len(cut.start)]
        first += len(cut.start)
        steps = cut.steps()
        place = np.minimum(cut.start + np.arange(len(steps))[:, None], len(evidence) - 1)
        odds = evidence[place]
        top = odds.max(2, keepdims=True)
        odds = np.exp(odds - top)
        if may is not None:
            odds *= may[place]
        forward, scale = np.zeros_like(odds), np.ones(place.shape)
        before = np.where(cut.skip[:, None] > 0, 1.0, moves[:1])
        for step, count in enumerate(steps.tolist()):
            now = before[:count] * odds[step, :count]
            scale[step, :count] = now.sum(1)
            now /= scale[step, :count, None]
            forward[step, :count] = now
            before = now @ moves
        later = np.ones(forward.shape[1:])
        here = np.zeros_like(forward)
        for step in range(len(steps) - 1, -1, -1):
            count = int(steps[step])
            here[step, :count] = forward[step, :count] * later[:count]
            ahead = odds[step, :count] * later[:count] / scale[step, :count, None]
            if step:
                pairs += (forward[step - 1, :count] * weight[:count, None]).T @ ahead
            later[:count] = ahead @ moves.T
        reach = np.arange(len(steps))[:, None] < cut.length
        here *= weight[:, None]
        np.add.at(labels, place[reach], here[reach])
        total += ((np.log(scale) + top[:, :, 0]) * weight)[reach].sum()
    return labels, pairs * moves, total


def fit(weighted, lexicon, rounds=(60, 60), say=print):
    """Returns (columns, weights, follows)."""
    rng = np.random.default_rng(7)
    sample = Sample(weighted, lexicon, rng)
    word, names = forgetting(sample, lexicon, rng)
    rows = {"word": word, "ending": sample.at.ending, "facts": sample.at.facts}
    kept = None
    for iterations in rounds:
        features = Features(names, word, sample.at, kept)
        start = np.zeros(len(features.columns) * len(LABELS) + len(LABELS) ** 2)
        if kept is not None:
            known = dict(zip(columns, weights, strict=True))
            start = np.concatenate([*(known[column] for column in features.columns), follows.ravel()])
        found = scipy.optimize.minimize(likelihood, start, (features, sample, rows), "L-BFGS-B", jac=True,
                                        options={"maxiter": iterations})
        columns = features.columns
        weights = found.x[:-len(LABELS) ** 2].reshape(-1, len(LABELS))
        follows = found.x[-len(LABELS) ** 2:].reshape(len(LABELS), -1)
        spread = np.abs(weights - weights.mean(1, keepdims=True)).max(1)
        kept = {column for column, most in zip(columns, spread, strict=True) if most >= SMALLEST}
        say(f"{len(columns)} features, {len(kept)} kept, likelihood {found.fun:.0f}, {found.nit} rounds")
    return [(column, row) for column, row in zip(columns, weights, strict=True) if column in kept], follows


def write(path, fitted):
    """Writes a table of weights, against the label of what is nothing."""
    columns, follows = fitted
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("place", "feature", *LABELS))
        for label, row in zip(LABELS, follows, strict=True):
            table.writerow(("follows", label, *(f"{weight:.2f}" for weight in row)))
        for (place, feature), row in sorted(columns, key=lambda one: one[0]):
            cells = [f"{weight:.2f}" for weight in row - row[0]]
            table.writerow((place, feature, *("" if cell in {"0.00", "-0.00"} else cell for cell in cells)))


def frequent(weighted, lexicon, most=450, least=40):
    """Words that are features of their own: the most frequent that are not names."""
    names = sum(1 << lexicon.kinds.index(kind) for kind in (*NAMES, "well-known place", "demonym"))
    count = Counter()
    for documents, _ in weighted:
        for document in documents:
            count.update(word.lower() for word in re.findall(r"[^\W\d_]+", document.text))
    members = lexicon.members
    found = []
    for word, times in count.most_common():
        bits = members[lexicon.words.find(keys_of([word]))[0]]  # of an unknown word: what is like a given name, and no name
        if times >= least and len(found) < most and (not bits & names or bits & 1 << lexicon.kinds.index("common word")):
            found.append(word)
    return found


def lexicon_with_words(among):
    """The lexicon, with the frequent words as kinds of their own."""
    lists = sources.lists()
    return Lexicon.of(lists | {f"“{word}”": {word} for word in frequent(among, Lexicon.of(lists))})


def weighted(*, with_synth=True, rounds=8, cases=200):
    """Returns the documents to fit on, and how much they count."""
    found = dict(corpora.developed())
    lists = sources.lists()
    inventor = Inventor(1, sorted(lists["demonym"]), sorted(name for name in lists["well-known place"] if len(name) > 2))
    counts = {"synth even": 3.0 if with_synth else 0, "meddocan train": 0.4, "wnut train": 1.0, "wikigold": 1.5, "filings": 0.3}
    found["meddocan train"] = found["meddocan train"][:cases]
    return [(inventor.documents(rounds), 0.5), *((documents, counts[name]) for name, documents in found.items() if counts[name])]


if __name__ == "__main__":
    among = weighted()
    write(Path(sys.argv[1]), fit(among, lexicon_with_words(among)))
