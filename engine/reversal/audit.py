"""The audit of a release's reversals: lines that are only ever added, each with the digest of the one before."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from engine.errors import InputError, SetupError
from engine.release.files import write_text
from schemas.audit import FIRST, Reversal

AUDIT = ".audit.jsonl"
"""What an audit's name adds to its release's."""

HEAD = ".head"
"""What is added to an audit's name for the file that says how many lines it has, and the digest of the last."""

DAY = timedelta(hours=24)


class Audit:
    """The audit of one release, locked: of two calls at a time the second waits, so that limits hold for both together."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._file = descriptor
        self._lines = _read(path, descriptor)

    @classmethod
    @contextmanager
    def of(cls, path: Path) -> Iterator[Audit]:
        """Opens, or begins, an audit.

        Raises:
            SetupError: If it cannot be written: then nothing is opened either.
            InputError: If a line of it was changed or taken out.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise SetupError(f"the audit cannot be written ({error.strerror})", where=str(path),
                             next="without an audit nothing is opened: give the right to write it") from None
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SetupError("the audit is no file", where=str(path), next="without an audit nothing is opened: move it away")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield cls(path, descriptor)
        finally:
            os.close(descriptor)

    @property
    def last(self) -> str:
        """The digest of the last line."""
        return hashlib.sha256(self._lines[-1].encode()).hexdigest() if self._lines else FIRST

    def rows_since(self, moment: datetime) -> int:
        """Returns how many rows were asked for since a moment, but for calls that are known to have failed."""
        records = [Reversal.model_validate_json(line) for line in self._lines]
        failed = {one.call for one in records if one.step == "failed"}
        return sum(one.rows for one in records if one.step == "asked" and one.at > moment and one.call not in failed)

    def add(self, record: Reversal) -> None:
        """Adds a record after the last one; it is on the disk when this returns.

        Raises:
            SetupError: If it cannot be written.
        """
        line = record.model_dump_json()
        try:
            os.write(self._file, line.encode() + b"\n")
            os.fsync(self._file)
        except OSError as error:
            raise SetupError(f"the audit cannot be written ({error.strerror})", where=str(self._path),
                             next="without an audit nothing is opened: make room for it") from None
        self._lines.append(line)
        write_text(self._path.with_name(self._path.name + HEAD), f"{len(self._lines)} {self.last}")


def _read(path: Path, descriptor: int) -> list[str]:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        text = file.read().decode("utf-8", "replace")
    *lines, rest = text.split("\n")
    before, ends = FIRST, {f"0 {FIRST}"}
    for number, line in enumerate(lines, 1):
        try:
            whole = Reversal.model_validate_json(line).before == before
        except ValidationError:
            whole = False
        if not whole:
            raise InputError("the audit was changed: a line does not follow the one before", where=f"{path}, line {number}",
                             next="restore it; nothing is opened until then")
        before, earlier = hashlib.sha256(line.encode()).hexdigest(), before
        ends = {f"{number} {before}", f"{number - 1} {earlier}"}  # a call that was killed may not have come to write the head
    if rest or _head(path) not in ends:
        raise InputError("the audit was changed: its last line is not the one that was written last", where=str(path),
                         next=f"restore it, and {path.name}{HEAD} beside it; nothing is opened until then")
    return lines


def _head(path: Path) -> str:
    place = path.with_name(path.name + HEAD)
    return place.read_text(encoding="ascii", errors="replace").strip() if place.is_file() else f"0 {FIRST}"
