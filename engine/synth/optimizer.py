"""Adam on one flat vector of noisy gradients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

LEARNING_RATE = 1e-2
"""Adam's rate for ``_USUAL_STEPS``. It falls with the root of the number of steps: few steps must go far, since each moves a
weight by the rate at most; in many, noise adds up. Measured on Adult at 300 and 760 steps."""

_USUAL_STEPS = 300
_LARGEST_RATE = 4e-2


class Adam:
    """Adam (Kingma and Ba 2015), the rate falling linearly over the second half.

    Written out because ``torch.optim`` loads torch's compiler, which takes longer than a small training.

    Args:
        weights: To begin with, (n,).
        steps: Of the whole training.
    """

    def __init__(self, weights: Tensor, steps: int) -> None:
        self.weights = weights
        self.taken = 0
        self._steps = steps
        self._rate = min(_LARGEST_RATE, LEARNING_RATE * (_USUAL_STEPS / steps) ** 0.5)
        self._mean = torch.zeros_like(weights)
        self._square = torch.zeros_like(weights)

    def step(self, gradient: Tensor) -> None:
        """Moves the weights."""
        slow, fast = 0.9, 0.99
        rate = self._rate * min(1.0, 2 * (1 - self.taken / self._steps) + 0.02)
        self.taken += 1
        self._mean.mul_(slow).add_(gradient, alpha=1 - slow)
        self._square.mul_(fast).addcmul_(gradient, gradient, value=1 - fast)
        spread = (self._square / (1 - fast**self.taken)).sqrt_().add_(1e-8)
        self.weights = torch.addcdiv(self.weights, self._mean, spread, value=-rate / (1 - slow**self.taken))

    @property
    def state(self) -> Tensor:
        """Weights and averages, (3, n). All of it follows from noisy gradients."""
        return torch.stack([self.weights, self._mean, self._square])

    def restore(self, state: Tensor, taken: int) -> None:
        """Goes on from a state after so many steps."""
        self.weights, self._mean, self._square = state
        self.taken = taken


def arrays(state: Tensor) -> dict[str, npt.NDArray[np.float32]]:
    """Returns a state as arrays with names."""
    return dict(zip(("weights", "mean", "square"), state.cpu().numpy().astype(np.float32), strict=True))


def from_arrays(found: Mapping[str, npt.NDArray[np.float32]]) -> Tensor:
    """Returns the state that ``arrays`` was given."""
    return torch.from_numpy(np.stack([found[name] for name in ("weights", "mean", "square")]))
