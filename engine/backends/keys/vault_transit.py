"""A key of Vault's transit engine. VAULT_ADDR says where Vault is; VAULT_TOKEN, or ~/.vault-token, who asks.

The context goes with the request as associated data, which the engine's AEAD keys authenticate (aes256-gcm96, the default, among
them). Redirects are not followed: they would carry the token along.

Source: hvac 2.4, ``api/secrets_engines/transit.py`` (POST /v1/MOUNT/encrypt/KEY and /decrypt/KEY) and ``adapters.py``.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from engine.backends.keys.services import NO_SUCH, NOT_OF_KEY, REFUSED, TIMEOUT, UNREACHED, Told, asking, library, refuse_plain
from engine.errors import SetupError

_SERVICE = "Vault"
_TOLD: Mapping[str, Told] = {
    "Forbidden": REFUSED, "Unauthorized": REFUSED, "InvalidPath": NO_SUCH, "BadGateway": UNREACHED,
    "VaultDown": ("is sealed, or down", "unseal it"),
}
_WRAPPING = {**_TOLD, "InvalidRequest": ("does not wrap with this key", "name a key of an AEAD type, aes256-gcm96 for one")}
_UNWRAPPING = {**_TOLD, "InvalidRequest": NOT_OF_KEY}


class Transit:
    """One key of a transit engine.

    Args:
        key: The engine's mount and the key's name, ``MOUNT/KEY``; a mount may have slashes itself.
        handle: The handle, for errors.
    """

    def __init__(self, key: str, handle: str) -> None:
        self._mount, _, self._name = key.rpartition("/")
        self._handle = handle

    def wrap(self, secret: bytes, context: Mapping[str, str]) -> bytes:
        """See ``Wrapping``."""
        with self._asking(_WRAPPING):
            return str(self._engine().encrypt_data(
                self._name, plaintext=_base64(secret), associated_data=_data(context), mount_point=self._mount,
            )["data"]["ciphertext"]).encode("ascii")

    def unwrap(self, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """See ``Wrapping``."""
        with self._asking(_UNWRAPPING):
            answer = self._engine().decrypt_data(
                self._name, ciphertext=wrapped.decode("ascii"), associated_data=_data(context), mount_point=self._mount)
            return base64.b64decode(answer["data"]["plaintext"], validate=True)

    def _asking(self, told: Mapping[str, Told]) -> AbstractContextManager[None]:
        return asking(_SERVICE, self._handle, told, "hvac", "urllib3")

    def _engine(self) -> Any:  # noqa: ANN401 - one of hvac's classes
        hvac = library("hvac", "vault", self._handle)
        address = os.environ.get("VAULT_ADDR", "")
        if not address:
            raise SetupError("nothing says where Vault is", where=self._handle, next="set VAULT_ADDR, https://HOST:8200")
        refuse_plain(address, _SERVICE, self._handle)
        client = hvac.Client(url=address, timeout=TIMEOUT, allow_redirects=False, namespace=os.environ.get("VAULT_NAMESPACE"))
        if not client.token:
            raise SetupError("nothing says who asks Vault", where=self._handle, next="set VAULT_TOKEN, or: vault login")
        return client.secrets.transit


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _data(context: Mapping[str, str]) -> str | None:
    """Returns a context in the one way it is written, or None: a Tink keyset is encrypted without."""
    return _base64(json.dumps(dict(context), sort_keys=True, separators=(",", ":")).encode()) if context else None
