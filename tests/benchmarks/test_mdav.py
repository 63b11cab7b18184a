"""The reference that microaggregation is measured by, held to what it promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.mdav import mdav, sse_by_sst


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=40), k=st.integers(1, 6))
def test_classes_hold_k_rows_or_a_few_more(values, k) -> None:
    sizes = np.bincount(mdav(np.array(values, float), k))
    assert (sizes >= min(k, len(values))).all()
    assert (sizes < max(2 * k, len(values) * (len(values) < 2 * k) + 1)).all()


def test_what_lies_together_is_a_class() -> None:
    points = np.array([[0.0], [10.0], [0.1], [10.2], [0.2], [10.1]])
    classes = mdav(points, 3)
    assert [set(np.flatnonzero(classes == number).tolist()) for number in (classes[0], classes[1])] == [{0, 2, 4}, {1, 3, 5}]
    means = np.array([points[classes == number].mean() for number in classes])[:, None]
    assert sse_by_sst(points, means) == pytest.approx(6 * 0.02 / 3 / ((points - points.mean()) ** 2).sum())
