"""route: the labels that recode gives, and beside them the leaf."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from engine.anonymity.mondrian import build_tree
from engine.errors import InputError
from schemas.policy import Guarantees
from schemas.policy.recoding import Recoding
from schemas.reserved import LEAF
from tests.engine.anonymity.cubes import columns, cube_of
from udfs import kernel

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tree():
    rng = np.random.default_rng(4)
    table = pa.table({"age": rng.integers(18, 60, 400), "job": rng.choice(["cook", "clerk", "smith"], 400)})
    cube = cube_of(table)
    return build_tree(cube, columns(cube), Guarantees(k=7), Recoding())


def test_labels_are_those_of_recode_and_leaves_those_of_the_tree(tree) -> None:
    rows = (pa.array([18, 17, 59, 200, None, 30]), pa.array(["cook", "clerk", "smith", "cook", "cook", "pilot"]))
    routed, recoded = (kernel(name)(*rows, tree=tree.to_json()) for name in ("route", "recode"))
    for name in ("age", "job"):
        assert routed.field(name) == recoded.field(name)
    leaf = tree.route(rows)
    assert routed.field(LEAF).to_pylist() == [None if one == tree.suppressed else one for one in leaf.tolist()]
    assert routed.field(LEAF).is_null().to_pylist() == recoded.field("suppressed").to_pylist()
    assert routed.field(LEAF)[-1].as_py() is None  # a category that nobody had


def test_other_columns_are_refused(tree) -> None:
    with pytest.raises(InputError):
        kernel("route")(pa.array([1]), tree=tree.to_json())
