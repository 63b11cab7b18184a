"""What the families of hierarchies share: text of values, labels by key, parts of codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from schemas.policy import Hierarchy

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Family:
    """A kind of hierarchy.

    Attributes:
        steps: Number of levels below ``'*'``, of a hierarchy named ``where`` in errors.
        labels: Labels of distinct values of a fitting type, one array for each of some levels from 1 to ``steps``; null where
            the value is null or unknown, at every level or at none.
    """

    steps: Callable[[Hierarchy, str], int]
    labels: Callable[[pa.Array, Hierarchy, Sequence[int]], list[pa.Array]]


class Kept(Generic[Given, Made]):
    """What was made of the last few objects, found again by which object it is: kernels come with the same one batch after batch.

    Args:
        make: Makes something of an object that nobody changes.
    """

    def __init__(self, make: Callable[[Given], Made], most: int = 32) -> None:
        self._make, self._most = make, most
        self._kept: dict[int, tuple[Given, Made]] = {}  # with the object itself, so that no other gets its identity

    def __call__(self, given: Given) -> Made:
        """Returns what is made of ``given``."""
        found = self._kept.get(id(given))
        if found is None:
            found = (given, self._make(given))
            if len(self._kept) >= self._most:
                self._kept.clear()
            self._kept[id(given)] = found
        return found[1]


def as_text(values: pa.Array) -> pa.Array:
    """Returns values as the strings that tables, groups and labels are written in."""
    return values if is_.is_string(values.type) else pc.cast(values, pa.string())


def by_key(keys: npt.NDArray[Any], valid: npt.NDArray[np.bool_], name: Callable[[Any], str]) -> pa.Array:
    """Returns a label for each value: ``name`` of its key, asked once for each key.

    Args:
        keys: Keys of the values that have one, in order.
        valid: Which values those are.
        name: Label of a key, given as a plain Python number.
    """
    distinct, place = np.unique(keys, return_inverse=True)
    index = np.zeros(len(valid), np.int64)
    index[valid] = place
    return pa.array([name(key) for key in distinct.tolist()], pa.string()).take(pa.array(index, mask=~valid))


def parts(values: pa.Array, pattern: str) -> dict[str, pa.Array]:
    """Returns the named parts of a pattern (RE2) in each value: null where that does not match, empty where a part does not."""
    found = pc.extract_regex(pc.utf8_trim_whitespace(as_text(values)), pattern)
    valid = pc.is_valid(found)
    return {field.name: pc.if_else(valid, pc.struct_field(found, [field.name]), None) for field in found.type}


def joined(*pieces: pa.Array | str) -> pa.Array:
    """Returns pieces put one after another; null where one of them is."""
    return pc.binary_join_element_wise(*pieces, "")
