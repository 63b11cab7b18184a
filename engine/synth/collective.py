"""The ranks of one attempt over torch.distributed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from torch import Tensor


class Distributed:
    """Implements ``training.Collective`` on the process group that is already set up.

    A rank that dies makes every call of the others fail: no step has a result without all of them.
    """

    def __init__(self) -> None:
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()

    def sum(self, values: Tensor) -> Tensor:
        """See ``Collective.sum``."""
        total = values.clone()
        dist.all_reduce(total)
        return total

    def share(self, values: Tensor) -> Tensor:
        """See ``Collective.share``."""
        shared = values.clone()
        dist.broadcast(shared, src=0)
        return shared

    def gather(self, values: Tensor) -> Tensor:
        """See ``Collective.gather``."""
        sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
        dist.all_gather(sizes, torch.tensor([len(values)]))
        longest = max(int(size) for size in sizes)
        padded = torch.cat([values, values.new_zeros(longest - len(values))])
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
        return torch.cat([part[: int(size)] for part, size in zip(parts, sizes, strict=True)])

    def route(self, values: Tensor, owners: npt.NDArray[np.intp]) -> Tensor:
        """See ``Collective.route``."""
        order = np.argsort(owners, kind="stable")
        sent = torch.from_numpy(np.bincount(owners, minlength=self.size).astype(np.int64))
        received = torch.empty_like(sent)
        dist.all_to_all_single(received, sent)
        arrived = torch.empty(int(received.sum()), *values.shape[1:], dtype=values.dtype)
        dist.all_to_all_single(arrived, values[torch.from_numpy(order)].contiguous(), received.tolist(), sent.tolist())
        return arrived
