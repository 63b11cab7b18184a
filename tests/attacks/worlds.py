"""What an attacker who knows the algorithm and all quasi-identifiers concludes: all worlds, by exhaustion.

A world gives every person an illness. It is possible if the algorithm would have published of it what was published. All worlds
are equally likely before, and the attacker counts (Wong, Fu, Wang, Pei, Minimality Attack in Privacy Preserving Data Publishing,
VLDB 2007).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import permutations, product
from typing import Any

import pyarrow as pa

from engine.anonymity.mondrian import build_tree
from engine.errors import GuaranteeNotMet
from schemas.policy import Guarantees
from schemas.policy.recoding import Recoding as Options
from tests.engine.anonymity.cubes import columns, cube_of

World = tuple[str, ...]
View = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
Publish = Callable[[World], View | None]


def by_tree(people: list[int], guarantees: dict[str, Any], options: Options | None = None) -> Publish:
    """Returns the algorithm that fits a tree to one quasi-identifier, ascending: from a world to what is published of it."""
    promised = Guarantees.model_validate(guarantees)

    @cache
    def labels_of(world: World) -> list[str | None] | None:
        cube = cube_of(pa.table({"age": people, "ill": list(world)}), sensitive=("ill",))
        try:
            tree = build_tree(cube, columns(cube), promised, options)
        except GuaranteeNotMet:
            return None
        leaf, labels = tree.route([pa.array(people)]), tree.labels(0)
        return [None if of == tree.suppressed else labels[of] for of in leaf.tolist()]

    def publish(world: World) -> View | None:
        """Rows have no order: who is alike may be exchanged."""
        alike = tuple(ill for _, ill in sorted(zip(people, world, strict=True)))
        labels = labels_of(alike)
        return None if labels is None else view(labels, alike)

    return publish


def view(labels: list[str | None], world: World) -> View:
    """Returns what a reader sees: labels, and which illnesses stand behind each, in no order; nothing of rows without one."""
    held: dict[str, list[str]] = {}
    for label, ill in zip(labels, world, strict=True):
        if label is not None:
            held.setdefault(label, []).append(ill)
    return tuple(sorted(((label,), tuple(sorted(ills))) for label, ills in held.items()))


def beliefs(publish: Publish, number: int, values: str) -> Iterator[tuple[View, list[dict[str, float]]]]:
    """Yields each release that some world leads to, and for each person how likely each illness is by it."""
    yield from _counted(publish, product(values, repeat=number))


def beliefs_like(publish: Publish, world: World) -> tuple[View, list[dict[str, float]]]:
    """Returns the release of one world, and what is believed by it. Only who has which is open."""
    wanted = publish(world)
    return next(found for found in _counted(publish, sorted(set(permutations(world)))) if found[0] == wanted)


def _counted(publish: Publish, worlds: Iterable[World]) -> Iterator[tuple[View, list[dict[str, float]]]]:
    led: dict[View, list[World]] = {}
    for world in worlds:
        seen = publish(world)
        if seen is not None:
            led.setdefault(seen, []).append(world)
    for seen, possible in led.items():
        yield seen, [{ill: count / len(possible) for ill, count in Counter(world[person] for world in possible).items()}
                     for person in range(len(possible[0]))]


def by_class(seen: View) -> float:
    """Returns the largest share of an illness in a class: what a reader believes who does not know the algorithm."""
    return max(max(Counter(ills).values()) / len(ills) for _, ills in seen)


def worst(found: list[dict[str, float]]) -> float:
    """Returns what is believed most firmly of anybody."""
    return max(max(chances.values()) for chances in found)
