"""Which label stands for each item, and which are left out, so that no combination of what is left is rare.

Apriori-based anonymization (AA) of Terrovitis, Mamoulis and Kalnis (2008): first single items, then pairs, and so on, each size
with the labels that the one before left. In place of their count tree stands the list of rare combinations of all labels that may
still be chosen; of all steps that end some of them the one that loses least for each goes first, and steps that turn out needless
are taken back.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from engine.anonymity.itemsets.domain import Domain
from engine.anonymity.itemsets.sets import Ints

Key = tuple[bool, float, int, int]
_OUT, _UP = 0, 1
_NOTHING = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Step:
    """A change of the cut.

    Attributes:
        gone: Nodes that no longer stand in the release.
        come: Nodes that stand there in their place.
        out: Nodes that are left out by it.
        back: Nodes that were left out, and are not any more: what is below ``come`` stands again.
    """

    gone: Ints
    come: Ints
    out: Ints
    back: Ints

    @property
    def undone(self) -> Step:
        """What takes it back."""
        return Step(self.come, self.gone, self.back, self.out)


@dataclass
class Cut:
    """A cut through the hierarchy under construction: each item is below exactly one node that is kept or left out.

    Attributes:
        domain: The nodes.
        weights: Occurrences of items below each node.
        budget: Occurrences that may be left out.
        kept: Which nodes stand in the release; one more entry than nodes, for combinations that are shorter than others.
        out: Which nodes are left out.
        spent: Occurrences that are left out.
    """

    domain: Domain
    weights: Ints
    budget: int
    kept: npt.NDArray[np.bool_] = field(init=False)
    out: npt.NDArray[np.bool_] = field(init=False)
    spent: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.kept = np.zeros(len(self.domain) + 1, bool)
        self.kept[[*self.domain.leaf, len(self.domain)]] = True
        self.out = np.zeros(len(self.domain), bool)
        self._combos = np.zeros((0, 1), np.int64)

    @property
    def open(self) -> npt.NDArray[np.bool_]:
        """Which nodes stand in the release, or may come to stand there."""
        found = self.kept[:-1].copy()
        for node in np.flatnonzero(found | self.out):
            above = self.domain.parent[node]
            while above >= 0 and not found[above]:
                found[above] = True
                above = self.domain.parent[above]
        return found

    @property
    def loss(self) -> float:
        """Occurrences lost: each counts (s-1)/(D-1) of its node, and 1 where it is left out."""
        kept = np.flatnonzero(self.kept[:-1])
        return self._lost(kept) / self.domain.unit + self.spent

    def clear(self, rare: Ints) -> bool:
        """Changes the cut until it holds none of these combinations, nor of those that were cleared before.

        Args:
            rare: Combinations of open nodes, one a row, all of one size and not smaller than those before.

        Returns:
            Whether that was possible.
        """
        self._load(rare)
        steps: list[Step] = []
        heap = self._moves(np.flatnonzero(self._live[:-1]))
        heapq.heapify(heap)
        while heap:
            key = heapq.heappop(heap)
            fresh = self._key(*key[2:])
            if fresh is None or fresh > key:
                if fresh is not None:
                    heapq.heappush(heap, fresh)
                continue
            steps.append(self._step(*key[2:]))
            for move in self._moves(self._take(steps[-1])):
                heapq.heappush(heap, move)
        if self._live[:-1].any():
            return False
        for step in reversed(steps):
            self._relent(step)
        return True

    def _load(self, rare: Ints) -> None:
        """Puts combinations beside those that are still possible."""
        nodes, width = len(self.domain), max(self._combos.shape[1], rare.shape[1])
        wide = [np.pad(c, ((0, 0), (0, width - c.shape[1])), constant_values=nodes) for c in (self._combos, rare)]
        combos = np.concatenate(wide)
        possible = np.append(self.open, True)
        self._combos = combos[possible[combos].all(axis=1)]
        self._missing = (~self.kept[self._combos]).sum(axis=1)
        self._live = np.bincount(self._combos[self._missing == 0].ravel(), minlength=nodes + 1)
        flat = self._combos.ravel()
        self._order = np.argsort(flat, kind="stable") // width
        self._starts = np.searchsorted(np.sort(flat), np.arange(nodes + 1))

    def _with(self, nodes: Ints) -> Ints:
        """Returns the combinations with one of ``nodes``, one that has several as many times."""
        return np.concatenate([_NOTHING, *(self._order[self._starts[node]:self._starts[node + 1]] for node in nodes.tolist())])

    def _take(self, step: Step) -> Ints:
        """Takes a step; returns the nodes of rare combinations that came into being."""
        less, more = self._with(step.gone), self._with(step.come)
        touched = np.unique(np.concatenate([less, more]))
        before = self._missing[touched] == 0
        np.add.at(self._missing, less, 1)
        np.subtract.at(self._missing, more, 1)
        after = self._missing[touched] == 0
        born = self._combos[touched[after & ~before]].ravel()
        np.subtract.at(self._live, self._combos[touched[before & ~after]].ravel(), 1)
        np.add.at(self._live, born, 1)
        self.kept[step.gone], self.kept[step.come] = False, True
        self.out[step.back], self.out[step.out] = False, True
        self.spent += int(self.weights[step.out].sum() - self.weights[step.back].sum())
        return np.unique(born[born < len(self.domain)])

    def _step(self, kind: int, node: int) -> Step:
        if kind == _OUT:
            return Step(np.array([node]), _NOTHING, np.array([node]), _NOTHING)
        above = int(self.domain.parent[node])
        below = np.arange(above + 1, self.domain.last[above] + 1)
        return Step(below[self.kept[below]], np.array([above]), _NOTHING, below[self.out[below]])

    def _moves(self, nodes: Ints) -> list[Key]:
        found = (self._key(kind, node) for node in nodes.tolist() for kind in (_OUT, _UP))
        return [key for key in found if key is not None]

    def _key(self, kind: int, node: int) -> Key | None:
        """Returns what orders moves: those that end rare combinations by the loss for each, then the others by their loss."""
        if not (self.kept[node] and self._live[node]):
            return None
        if (self.spent + self.weights[node] > self.budget) if kind == _OUT else self.domain.parent[node] < 0:
            return None
        step = self._step(kind, node)
        gain = int(self._live[step.gone].sum() - (self._missing[self._with(step.come)] == 1).sum())
        return gain <= 0, self._cost(step) / max(gain, 1), kind, node

    def _cost(self, step: Step) -> int:
        out = int(self.weights[step.out].sum() - self.weights[step.back].sum())
        return self._lost(step.come) - self._lost(step.gone) + out * self.domain.unit

    def _lost(self, kept: Ints) -> int:
        return int(self.weights[kept] @ (self.domain.size[kept] - 1))

    def _relent(self, step: Step) -> None:
        """Takes a step back if nothing comes of it that is rare, or left out beyond the budget."""
        back = step.undone
        there = self.kept[back.gone].all() and self.out[back.back].all()
        if there and self._cost(back) < 0:
            self._take(back)
            if self._live[:-1].any() or self.spent > self.budget:
                self._take(step)
