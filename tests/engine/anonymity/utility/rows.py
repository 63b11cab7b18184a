"""The slow, obvious side: tables as lists of rows, labels read as a person reads them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from engine.anonymity.mondrian import build_tree
from engine.anonymity.tree import Tree
from engine.anonymity.utility import Recoded
from schemas.policy import Guarantees, Hierarchy
from schemas.policy.recoding import Recoding
from tests.engine.anonymity.cubes import columns, cube_of
from tests.engine.anonymity.reading import true_of

GROUPS = {"x": ["a", "b", "unused"], "y": ["c", "d"], "z": ["e"]}
ABOVE = {value: group for group, values in GROUPS.items() for value in values}
KINDS = {
    "n": (pa.int64(), st.integers(-3, 8)),
    "f": (pa.float64(), st.sampled_from([-1.5, 0.0, 2.25, 7.0, float("nan")])),
    "s": (pa.string(), st.sampled_from(["u", "v", "w", "t t", "null"])),
    "h": (pa.string(), st.sampled_from("abcde")),
}


@dataclass
class Case:
    """A table of quasi-identifiers and ``out``, its recoding, and the label of each of its rows; None if suppressed."""

    table: pa.Table
    tree: Tree
    k: int

    def __post_init__(self) -> None:
        self.cube = cube_of(self.table, ("out",))
        self.recoded = Recoded(self.tree, self.cube)
        self.names = self.tree.names
        self.rows = [tuple(told(v) for v in row) for row in zip(*(self.table[n].to_pylist() for n in self.names), strict=True)]
        leaf = self.tree.route([self.table[name] for name in self.names])
        texts = [self.tree.labels(i) for i in range(len(self.names))]
        self.labels = [None if at == self.tree.suppressed else tuple(text[at] for text in texts) for at in leaf.tolist()]
        kept = [labels for labels in self.labels if labels is not None]
        self.released = cube_of(pa.table({name: pa.array([labels[i] for labels in kept], pa.string())
                                          for i, name in enumerate(self.names)}))
        self.counts = [Counter(row[i] for row in self.rows) for i in range(len(self.names))]

    def admits(self, column: int, label: str) -> list:
        """Returns the values of the column's rows that a label may stand for."""
        values = list(self.counts[column])
        name = self.names[column]
        if label == "*":
            return values
        if name == "h":
            return [v for v in values if str(v) == label or ABOVE.get(v) == label or (v is None and label == "null")]
        type_ = self.table[name].type
        return [v for v in values if true_of(label, float("nan") if v == "NaN" else v, type_)]

    def size(self, column: int, label: str) -> int:
        """Returns s."""
        if self.names[column] == "h":
            special = sum(v is None for v in self.counts[column])
            listed = len(GROUPS[label]) if label in GROUPS else 1
            return 6 + special if label == "*" else listed
        return len(self.admits(column, label))

    def domain(self, column: int) -> int:
        """Returns D."""
        return self.size(column, "*")


def told(value):
    """NaN as something that equals itself."""
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


@st.composite
def cases(draw, rows=40):
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4, unique=True))
    count = draw(st.integers(6, rows))
    table = {}
    for name in names:
        type_, values = KINDS[name]
        cells = st.one_of(values, values, values, st.none())
        table[name] = pa.array(draw(st.lists(cells, min_size=count, max_size=count)), type_)
    table["out"] = pa.array(draw(st.lists(st.sampled_from(["yes", "no", None]), min_size=count, max_size=count)), pa.string())
    k = draw(st.integers(2, 4))
    return case(pa.table(table), k, draw(st.sampled_from([0.0, 0.1, 0.4])), draw(st.sampled_from(["bounds", "tight"])))


def case(table: pa.Table, k: int = 2, suppression: float = 0.0, cells: str = "bounds", **hierarchies) -> Case:
    """Fits a table; ``h`` has a hierarchy."""
    cube = cube_of(table, ("out",))
    given = {"h": Hierarchy(groups=GROUPS)} if "h" in cube.quasi else {}
    tree = build_tree(cube, columns(cube, **{**given, **hierarchies}), Guarantees(k=k, suppression=suppression),
                      Recoding(cells=cells))
    return Case(table, tree, k)


def shuffled(found: Case, seed: int = 3) -> Recoded:
    """Returns the same cube in another order."""
    order = np.random.default_rng(seed).permutation(found.cube.table.num_rows)
    return Recoded(found.tree, type(found.cube)(found.cube.table.take(pa.array(order)), found.cube.quasi, found.cube.sensitive))
