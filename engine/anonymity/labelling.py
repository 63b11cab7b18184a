"""A recoding ready to label batches of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.recoding import recoding_from_json
from schemas.reserved import SUPPRESSED


class Labels:
    """A recoding, of each column the different labels, and which one a class has.

    Args:
        written: What ``to_json`` of a recoding returned.
    """

    def __init__(self, written: dict[str, Any]) -> None:
        self.written = written
        self.recoding = found = recoding_from_json(written)
        self._labels = [pa.array([*map(coding.label, boxes), SUPPRESSED], pa.string())
                        for coding, boxes in zip(found.columns, found.boxes, strict=True)]
        self._of = [np.append(found.leaves[:, i], len(boxes)) for i, boxes in enumerate(found.boxes)]

    def of(self, leaf: npt.NDArray[np.int64]) -> list[pa.Array]:
        """Returns the labels of rows, column by column."""
        return [labels.take(pa.array(of[leaf])) for labels, of in zip(self._labels, self._of, strict=True)]


_latest: list[Labels] = []


def labelled(columns: Sequence[pa.Array], written: dict[str, Any]) -> tuple[Labels, npt.NDArray[np.int64]]:
    """Routes rows to their classes.

    The recoding that was used last stays compiled: a task passes the same mapping with every batch.

    Args:
        columns: One array per quasi-identifier, in the order of the recoding's columns, all of one length.
        written: What ``to_json`` of a recoding returned; not changed between calls.

    Returns:
        The recoding, and each row's class.

    Raises:
        InputError: If number or type of the columns is not what the recoding was fitted on.
    """
    if not _latest or (_latest[0].written is not written and _latest[0].written != written):
        _latest[:] = [Labels(written)]
    compiled = _latest[0]
    compiled.written = written  # each task brings its own copy
    return compiled, compiled.recoding.route(columns)
