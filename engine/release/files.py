"""A release's files on a mounted file system: staging, digests, receipt, and the one step that publishes.

Shared by every backend that writes below a plain path. ``<path>`` is where a release will be visible;
until then it lies in ``<parent>/.<name>.staging-<release id>``, which readers and globs pass over.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from engine.errors import InputError, SetupError
from engine.release.durable import sync, unwritable, write_whole
from schemas.base import Record
from schemas.receipt import FileDigest

RECEIPT = ".receipt.json"
"""What a receipt's name adds to its release's."""

FIRST_COMMIT = "_delta_log/00000000000000000000.json"
_claims: dict[str, int] = {}
"""Staging directory → descriptor of its locked claim file, for as long as this process works on it."""


def local_path(path: str) -> Path | None:
    """Returns ``path`` as a path of a mounted file system, or None for a URI of another store (``s3a:``, ``abfss:``)."""
    parts = urlsplit(path)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return None if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", path) else Path(path)


def receipt_path(path: str) -> str:
    """Returns where the receipt of the table at ``path`` lies: ``<path>.receipt.json``."""
    return path.rstrip("/") + RECEIPT


def staging_path(path: str, release_id: str) -> str:
    """Returns where a release that will be visible at ``path`` is staged."""
    parent, slash, name = path.rstrip("/").rpartition("/")
    return f"{parent}{slash}.{name}.staging-{release_id}"


def is_taken(path: str) -> bool:
    """Whether something stands at ``path``. Of another store than a mounted file system nothing is known."""
    target = local_path(path)
    return target is not None and os.path.lexists(target)


def require_free(path: str) -> None:
    """Checks that nothing stands at ``path`` yet.

    Raises:
        InputError: If something does: nothing is ever overwritten.
    """
    if is_taken(path):
        raise InputError(
            "the path is taken", where=path, allowed="a path that does not exist yet",
            next="name a new path, in the policy or by --out: nothing is overwritten; of a release go on: synthesize, report",
        )


def require_writable(path: str) -> None:
    """Checks that something can be written at ``path``, by a file without a name in the nearest folder that is there.

    Of a path on another store than a mounted file system nothing is known before something is written.

    Raises:
        SetupError: If the folder cannot be written, or cannot be made.
    """
    target = local_path(path)
    if target is None:
        return
    nearest = next(folder for folder in target.absolute().parents if os.path.lexists(folder))
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise unwritable(nearest, error) from None


def open_staging(path: str, release_id: str) -> str:
    """Removes what killed runs left of releases to ``path``, claims a staging path and returns it.

    The claim is a lock that ends with the process, so a run that was killed is told apart from one that
    is still at work, in this process or another.

    Raises:
        InputError: If ``path`` is taken.
        SetupError: If the folder cannot be written.
    """
    require_free(path)
    staged = staging_path(path, release_id)
    target = local_path(staged)
    if target is None:
        return staged
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for left in stale_stagings(path):
            _remove(left)
        claim = os.open(_claim_file(target), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unwritable(target.parent, error) from None
    with contextlib.suppress(OSError):
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    _claims[str(target)] = claim
    return staged


def stale_stagings(path: str) -> tuple[Path, ...]:
    """Returns the staging directories of ``path`` that no running process has claimed, sorted."""
    target = local_path(path)
    if target is None or not target.parent.is_dir():
        return ()
    pattern = re.compile(rf"\.{re.escape(target.name)}\.staging-[0-9a-f]{{32}}(\.claim)?")
    names = {entry.name.removesuffix(".claim") for entry in target.parent.iterdir() if pattern.fullmatch(entry.name)}
    return tuple(staged for name in sorted(names) if not _claimed(staged := target.with_name(name)))


def discard_staging(staged: str) -> None:
    """Removes a staging directory and its claim. Does nothing where there is none."""
    target = local_path(staged)
    if target is not None:
        _remove(target)


def publish_directory(staged: str, path: str, receipt: Record) -> None:
    """Writes ``receipt`` beside ``path``, then makes the staged table visible at ``path`` by one rename.

    A reader sees no table, or the whole table with its receipt beside it. A run killed between the two
    leaves a receipt without a table, which the next run overwrites.

    Raises:
        InputError: If ``path`` is taken.
        SetupError: If the folder cannot be written.
    """
    target = mounted(path)
    with alone_in(target.parent):
        require_free(path)
        write_receipt(path, receipt)
        try:
            publish_staging(staged, path)
        except SetupError:
            if not os.path.lexists(target):
                _local_receipt(path).unlink(missing_ok=True)
            raise


def publish_staging(staged: str, path: str) -> None:
    """Makes what is staged visible at ``path`` by one rename, and ends the claim.

    Raises:
        SetupError: If the folder cannot be written, or another came first.
    """
    source, target = mounted(staged), mounted(path)
    try:
        source.rename(target)
        sync(target.parent)
    except OSError as error:
        raise unwritable(target, error) from None
    _remove(source)


def write_receipt(path: str, record: Record) -> None:
    """Writes ``record`` as ``<path>.receipt.json``, whole or not at all.

    Raises:
        SetupError: If the folder cannot be written.
    """
    write_text(_local_receipt(path), record.model_dump_json(indent=2, by_alias=True))


def write_text(target: Path, text: str) -> None:
    """Writes ``text`` and a line end at ``target``, whole or not at all.

    Raises:
        SetupError: If the folder cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(target, error) from None
    write_whole(target, f"{text}\n".encode())


def file_digests(table_path: str, relative_paths: Iterable[str]) -> tuple[FileDigest, ...]:
    """Returns size and SHA-256 of each named file of the table, sorted by path.

    Args:
        table_path: The table's directory.
        relative_paths: Files, relative to it, as the file system spells them (not percent-encoded).

    Raises:
        InputError: If a file is missing or leads out of the table.
    """
    root = mounted(table_path)
    return tuple(_digest(root, relative) for relative in sorted(relative_paths))


def commit_sha256(table_path: str) -> str:
    """Returns the SHA-256 of the table's first commit file, hexadecimal.

    Raises:
        InputError: If the table has no first commit.
    """
    return _digest(mounted(table_path), FIRST_COMMIT).sha256


def _digest(root: Path, relative: str) -> FileDigest:
    file = root / relative
    if not file.resolve().is_relative_to(root.resolve()):
        raise InputError("a data file lies outside of its table", where=str(root), next="the table was altered: release again")
    try:
        with file.open("rb") as data:
            digest = hashlib.file_digest(data, "sha256")
            return FileDigest(path=relative, bytes=data.tell(), sha256=digest.hexdigest())
    except OSError:
        raise InputError("a file of the table is missing", where=str(file), next="the table was altered: release again") from None


def mounted(table_path: str) -> Path:
    """Returns a path as one of a mounted file system, or refuses it as one of another store (``SetupError``)."""
    root = local_path(table_path)
    if root is None:
        raise SetupError("not a mounted file system", where=table_path, allowed="a plain path or a file: URI")
    return root


def _local_receipt(path: str) -> Path:
    return mounted(receipt_path(path))


def _claim_file(staged: Path) -> Path:
    return staged.with_name(staged.name + ".claim")


def _claimed(staged: Path) -> bool:
    """Whether a running process holds the claim. Where locks are not supported, every claim counts as held."""
    if str(staged) in _claims:
        return True
    try:
        probe = os.open(_claim_file(staged), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(probe)
    return False


def _remove(staged: Path) -> None:
    if staged.is_dir():
        shutil.rmtree(staged)
    _claim_file(staged).unlink(missing_ok=True)
    claim = _claims.pop(str(staged), None)
    if claim is not None:
        os.close(claim)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds the folder's lock: of two releases to one path the loser does not touch the winner's receipt, say."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
