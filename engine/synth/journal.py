"""The journal of a training: what attempts may have done, written before they do it, and checkpoints to go on from.

Spend is settled from this, never from the checkpoint that survived: steps after it ran, too, and had noise of their own. A
checkpoint holds weights, the optimizer's averages of noisy gradients and the clip, which moves by noisy counts: all of it is
post-processing; no key, no noise, no sampling state, for each attempt draws these anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from engine.errors import InputError, SetupError
from engine.release.durable import write_whole
from engine.release.files import write_text
from engine.synth.weights import load, save
from schemas.base import Record
from schemas.training import Attempt, Begun

Arrays = Mapping[str, npt.NDArray[np.float32]]
R = TypeVar("R", bound=Record)

_BEGUN = "training.json"
_ATTEMPT = re.compile(r"attempt-(\d{4})\.json")
_LEFT = re.compile(r"^attempt-(\d{4})")


class Snapshot(NamedTuple):
    """Where a training can be taken up.

    Attributes:
        step: Steps that were taken.
        arrays: Weights, what the optimizer keeps, and the bound on gradients.
    """

    step: int
    arrays: Arrays


class Journal:
    """The folder in which one training is recorded. Drivers and rank 0 of every attempt write to it.

    Args:
        folder: On storage that all of them see.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begun(self) -> Begun | None:
        """Returns what was fixed before the first attempt; None if there was none."""
        place = self.folder / _BEGUN
        return _read(place, Begun) if place.exists() else None

    def begin(self, begun: Begun) -> None:
        """Writes down what is fixed from now on. Nothing else makes the folder: who comes after it was removed takes no step."""
        write_text(self.folder / _BEGUN, _sealed(begun))

    def remove(self) -> None:
        """Removes all of it, at once: of a part of the records somebody might think that they are all."""
        ended = self.folder.with_name(f".{self.folder.name}.{uuid.uuid4().hex}")
        with contextlib.suppress(OSError):
            self.folder.rename(ended)
        shutil.rmtree(ended, ignore_errors=True)

    def attempts(self) -> list[Attempt]:
        """Returns what every attempt may have done, in their order.

        Raises:
            InputError: If a record is missing or is none.
        """
        left = [int(number) for file in self.folder.glob("attempt-*") for number in _LEFT.findall(file.name)]
        found = sorted(file for file in self.folder.glob("attempt-*.json") if _ATTEMPT.fullmatch(file.name))
        attempts = [_read(file, Attempt) for file in found]
        if [one.number for one in attempts] != list(range(1, len(attempts) + 1)) or max(left, default=0) > len(attempts):
            raise _refused("records of attempts are missing", self.folder)
        begun = self.begun()
        if any(begun is None or one.training != begun.training for one in attempts):
            raise _refused("records are of another training", self.folder)
        return attempts

    def executed(self) -> int:
        """Returns how many steps were taken by all attempts, at most."""
        return sum(one.steps for one in self.attempts())

    def latest(self) -> Snapshot:
        """Returns where the next attempt goes on from: the last checkpoint, or the beginning.

        Raises:
            InputError: If the checkpoint is missing, or not the one that was left.
        """
        kept = [one for one in self.attempts() if one.kept is not None]
        if not kept:
            return Snapshot(0, {})
        last = kept[-1]
        place = self._checkpoint(last.number, last.kept or 0)
        if not place.is_file() or _digest(place) != last.digest:
            raise _refused("the checkpoint is missing, or is not the one that the attempt left", place)
        return Snapshot(last.kept or 0, load(place)[0])

    def attempt(self, workers: int) -> Attempt:
        """Starts the next attempt; from now on no earlier one takes a step that it had not written down.

        Args:
            workers: Ranks that it will run on.

        Returns:
            The attempt. It ends early by as many steps as earlier ones took after the checkpoint that it goes on from.

        Raises:
            InputError: If nothing was begun, or the folder is not as attempts left it.
            SetupError: If another call starts one, too, or records cannot be written.
        """
        begun, number, began = self.begun(), len(self.attempts()) + 1, self.latest().step
        if begun is None or not begun.steps:
            raise _refused("no training was begun here", self.folder)
        claimed = Attempt(training=begun.training, number=number, began=began, covered=began, until=began, workers=workers)
        self._claim(claimed)
        lost = self.executed() - began  # read after the claim: what an earlier one writes down from now on it does not take
        started = claimed.model_copy(update={"until": max(began, begun.steps - lost)})
        self._write(started)
        return started

    def cover(self, attempt: Attempt, until: int) -> Attempt:
        """Writes down that an attempt takes the steps up to ``until``, before it takes them.

        Raises:
            SetupError: If a later attempt has started, or ended the training: this one was taken for dead.
        """
        self._require_last(attempt)
        covered = attempt.model_copy(update={"covered": max(attempt.covered, until)})
        self._write(covered)
        try:
            self._require_last(attempt)
        except SetupError:
            self._write(attempt)  # what it does not take does not count: the later one may have counted already
            raise
        return covered

    def take(self, attempt: Attempt) -> None:
        """Makes an attempt this process's, for good: whatever starts it again, no step is taken twice in one attempt's name.

        Raises:
            SetupError: If it was taken before, or a later attempt has started, or ended the training.
        """
        self._require_last(attempt)
        try:
            (self.folder / _name(attempt.number)).with_suffix(".taken").touch(exist_ok=False)
        except FileExistsError:
            raise SetupError("this attempt was taken before, and is not repeated", where=str(self.folder),
                             next="run it again: it goes on from the last checkpoint") from None
        self._require_last(attempt)

    def keep(self, attempt: Attempt, snapshot: Snapshot) -> Attempt:
        """Leaves a checkpoint; those before it go.

        Raises:
            SetupError: If a later attempt has started, or ended the training: it goes on from another one.
        """
        self._require_last(attempt)
        place = self._checkpoint(attempt.number, snapshot.step)
        save(place, snapshot.arrays, {"step": str(snapshot.step)})
        kept = attempt.model_copy(update={"kept": snapshot.step, "digest": _digest(place)})
        self._write(kept)
        for file in self.folder.glob("*.safetensors"):
            if file.name < place.name:
                with contextlib.suppress(OSError):
                    file.unlink()
        return kept

    def _require_last(self, attempt: Attempt) -> None:
        begun = self.begun()
        if begun is None or begun.training != attempt.training:
            raise SetupError("this attempt's training has ended", where=str(self.folder),
                             next="see what a later attempt has published, or the training that was begun since")
        if (self.folder / _name(attempt.number + 1)).exists():
            raise SetupError("a later attempt goes on with this training", where=str(self.folder), next="let that one end")

    def _claim(self, attempt: Attempt) -> None:
        draft, place = self.folder / f".{_name(attempt.number)}.{uuid.uuid4().hex}", self.folder / _name(attempt.number)
        write_whole(draft, _lines(attempt))
        try:
            os.link(draft, place)  # the whole record, or none: whoever comes second fails
        except FileExistsError:
            raise SetupError("another call goes on with this training", where=str(self.folder),
                             next="wait until it ends") from None
        except OSError:
            raise SetupError("records of a training cannot be written here", where=str(self.folder),
                             allowed="a file system with hard links", next="name another place in synthesis.path") from None
        finally:
            draft.unlink(missing_ok=True)

    def _checkpoint(self, number: int, step: int) -> Path:
        return self.folder / f"attempt-{number:04}-step-{step:08}.safetensors"

    def _write(self, attempt: Attempt) -> None:
        write_whole(self.folder / _name(attempt.number), _lines(attempt))


def _name(number: int) -> str:
    return f"attempt-{number:04}.json"


def _digest(place: Path) -> str:
    return hashlib.sha256(place.read_bytes()).hexdigest()


def _sealed(record: Record) -> str:
    """Returns a record as a line of JSON, and its SHA-256 as another: one that was edited by hand is noticed."""
    said = record.model_dump_json()
    return f"{said}\n{hashlib.sha256(said.encode()).hexdigest()}"


def _lines(record: Record) -> bytes:
    return f"{_sealed(record)}\n".encode()


def _read(place: Path, kind: type[R]) -> R:
    try:
        said, seal, _ = place.read_text(encoding="utf-8").split("\n")
        found = kind.model_validate_json(said)
    except (ValueError, OSError):  # a ValidationError is a ValueError, too
        raise _refused("this is no record of a training, or was altered", place) from None
    if hashlib.sha256(said.encode()).hexdigest() != seal:
        raise _refused("this record of a training was altered", place)
    return found


def _refused(what: str, where: Path) -> InputError:
    return InputError(what, where=str(where), allowed="the folder as attempts left it",
                      next="remove it, and train from the beginning: what was spent stays spent")
