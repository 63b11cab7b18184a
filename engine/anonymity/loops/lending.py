"""Arrays on loan. Loops hand the same arrays on and on, and several threads do: to count who uses them took half of the time."""

from __future__ import annotations

from engine.anonymity.loops.ground import Ground
from engine.anonymity.loops.keeping import Room
from engine.compiled import lender, loop

lent = lender()


@loop
def lent_ground(g: Ground) -> Ground:
    """Returns the same ground; valid for as long as the other one."""
    return Ground(lent(g.items), lent(g.axes), lent(g.nodes), lent(g.share), lent(g.claims), lent(g.values), lent(g.ask),
                  lent(g.beside))


@loop
def lent_room(room: Room) -> Room:
    """Returns the same room; valid for as long as the other one."""
    return Room(lent(room.counts), lent(room.tally), lent(room.work), lent(room.stamp), lent(room.order), lent(room.cut),
                lent(room.part), lent(room.box))
