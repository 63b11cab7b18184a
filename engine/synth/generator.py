"""What a generator is. A further family implements this protocol; its name is in the policy and in ``attempt.GENERATORS``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from engine.synth.encoding import Codes
from engine.synth.ghost import Tape
from engine.synth.weights import Weights

Allowed = Mapping[int, npt.NDArray[np.bool_]]
"""Place of a column → which of its codes may be."""


class Trainable(Protocol):
    """What the training loop asks of a model of rows of codes. Column ``j`` takes codes 0 to ``sizes[j] - 1``.

    Attributes:
        sizes: Number of codes of each column.
        state: Parameters by name, float32; the whole of what was learned. Shapes depend on public sizes alone.
    """

    sizes: tuple[int, ...]
    state: dict[str, Tensor]

    def loss(self, tape: Tape, codes: Tensor) -> Tensor:
        """Returns the negative log-likelihood of each row, (units, rows), for ``codes`` (units, rows, columns).

        Uses parameters through ``tape`` only, so that the training step can bound each unit's influence.
        """
        ...


class Generator(Trainable, Protocol):
    """A model that draws rows, too.

    Attributes:
        name: As in the receipt.
    """

    name: str

    def restore(self, weights: Weights) -> None:
        """Takes trained weights in place of its own.

        Raises:
            InputError: If names or shapes are not this generator's.
        """
        ...

    def sample(self, rows: int, allowed: Allowed | None = None, possible: Allowed | None = None) -> Codes:
        """Returns new rows of codes, (rows, columns), drawn with fresh randomness.

        Args:
            rows: How many are drawn.
            allowed: What they have to meet. Rows that do not are left out, so that fewer come back: those that do are
                distributed as the model has them, given that they do.
            possible: Which codes there are, publicly: others have no chance, and no row is left out for them.
        """
        ...
