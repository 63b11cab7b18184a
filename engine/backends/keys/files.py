"""Files that keys stand in: read only where nobody else could, written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from engine.errors import InputError, SetupError

_LARGEST = 64 * 1024
PRIVATE = stat.S_IRWXG | stat.S_IRWXO
"""Bits of the mode that a secret's file must not have."""
GUARDED = stat.S_IWGRP | stat.S_IWOTH
"""Bits of the mode that a wrapped secret's file must not have: who exchanges the file exchanges the key."""

_SAID = {PRIVATE: ("is open to group or others", "mode 600 or 400", "chmod 600"),
         GUARDED: ("may be written by group or others", "mode 644 or less", "chmod go-w")}


def read_text(name: str, handle: str, *, forbidden: int) -> str:
    """Reads a small text file.

    Args:
        name: Its path; ``~`` is the home directory.
        handle: The handle that names it, for errors.
        forbidden: ``PRIVATE`` or ``GUARDED``.

    Raises:
        SetupError: If it is missing, no regular file, too large, or others may do with it what they must not.
    """
    path = _path(name, handle)
    try:
        file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115 - a pipe must not keep us waiting
    except OSError as error:
        raise SetupError(f"a key file cannot be opened: {error.strerror}", where=handle,
                         next=f"mend the path, or make one with: lakeveil key new '{handle}'") from None
    with file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise SetupError("a key handle names something that is not a file", where=handle, next="name a regular file")
        if mode & forbidden:
            said, allowed, then = _SAID[forbidden]
            raise SetupError(f"a key file {said} (mode {stat.S_IMODE(mode):o})", where=handle, allowed=allowed,
                             next=f"{then} {path}")
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise SetupError("a key file is too large to be one", where=handle, allowed=f"at most {_LARGEST} bytes",
                         next="name the file that holds the key")
    return content.decode("utf-8", "replace")


def free(name: str, handle: str) -> Path:
    """Returns the path, if nothing is there yet.

    Raises:
        InputError: If something is there: a key that is written over is lost, and all that it opens.
    """
    path = _path(name, handle)
    if os.path.lexists(path):
        raise _taken(handle)
    return path


def write_new(path: Path, text: str, handle: str) -> None:
    """Writes a file with mode 600: there whole or not at all, and never over another.

    Raises:
        InputError: If something is there.
        SetupError: If it cannot be written.
    """
    try:
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        finally:
            Path(draft).unlink()
    except FileExistsError:
        raise _taken(handle) from None
    except OSError as error:
        raise SetupError(f"a key file cannot be written: {error.strerror}", where=handle,
                         next="name a place that can be written, on a file system with hard links") from None


def _path(name: str, handle: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise SetupError("a key handle names the home of nobody", where=handle, next="mend the path") from None


def _taken(handle: str) -> InputError:
    return InputError("something is there already; a key is never written over", where=handle, next="name a new file")
