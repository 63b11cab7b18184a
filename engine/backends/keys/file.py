"""``file:PATH``: the root key stands in a file that its owner alone may read, as text."""

from __future__ import annotations

from engine.backends.keys.files import PRIVATE, free, read_text, write_new
from engine.backends.keys.root import RootKey, from_text


def resolve(path: str, handle: str) -> RootKey:
    """Reads the file; raises ``SetupError`` if it is missing, holds no key, or others may read it."""
    return from_text(read_text(path, handle, forbidden=PRIVATE), handle)


def create(path: str, handle: str, material: bytes) -> None:
    """Writes a new file; raises ``InputError`` if something is there."""
    write_new(free(path, handle), f"{material.hex()}\n", handle)
