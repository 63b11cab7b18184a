"""Fits the weights of the tier that finds names, on what may be read: the developed corpora and invented text.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/fit_names.py conf/recognizers/names/weights.csv

is how the committed table was made: the mean of a fit for each of ``SEEDS``. The first begins with nothing, the others, on other
text and with other words forgotten, with the first's weights: less to go.

Maximum likelihood of a linear chain with partly known labels: where a corpus does not label a type, a token that could be of it
may have that label or none. Small weights are left out, and the others fitted again.
"""

import csv
import os
import re
import sys
from collections import Counter
from pathlib import Path

import names_corpora as corpora
import names_nothing
import numpy as np
import scipy.optimize
import scipy.sparse
from names_invented import Inventor
from names_sample import LABELS, NAMES, Sample, forgetting

from engine.detect.names import sources
from engine.detect.names.evidence import Neighbours, ending
from engine.detect.names.facts import FACTS
from engine.detect.names.lexicon import Lexicon, keys_of
from engine.detect.names.tokens import SHAPE, SHAPES, WORD_SHAPES

PLACES = (-4, -3, -2, -1, 0, 1, 2, 3)
L2, SMALLEST, RAREST = 0.3, 0.2, 6
SEEDS = (1, 2, 3)
FROM_NOTHING, FROM_A_FIT = (55, 20), (30, 15)
"""Iterations with all features, and then with those that are kept. Few: to stop early makes fewer false claims."""

COUNTS = {"synth even": 0.8, "meddocan train": 0.4, "wnut train": 1.0, "wikigold": 1.2, "filings": 0.8, "demo": 0.5}
"""Corpus → how much a document of it counts."""

_NAMED = dict.fromkeys(("PERSON", "LOCATION", "STREET_ADDRESS", "ORGANIZATION", "TITLE", "NRP"), -4.0)
BY_HAND = {"after an honorific title": {"PERSON": 2.0},
           "announced as a name": {"PERSON": 6.0, "ORGANIZATION": -1.0, "LOCATION": -1.0},
           "in a column of names": {"PERSON": 8.0, "ORGANIZATION": -4.0, "LOCATION": -4.0, "STREET_ADDRESS": -4.0},
           "joined to a mark of code": dict.fromkeys(("PERSON", "LOCATION", "ORGANIZATION", "TITLE", "NRP"), -4.0),
           "part of a code": _NAMED | {"DATE_TIME": -4.0, "AGE": -4.0},
           "an everyday word in small letters": {"PERSON": -3.0},
           "a word that is the whole text": dict.fromkeys(LABELS[1:-1], -8.0)}
"""Fact → weights that stand for reasons, not for what was counted."""

_CASES, _ROUNDS = 150, 6
"""Clinical cases that are fitted on, and how often each sentence is filled: more takes longer and tells no more."""


def _row(weights):
    """Returns weights by label as a row."""
    return np.array([weights.get(label, 0.0) for label in LABELS])


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
        endings = [ending(code) if code else "" for code in range(1 << 16)]
        times = np.bincount(at.ending, minlength=len(endings))
        names = [name for name, many in zip(endings, times, strict=True)
                 if name and many >= 40 and (kept is None or (0, name) in kept)]
        self.parts.append(("ending", 0, self._matrix([[name] for name in endings], names)))
        self.columns += [(0, name) for name in names]
        facts = [[name for bit, name in enumerate(FACTS) if row >> bit & 1] for row in range(1 << len(FACTS))]
        fitted = [name for name in FACTS if name not in BY_HAND]
        self.parts.append(("facts", 0, self._matrix(facts, fitted)))
        self.columns += [(0, name) for name in fitted]
        self.by_hand = self._matrix(facts, list(BY_HAND))[at.facts] @ np.array([_row(weights) for weights in BY_HAND.values()])

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
    evidence, at = features.by_hand.copy(), 0
    spots = []
    for name, place, matrix in features.parts:
        count = matrix.shape[1]
        table = matrix @ weights[at:at + count]
        evidence += table[rows[name, place]]
        spots.append((at, count))
        at += count
    evidence[sample.tokens.shape == SHAPE["end"], 1:] = -60
    free, free_moves, free_sum = _expected(evidence, follows, sample, None)
    held, held_moves, held_sum = _expected(evidence, follows, sample, sample.may)
    gradient = np.zeros_like(weights)
    error = free - held
    for (begin, count), (name, place, matrix) in zip(spots, features.parts, strict=True):
        row = rows[name, place]
        picks = scipy.sparse.csr_matrix((np.ones(len(row)), (row, np.arange(len(row)))), (matrix.shape[0], len(row)))
        gradient[begin:begin + count] = matrix.T @ (picks @ error)
    gradient += 2 * L2 * weights
    moves = free_moves - held_moves + 2 * L2 * follows
    return free_sum - held_sum + L2 * (weights ** 2).sum() + L2 * (follows ** 2).sum(), np.concatenate((gradient.ravel(),
                                                                                                        moves.ravel()))


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


def fit(weighted, lexicon, seed, *, rounds=FROM_NOTHING, say=print, first=((), None)):
    """Returns ([((place, feature), weights)], follows).

    Args:
        weighted: (documents, how much each counts) pairs.
        lexicon: The lexicon.
        seed: Of what is forgotten.
        rounds: Iterations, with all features and then with those that are kept.
        say: Is told how it goes.
        first: A fit to begin with.
    """
    rng = np.random.default_rng(seed)
    sample = Sample(weighted, lexicon, rng)
    word, names = forgetting(sample, lexicon, rng)
    beside = Neighbours(word, sample.tokens, len(names),
                        len(lexicon.members) * len(WORD_SHAPES) + len(SHAPES) - len(WORD_SHAPES) - 1)
    rows = {("word", place): beside.rows(place, np.arange(len(word))) for place in PLACES}
    rows |= {("ending", 0): sample.at.ending, ("facts", 0): sample.at.facts}
    names.append([])
    kept, known, follows = None, dict(first[0]), np.zeros((len(LABELS), len(LABELS))) if first[1] is None else first[1]
    for iterations in rounds:
        features = Features(names, word, sample.at, kept)
        start = np.concatenate([*(known.get(column, np.zeros(len(LABELS))) for column in features.columns), follows.ravel()])
        found = scipy.optimize.minimize(likelihood, start, (features, sample, rows), "L-BFGS-B", jac=True,
                                        options={"maxiter": iterations})
        columns = features.columns
        weights = found.x[:-len(LABELS) ** 2].reshape(-1, len(LABELS))
        follows = found.x[-len(LABELS) ** 2:].reshape(len(LABELS), -1)
        known = dict(zip(columns, weights, strict=True))
        spread = np.abs(weights - weights.mean(1, keepdims=True)).max(1)
        kept = {column for column, most in zip(columns, spread, strict=True) if most >= SMALLEST}
        say(f"{len(columns)} features, {len(kept)} kept, likelihood {found.fun:.0f}, {found.nit} rounds")
    return [(column, row) for column, row in zip(columns, weights, strict=True) if column in kept], follows


def mean(fits):
    """Returns the mean of several fits; a weight that one of them lacks is 0 there."""
    total = {}
    for columns, _ in fits:
        for column, row in columns:
            total[column] = total.get(column, 0) + (row - row[0]) / len(fits)
    total |= {(0, fact): _row(weights) for fact, weights in BY_HAND.items()}
    kept = [(column, row) for column, row in total.items() if np.ptp(row) >= SMALLEST]
    return kept, sum(follows for _, follows in fits) / len(fits)


def write(path, fitted):
    """Writes a table of weights, against the label of what is nothing."""
    columns, follows = fitted
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("place", "feature", *LABELS))
        for label, row in zip(LABELS, follows, strict=True):
            table.writerow(("follows", label, *(f"{weight:.2f}" for weight in row)))
        for (place, feature), row in sorted(columns, key=lambda one: one[0]):
            cells = [f"{weight:.2f}" for weight in row]
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


def weighted(lists, seed):
    """Returns the documents to fit on, and how much they count."""
    found = dict(corpora.developed())
    inventor = Inventor(seed, lists)
    found["meddocan train"] = found["meddocan train"][:_CASES]
    for document in found["synth even"]:  # some templates call the postal code an address
        document.spans = [(start, end, "LOCATION" if kind == "STREET_ADDRESS" and document.text[start:end].isdigit() else kind)
                          for start, end, kind in document.spans]
    return [(inventor.documents(_ROUNDS), 0.7), (names_nothing.documents(seed), 0.8),
            *((documents, COUNTS[name]) for name, documents in found.items())]


def main(arguments):
    """Fits several times, each time on other invented text and with other words forgotten, and writes the mean."""
    lists = sources.lists()
    parts = [weighted(lists, seed) for seed in SEEDS]
    lexicon = Lexicon.of(lists | {f"“{word}”": {word} for word in frequent(parts[0], Lexicon.of(lists))})
    first = fit(parts[0], lexicon, SEEDS[0])
    others = [fit(part, lexicon, seed, rounds=FROM_A_FIT, first=first) for part, seed in zip(parts[1:], SEEDS[1:], strict=True)]
    write(Path(arguments[0]), mean([first, *others]))


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets have an order of their own otherwise
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"PYTHONHASHSEED": "0"})  # noqa: S606 - itself
    main(sys.argv[1:])
