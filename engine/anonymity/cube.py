"""The cube: distinct (quasi-identifiers, sensitive values) → number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.errors import InputError
from schemas.reserved import COUNT

D_MAX = 2_000_000
"""Most tuples that the driver holds. More stay where they are (``engine.anonymity.far``)."""


def too_many(tuples: int, quasi: Sequence[str], *, what: str, most: int) -> InputError:
    """Returns the error of a cube that has to be held, and is too large."""
    return InputError(
        f"the quasi-identifiers take {tuples:,} distinct combinations, and {what}", where=f"columns {', '.join(quasi)}",
        allowed=f"at most {most:,}", next="coarsen a quasi-identifier with operator bucket or generalize, or drop one")


@dataclass(frozen=True)
class Cube:
    """A count table.

    Attributes:
        table: One row per distinct tuple: the quasi-identifier columns, the sensitive columns, and
            ``schemas.reserved.COUNT`` (int64, ≥1). Order of rows carries no meaning.
        quasi: Names of the quasi-identifier columns.
        sensitive: Names of the sensitive columns.
        people: Of a population beside the table, those with the quasi-identifiers of each tuple. Of several tuples that share
            theirs one has them all; a tuple that only the population has counts 0, and its sensitive values mean nothing.
    """

    table: pa.Table
    quasi: tuple[str, ...]
    sensitive: tuple[str, ...] = ()
    people: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.table.num_rows > D_MAX:
            raise too_many(self.table.num_rows, self.quasi, what="they are counted in memory here", most=D_MAX)

    @property
    def rows(self) -> int:
        """Number of rows of the table behind the cube."""
        return int(pa.compute.sum(self.table[COUNT]).as_py() or 0)

    @property
    def weights(self) -> npt.NDArray[np.int64]:
        """Rows and people behind each tuple: how often its values occur."""
        counts = np.asarray(self.table[COUNT].cast(pa.int64())).astype(np.int64)
        return counts if self.people is None else counts + self.people
