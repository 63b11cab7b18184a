"""How many random texts of its formats a type's check lets through; ``python -m tests.engine.detect.chances`` prints it."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence

from engine.detect.checks import Passed, compiled, matrix
from engine.detect.first.pictures import compact
from engine.detect.registry import EntityType, Registry

DIGITS, LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SIZE, _MORE = 400, 2000


def passes(one: EntityType, texts: Sequence[str]) -> Passed:
    """Returns what the check of a type says of candidates, as a scanner would ask."""
    assert one.check is not None
    return compiled(one.check)(*matrix([text if one.pattern else compact(text) for text in texts]))


def random_like(picture: str, rng: random.Random) -> str:
    """Returns a random text that has a picture."""
    choices = {"9": DIGITS, "A": LETTERS, "X": DIGITS + LETTERS}
    return "".join(rng.choice(choices.get(sign, sign)) for sign in picture)


def measured() -> Iterator[tuple[str, float, int]]:
    """Yields type, share that passes and number of texts for every type that has formats and a check."""
    rng = random.Random(20)  # noqa: S311 - the same on every run
    for one in Registry.default().types:
        if one.check is not None and not one.pattern:
            size = _SIZE if one.check.chance <= 0.3 else _MORE
            texts = [random_like(rng.choice(one.pictures()), rng) for _ in range(size)]
            yield one.type, float(passes(one, texts).mean()), size


if __name__ == "__main__":
    for name, share, _ in sorted(measured(), key=lambda row: -row[1]):
        sys.stdout.write(f"{share:6.3f}  {Registry.default()[name].check.chance:6.2g}  {name}\n")  # type: ignore[union-attr]
