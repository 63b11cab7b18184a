"""Tokens that carry their own proof, one distinct candidate at a time: they are long, and few."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Callable

from engine.detect.checks.keccak import keccak256

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"  # draft-msporny-base58
RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"  # XRP Ledger, base58 encodings
BASE32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"  # BIP 173
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BECH32, _BECH32M = 1, 0x2BC830A3  # BIP 173, BIP 350
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def base58check(text: str, alphabet: str = BASE58) -> bool:
    """Whether base 58 hides bytes that end in the first four of their double SHA-256."""
    data = base58_bytes(text, alphabet)
    return data is not None and len(data) > 4 and double_sha256(data[:-4])[:4] == data[-4:]  # noqa: PLR2004 - the checksum


def base58_bytes(text: str, alphabet: str = BASE58) -> bytes | None:
    """Returns the bytes that base 58 hides; None where a character is none of its alphabet."""
    number = 0
    for character in text:
        digit = alphabet.find(character)
        if digit < 0:
            return None
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def base58_text(data: bytes, alphabet: str = BASE58) -> str:
    """Returns bytes in base 58."""
    number, written = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        written = alphabet[digit] + written
    return alphabet[0] * (len(data) - len(data.lstrip(b"\0"))) + written


def double_sha256(data: bytes) -> bytes:
    """Returns SHA-256 of SHA-256."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def ripple(text: str) -> bool:
    """As ``base58check``, in the alphabet of the XRP Ledger."""
    return base58check(text, RIPPLE)


def bech32(text: str) -> bool:
    """Whether a bech32 or bech32m checksum holds (BIP 173, BIP 350)."""
    if text not in {text.lower(), text.upper()}:
        return False
    prefix, mark, data = text.lower().rpartition("1")
    if not mark or not prefix or len(data) < 6 or set(data) - set(BASE32):  # noqa: PLR2004 - the checksum
        return False
    return bech32_state(prefix, data) in {_BECH32, _BECH32M}


def bech32_state(prefix: str, data: str) -> int:
    """Returns the checksum of a prefix and symbols, in lower case."""
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + [BASE32.index(c) for c in data]
    state = 1
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            state ^= generator if top >> bit & 1 else 0
    return state


def eip55(text: str) -> bool:
    """Whether the letters of an Ethereum address are of the case that EIP-55 gives them; of one case alone they say nothing."""
    digits = text.removeprefix("0x")
    if digits in {digits.lower(), digits.upper()}:
        return True
    return digits == eip55_case(digits)


def eip55_case(digits: str) -> str:
    """Returns hexadecimal digits in the case that EIP-55 gives them."""
    digest = keccak256(digits.lower().encode()).hex()
    return "".join(character.upper() if int(nibble, 16) >= 8 else character.lower()  # noqa: PLR2004 - half of a nibble
                   for character, nibble in zip(digits, digest[:len(digits)], strict=True))


def stellar(text: str) -> bool:
    """Whether a Stellar key (SEP-23) ends in the CRC-16 (XModem) of its bytes."""
    try:
        data = base64.b32decode(text)
    except binascii.Error:
        return False
    return binascii.crc_hqx(data[:-2], 0) == int.from_bytes(data[-2:], "little")


def github(text: str) -> bool:
    """Whether a token ends in the CRC-32 of its random part, six digits in base 62 (GitHub, 'token formats', 2021)."""
    part = text.rpartition("_")[2]
    return part[-6:] == crc32_base62(part[:-6])


def crc32_base62(text: str) -> str:
    """Returns a CRC-32 in six digits of base 62."""
    number, written = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        written = BASE62[digit] + written
    return written


def jwt(text: str) -> bool:
    """Whether the first part of a token is a JSON object that names an algorithm (RFC 7519, RFC 7515)."""
    head = text.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header


KINDS: dict[str, Callable[[str], bool]] = {
    "base58check": base58check, "ripple": ripple, "bech32": bech32, "eip55": eip55, "stellar": stellar, "github": github,
    "jwt": jwt}
