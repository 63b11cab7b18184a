"""What a generator is. A further family implements this protocol and gets a name in ``synthesize.GENERATORS``."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from engine.synth.ghost import Tape

Codes = npt.NDArray[np.int32]


class Generator(Protocol):
    """A model of rows of codes. Column ``j`` takes codes 0 to ``sizes[j] - 1``; shapes depend on public sizes alone.

    Attributes:
        name: As in the receipt.
        sizes: Number of codes of each column.
        state: Parameters by name, float32; the whole of what was learned.
    """

    name: str
    sizes: tuple[int, ...]
    state: dict[str, Tensor]

    def loss(self, tape: Tape, codes: Tensor) -> Tensor:
        """Returns the negative log-likelihood of each row, (units, rows), for ``codes`` (units, rows, columns).

        Uses parameters through ``tape`` only, so that the training step can bound each unit's influence.
        """
        ...

    def sample(self, rows: int) -> Codes:
        """Returns ``rows`` new rows of codes, (rows, columns), drawn with fresh randomness."""
        ...
