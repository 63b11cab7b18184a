"""From key handle to subkey. The root key is read here, on the driver, and never leaves it.

A handle is ``env:NAME`` or ``file:PATH``. What it names is text: 64 or more hexadecimal digits, or standard
base64 of at least 32 bytes. Text of hexadecimal digits alone is always hexadecimal. Subkeys are derived
with HKDF-SHA-256 (RFC 5869), no salt, so that losing one domain's subkey says nothing about another's.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import stat
from collections.abc import MutableMapping
from pathlib import Path
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.errors import SetupError
from engine.operators.base import KeyRef

SUBKEY_BYTES = 32
ROOT_BYTES = 32
"""Fewest bytes of a root key."""

_LARGEST_FILE = 4096
_ALLOWED = "64 or more hexadecimal digits, or base64 of at least 32 bytes"
_MAKE_ONE = "make one with: python -c 'import secrets; print(secrets.token_hex(32))'"


class RootKey:
    """Key material that does not show itself: not printed, not compared, not pickled."""

    __slots__ = ("_material",)

    def __init__(self, material: bytes) -> None:
        self._material = material

    def derive(self, info: str) -> bytes:
        """Returns the 32-byte subkey for ``info``: HKDF-SHA-256 without salt."""
        return HKDF(algorithm=SHA256(), length=SUBKEY_BYTES, salt=None, info=info.encode()).derive(self._material)

    def stands_in(self, text: str) -> bool:
        """Whether the key is part of a text, as a key's handle may name it: hexadecimal or base64."""
        return self._material.hex() in text.lower() or base64.b64encode(self._material).decode().rstrip("=") in text

    def __repr__(self) -> str:
        return "RootKey(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a root key is never serialized")


def subkey(ref: KeyRef, roots: MutableMapping[str, RootKey]) -> bytes:
    """Returns the 32-byte subkey that ``ref`` names.

    Args:
        ref: A key handle and what the subkey is for.
        roots: Root keys that were resolved before, by handle; the one behind ``ref`` is added to it.

    Raises:
        SetupError: If the root key is missing, too short, malformed, or readable by others.
    """
    if ref.handle not in roots:
        roots[ref.handle] = resolve(ref.handle)
    return roots[ref.handle].derive(ref.info)


def resolve(handle: str) -> RootKey:
    """Reads the root key behind a handle.

    Raises:
        SetupError: If it is missing, too short, malformed, or a file that group or others may read. The
            message names the handle and never shows what was read.
    """
    scheme, _, name = handle.partition(":")
    if scheme == "env" and name:
        text = os.environ.get(name)
        if text is None:
            raise SetupError("a key is missing", where=handle, allowed=_ALLOWED,
                             next=f"set the environment variable {name}; {_MAKE_ONE}")
    elif scheme == "file" and name:
        text = _private_text(Path(name).expanduser(), handle)
    else:
        raise SetupError("no such kind of key handle", where=handle, allowed="env:NAME, file:PATH")
    return RootKey(_decoded(text.strip(), handle))


def new_key() -> str:
    """Returns a fresh random root key as 64 hexadecimal digits, for demos and first steps."""
    return secrets.token_hex(ROOT_BYTES)


def _private_text(path: Path, handle: str) -> str:
    try:
        file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115 - a pipe must not keep us waiting
    except OSError as error:
        raise SetupError(f"a key file cannot be opened: {error.strerror}", where=handle,
                         allowed=_ALLOWED, next=_MAKE_ONE) from None
    with file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise SetupError("a key handle names something that is not a file", where=handle, next="name a regular file")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SetupError(f"a key file is open to group or others (mode {stat.S_IMODE(mode):o})", where=handle,
                             allowed="mode 600 or 400", next=f"chmod 600 {path}")
        return file.read(_LARGEST_FILE).decode("ascii", "replace")


def _decoded(text: str, handle: str) -> bytes:
    try:
        material = bytes.fromhex(text) if re.fullmatch("[0-9A-Fa-f]+", text) else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise SetupError("a key is neither hexadecimal nor base64", where=handle, allowed=_ALLOWED, next=_MAKE_ONE) from None
    if len(material) < ROOT_BYTES:
        raise SetupError("a key is too short", where=handle, allowed=_ALLOWED, next=_MAKE_ONE)
    return material
