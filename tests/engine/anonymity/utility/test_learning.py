"""What is trained on a release: features against means over labels, the split, and every table that teaches nothing."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from engine.anonymity.utility import Learned, learn
from engine.anonymity.utility.features import Features, chances
from engine.anonymity.utility.learning import CLASSES, HELD_OUT
from tests.engine.anonymity.utility.rows import Case, case, cases, shuffled, told


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(cases(rows=25))
def test_features_of_a_label_are_means_over_what_it_admits(found: Case) -> None:
    features = Features(found.recoded)
    tuples = np.arange(found.cube.table.num_rows)
    raw, released = features.raw(tuples), features.released(tuples)
    assert raw.shape == released.shape == (len(tuples), features.width)
    rows = [tuple(told(value) for value in row)
            for row in zip(*(found.cube.table[name].to_pylist() for name in found.names), strict=True)]
    leaf, start = found.recoded.leaf, 0
    texts = [found.tree.labels(i) for i in range(len(found.names))]
    for j, (_, parts) in enumerate(features._columns):
        of_value = {row[j]: raw[i, start:start + len(parts)] for i, row in enumerate(rows)}
        for i in tuples:
            admitted = found.admits(j, texts[j][leaf[i]])
            mean = np.mean([of_value[value] for value in admitted], axis=0)
            assert released[i, start:start + len(parts)] == pytest.approx(mean, abs=1e-9)
        start += len(parts)


def test_numbers_are_scaled_and_what_is_no_number_is_a_feature_of_its_own() -> None:
    found = case(pa.table({"f": pa.array([1.0, 1.0, 3.0, 3.0, None, None, float("nan"), float("nan")], from_pandas=False),
                           "out": ["x"] * 8}))
    raw = Features(found.recoded).raw(np.arange(found.cube.table.num_rows))
    size = dict(zip(map(told, found.cube.table["f"].to_pylist()), raw.tolist(), strict=True))
    assert size == {1.0: [-1, 0, 0], 3.0: [1, 0, 0], None: [0, 1, 0], "NaN": [0, 0, 1]}


@pytest.mark.parametrize("values", [[1e308, -1e308], [float("inf"), 1.0], [float("-inf"), float("inf")]])
def test_extreme_numbers_give_finite_features(values) -> None:
    found = case(pa.table({"f": pa.array(values * 3, pa.float64()), "out": ["x"] * 6}))
    assert np.isfinite(Features(found.recoded).raw(np.arange(2))).all()


def test_chances_follow_from_values_alone() -> None:
    table = pa.table({"a": pa.array([1, 1, 2, None]), "b": ["x", "y", "x", None]})
    first = chances([table["a"], table["b"]])
    order = [2, 0, 3, 1]
    assert (chances([table["a"].take(order), table["b"].take(order)]) == first[order]).all()
    assert len(set(first.tolist())) == 4
    assert ((first >= 0) & (first < 1)).all()


def test_chances_are_even() -> None:
    found = chances([pa.chunked_array([pa.array(range(5000))])])
    assert np.histogram(found, 10, (0, 1))[0].min() > 420


@pytest.fixture(scope="module")
def pattern() -> Case:
    """Whoever is old and lives in 'u' says yes, and one in ten says otherwise."""
    rng = np.random.default_rng(4)
    n, s = rng.integers(20, 80, 900), rng.choice(list("uvw"), 900)
    yes = ((n > 50) | (s == "u")) ^ (rng.random(900) < 0.1)
    return case(pa.table({"n": n, "s": s, "out": np.where(yes, "yes", "no")}), k=10)


@pytest.mark.slow
def test_a_pattern_is_learned_from_the_release(pattern) -> None:
    learned = learn(pattern.recoded, "out", "result")
    found = learned.learning
    assert (found.target, found.metric, found.classes) == ("result", "accuracy", 2)
    assert found.rows_train + found.rows_test == 900
    assert found.rows_test == pytest.approx(900 * HELD_OUT, abs=40)
    assert found.train_raw > found.majority + 0.1
    assert found.train_released > found.majority + 0.1
    train = pattern.recoded.counts - learned.test
    answers = pattern.cube.table["out"].to_pylist()
    said = Counter()
    for answer, rows in zip(answers, train.tolist(), strict=True):
        said[answer] += rows
    (frequent, _), = said.most_common(1)
    assert found.majority == pytest.approx(sum(t for a, t in zip(answers, learned.test.tolist(), strict=True) if a == frequent)
                                           / found.rows_test)
    assert found.train_raw == pytest.approx(learned.test @ learned.right_raw / found.rows_test)


@pytest.mark.slow
def test_the_same_model_row_by_row(pattern) -> None:
    """Weights stand for rows: a model on repeated rows says the same."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - takes a second to load

    learned = learn(pattern.recoded, "out", "out")
    train = pattern.recoded.counts - learned.test
    tuples, asked = np.repeat(np.arange(len(train)), train), np.flatnonzero(learned.test)
    features, answers = Features(pattern.recoded), np.array(pattern.cube.table["out"].to_pylist())
    for given_, right in ((features.raw(tuples), learned.right_raw), (features.released(tuples), learned.right_released)):
        model = LogisticRegression(max_iter=2000, tol=1e-8).fit(given_, answers[tuples])
        agree = (model.predict(features.raw(asked)) == answers[asked]) == right[asked]
        assert agree.mean() > 0.98


@pytest.mark.slow
def test_the_order_of_the_cube_changes_nothing(pattern) -> None:
    assert learn(pattern.recoded, "out", "out").learning == learn(shuffled(pattern), "out", "out").learning


def test_a_constant_target_teaches_nothing() -> None:
    told_of = learn(case(pa.table({"n": [1, 1, 2, 2], "out": ["same"] * 4})).recoded, "out", "result")
    assert told_of == "accuracy: result has the same value in all rows"
    nulls = pa.table({"n": [1, 1, 2, 2], "out": pa.array([None] * 4, pa.string())})
    assert "same value" in learn(case(nulls).recoded, "out", "r")


def test_without_scikit_learn_it_says_so(monkeypatch, pattern) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "sklearn" else found(name, *rest))
    assert "scikit-learn is not installed" in learn(pattern.recoded, "out", "out")


@pytest.mark.slow
def test_numbers_of_many_values_are_split_at_the_median() -> None:
    rng = np.random.default_rng(8)
    n = rng.integers(0, 200, 500)
    cost = pa.array(n * 10.0 + rng.normal(0, 20, 500), mask=rng.random(500) < 0.02)
    learned = learn(case(pa.table({"n": n, "out": cost}), k=10).recoded, "out", "cost")
    assert learned.learning.metric == "accuracy (above the median)"
    assert learned.learning.classes == 2
    assert learned.learning.majority < 0.65
    assert learned.learning.train_released > 0.85


@pytest.mark.slow
def test_of_many_categories_the_rare_ones_are_one_class() -> None:
    rng = np.random.default_rng(8)
    answers = [f"c{i}" for i in np.minimum(rng.zipf(1.3, 600), 90)]
    learned = learn(case(pa.table({"n": rng.integers(0, 9, 600), "out": answers}), k=10).recoded, "out", "out")
    assert learned.learning.classes == CLASSES < len(set(answers))


def test_a_column_of_nulls_teaches_the_most_frequent_answer() -> None:
    table = pa.table({"s": pa.array([None] * 40, pa.string()), "out": ["yes"] * 30 + ["no"] * 10})
    learned = learn(case(table).recoded, "out", "out")
    assert isinstance(learned, Learned)
    assert learned.learning.train_raw == learned.learning.train_released == learned.learning.majority


def test_too_few_rows_to_hold_any_out() -> None:
    found = [learn(case(pa.table({"n": [i, i], "out": ["a", "b"]})).recoded, "out", "out") for i in range(12)]
    assert {one for one in found if isinstance(one, str)} == {"accuracy: there are too few rows to hold some out"}


@pytest.mark.slow
def test_where_no_row_is_released_the_release_teaches_nothing(pattern) -> None:
    from dataclasses import replace  # noqa: PLC0415 - used here alone

    tree = pattern.recoded.tree
    bare = replace(tree, cuts=tree.cuts[:0], leaves=tree.leaves[:0])
    learned = learn(type(pattern.recoded)(bare, pattern.cube), "out", "out")
    assert learned.learning.train_released is None
    assert not learned.right_released.any()
    assert "sklearn" in sys.modules


@pytest.mark.slow
def test_matrices_are_sparse_and_each_model_is_told(monkeypatch, pattern) -> None:
    """Products of dense ones took ten times as long wherever anything ran beside."""
    from scipy.sparse import issparse  # noqa: PLC0415 - takes a second to load
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - takes a second to load

    taken, told_of, fit = [], [], LogisticRegression.fit
    monkeypatch.setattr(LogisticRegression, "fit", lambda self, given_, *rest, **named: (
        taken.append(given_), fit(self, given_, *rest, **named))[-1])
    learn(pattern.recoded, "out", "out", lambda step, share: told_of.append((step, share)))
    assert all(map(issparse, taken))
    assert told_of == [("train on the source", 0.0), ("train on the release", 0.5)]
