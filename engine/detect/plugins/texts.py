"""An array of texts, as plug-ins look at it."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Integers = npt.NDArray[np.int64]

_FEW_BYTES = 2048
"""Of texts: to compile the filter would take longer than to search them."""


class Texts:
    """Values of a string array; nulls hold nothing."""

    def __init__(self, values: pa.Array) -> None:
        self._valid = pc.is_valid(values).to_numpy(zero_copy_only=False)
        self._array = values.fill_null("")

    @functools.cached_property
    def _folds_alike(self) -> bool:
        """Whether RE2 and the module regex fold the case of every letter alike: of all but the dotted and the dotless i."""
        return not pc.any(pc.match_substring_regex(self._array, "[\u0130\u0131]")).as_py()

    def candidates(self, expression: str | None, given_up: Collection[int] = ()) -> Integers:
        """Returns the indices of values that an RE2 expression lets through; of all where there is none."""
        here = self._valid
        if expression is not None and self._array.nbytes >= _FEW_BYTES and self._folds_alike:
            here = here & pc.match_substring_regex(self._array, expression).to_numpy(zero_copy_only=False)
        return without(np.flatnonzero(here), given_up)

    def strings(self, places: Integers) -> list[str]:
        """Returns the texts at some places."""
        return list(self._array.take(pa.array(places)).to_pylist())


def without(places: Integers, given_up: Collection[int]) -> Integers:
    """Returns the places that were not given up."""
    return places[~np.isin(places, list(given_up))] if given_up else places


def alternatives(expressions: Iterable[str | None]) -> str | None:
    """Returns an expression that matches where any of them does; None if one of them is None."""
    every = list(expressions)
    known = [f"(?:{one})" for one in every if one is not None]
    return "|".join(known) if known and len(known) == len(every) else None


def unreadable(values: pa.Array) -> list[int]:
    """Returns the indices of values that are not UTF-8."""
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        return [place for place, data in enumerate(values.cast(pa.large_binary()).to_pylist()) if not _reads(data)]
    return []


def _reads(data: bytes | None) -> bool:
    try:
        return data is None or data.decode() is not None
    except UnicodeDecodeError:
        return False


def lengths(values: pa.Array, places: Sequence[int]) -> list[int]:
    """Returns how many characters some values have; bytes that are no UTF-8 count as characters."""
    chosen = values.take(pa.array(places, pa.int64())).cast(pa.large_binary()).to_pylist()
    return [len(data.decode("utf-8", "replace")) for data in chosen]
