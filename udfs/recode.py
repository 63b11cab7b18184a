"""Kernel ``recode``: quasi-identifiers → labels of the fitted recoding, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.recoding import recoding_from_json
from engine.anonymity.tree import FLAG
from schemas.reserved import SUPPRESSED


class _Labels:
    """One recoding ready to label batches: it, and of each column the different labels and which one a class has."""

    def __init__(self, written: dict[str, Any]) -> None:
        self.written = written
        self.tree = tree = recoding_from_json(written)
        self._labels = [pa.array([*map(coding.label, boxes), SUPPRESSED], pa.string())
                        for coding, boxes in zip(tree.columns, tree.boxes, strict=True)]
        self._of = [np.append(tree.leaves[:, i], len(boxes)) for i, boxes in enumerate(tree.boxes)]

    def of(self, leaf: npt.NDArray[np.int64]) -> list[pa.Array]:
        """Returns the labels of rows, column by column."""
        return [labels.take(pa.array(of[leaf])) for labels, of in zip(self._labels, self._of, strict=True)]


_latest: list[_Labels] = []


def recode(*columns: pa.Array, tree: dict[str, Any]) -> pa.StructArray:
    """Generalizes quasi-identifiers together: routes each row to its class and returns the class's labels.

    Depends on its arguments alone. The recoding that was used last stays compiled: a task passes the same
    mapping with every batch.

    Args:
        columns: One array per quasi-identifier, in the order of the recoding's columns, all of one length.
        tree: What ``to_json`` of a tree, or another recoding, returned; not changed between calls.

    Returns:
        A string field per quasi-identifier, named as in the recoding and never null, and last the boolean field
        ``suppressed``. A suppressed row has ``'*'`` in every field, and is to be left out of the release.

    Raises:
        InputError: If number or type of the columns is not what the recoding was fitted on.
    """
    if not _latest or (_latest[0].written is not tree and _latest[0].written != tree):
        _latest[:] = [_Labels(tree)]
    compiled = _latest[0]
    compiled.written = tree  # each task brings its own copy
    leaf = compiled.tree.route(columns)
    suppressed = pa.array(np.asarray(leaf == compiled.tree.suppressed))
    return pa.StructArray.from_arrays([*compiled.of(leaf), suppressed], names=[*compiled.tree.names, FLAG])
