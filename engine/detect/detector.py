"""What a scan looks for, as data: a plan carries it, and every process that scans makes its scanner of it."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Self

from engine.detect.config import RecognizerConfig
from engine.detect.plugins import Description, descriptions
from engine.detect.plugins.models import ModelPlugin
from engine.detect.scanner import Scanner
from engine.errors import LakeveilError, NotReadyError
from schemas.base import Record


class Detector(Record):
    """A list of recognizers, and the files of plug-ins that it names: their texts, and the fingerprints of their models.

    As JSON it holds all that a worker needs but the models' folders, which lie there under the same paths.
    """

    config: RecognizerConfig
    plugins: tuple[Description, ...] = ()

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads a list of recognizers, and the files of plug-ins that it names.

        Raises:
            InputError: If a file cannot be read.
            PolicyError: If one is not what it should be, or names what there is not.
        """
        config = RecognizerConfig.load(path)
        return cls(config=config.model_copy(update={"plugins": ()}), plugins=descriptions(config.plugins))

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides what is found, wherever the files lie."""
        said = [(one.text, one.languages, one.seconds, one.allow_code, sorted(digest for _, digest in one.fingerprints))
                for one in self.plugins]
        return hashlib.sha256(json.dumps([self.config.model_dump(mode="json"), said], sort_keys=True).encode()).hexdigest()

    def scanner(self) -> Scanner:
        """Returns its scanner, made once a process; models are loaded when they are first needed."""
        return _scanner(self)


@functools.lru_cache(maxsize=4)
def _scanner(detector: Detector) -> Scanner:
    return Scanner(detector.config, [plugin for one in detector.plugins for plugin in one.plugins()])


@functools.lru_cache(maxsize=4)
def scanner_of(detector: str | None) -> Scanner:
    """Returns the scanner of a detector's JSON, or the default one, with its models loaded: for a process that is to scan now.

    Raises:
        NotReadyError: If a model's folder is not here or holds something else, or a library is missing.
    """
    if detector is None:
        return Scanner.default()
    made = Detector.model_validate_json(detector)
    try:
        for one in (plugin for described in made.plugins for plugin in described.plugins()):
            if isinstance(one, ModelPlugin):
                one.load()
        return made.scanner()
    except LakeveilError as error:
        what = f"a process that scans is not ready: {error.what}"
        raise NotReadyError(what, where=error.where, allowed=error.allowed, next=error.next) from None
