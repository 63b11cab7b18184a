"""The end of a rotation: nobody reads old tokens any more."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from engine.backends.rotation import BRIDGE as BRIDGE_SCHEMA
from engine.backends.tables import open_table
from engine.errors import InputError
from engine.plan import Policy
from engine.release.files import local_path
from engine.rotation.rotate import BRIDGE
from schemas.policy.v1 import Source


def finish(policies: Sequence[Policy]) -> tuple[str, ...]:
    """Removes the bridges beside the releases of some policies; returns where they were.

    Raises:
        InputError: If one has none, or something else is in its place.
    """
    places = [policy.release.path.rstrip("/") + BRIDGE for policy in policies]
    for place in places:
        found = local_path(place)
        if found is None or found.is_symlink() or not found.is_dir():
            raise InputError("there is no bridge here", where=place, next="name the new policy of a rotation that left one")
        if open_table(Source(table=place, format="delta")).schema.names != BRIDGE_SCHEMA.names:
            raise InputError("this is no bridge", where=place, next="look at what it is; nothing was removed")
    for place in places:
        shutil.rmtree(place)
    return tuple(places)
