"""The certificate's file: made before anything is destroyed, and finished by the same call if that is killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from engine.errors import InputError, SetupError
from engine.release.files import write_text
from schemas.certificate import Certificate


class Paper:
    """Where a certificate goes.

    Attributes:
        earlier: What a killed call wrote there, or None.
    """

    def __init__(self, path: Path, earlier: Certificate | None) -> None:
        self._path, self.earlier = path, earlier

    @classmethod
    @contextmanager
    def at(cls, path: Path) -> Iterator[Paper]:
        """Makes the file, unless a killed call did, and takes it away again if nothing came of it.

        Raises:
            InputError: If something else is there.
            SetupError: If it cannot be written.
        """
        try:
            path.touch()
            text = path.read_text(encoding="utf-8") if path.is_file() else "no file"
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise SetupError(f"the certificate cannot be written ({reason})", where=str(path),
                             next="name another place; nothing was destroyed") from None
        earlier = _unfinished(text)
        if text and earlier is None:
            raise InputError("something is there already", where=str(path), next="name a new file for the certificate")
        try:
            yield cls(path, earlier)
        finally:
            if not path.stat().st_size:
                path.unlink()

    def write(self, certificate: Certificate) -> None:
        """Writes it, whole or not at all."""
        write_text(self._path, certificate.model_dump_json(indent=2))


def _unfinished(text: str) -> Certificate | None:
    try:
        found = Certificate.model_validate_json(text)
    except ValidationError:
        return None
    return None if found.finished else found
