"""Files that are whole or not there, also after a machine has lost its power."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from engine.errors import SetupError


def write_whole(target: Path, content: bytes) -> None:
    """Writes ``content`` at ``target``, in a folder that is there. It stays, once this returns.

    Raises:
        SetupError: If the folder cannot be written, or is not there.
    """
    draft = target.with_name(f".{target.name}.draft")
    try:
        with draft.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
        sync(target.parent)
    except OSError as error:
        raise unwritable(target, error) from None


def sync(folder: Path) -> None:
    """Has a folder's names stay as they are: a file that was synced can lack its name otherwise, or have its old one."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(place: Path, error: OSError) -> SetupError:
    """Returns what is said of a place that cannot be written."""
    reason = errno.errorcode.get(error.errno or 0, "OSError")
    return SetupError(f"cannot write here ({reason})", where=str(place), next="check permissions and free space of the folder")
