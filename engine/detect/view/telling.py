"""Which values an expression tells of (RE2): those that a step of the view has to look at."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_FEW = 512
"""Values up to which an expression that is kept compiled is quicker than Arrow, which compiles it for each call."""


def matching(values: Sequence[str] | pa.Array, expression: str) -> npt.NDArray[np.bool_]:
    """Returns in which values an expression matches; one that is no UTF-8 (a lone surrogate) counts as one."""
    if len(values) > _FEW:
        try:
            array = values if isinstance(values, pa.Array) else pa.array(values, pa.large_string())
            return np.array(pc.match_substring_regex(array, expression).to_numpy(zero_copy_only=False), np.bool_)
        except UnicodeEncodeError:
            pass
    texts = values.to_pylist() if isinstance(values, pa.Array) else values
    return np.array([_tells(text, expression) for text in texts], np.bool_)


def _tells(value: str, expression: str) -> bool:
    try:
        return _compiled(expression).search(value) is not None
    except UnicodeEncodeError:
        return True


@functools.cache
def _compiled(expression: str) -> Any:  # noqa: ANN401 - the library carries no types
    import re2  # noqa: PLC0415 - slow to import where nothing is scanned

    return re2.compile(expression)
