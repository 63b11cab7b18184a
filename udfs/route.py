"""Kernel ``route``: quasi-identifiers → labels of a stored recoding, and the number of the leaf."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from engine.anonymity.labelling import labelled
from schemas.reserved import LEAF


def route(*columns: pa.Array, tree: dict[str, Any]) -> pa.StructArray:
    """Routes each row to a leaf, and returns the leaf's labels and its number.

    Depends on its arguments alone.

    Args:
        columns: One array per quasi-identifier, in the order of the recoding's columns, all of one length.
        tree: What ``to_json`` of a recoding returned; not changed between calls.

    Returns:
        A string field per quasi-identifier, named as in the recoding, and last the int64 field ``schemas.reserved.LEAF``. A row
        that no label is true of has ``'*'`` in every field, and null for a leaf.

    Raises:
        InputError: If number or type of the columns is not what the recoding was fitted on.
    """
    labels, leaf = labelled(columns, tree)
    number = pa.array(leaf, mask=np.asarray(leaf == labels.recoding.suppressed))
    return pa.StructArray.from_arrays([*labels.of(leaf), number], names=[*labels.recoding.names, LEAF])
