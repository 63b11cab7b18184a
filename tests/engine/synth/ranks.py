"""Ranks of an attempt as threads of one process."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np


class Threads:
    """Ranks as threads of one process: what ``Distributed`` does, over a barrier."""

    def __init__(self, size):
        self.size, self.barrier, self.slots = size, threading.Barrier(size, timeout=60), [None] * size

    def of(self, rank):
        import torch

        shared = self

        class Rank:
            size = shared.size
            sums = 0

            def __init__(self):
                self.rank = rank

            def _all(self, value):
                shared.slots[rank] = value
                shared.barrier.wait()
                values = list(shared.slots)
                shared.barrier.wait()
                return values

            def sum(self, values):
                self.sums += 1
                return sum(self._all(values))

            def share(self, values):
                return self._all(values)[0].clone()

            def gather(self, values):
                return values.new_tensor([entry for part in self._all(values) for entry in part.tolist()])

            def route(self, values, owners):
                sent = self._all([values[np.flatnonzero(owners == one)] for one in range(shared.size)])
                return torch.cat([parts[rank] for parts in sent])

        return Rank()

    def run(self, work):
        """Returns what ``work(rank)`` returns on each rank, all at the same time."""
        with ThreadPoolExecutor(self.size) as pool:
            return list(pool.map(work, [self.of(rank) for rank in range(self.size)]))
