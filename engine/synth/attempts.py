"""A training as a sequence of attempts: what is lost with one the next does without. Knows nothing of Ray, and loads nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import SetupError
from engine.synth.journal import Journal
from engine.synth.standing import Standing
from schemas.training import Attempt

if TYPE_CHECKING:
    from engine.synth.attempt import Outcome

KEPT = 50
"""Checkpoints of a training, about: so small a part of the steps is lost with an attempt."""


class LostWorkersError(SetupError):
    """An attempt ended for a reason that is not the data's: a worker, its node or the cluster is gone. Another may go on."""


@dataclass(frozen=True)
class Trained:
    """A training that is done.

    Attributes:
        outcome: What its last attempt had at the end.
        attempts: What all of them did; those of earlier calls, too.
        steps: What they took together: so many count.
    """

    outcome: Outcome
    attempts: tuple[Attempt, ...]
    steps: int


def every(steps: int) -> int:
    """Returns how many steps lie between two checkpoints."""
    return max(1, steps // KEPT)


def trained(
    journal: Journal, run: Callable[[Attempt, Callable[[Standing], None]], Outcome], workers: Callable[[], int], *,
    most: int, progress: Callable[[Standing], None],
) -> Trained:
    """Makes attempts until one ends well.

    Args:
        journal: Of a training that was begun; a call before this one may have made attempts.
        run: Makes one attempt.
        workers: Returns on how many workers the next attempt can run: fewer than before, if a node is gone, or more.
        most: Attempts of this call, at most.
        progress: Told how far an attempt is.

    Raises:
        LostWorkersError: If the last attempt lost its workers, too; the journal stays, and another call goes on.
        InputError: If the release or the journal is not what it was.
    """
    for left in reversed(range(most)):
        try:
            outcome = run(journal.attempt(workers()), progress)
        except LostWorkersError as error:
            if left:
                continue
            times = f"{most} attempt{'s' * (most > 1)}"
            raise LostWorkersError(
                f"workers were lost in {times}, and nothing was published: {error.what}", where=error.where,
                next="see to the cluster and call again: that goes on from the last checkpoint; what was spent counts") from None
        return Trained(outcome, tuple(journal.attempts()), journal.executed())
    raise ValueError("a training has one attempt at least")
