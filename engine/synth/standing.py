"""How far a training is: what rank 0 tells its driver, and all that may be told of it. Loads nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Progress = Callable[[str, float], None]
"""Called with what is under way and the share of it that is done, 0 to 1; as ``engine.backends.base`` has it."""


def silent(what: str, share: float) -> None:
    """The progress callback that says nothing."""


class Standing(NamedTuple):
    """How far an attempt is.

    Attributes:
        step: Steps that were taken.
        steps: Of all.
        within: Share of units whose gradient was within the clip, about: from counts with noise that is part of the claim.
        clip: L2 bound on one unit's gradient at the moment.
    """

    step: int
    steps: int
    within: float
    clip: float
