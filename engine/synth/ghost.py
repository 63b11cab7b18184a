"""Clipped sums of per-unit gradients without the per-unit gradients ("ghost clipping").

A unit is a sequence of positions: its rows, or its rows times its columns. For a linear layer with inputs ``a`` and output
gradients ``g`` the unit's weight gradient is ``sum_s g_s a_s'``, whose squared norm is ``sum_st (a_s . a_t)(g_s . g_t)``
(Goodfellow 2015; Li et al. 2022, "Large Language Models Can Be Strong Differentially Private Learners", Section 4). So the
norm comes from two small Gram matrices, and the clipped sum from one product with the outputs' gradients scaled.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

Parameters = Mapping[str, Tensor]


class Tape:
    """One forward pass over a batch of units; remembers what the layers saw if ``recording``.

    Every parameter must be used through ``linear`` and ``embed`` only, each at most once in a pass: gradients of
    other uses would be neither clipped nor summed.
    """

    def __init__(self, parameters: Parameters, *, recording: bool) -> None:
        self.parameters = parameters
        self._recording = recording
        self._seen: list[tuple[str, Tensor, Tensor]] = []

    def linear(self, name: str, inputs: Tensor) -> Tensor:
        """Returns ``inputs`` (units, positions, in) through layer ``name``: ``name.weight`` (out, in), ``name.bias`` (out,)."""
        outputs = functional.linear(inputs, self.parameters[f"{name}.weight"], self.parameters[f"{name}.bias"])
        return self._remember(name, inputs, outputs)

    def embed(self, name: str, codes: Tensor) -> Tensor:
        """Returns rows ``codes`` (units, positions) of the table ``name`` (codes, width)."""
        return self._remember(name, codes, self.parameters[name][codes])

    def clipped(self, losses: Tensor, clip: float, *, per_layer: bool = False) -> tuple[dict[str, Tensor], Tensor]:
        """Returns the sum over units of gradients scaled to an L2 norm of ``clip`` at most, and the norms before.

        A unit whose gradient is not finite adds nothing: it must not show by spoiling the sum.

        Args:
            losses: Loss of each unit, (units,); a unit's loss must depend on that unit's inputs alone.
            clip: Bound on the norm over all parameters together.
            per_layer: Whether each of L layers is scaled by itself, to clip / √L at most. Norms are then such that a unit is
                within ``clip`` if all its layers are within theirs.
        """
        gradients = torch.autograd.grad(losses.sum(), [outputs for _, _, outputs in self._seen])
        layers = [(name, seen.detach(), grad) for (name, seen, _), grad in zip(self._seen, gradients, strict=True)]
        squared = torch.stack([_squared_norms(seen, grad) for _, seen, grad in layers]).clamp(min=0)
        squared = squared * len(layers) if per_layer else squared.sum(0, keepdim=True)
        norms = squared.sqrt()
        finite = torch.isfinite(norms).all(0)
        scales = (clip / norms[:, finite]).clamp(max=1).float().expand(len(layers), -1)
        total = {name: torch.zeros_like(value) for name, value in self.parameters.items()}
        for (name, seen, grad), scale in zip(layers, scales, strict=True):
            scaled = (grad[finite] * scale[:, None, None]).flatten(0, 1)
            kept = seen[finite].flatten(0, 1)
            if seen.is_floating_point():
                total[f"{name}.weight"] += scaled.T @ kept
                total[f"{name}.bias"] += scaled.sum(0)
            else:
                total[name].index_add_(0, kept, scaled)
        return total, norms.max(0).values

    def _remember(self, name: str, inputs: Tensor, outputs: Tensor) -> Tensor:
        if not self._recording:
            return outputs
        if not outputs.requires_grad:
            outputs.requires_grad_()
        if any(name == seen for seen, _, _ in self._seen):
            raise ValueError(f"layer {name} is used twice in one pass: its uses would be clipped apart")
        self._seen.append((name, inputs, outputs))
        return outputs


def _squared_norms(inputs: Tensor, grad: Tensor) -> Tensor:
    """Returns each unit's squared gradient norm for one layer, float64; a bias is a weight whose input is 1.

    Products of positions can cancel, so several positions are summed in double precision.
    """
    if inputs.is_floating_point() and inputs.shape[1] == 1:
        return (((inputs**2).sum((1, 2)) + 1) * (grad**2).sum((1, 2))).double()
    grad = grad.double()
    if inputs.is_floating_point():
        together = inputs.double() @ inputs.double().transpose(1, 2) + 1
    else:
        together = (inputs[:, :, None] == inputs[:, None, :]).double()
    return (together * (grad @ grad.transpose(1, 2))).sum((1, 2))
