"""Finding ``conf/``: beside the packages in a checkout, inside ``engine`` in a wheel or a packages zip."""

from __future__ import annotations

from importlib.abc import Traversable
from importlib.resources import files

from engine.errors import SetupError


def conf_path(name: str) -> Traversable:
    """Returns the file or folder ``name`` of ``conf/``, for example ``policies/demo-notes.yaml``.

    Returns:
        A path of the file system, or of the zip that the packages were imported from.

    Raises:
        SetupError: If there is none: the installation is incomplete.
    """
    engine = files("engine")
    packed = engine.joinpath("conf")
    found = (packed if packed.is_dir() else engine.joinpath("..", "conf")).joinpath(name)
    if not (found.is_file() or found.is_dir()):
        raise SetupError("a file that ships with Lakeveil is missing", where=f"conf/{name}", next="install lakeveil anew")
    return found
