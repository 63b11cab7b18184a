"""``tink:FILE``: the root key is an HKDF-PRF key (SHA-256) of a Tink keyset in JSON.

A cleartext keyset is read like ``file:``. An encrypted one is ``tink:aws-kms:KEY#FILE`` or ``tink:vault-transit:MOUNT/KEY#FILE``:
the handle's key decrypts it, with no associated data, as Tinkey encrypts it. ``#ID`` at the end names one key of several. It has
to, where several are enabled: tokens must not change when the keyset's primary key does.

Tink's PRF of a key is HKDF with the key's salt and the input as info (RFC 5869), so subkeys are those of Tink's own ``PrfSet``.

Source: tink 1.16, ``json_proto_keyset_format``, ``proto_keyset_format``, ``proto/hkdf_prf_pb2``.
"""

from __future__ import annotations

import re
import secrets
from types import SimpleNamespace
from typing import Any, NamedTuple

from engine.backends.keys.envelope import SERVICES
from engine.backends.keys.files import GUARDED, PRIVATE, free, read_text, write_new
from engine.backends.keys.root import RootKey, long_enough
from engine.backends.keys.services import Wrapping, asking, library
from engine.errors import SetupError

_HKDF = "type.googleapis.com/google.crypto.tink.HkdfPrfKey"
_HANDLE = re.compile(rf"(?:(?P<service>{'|'.join(SERVICES)}):(?P<key>[^#]+)#)?(?P<path>[^#]+)(?:#(?P<id>[0-9]+))?")
_MOST = 2**31 - 1
_BROKEN = ("finds no whole keyset in the file", "name a keyset in JSON, with a primary key; an encrypted one with its key")
_NONE = b""
"""The associated data of a keyset: Tinkey has none."""


class _Place(NamedTuple):
    wrapping: Wrapping | None
    path: str
    key_id: int | None


class _Aead:
    """A service's key, as Tink calls one."""

    def __init__(self, wrapping: Wrapping) -> None:
        self._wrapping = wrapping

    def encrypt(self, plaintext: bytes, _: bytes) -> bytes:
        return self._wrapping.wrap(plaintext, {})

    def decrypt(self, ciphertext: bytes, _: bytes) -> bytes:
        return self._wrapping.unwrap(ciphertext, {})


def resolve(rest: str, handle: str) -> RootKey:
    """Reads a key of a keyset.

    Raises:
        SetupError: If there is no keyset, or not one key that is meant, or it is no HKDF-PRF key with SHA-256 and 32 bytes.
    """
    place, tink = _place(rest, handle), _tink(handle)
    text = read_text(place.path, handle, forbidden=GUARDED if place.wrapping else PRIVATE)
    with asking("Tink", handle, {"TinkError": _BROKEN, "DecodeError": _BROKEN}):
        if place.wrapping:
            opened = tink.json.parse_encrypted(text, _Aead(place.wrapping), _NONE)
        else:
            opened = tink.json.parse(text, tink.token)
        keyset = tink.keyset.Keyset.FromString(tink.binary.serialize(opened, tink.token))
        data = _one(keyset, place.key_id, tink, handle).key_data
        key = tink.hkdf.HkdfPrfKey.FromString(data.value) if data.type_url == _HKDF else None
    if key is None or key.params.hash != tink.common.SHA256 or key.version:
        raise SetupError("a Tink key is of another type", where=handle, allowed="HkdfPrfKey, SHA256",
                         next="make one with: tinkey create-keyset --key-template HKDF_SHA256")
    return RootKey(long_enough(key.key_value, handle), key.params.salt)


def create(rest: str, handle: str, material: bytes) -> None:
    """Writes a keyset of one key; raises ``InputError`` if something is there."""
    place, tink = _place(rest, handle), _tink(handle)
    path = free(place.path, handle)
    key = tink.hkdf.HkdfPrfKey(params={"hash": tink.common.SHA256}, key_value=material)
    number = place.key_id or secrets.randbelow(_MOST) + 1
    keyset = tink.keyset.Keyset(primary_key_id=number, key=[tink.keyset.Keyset.Key(
        key_data={"type_url": _HKDF, "value": key.SerializeToString(), "key_material_type": tink.keyset.KeyData.SYMMETRIC},
        status=tink.keyset.ENABLED, key_id=number, output_prefix_type=tink.keyset.RAW)])
    with asking("Tink", handle, {}):
        made = tink.binary.parse(keyset.SerializeToString(), tink.token)
        if place.wrapping:
            text = tink.json.serialize_encrypted(made, _Aead(place.wrapping), _NONE)
        else:
            text = tink.json.serialize(made, tink.token)
    write_new(path, text, handle)


def _one(keyset: Any, key_id: int | None, tink: Any, handle: str) -> Any:  # noqa: ANN401 - Tink's records
    enabled = [key for key in keyset.key if key.status == tink.keyset.ENABLED and key_id in (None, key.key_id)]
    if len(enabled) == 1:
        return enabled[0]
    if enabled:
        raise SetupError(f"a keyset has {len(enabled)} enabled keys, and the handle says of none that it is meant", where=handle,
                         allowed="one, or #ID at the end of the handle", next="name the id of the key that tokens are made with")
    raise SetupError("a keyset has no enabled key of this id", where=handle, next="look at the keyset: tinkey list-keyset")


def _place(rest: str, handle: str) -> _Place:
    found = _HANDLE.fullmatch(rest)
    if found is None:
        raise SetupError("a key handle of Tink cannot be read", where=handle, next="tink:FILE, or tink:aws-kms:KEY#FILE")
    wrapping = SERVICES[found["service"]](found["key"], handle) if found["service"] else None
    return _Place(wrapping, found["path"], int(found["id"]) if found["id"] else None)


def _tink(handle: str) -> SimpleNamespace:
    """Tink's modules; loading them takes a quarter of a second."""
    top = library("tink", "tink", handle)
    proto = {name: library(f"tink.proto.{file}", "tink", handle)
             for name, file in (("keyset", "tink_pb2"), ("hkdf", "hkdf_prf_pb2"), ("common", "common_pb2"))}
    return SimpleNamespace(json=top.json_proto_keyset_format, binary=top.proto_keyset_format,
                           token=library("tink.secret_key_access", "tink", handle).TOKEN, **proto)
