"""Adam on one flat vector of noisy gradients."""

from __future__ import annotations

from collections.abc import Mapping

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
    def state(self) -> dict[str, Tensor]:
        """Weights and averages. All of it follows from noisy gradients."""
        return {"weights": self.weights, "mean": self._mean, "square": self._square}

    def restore(self, state: Mapping[str, Tensor], taken: int) -> None:
        """Goes on from a state after so many steps."""
        self.weights, self._mean, self._square = state["weights"], state["mean"], state["square"]
        self.taken = taken
