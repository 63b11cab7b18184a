"""The root key itself, and how one is written as text."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Callable
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.errors import SetupError
from engine.operators.base import KEY_ID
from engine.operators.forms import KEY_ID_BYTES

SUBKEY_BYTES = 32
ROOT_BYTES = 32
"""Fewest bytes of a root key."""

_SLIPS = 1 / 8
"""Share of other signs up to which a text is hexadecimal with slips: of base64 of a random key two thirds are others, and of 43
signs so few are once in 10¹²."""

ALLOWED = "64 or more hexadecimal digits, or base64 of at least 32 bytes"
MAKE_ONE = "make one with: python -c 'import secrets; print(secrets.token_hex(32))'"


class RootKey:
    """Key material that does not show itself: not printed, not compared, not pickled.

    Args:
        material: At least ``ROOT_BYTES`` bytes.
        salt: HKDF's salt, of a Tink key that has one.
    """

    __slots__ = ("_material", "_salt")

    def __init__(self, material: bytes, salt: bytes = b"") -> None:
        self._material = material
        self._salt = salt

    def derive(self, info: str) -> bytes:
        """Returns the 32-byte subkey for ``info``: HKDF-SHA-256."""
        hkdf = HKDF(algorithm=SHA256(), length=SUBKEY_BYTES, salt=self._salt or None, info=info.encode())
        return hkdf.derive(self._material)

    def stands_in(self, text: str) -> bool:
        """Whether the key is part of a text, as a key's handle may name it: hexadecimal or base64."""
        return self._material.hex() in text.lower() or base64.b64encode(self._material).decode().rstrip("=") in text

    @property
    def key_id(self) -> str:
        """Eight hexadecimal digits that tell keys apart, as tokens show them, and say nothing of the key."""
        return self.derive(KEY_ID)[:KEY_ID_BYTES].hex()

    def handed_to(self, keeper: Callable[[bytes], None]) -> None:
        """Hands the material to what keeps it behind another handle.

        Raises:
            SetupError: If it has a salt: other kinds of handle have no place for one.
        """
        if self._salt:
            raise SetupError("a key with a salt cannot be kept behind another handle", next="copy its keyset")
        keeper(self._material)

    def __repr__(self) -> str:
        return "RootKey(hidden)"

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("root keys are not compared")

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> NoReturn:
        raise TypeError("a root key is never serialized")


def new_key() -> str:
    """Returns a fresh random root key as 64 hexadecimal digits."""
    return secrets.token_hex(ROOT_BYTES)


def long_enough(material: bytes, handle: str) -> bytes:
    """Returns the material.

    Raises:
        SetupError: If it is shorter than ``ROOT_BYTES``, or nothing but zeros.
    """
    if len(material) < ROOT_BYTES:
        raise SetupError("a key is too short", where=handle, allowed=f"at least {ROOT_BYTES} bytes", next=MAKE_ONE)
    if not any(material):
        raise SetupError("a key is all zeros", where=handle, next=MAKE_ONE)
    return material


def from_text(text: str, handle: str) -> RootKey:
    """Reads a root key that is written as text: hexadecimal digits, or standard base64. Digits alone are always hexadecimal.

    Raises:
        SetupError: If it is neither, too short, or looks like hexadecimal with a slip. The message names the handle and never
            shows what was read.
    """
    text = text.strip()
    others = len(re.sub("[0-9A-Fa-f]", "", text))
    if 0 < others <= len(text) * _SLIPS:
        raise SetupError("a key is hexadecimal but for a few signs: it was mistyped", where=handle, allowed=ALLOWED,
                         next="look at it again")
    try:
        material = bytes.fromhex(text) if re.fullmatch("[0-9A-Fa-f]+", text) else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise SetupError("a key is neither hexadecimal nor base64", where=handle, allowed=ALLOWED, next=MAKE_ONE) from None
    return RootKey(long_enough(material, handle))
