"""Train on anonymized, test on raw: whether what a model learns from the release is true of people as they are.

K. LeFevre, D. DeWitt and R. Ramakrishnan, "Workload-aware anonymization", KDD 2006. The model is a logistic regression on the
quasi-identifiers: plain, so that what differs is the data.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.utility.features import Features, chances
from engine.anonymity.utility.recoded import Recoded
from engine.anonymity.values import comparable, distinct_in_order, is_ordered
from schemas.utility import Learning

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

HELD_OUT = 0.2
"""Share of the rows that no model sees, and that all are asked about."""

CLASSES = 20
"""Values of a target that are told apart; rarer ones are one class."""

_MOST_TUPLES = 20_000
_BLOCK = 20_000
_TWO = 2


@dataclass(frozen=True)
class Learned:
    """What two models made of the test rows.

    Attributes:
        learning: The record.
        test: Test rows of each tuple of the cube.
        right_raw: Whether the model that was trained raw is right about each tuple; False where it was not asked.
        right_released: The same of the model that was trained on the release.
    """

    learning: Learning
    test: Ints
    right_raw: Mask
    right_released: Mask


def learn(
    recoded: Recoded, target: str, released_target: str, progress: Callable[[str, float], object] = lambda _step, _share: None,
) -> Learned | str:
    """Trains on the release and on the source, and tests both on held-out rows of the source.

    Of each tuple's rows a fifth is held out, rounded by a number that follows from the tuple's values alone. Of more than
    20,000 tuples to train on, or to be asked about, so many rows are drawn at even distances.

    Args:
        recoded: The counted source beside its recoding; its cube has the target.
        target: Column of the cube that is predicted.
        released_target: Its released name.
        progress: Told each step, and what share is done before it.

    Returns:
        What was learned, or in words why nothing could be.
    """
    if importlib.util.find_spec("sklearn") is None:
        return "accuracy: scikit-learn is not installed (pip install 'lakeveil[synth]')"
    label, metric = _classes(recoded, target)
    classes = int(label.max(initial=-1)) + 1
    if classes < _TWO:
        return f"accuracy: {released_target} has the same value in all rows"
    chance = chances([recoded.source.table[name] for name in sorted({*recoded.source.quasi, *recoded.source.sensitive})])
    test = np.floor(recoded.counts * HELD_OUT + chance).astype(np.int64)
    train = recoded.counts - test
    if not test.any() or not train.any():
        return "accuracy: there are too few rows to hold some out"
    trial = _Trial(Features(recoded), label, chance, _at_most(test, chance))
    kept = np.where(recoded.leaf < recoded.tree.suppressed, train, 0)
    progress("train on the source", 0.0)
    right_raw = trial.right(_at_most(train, chance), released=False)
    progress("train on the release", 0.5)
    right_released = trial.right(_at_most(kept, chance), released=True)
    asked = trial.asked
    frequent = int(np.bincount(label, train, classes).argmax())
    rows = int(asked.sum())
    return Learned(Learning(
        target=released_target, metric=metric, classes=classes, rows_train=int(train.sum()), rows_test=int(test.sum()),
        train_raw=float(asked @ right_raw) / rows, majority=float(asked @ (label == frequent)) / rows,
        train_released=float(asked @ right_released) / rows if kept.any() else None,
    ), asked, right_raw, right_released)


def _classes(recoded: Recoded, target: str) -> tuple[Ints, str]:
    """Returns the class of each tuple: a value of its own, or of numbers of many values whether it is above the median."""
    values, place = distinct_in_order(recoded.source.table[target])
    rows = np.bincount(place, recoded.counts, len(values)).astype(np.int64)
    if is_ordered(values.type) and len(values) > CLASSES:
        real = np.flatnonzero(~np.asarray(pc.is_null(values, nan_is_null=True)))
        below = np.cumsum(rows[real])
        size = comparable(values.take(pa.array(real)))
        middle = size[int(np.searchsorted(below, below[-1] / 2))]
        above = np.zeros(len(values), np.int64)
        above[real] = size > middle
        return above[place], "accuracy (above the median)"
    rank = np.empty(len(values), np.int64)
    rank[np.argsort(-rows, kind="stable")] = np.arange(len(values))
    return np.minimum(rank, CLASSES - 1)[place], "accuracy"


def _at_most(rows: Ints, chance: Floats) -> Ints:
    """Returns so many rows of each tuple that few enough tuples have any: all, or rows at even distances in a fixed order."""
    if np.count_nonzero(rows) <= _MOST_TUPLES:
        return rows
    order = np.argsort(chance, kind="stable")
    upto = np.cumsum(rows[order])
    drawn = ((np.arange(_MOST_TUPLES) + 0.5) * (upto[-1] / _MOST_TUPLES)).astype(np.int64)
    found = np.zeros(len(rows), np.int64)
    found[order] = np.bincount(np.searchsorted(upto, drawn, side="right"), minlength=len(rows))
    return found


@dataclass(frozen=True)
class _Trial:
    """Tuples with their features and classes, and how many rows of each are asked about."""

    features: Features
    label: Ints
    chance: Floats
    asked: Ints

    def right(self, rows: Ints, *, released: bool) -> Mask:
        """Fits on so many rows of each tuple, as they are or as they are released; returns where it is right if asked."""
        tuples, wanted = np.flatnonzero(rows), np.flatnonzero(self.asked)
        tuples = tuples[np.argsort(self.chance[tuples])]  # sums of doubles then do not depend on the order of the cube
        said = np.full(len(self.label), -1, np.int64)
        if not len(tuples):
            return np.zeros(len(said), bool)
        if len(np.unique(self.label[tuples])) == 1 or not self.features.width:
            said[wanted] = np.bincount(self.label, rows).argmax()
            return np.asarray(said == self.label)
        from scipy.sparse import csr_array  # noqa: PLC0415 - comes with scikit-learn, which need not be there
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - takes a second to load

        # most features are 0; and products of dense matrices are shared out among threads that wait for each other: on a busy
        # machine ten times as long, and of other sums on another one
        given = csr_array(self.features.released(tuples) if released else self.features.raw(tuples))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # what is not yet converged, and classes of few rows, are figures too
            model = LogisticRegression(max_iter=100).fit(given, self.label[tuples], sample_weight=rows[tuples])
        for start in range(0, len(wanted), _BLOCK):
            block = wanted[start:start + _BLOCK]
            said[block] = model.predict(csr_array(self.features.raw(block)))
        return np.asarray(said == self.label)
