"""Kernel ``recode_items``: the items of a set → the labels that stand for them, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.hierarchies import as_text
from engine.anonymity.itemsets.sets import Held, entries, numbered

LABELS = pa.list_(pa.field("element", pa.string()))


def recode_items(values: pa.Array, *, recoding: dict[str, Any]) -> pa.Array:
    """Returns the labels of each row's items: each once, in the order of their text.

    Args:
        values: Lists of strings or integers.
        recoding: What ``ItemRecoding.to_json`` returned.

    Returns:
        Array of type list<string>. Null stays null, a null item is none, an item without a label is left out, and so is one that
        came after the fit. A row none of whose items has a label has an empty list.
    """
    labels, label = numbered(pa.array(recoding["labels"], pa.string()))
    rows, items = entries(values)
    place = pc.index_in(as_text(items), value_set=pa.array(recoding["items"], pa.string()))
    known = np.asarray(pc.is_valid(place))
    held = Held.of(rows[known], label[np.asarray(place.drop_null()).astype(np.int64)], np.ones(len(values), np.int64))
    return pa.ListArray.from_arrays(pa.array(held.starts.astype(np.int32)), labels.take(pa.array(held.nodes)), type=LABELS,
                                    mask=pc.is_null(values))
