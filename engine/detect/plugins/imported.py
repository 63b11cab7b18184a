"""Classes named in a configuration."""

from __future__ import annotations

import importlib
from typing import Any

from engine.errors import PolicyError, SetupError


def imported(name: str, where: str, *, allow_code: bool) -> type[Any]:
    """Returns the class ``package.module:Class`` (or ``package.module.Class``).

    To import a module runs it. So a description of plug-ins cannot ask for that alone: whoever loads it must allow code.

    Raises:
        PolicyError: If code is not allowed, or this is no such name.
        SetupError: If the module or the class is not there.
    """
    if not allow_code:
        raise PolicyError(f"the class {name!r} is code, and this scan runs none but its own", where=where,
                          next="if you trust it, set LAKEVEIL_ALLOW_CODE=1; in Python, allow_code=True")
    module, _, attribute = name.replace(":", ".").rpartition(".")
    if not module or not all(part.isidentifier() for part in (*module.split("."), attribute)):
        raise PolicyError(f"{name!r} is not the name of a class", where=where, allowed="package.module:Class")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise SetupError(f"there is no {name!r} to import", where=where,
                         next="install its package here, and on every worker that scans") from error
    if not isinstance(found, type):
        raise PolicyError(f"{name!r} is not a class", where=where, allowed="subclasses of Presidio's EntityRecognizer")
    return found
