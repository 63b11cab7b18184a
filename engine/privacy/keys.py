"""Which groups may be named at all, where their names come from the data: each by chance, by how many units it has.

Desfontaines, Voss, Gipson and Mandayam (2022), "Differentially private partition selection", theorem 1: among all mechanisms
that keep or drop a group by its number of units, none keeps more. A threshold on a noisy count keeps fewer. Empty groups are
never named, however many there could be.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal

from engine.privacy import limits
from schemas import dp_events

BITS = 128
"""Of a random number that decides about a group: kept if the number is below the group's chance."""

MOST_UNITS = 2**16
"""A group of so many units is kept anyhow; where chances rise more slowly, epsilon or delta is too small to select with."""

_CONTEXT = Context(prec=60)
_SET_ASIDE = Decimal(2) ** -90
"""Of delta, for chances that are rounded down to ``BITS`` bits."""


@dataclass(frozen=True)
class KeySelection:
    """Names groups: of a unit that is in ``groups`` groups at most, as its events say.

    Attributes:
        epsilon: Of one group.
        delta: Of one group.
        groups: That one unit is in at most: its sensitivity.
    """

    epsilon: float
    delta: float
    groups: int = 1

    def __post_init__(self) -> None:
        """Refuses what promises nothing."""
        limits.hold(self, epsilon=limits.require_epsilon(self.epsilon), delta=limits.require_delta(self.delta),
                    groups=limits.require_whole("the number of groups", self.groups))

    @property
    def events(self) -> tuple[dp_events.Event, ...]:
        """What naming groups tells."""
        return (dp_events.Promised(epsilon=self.epsilon, delta=self.delta, count=self.groups),)

    def chances(self) -> tuple[int, ...]:
        """Returns 2^128 times the chance that a group of 0, 1, 2, … units is named, until that is certain.

        Raises:
            ValueError: If a group of ``MOST_UNITS`` units would still not be certain.
        """
        grown = _CONTEXT.exp(Decimal(self.epsilon))
        delta = Decimal(self.delta) - _SET_ASIDE
        found, chance = [Decimal(0)], Decimal(0)
        while chance < 1:
            if delta <= 0 or len(found) > MOST_UNITS:
                raise ValueError("epsilon and delta are too small to name groups with")
            up = _CONTEXT.add(_CONTEXT.multiply(grown, chance), delta)
            down = _CONTEXT.subtract(1, _CONTEXT.divide(1 - chance - delta, grown))
            chance = min(up, down, Decimal(1))
            found.append(chance)
        whole = Decimal(1 << BITS)
        return tuple(int(_CONTEXT.multiply(chance, whole)) for chance in found)

    def even(self) -> int:
        """Returns of how many units a group is as likely named as not: what to expect of the groups that are left out."""
        chances = self.chances()
        return next(units for units, chance in enumerate(chances) if 2 * chance >= chances[-1])
