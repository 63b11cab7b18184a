"""Kernel ``recode``: quasi-identifiers → labels of the fitted recoding, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from engine.anonymity.labelling import labelled
from engine.anonymity.tree import FLAG


def recode(*columns: pa.Array, tree: dict[str, Any]) -> pa.StructArray:
    """Generalizes quasi-identifiers together: routes each row to its class and returns the class's labels.

    Depends on its arguments alone.

    Args:
        columns: One array per quasi-identifier, in the order of the recoding's columns, all of one length.
        tree: What ``to_json`` of a tree, or another recoding, returned; not changed between calls.

    Returns:
        A string field per quasi-identifier, named as in the recoding and never null, and last the boolean field
        ``suppressed``. A suppressed row has ``'*'`` in every field, and is to be left out of the release.

    Raises:
        InputError: If number or type of the columns is not what the recoding was fitted on.
    """
    labels, leaf = labelled(columns, tree)
    suppressed = pa.array(np.asarray(leaf == labels.recoding.suppressed))
    return pa.StructArray.from_arrays([*labels.of(leaf), suppressed], names=[*labels.recoding.names, FLAG])
