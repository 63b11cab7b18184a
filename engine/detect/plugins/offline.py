"""Models from folders of this machine: nothing from the network, no pickle, no code.

Weights are safetensors, or what spaCy writes (msgpack and numpy arrays without objects). A model's configuration may ask for
code beside it, a component of spaCy's for a registered function; neither runs.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import InputError, PolicyError, SetupError

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def go_offline() -> None:
    """Tells the libraries of Hugging Face to stay off the network, before they are imported; for the rest of this process."""
    os.environ.update(dict.fromkeys(_OFFLINE, "1"))


def folder_of(name: object, base: str, where: str) -> str:
    """Returns the folder that a model's name stands for.

    Args:
        name: What a configuration calls the model.
        base: What relative paths are relative to.
        where: How errors call the configuration.

    Raises:
        PolicyError: If it is not the path of a folder here: a model's name on a hub, say.
    """
    place = Path(base) / str(name)
    if not isinstance(name, str) or not place.is_dir():
        raise PolicyError(f"the model {name!r} is not a folder on this machine", where=where, allowed="a folder's path",
                          next="models are not downloaded: put its files into a folder, here and on every worker, and name that")
    return str(place.resolve())


def fingerprint(folder: str) -> str:
    """Returns a SHA-256 over the names and the contents of a folder's files."""
    whole = hashlib.sha256()
    for path in sorted(one for one in Path(folder).rglob("*") if one.is_file()):
        with path.open("rb") as file:
            whole.update(str(path.relative_to(folder)).encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def same(folder: str, expected: str) -> None:
    """Checks that a folder holds what it held when the plan was made.

    Raises:
        InputError: If it does not.
    """
    if fingerprint(folder) != expected:
        raise InputError("the model on this machine is not the one that the plan was made with", where=folder,
                         next="put the same files on every worker, or make the plan anew")


def only_tensors(folder: str) -> None:
    """Checks a folder of a model for transformers or GLiNER: weights as safetensors, and no code.

    Raises:
        PolicyError: If it has neither.
    """
    files = list(Path(folder).rglob("*"))
    if not any(one.suffix == ".safetensors" for one in files):
        raise PolicyError("the model's weights are not safetensors", where=folder, allowed="*.safetensors",
                          next="save them with save_pretrained(folder, safe_serialization=True); pickled weights can run code")
    for one in files:
        if one.suffix == ".json" and _asks_for_code(one):
            raise PolicyError("the model's configuration asks for code of its own ('auto_map')", where=str(one),
                              allowed="architectures that the installed library knows")


def _asks_for_code(path: Path) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError("a file of the model cannot be read", where=str(path)) from error
    return any("auto_map" in one for one in _objects(content))


def _objects(content: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - whatever JSON holds
    if isinstance(content, dict):
        yield content
    for inner in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        if isinstance(inner, dict | list):
            yield from _objects(inner)


def missing(package: str, error: ImportError) -> SetupError:
    """Returns the error for a library that a configured model needs."""
    return SetupError(f"a configured model needs the package {package}", where=f"import {error.name or package}",
                      next="install it here and on every worker")
