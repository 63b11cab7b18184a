"""What a scan's outcome depends on beside the data: one digest of recognizers, levels and code."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterator
from importlib.abc import Traversable

from engine.conf import conf_path
from engine.detect.columns.sensitivity import SensitivityConfig
from engine.detect.detector import Detector
from engine.version import lakeveil_version

_LIBRARIES = ("phonenumbers", "presidio-analyzer", "python-stdnum")
"""Libraries that decide what is found; the engines of patterns agree with each other and do not."""


def detector_fingerprint(config: SensitivityConfig | None = None, detector: Detector | None = None) -> str:
    """Returns a SHA-256 over every file of ``conf/recognizers``, the rules of sensitivity, and the versions of the code.

    Args:
        config: The rules of sensitivity; those that ship by default.
        detector: What is looked for, plug-ins included; what ships by default.
    """
    digest = hashlib.sha256()
    for name, content in _files(conf_path("recognizers"), ""):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    versions = {"lakeveil": lakeveil_version(), **{name: _version(name) for name in _LIBRARIES}}
    rules = (config or SensitivityConfig.default()).model_dump(mode="json")
    digest.update(json.dumps([versions, rules], sort_keys=True).encode())
    if detector is not None:
        digest.update(detector.digest.encode())
    return digest.hexdigest()


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _files(entry, f"{path}{entry.name}/")
        elif entry.name.endswith((".yaml", ".csv")):
            yield f"{path}{entry.name}", entry.read_bytes()


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "-"
