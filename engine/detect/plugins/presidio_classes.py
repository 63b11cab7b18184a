"""Presidio's recognizer classes, without the language models that its package imports.

``import presidio_analyzer`` loads spaCy and, where torch is installed, torch: 10 to 14 s and a gigabyte for
recognizers that need neither. Here only its recognizer modules are imported (1 s), under bare parent packages that
leave ``sys.modules`` again, so that whoever imports the real package later gets the real package. Where it has been
imported already, its own classes are used.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import logging
import pkgutil
import sys
import threading
from types import ModuleType
from typing import Any

_PACKAGE = "presidio_analyzer"
_RECOGNIZERS = _PACKAGE + ".predefined_recognizers"
_CORE = {
    "analysis_explanation": "AnalysisExplanation", "recognizer_result": "RecognizerResult",
    "entity_recognizer": "EntityRecognizer", "local_recognizer": "LocalRecognizer",
    "pattern": "Pattern", "pattern_recognizer": "PatternRecognizer",
}
_LOCK = threading.Lock()


@functools.cache
def recognizer_classes() -> dict[str, type[Any]]:
    """Returns every recognizer class that needs no language model and no service, by class name."""
    close_log()
    with _LOCK:
        if _PACKAGE in sys.modules:
            return _collect(importlib.import_module(_PACKAGE))
        try:
            return _collect(_bare_package())
        finally:
            for name in [name for name in sys.modules if name == _PACKAGE or name.startswith(_PACKAGE + ".")]:
                del sys.modules[name]


def close_log() -> None:
    """Closes Presidio's log, which would carry data: the IBAN recognizer logs the text that it fails to validate."""
    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL + 1)


def defined_by(recognizer: Any, method: str) -> str:  # noqa: ANN401 - Presidio's classes carry no types
    """Returns the name of the class of Presidio's whose ``method`` a recognizer has; empty if it is somebody else's."""
    owner = next((one for one in type(recognizer).__mro__ if method in vars(one)), object)
    return owner.__name__ if owner.__module__.split(".")[0] == _PACKAGE else ""


def _bare(name: str) -> ModuleType:
    """Returns package ``name``, findable but with its ``__init__`` not run."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(name=name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    return module


def _bare_package() -> ModuleType:
    package = _bare(_PACKAGE)
    # Some recognizers name this type in annotations, which need only exist.
    models = ModuleType(_PACKAGE + ".nlp_engine")
    models.NlpArtifacts = object  # type: ignore[attr-defined]  # a module made here
    sys.modules[models.__name__] = models
    for module, name in _CORE.items():
        setattr(package, name, getattr(importlib.import_module(f"{_PACKAGE}.{module}"), name))
    _bare(_RECOGNIZERS)
    return package


def _collect(package: ModuleType) -> dict[str, type[Any]]:
    classes: dict[str, type[Any]] = {}
    for folder in ("generic", "country_specific"):
        parent = importlib.import_module(f"{_RECOGNIZERS}.{folder}")
        for info in pkgutil.walk_packages(parent.__path__, parent.__name__ + "."):
            module = importlib.import_module(info.name)
            classes |= {
                name: found for name, found in vars(module).items()
                if inspect.isclass(found) and found.__module__ == module.__name__ and issubclass(found, package.EntityRecognizer)
            }
    return classes
