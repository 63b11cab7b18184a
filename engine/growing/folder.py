"""The folder of a release's state: one writer at a time, and what a killed one left is finished or forgotten."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from engine.backends.growing import folder_of, tidied
from engine.errors import InputError, SetupError
from engine.plan import Policy
from engine.release.files import write_text
from engine.release.versions import opened, written
from schemas.receipt import Receipt
from schemas.versions import VersionState

STATE, PENDING, LOCK, RECEIPTS = "state.json", "pending.json", "lock", "receipts"


class Folder:
    """What lies in it.

    Args:
        policy: Whose release it is.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.path = folder_of(policy)

    @contextlib.contextmanager
    def alone(self, *, new: bool = False) -> Iterator[None]:
        """Holds the folder, for its owner alone.

        Args:
            new: Whether it is made, if need be.

        Raises:
            InputError: If there is none.
            SetupError: If another call holds it, or it cannot be written.
        """
        if not new and not self.path.is_dir():
            raise self._missing()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(PermissionError):  # a mounted store has rights of its own
                self.path.chmod(0o700)
            descriptor = os.open(self.path / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError:
            raise SetupError("the state of the release cannot be written", where=str(self.path),
                             next="check permissions and free space of its folder") from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SetupError("another call makes a version of this release", where=str(self.path),
                                 next="wait until it is done, and append again") from None
            yield
        finally:
            os.close(descriptor)

    def state(self, sealed: str) -> VersionState:
        """Returns the state of the last version.

        Args:
            sealed: Its digest, as the receipt has it.

        Raises:
            InputError: If there is none, or it is not the receipt's.
        """
        text = self._text(STATE)
        if text is None:
            raise self._missing()
        return opened(text, where=str(self.path / STATE), policy=self._policy.fingerprint, sealed=sealed)

    def pending(self) -> VersionState | None:
        """Returns the state of a version that was begun, and may be published or not."""
        text = self._text(PENDING)
        return None if text is None else opened(text, where=str(self.path / PENDING), policy=self._policy.fingerprint)

    def begin(self, state: VersionState) -> None:
        """Writes down what is about to be published."""
        write_text(self.path / PENDING, written(state))

    def done(self, state: VersionState, receipt: Receipt) -> None:
        """Makes a version the last one, and keeps its receipt, which the next one's takes the place of."""
        write_text(self.path / RECEIPTS / f"{state.version:06}.json", receipt.model_dump_json(indent=2, by_alias=True))
        write_text(self.path / STATE, written(state))
        self.forget()
        tidied(self.path)

    def forget(self) -> None:
        """Forgets what was begun."""
        (self.path / PENDING).unlink(missing_ok=True)

    def require_new(self) -> None:
        """Checks that no release has its state here.

        Raises:
            InputError: If one has.
        """
        if (self.path / STATE).exists():
            raise InputError("the state of a release lies here", where=str(self.path), allowed="an empty or absent folder",
                             next="name another in release.versions.state, or remove it with the release that it is of")

    def _missing(self) -> InputError:
        return InputError("the state of the release is missing", where=str(self.path / STATE),
                          allowed="the folder that the last version left, as it was",
                          next="restore it from a copy, or publish a release from the beginning")

    def _text(self, name: str) -> str | None:
        file: Path = self.path / name
        return file.read_text(encoding="utf-8") if file.is_file() else None
