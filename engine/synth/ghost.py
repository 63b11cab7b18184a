"""Clipped sums of per-unit gradients without the per-unit gradients ("ghost clipping").

A unit is a sequence of positions: its rows, or its rows times its columns. For a linear layer with inputs ``a`` and output
gradients ``g`` the unit's weight gradient is ``sum_s g_s a_s'``, whose squared norm is ``sum_st (a_s . a_t)(g_s . g_t)``
(Goodfellow 2015; Li et al. 2022, "Large Language Models Can Be Strong Differentially Private Learners", Section 4). So the
norm comes from two small Gram matrices, and the clipped sum from one product with the outputs' gradients scaled, without a
second backward pass (Bu et al. 2023, "Differentially Private Optimization on Large Model at Small Cost", Section 3).

Norms are of the very numbers that are summed, whatever the precision in which these came about, and are told too large by what
floating point can have lost of them: by at most ``n · 2^-23`` of the sum of absolute terms where each term is a sum of ``n``
(Higham 2002, "Accuracy and Stability of Numerical Algorithms", Section 3.1). So what one unit adds never has a norm above the
clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge
from torch.nn import functional

Parameters = Mapping[str, Tensor]

_LOST = 2.0**-23
_FEW = 8
"""Roundings beside those of long sums: of roots, quotients and the product with the scale."""


class _Layer(NamedTuple):
    """What a layer saw: inputs (units, positions, in), or codes; and where its outputs' gradients come out."""

    name: str
    seen: Tensor
    edge: GradientEdge


class Tape:
    """One forward pass over a batch of units; remembers what the layers saw if ``recording``.

    Every parameter must be used through ``linear`` and ``embed`` only, each at most once in a pass: gradients of
    other uses would be neither clipped nor summed.
    """

    def __init__(self, parameters: Parameters, *, recording: bool) -> None:
        self.parameters = parameters
        self._recording = recording
        self._layers: list[_Layer] = []
        self._held = 0

    def linear(self, name: str, inputs: Tensor) -> Tensor:
        """Returns ``inputs`` (units, positions, in) through layer ``name``: ``name.weight`` (out, in), ``name.bias`` (out,)."""
        outputs = functional.linear(inputs, self.parameters[f"{name}.weight"], self.parameters[f"{name}.bias"])
        return self._remember(name, inputs, outputs)

    def embed(self, name: str, codes: Tensor) -> Tensor:
        """Returns rows ``codes`` of the table ``name`` (codes, width).

        Args:
            name: Of the table.
            codes: (units, positions); or (units, positions, columns), which is cheaper, if columns have no code in common.
        """
        return self._remember(name, codes, functional.embedding(codes, self.parameters[name]))

    def clipped(self, losses: Tensor, clip: float, *, per_layer: bool = False) -> tuple[dict[str, Tensor], Tensor]:
        """Returns the sum over units of gradients scaled to an L2 norm of ``clip`` at most, and the norms before.

        A unit whose gradient is not finite adds nothing: it must not show by spoiling the sum.

        Args:
            losses: Loss of each unit, (units,); a unit's loss must depend on that unit's inputs alone.
            clip: Bound on the norm over all parameters together.
            per_layer: Whether each of L layers is scaled by itself, to clip / √L at most. Norms are then such that a unit is
                within ``clip`` if all its layers are within theirs.
        """
        layers, self._layers = self._layers, []
        gradients = [grad.float() for grad in torch.autograd.grad(losses.sum(), [layer.edge for layer in layers])]
        seen = [layer.seen.float() if layer.seen.is_floating_point() else layer.seen for layer in layers]
        names = [layer.name for layer in layers]
        del layers
        squared = _squared_norms(seen, gradients)
        norms = (squared * len(seen) if per_layer else squared.sum(0, keepdim=True)).sqrt()
        finite = torch.isfinite(norms).all(0)
        scales = (clip / norms).clamp(max=1)
        if not finite.all():
            seen, gradients = [inputs[finite] for inputs in seen], [grad[finite] for grad in gradients]
            scales = scales[:, finite]
        total: dict[str, Tensor] = {}
        for place in reversed(range(len(names))):
            total.update(self._summed(names[place], seen.pop(), gradients.pop(), scales[place if per_layer else 0]))
        unused = {name: torch.zeros_like(value) for name, value in self.parameters.items() if name not in total}
        return {**total, **unused}, norms.max(0).values

    def _summed(self, name: str, inputs: Tensor, grad: Tensor, scale: Tensor) -> dict[str, Tensor]:
        """Returns a layer's sum over units of gradients times their scale."""
        scaled = (grad * scale.reshape(-1, *[1] * (grad.dim() - 1))).flatten(0, -2)
        if inputs.is_floating_point():
            return {f"{name}.weight": scaled.T @ inputs.flatten(0, 1), f"{name}.bias": scaled.sum(0)}
        return {name: torch.zeros_like(self.parameters[name]).index_add_(0, inputs.flatten(), scaled)}

    @property
    def held(self) -> int:
        """Bytes that the layers' inputs and the gradients of their outputs take, of all units together."""
        return self._held

    def _remember(self, name: str, inputs: Tensor, outputs: Tensor) -> Tensor:
        if not self._recording:
            return outputs
        if not outputs.requires_grad:
            outputs.requires_grad_()
        if any(name == layer.name for layer in self._layers):
            raise ValueError(f"layer {name} is used twice in one pass: its uses would be clipped apart")
        self._layers.append(_Layer(name, inputs.detach(), get_gradient_edge(outputs)))
        self._held += inputs.nbytes + outputs.nbytes
        return outputs


def _squared_norms(seen: list[Tensor], gradients: list[Tensor]) -> Tensor:
    """Returns each layer's squared gradient norm for each unit, (layers, units), rounded up; a bias is a weight of input 1.

    Of one position it is the product of two lengths, which is all that most layers are asked for.
    """
    inputs, outputs, none = [], [], gradients[0].new_zeros(len(gradients[0]))
    for one, grad in zip(seen, gradients, strict=True):
        single = one.shape[1] == 1
        inputs.append(torch.linalg.vector_norm(one.flatten(1), dim=1) if single and one.is_floating_point() else none)
        outputs.append(torch.linalg.vector_norm(grad.flatten(1), dim=1) if single else _summed_norms(one, grad))
    lost = [(1 + _LOST * (_FEW + one.shape[-1] + grad[0].numel())) ** 2 for one, grad in zip(seen, gradients, strict=True)]
    return (torch.stack(inputs) ** 2 + 1) * torch.stack(outputs) ** 2 * none.new_tensor(lost)[:, None]


def _summed_norms(seen: Tensor, grad: Tensor) -> Tensor:
    """Returns the gradient norm of each unit of several positions, (units,), for one layer.

    Products of positions can cancel, and what is lost is a part of what they were before.
    """
    if seen.is_floating_point():
        together, positions = seen @ seen.transpose(1, 2) + 1, grad
    else:
        codes, positions = seen.movedim(1, -1), grad.movedim(1, -2)
        together = (codes[..., :, None] == codes[..., None, :]).float()
    alike = positions @ positions.transpose(-1, -2)
    apart = (_diagonal(together) * _diagonal(alike)).sqrt().flatten(1).sum(1)
    squared = (together * alike).sum(-1).flatten(1).sum(1).clamp(min=0)
    return (squared + _LOST * (_FEW + seen.shape[-1] + grad[0].numel()) * apart**2).sqrt()


def _diagonal(matrices: Tensor) -> Tensor:
    return matrices.diagonal(dim1=-2, dim2=-1)
