"""Kernel ``recode``: quasi-identifiers → labels of the fitted recoding, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from engine.anonymity.recoding import recoding_from_json
from engine.anonymity.tree import FLAG


class _Labels:
    """One recoding ready to label batches: it and its labels as Arrow arrays."""

    def __init__(self, written: dict[str, Any]) -> None:
        self.written = written
        self.tree = recoding_from_json(written)
        self.labels = [pa.array(self.tree.labels(i), pa.string()) for i in range(len(self.tree.columns))]


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
    if not _latest or _latest[0].written is not tree:
        _latest[:] = [_Labels(tree)]
    compiled = _latest[0]
    leaf = compiled.tree.route(columns)
    index = pa.array(leaf)
    fields = [labels.take(index) for labels in compiled.labels]
    suppressed = pa.array(np.asarray(leaf == compiled.tree.suppressed))
    return pa.StructArray.from_arrays([*fields, suppressed], names=[*compiled.tree.names, FLAG])
