"""One run at a time for one place: of two that would write there, one is refused before it spends anything."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from engine.errors import InputError
from engine.release.durable import unwritable
from engine.release.files import mounted, require_free, write_text


@contextlib.contextmanager
def claimed(path: str) -> Iterator[None]:
    """Holds a place for a run that will write there, before it does anything else.

    The claim is a lock on a file beside it, and ends with the process. Folders that were made for it and are still empty go with
    it. Where a file system knows no locks, it is the write that tells who came first (``write_new_text``).

    Raises:
        InputError: If something is there, or another run holds it.
        SetupError: If the folder cannot be written.
    """
    target = mounted(path).absolute()
    made = [folder for folder in target.parents if not os.path.lexists(folder)]
    claim = target.with_name(f".{target.name}.claim")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(claim, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unwritable(target.parent, error) from None
    try:
        _lock(descriptor, claim, path)
        try:
            require_free(path)
            yield
        finally:
            _remove(claim, made)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, claim: Path, path: str) -> None:
    """Locks an open claim, unless another run has locked it, or has removed it meanwhile."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = os.path.samestat(os.fstat(descriptor), claim.stat())
    except (BlockingIOError, FileNotFoundError):
        held = False
    except OSError:  # a file system without locks
        held = True
    if not held:
        raise InputError("another run is about to write here", where=path, allowed="one run at a time for one path",
                         next="name another path, or wait until that run has ended")


def _remove(claim: Path, made: list[Path]) -> None:
    with contextlib.suppress(OSError):
        claim.unlink()
        for folder in made:
            folder.rmdir()


def write_new_text(path: str, text: str) -> None:
    """Writes ``text`` and a line end at ``path``, where nothing may be: of two that do so at once, one is refused.

    Raises:
        InputError: If something is there.
        SetupError: If the folder cannot be written.
    """
    target = mounted(path)
    try:
        target.touch(exist_ok=False)
    except FileExistsError:
        require_free(path)
    except OSError as error:
        raise unwritable(target, error) from None
    write_text(target, text)
