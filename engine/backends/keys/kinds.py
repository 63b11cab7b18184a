"""Every kind of key handle, in one table."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, MutableMapping
from functools import partial
from typing import NamedTuple

from engine.backends.keys import databricks_secret, env, envelope, file, tink_keyset
from engine.backends.keys.root import ROOT_BYTES, RootKey
from engine.errors import PolicyError, SetupError
from engine.operators.base import KeyRef
from schemas.policy.key_handles import key_handle


class Kind(NamedTuple):
    """What is done with handles of one kind.

    Attributes:
        resolve: From what follows the kind's name, and the whole handle, to the root key.
        create: Keeps material behind a handle; None where something else does.
        made_by: What else.
    """

    resolve: Callable[[str, str], RootKey]
    create: Callable[[str, str, bytes], None] | None
    made_by: str = ""


class Checked(NamedTuple):
    """A key that is there: its handle, its kind, and its identifier as tokens show it."""

    handle: str
    kind: str
    key_id: str


KINDS = {
    "env": Kind(env.resolve, None, "set the variable; lakeveil key new file:PATH makes a key in a file"),
    "file": Kind(file.resolve, file.create),
    "databricks-secret": Kind(databricks_secret.resolve, None, "databricks secrets put-secret SCOPE KEY"),
    "aws-kms": Kind(partial(envelope.resolve, "aws-kms"), partial(envelope.create, "aws-kms")),
    "vault-transit": Kind(partial(envelope.resolve, "vault-transit"), partial(envelope.create, "vault-transit")),
    "tink": Kind(tink_keyset.resolve, tink_keyset.create),
}


def subkey(ref: KeyRef, roots: MutableMapping[str, RootKey]) -> bytes:
    """Returns the 32-byte subkey that ``ref`` names.

    Args:
        ref: A key handle and what the subkey is for.
        roots: Root keys that were resolved before, by handle; the one behind ``ref`` is added to it.

    Raises:
        SetupError: If the root key cannot be had.
    """
    if ref.handle not in roots:
        roots[ref.handle] = resolve(ref.handle)
    return roots[ref.handle].derive(ref.info)


def resolve(handle: str) -> RootKey:
    """Reads the root key behind a handle.

    Raises:
        SetupError: If it is missing, too short, malformed, open to others, of another key, or whoever keeps it cannot be asked
            or refuses. The message names the handle and never shows what was read or answered.
    """
    kind, rest = _parts(handle)
    return KINDS[kind].resolve(rest, handle)


def identifiers(handles: Iterable[str]) -> dict[str, str]:
    """Returns each key's identifier, for a receipt; raises as ``resolve``."""
    return {handle: resolve(handle).key_id for handle in handles}


def check(handle: str) -> Checked:
    """Resolves a handle and tells the key's kind and identifier; raises as ``resolve``."""
    return Checked(handle, _parts(handle)[0], resolve(handle).key_id)


def create(handle: str, like: str | None = None) -> Checked:
    """Keeps a root key behind a handle, where nothing is yet, and resolves it.

    Args:
        handle: Where it goes.
        like: The handle of the key to keep there, too; a fresh random one by default.

    Raises:
        PolicyError: If keys of this kind are made by something else.
        InputError: If something is there.
        SetupError: If it cannot be written, or whoever wraps it cannot be asked or refuses.
    """
    kind, rest = _parts(handle)
    maker = KINDS[kind].create
    if maker is None:
        raise PolicyError(f"a key behind {kind}: is not made here", where=handle,
                          allowed=", ".join(f"{name}:" for name, one in KINDS.items() if one.create), next=KINDS[kind].made_by)
    root = resolve(like) if like else RootKey(secrets.token_bytes(ROOT_BYTES))
    root.handed_to(partial(maker, rest, handle))
    return check(handle)


def _parts(handle: str) -> tuple[str, str]:
    try:
        kind, _, rest = key_handle(handle).partition(":")
    except ValueError as error:
        raise SetupError(str(error), where="a key's handle", next="name where the key is") from None
    return kind, rest
