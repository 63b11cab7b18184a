"""Finding ``conf/``: beside the packages in a checkout, inside ``engine`` in a wheel or a packages zip. Reading its YAML."""

from __future__ import annotations

from importlib.abc import Traversable
from importlib.resources import files
from typing import Any, cast

import yaml

from engine.errors import SetupError

_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # fifteen times as fast, where PyYAML has its C half


class _Loader(_SAFE):  # type: ignore[misc]  # one of two classes
    """YAML's safe loader, less its silence about a key that stands twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ANN401, FBT001, FBT002 - the base class's signature
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return cast("dict[Any, Any]", super().construct_mapping(node, deep))


def read_yaml(text: str) -> Any:  # noqa: ANN401 - YAML, before it is looked at
    """Returns what a YAML text says, as plain Python objects.

    Raises:
        yaml.YAMLError: If it is not YAML, or a key stands twice.
    """
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader


def problem_of(error: Exception, where: str) -> tuple[str, str]:
    """Returns what is wrong with a text that cannot be read as YAML, and where: with the line, if it is known."""
    mark = getattr(error, "problem_mark", None)
    return getattr(error, "problem", None) or "unreadable", f"{where}, line {mark.line + 1}" if mark else where


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
