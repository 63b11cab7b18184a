"""Train on synthetic, test on real: whether a model learned from the synthetic table works on people it never saw."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from engine.errors import PolicyError, SetupError
from engine.synth.encoding import Bins, Codes, Encoding
from schemas.evaluation import Prediction
from schemas.policy import PolicyV1

Labels = npt.NDArray[np.int64]

_MOST_ROWS = 20_000
"""Rows that a model is fitted on: enough for a comparison, and bounded in time."""


def predict(policy: PolicyV1, encoding: Encoding, train: Codes, holdout: Codes, synthetic: Codes) -> Prediction | None:
    """Returns accuracy on held-out rows of one model trained on synthetic and one trained on real rows.

    The target is ``evaluation.target``, by default the first sensitive column that was learned. A numeric target is turned
    into whether it lies above the median of the training rows. Both models are fitted on as many rows.

    Returns:
        None without a target, or with a target that is the same in all training rows.

    Raises:
        PolicyError: If the named target was not learned.
        SetupError: If scikit-learn is missing.
    """
    target = _target(policy, encoding)
    if target is None or len(encoding.columns) < 2:  # noqa: PLR2004 - a target and something to tell it from
        return None
    place = encoding.names.index(target)
    label = _labels(encoding, place, train)
    real = label(train)
    if len(np.unique(real)) == 1:
        return None
    rows = min(len(train), len(synthetic), _MOST_ROWS)
    rest = [column for column in range(len(encoding.columns)) if column != place]
    values, counts = np.unique(real, return_counts=True)
    truth = label(holdout)

    def score(codes: Codes) -> float:
        return _accuracy(codes[:rows, rest], label(codes[:rows]), holdout[:, rest], truth)

    return Prediction(
        target=target, metric="accuracy" if not isinstance(encoding.columns[place], Bins) else "accuracy (above the median)",
        train_real=score(train), train_synthetic=score(synthetic), majority=float(np.mean(truth == values[counts.argmax()])),
    )


def _target(policy: PolicyV1, encoding: Encoding) -> str | None:
    named = policy.evaluation.target
    if named is not None:
        released = policy.released_name(named)
        if released not in encoding.names:
            raise PolicyError("the target was not learned, so it cannot be predicted", where=f"evaluation.target: {named}",
                              allowed=", ".join(encoding.names), next="name a learned column")
        return released
    sensitive = [policy.released_name(name) for name in policy.of_role("sensitive")]
    return next((name for name in sensitive if name in encoding.names), None)


def _labels(encoding: Encoding, place: int, train: Codes) -> Callable[[Codes], Labels]:
    if isinstance(encoding.columns[place], Bins):
        middle = np.median(train[:, place])
        return lambda codes: (codes[:, place] > middle).astype(np.int64)
    return lambda codes: codes[:, place].astype(np.int64)


def _accuracy(features: Codes, labels: Labels, test: Codes, truth: Labels) -> float:
    if len(np.unique(labels)) == 1:
        return float(np.mean(truth == labels[0]))
    if importlib.util.find_spec("sklearn") is None:
        raise SetupError("evaluation needs scikit-learn", where="this Python environment", next="pip install 'lakeveil[synth]'")
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - takes seconds to load

    model = RandomForestClassifier(n_estimators=50, min_samples_leaf=5, random_state=0).fit(features, labels)
    return float(np.mean(model.predict(test) == truth))
