"""The tabular generator's layers as torch modules, and a clipped step of them by Opacus."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional


class Plain(nn.Module):
    """One small network a column, as ``engine.synth.tabular``."""

    def __init__(self, sizes: tuple[int, ...], hidden: int = 48, embedding: int = 8) -> None:
        super().__init__()
        self.sizes, self.width = sizes, embedding
        self.embedding = nn.Embedding(sum(sizes), embedding)
        self.hidden = nn.ModuleList(nn.Linear(column * embedding, hidden) for column in range(1, len(sizes)))
        self.out = nn.ModuleList(
            nn.Linear(hidden + column * embedding if column else 1, size) for column, size in enumerate(sizes))
        self.register_buffer("starts", torch.tensor([0, *sizes[:-1]]).cumsum(0))

    def forward(self, codes: Tensor) -> Tensor:
        """Returns each row's loss, (rows,)."""
        embedded = self.embedding(codes + self.starts).flatten(1)
        losses = functional.cross_entropy(self.out[0](torch.zeros(len(codes), 1)), codes[:, 0], reduction="none")
        for column in range(1, len(self.sizes)):
            before = embedded[:, : column * self.width]
            inner = functional.relu(self.hidden[column - 1](before))
            logits = self.out[column](torch.cat([inner, before], dim=1))
            losses = losses + functional.cross_entropy(logits, codes[:, column], reduction="none")
        return losses


def hooks(model: Plain, codes: Tensor) -> Callable[[], None]:
    """Returns a step with every unit's gradient in memory, as ``PrivacyEngine`` does it by default."""
    from opacus import GradSampleModule  # noqa: PLC0415 - takes seconds to load
    from opacus.optimizers import DPOptimizer  # noqa: PLC0415 - the same

    hooked = GradSampleModule(_copy(model), loss_reduction="mean")
    optimizer = DPOptimizer(torch.optim.Adam(hooked.parameters()), noise_multiplier=0.0, max_grad_norm=1.0,
                            expected_batch_size=len(codes))

    def step() -> None:
        optimizer.zero_grad()
        with warnings.catch_warnings(action="ignore"):
            hooked(codes).mean().backward()
        optimizer.step()

    return step


def fast(model: Plain, codes: Tensor) -> Callable[[], None]:
    """Returns a step of fast gradient clipping: norms by a first backward pass, the sum by a second."""
    from opacus.grad_sample import GradSampleModuleFastGradientClipping  # noqa: PLC0415 - takes seconds to load
    from opacus.optimizers import DPOptimizerFastGradientClipping  # noqa: PLC0415 - the same
    from opacus.utils.fast_gradient_clipping_utils import DPTensorFastGradientClipping  # noqa: PLC0415 - the same

    hooked = GradSampleModuleFastGradientClipping(_copy(model), max_grad_norm=1.0, use_ghost_clipping=True, loss_reduction="mean")
    optimizer = DPOptimizerFastGradientClipping(torch.optim.Adam(hooked.parameters()), noise_multiplier=0.0, max_grad_norm=1.0,
                                                expected_batch_size=len(codes))

    def step() -> None:
        optimizer.zero_grad()
        with warnings.catch_warnings(action="ignore"):
            DPTensorFastGradientClipping(hooked, optimizer, hooked(codes), "mean").backward()
        optimizer.step()

    return step


def _copy(model: Plain) -> Plain:
    copy = Plain(model.sizes)
    copy.load_state_dict(model.state_dict())
    return copy
