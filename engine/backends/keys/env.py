"""``env:NAME``: the root key stands in an environment variable, as text."""

from __future__ import annotations

import os

from engine.backends.keys.root import ALLOWED, MAKE_ONE, RootKey, from_text
from engine.errors import SetupError


def resolve(name: str, handle: str) -> RootKey:
    """Reads the variable ``name``; raises ``SetupError`` if it is not set or holds no key."""
    text = os.environ.get(name)
    if text is None:
        raise SetupError("a key is missing", where=handle, allowed=ALLOWED,
                         next=f"set the environment variable {name}; {MAKE_ONE}")
    return from_text(text, handle)
