"""Tokens that carry their own proof, with other contents and the proof made again: what ``encoded`` then takes."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable

from engine.detect.checks import encoded

_VERSIONS = (1, 2, 4)
"""Bytes at the beginning of what base 58 hides that say what it is: one of an address, more of an extended key (BIP 32)."""


def base58check(text: str, drawn: bytes, alphabet: str = encoded.BASE58) -> Iterable[str]:
    """Yields other contents behind the same version, of one byte, two or four."""
    data = encoded.base58_bytes(text, alphabet) or b""
    for version in _VERSIONS:
        content = data[:version] + drawn[:len(data) - version - 4]
        yield encoded.base58_text(content + encoded.double_sha256(content)[:4], alphabet)


def ripple(text: str, drawn: bytes) -> Iterable[str]:
    """As ``base58check``, in the alphabet of the XRP Ledger."""
    return base58check(text, drawn, encoded.RIPPLE)


def bech32(text: str, drawn: bytes) -> Iterable[str]:
    """Yields other symbols behind the same prefix and first symbol, the version of a witness program (BIP 173, BIP 350)."""
    prefix, _, data = text.lower().rpartition("1")
    symbols = data[0] + "".join(encoded.BASE32[one & 31] for one in drawn[:len(data) - 7])
    constant = encoded.bech32_state(prefix, data)
    state = encoded.bech32_state(prefix, symbols + "q" * 6) ^ constant
    check = "".join(encoded.BASE32[state >> 5 * (5 - place) & 31] for place in range(6))
    made = f"{prefix}1{symbols}{check}"
    yield made.upper() if text.isupper() else made


def eip55(text: str, drawn: bytes) -> Iterable[str]:
    """Yields other digits, in the case that EIP-55 gives them; in one case where they were in one."""
    prefix = "0x" if text.startswith("0x") else ""
    digits = text.removeprefix(prefix)
    made = "".join(f"{one & 15:x}" for one in drawn[:len(digits)])
    if digits in {digits.lower(), digits.upper()}:
        yield prefix + (made.upper() if digits.isupper() else made)
    else:
        yield prefix + encoded.eip55_case(made)


def stellar(text: str, drawn: bytes) -> Iterable[str]:
    """Yields other contents behind the same version byte (SEP-23)."""
    data = base64.b32decode(text)
    content = data[:1] + drawn[:len(data) - 3]
    yield base64.b32encode(content + binascii.crc_hqx(content, 0).to_bytes(2, "little")).decode()


def github(text: str, drawn: bytes) -> Iterable[str]:
    """Yields another random part behind the same prefix."""
    prefix, _, part = text.rpartition("_")
    made = "".join(encoded.BASE62[one % 62] for one in drawn[:len(part) - 6])
    yield f"{prefix}_{made}{encoded.crc32_base62(made)}"


def jwt(text: str, drawn: bytes) -> Iterable[str]:
    """Yields other contents and another signature behind a header that names the algorithm alone (RFC 7515)."""
    head, *parts = text.split(".")
    algorithm = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["alg"]
    header = json.dumps({"alg": algorithm, "typ": "JWT"}, separators=(",", ":")).encode()
    made = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    letters = base64.urlsafe_b64encode(drawn).decode().replace("=", "A")
    for part in parts:
        made += f".{letters[:len(part)]}"
        letters = letters[len(part):]
    yield made


RENEWED: dict[str, Callable[[str, bytes], Iterable[str]]] = {
    "base58check": base58check, "ripple": ripple, "bech32": bech32, "eip55": eip55, "stellar": stellar, "github": github,
    "jwt": jwt}
