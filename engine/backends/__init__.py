"""Executes Plans. ``spark`` is the product, ``local`` the slow, obvious reference without a JVM."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from engine.errors import SetupError


def require_one_root() -> Path:
    """Returns the folder that holds all four packages of Lakeveil.

    Their names are common words, and Python silently takes each from the first place on its path: a foreign
    ``engine`` or ``schemas`` would be mixed with ours.

    Raises:
        SetupError: If they do not come from one folder.
    """
    roots: dict[str, set[str]] = {}
    for name in ("schemas", "udfs", "engine", "jobs"):
        found = find_spec(name)
        locations = list(found.submodule_search_locations or []) if found else []
        roots[name] = {str(Path(location).parent) for location in locations}
    together = set().union(*roots.values())
    if len(together) != 1 or not all(roots.values()):
        places = "; ".join(f"{name}: {', '.join(sorted(found)) or 'not found'}" for name, found in roots.items())
        raise SetupError(
            "the packages of Lakeveil do not come from one place", where=places,
            allowed="schemas, udfs, engine and jobs of one installation",
            next="install lakeveil into an environment of its own, or ship the packages zip first with --py-files")
    return Path(together.pop())


ROOT = require_one_root()
