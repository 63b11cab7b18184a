"""The tabular generator: one column after the other, each from all before it.

The density factors exactly: p(row) = p(c1) p(c2 | c1) ... Each column has a small network over the embeddings of the
columns before it: one hidden layer beside a direct linear path. Little is shared, so a unit's gradient stays short and
its norm is cheap; wide-and-direct learns marginals and pairs in few steps, which is what a privacy budget pays for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.errors import InputError
from engine.synth.encoding import Codes
from engine.synth.generator import Allowed
from engine.synth.ghost import Tape
from engine.synth.weights import Weights

_SAMPLED_AT_ONCE = 8192


class TabularGenerator:
    """Implements ``generator.Generator``. Initial weights are random, from torch's generator.

    Args:
        sizes: Number of codes of each column.
        hidden: Width of a column's hidden layer.
        embedding: Width of a value's embedding.
    """

    name = "tabular"

    def __init__(self, sizes: Sequence[int], *, hidden: int = 48, embedding: int = 8) -> None:
        self.sizes = tuple(sizes)
        self.hidden = hidden
        self.embedding = embedding
        starts = np.concatenate([[0], np.cumsum(self.sizes[:-1], dtype=np.int64)])
        self._starts = torch.from_numpy(starts.astype(np.int64))
        self.state = self._initial()

    def loss(self, tape: Tape, codes: Tensor) -> Tensor:
        """See ``Trainable.loss``."""
        units, rows, columns = codes.shape
        losses = torch.zeros(units, rows, device=codes.device)
        for column, logits in enumerate(self._logits(tape, codes, columns)):
            losses = losses + functional.cross_entropy(
                logits.flatten(0, 1), codes[:, :, column].flatten(), reduction="none").reshape(units, rows)
        return losses

    def restore(self, weights: Weights) -> None:
        """See ``Generator.restore``."""
        if {name: value.shape for name, value in weights.items()} != {name: tuple(v.shape) for name, v in self.state.items()}:
            raise InputError("the weights are not of this generator and these columns", where=self.name, next="train again")
        self.state = {name: torch.from_numpy(weights[name]) for name in self.state}

    def sample(self, rows: int, allowed: Allowed | None = None, possible: Allowed | None = None) -> Codes:
        """See ``Generator.sample``."""
        parts = [self._sample(min(_SAMPLED_AT_ONCE, rows - start), allowed or {}, possible or {})
                 for start in range(0, rows, _SAMPLED_AT_ONCE)]
        return np.concatenate([np.empty((0, len(self.sizes)), dtype=np.int32), *parts])

    @torch.no_grad()
    def _sample(self, rows: int, allowed: Allowed, possible: Allowed) -> Codes:
        """Draws column by column, each from its possible codes. A row passes a condition with the chance that it meets it.

        That is rejection of rows that do not, each told at the first condition. No column comes before the first one, so that a
        condition on it rejects nobody: all rows have the same chance.
        """
        codes = torch.zeros(rows, 1, len(self.sizes), dtype=torch.int64)
        for column in range(len(self.sizes)):
            *_, logits = self._logits(Tape(self.state, recording=False), codes, column + 1, first=column)
            if column in possible:
                logits = logits.masked_fill(~torch.from_numpy(possible[column]), -torch.inf)
            chances = logits[:, 0].softmax(-1)
            if column in allowed:
                chances = chances * torch.from_numpy(allowed[column])
                met = chances.sum(-1)
                kept = (torch.rand(len(met)) < met) if column else met > 0
                codes, chances = codes[kept], chances[kept]
            if not len(codes):
                break
            codes[:, 0, column] = torch.multinomial(chances, 1)[:, 0]
        return codes[:, 0].numpy().astype(np.int32)

    def _logits(self, tape: Tape, codes: Tensor, columns: int, first: int = 0) -> list[Tensor]:
        """Returns the logits of columns ``first`` to ``columns - 1``, each (units, rows, size)."""
        units, rows, _ = codes.shape
        embedded = tape.embed("embedding", codes + self._starts.to(codes.device)).flatten(2)
        logits = []
        for column in range(first, columns):
            if column == 0:
                logits.append(tape.linear("0.out", torch.zeros(units, rows, 1, device=codes.device)))
                continue
            before = embedded[:, :, : column * self.embedding]
            inner = functional.relu(tape.linear(f"{column}.hidden", before))
            logits.append(tape.linear(f"{column}.out", torch.cat([inner, before], dim=-1)))
        return logits

    def _initial(self) -> dict[str, Tensor]:
        state = {"embedding": torch.randn(sum(self.sizes), self.embedding) / 2}
        for column, size in enumerate(self.sizes):
            before = column * self.embedding
            if column:
                state[f"{column}.hidden.weight"] = torch.randn(self.hidden, before) / math.sqrt(before)
                state[f"{column}.hidden.bias"] = torch.zeros(self.hidden)
            state[f"{column}.out.weight"] = torch.zeros(size, self.hidden + before if column else 1)
            state[f"{column}.out.bias"] = torch.zeros(size)
        return state
