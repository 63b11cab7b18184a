"""The ways in which bytes come to be written: what a sweep looks for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote_from_bytes

HEAD = 32
"""Characters of a text form that are looked for, from its beginning and from its end: what was cut short is found, too."""

_WINDOW = 8
"""Bytes of a stretch of hexadecimal digits that is looked for: a dump breaks its lines somewhere."""

_PIECE = 16
"""Bytes of a secret that are looked for as they are, from its beginning and from its end."""

_TO_HEX32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")


def _aligned(encode: Callable[[bytes], bytes], bits: int, before: int) -> Callable[[bytes], str]:
    """Returns an encoding of bytes that so many others stand before, without the characters that others have a part in."""
    def written(secret: bytes) -> str:
        whole = encode(b"\0" * before + secret).decode()
        return whole[-(-8 * before // bits):8 * (before + len(secret)) // bits]
    return written


def _signed(secret: bytes) -> list[str]:
    return [str(byte - 256 if byte > 127 else byte) for byte in secret]


def _octal(secret: bytes) -> str:
    """As protocol buffers print bytes."""
    named = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\"}
    return "".join(named.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in secret)


TEXTS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "hex, upper": lambda secret: secret.hex().upper(),
    "hex, colons": lambda secret: secret.hex(":"),
    "hex, colons, upper": lambda secret: secret.hex(":").upper(),
    "hex, 0x": lambda secret: ", ".join(f"0x{byte:02x}" for byte in secret),
    **{f"base64, {before} before": _aligned(base64.b64encode, 6, before) for before in range(3)},
    **{f"base64 of URLs, {before} before": _aligned(base64.urlsafe_b64encode, 6, before) for before in range(3)},
    **{f"base32, {before} before": _aligned(base64.b32encode, 5, before) for before in range(5)},
    "base32, lower": lambda secret: _aligned(base64.b32encode, 5, 0)(secret).lower(),
    "base32hex": lambda secret: _aligned(base64.b32encode, 5, 0)(secret).translate(_TO_HEX32),
    "base32hex, lower": lambda secret: _aligned(base64.b32encode, 5, 0)(secret).translate(_TO_HEX32).lower(),
    "ascii85": lambda secret: base64.a85encode(secret[:len(secret) // 4 * 4]).decode(),
    "base85": lambda secret: base64.b85encode(secret[:len(secret) // 4 * 4]).decode(),
    "list": lambda secret: ", ".join(map(str, secret)),
    "list, tight": lambda secret: ",".join(map(str, secret)),
    "list, spaces": lambda secret: " ".join(map(str, secret)),
    "signed list": lambda secret: ", ".join(_signed(secret)),
    "signed list, tight": lambda secret: ",".join(_signed(secret)),
    "signed list, spaces": lambda secret: " ".join(_signed(secret)),
    "Python's repr": lambda secret: repr(b'"' + secret)[3:-1],
    "Python's repr, double quotes": lambda secret: repr(b"'" + secret.replace(b'"', b""))[3:-1],
    "\\x": lambda secret: "".join(f"\\x{byte:02x}" for byte in secret),
    "\\x, upper": lambda secret: "".join(f"\\x{byte:02X}" for byte in secret),
    "JSON": lambda secret: json.dumps(secret.decode("latin-1"))[1:-1],
    "\\u": lambda secret: "".join(f"\\u{byte:04x}" for byte in secret),
    "\\u, upper": lambda secret: "".join(f"\\u{byte:04X}" for byte in secret),
    "octal": _octal,
    "octal, all": lambda secret: "".join(f"\\{byte:03o}" for byte in secret),
    "URL": lambda secret: quote_from_bytes(secret, safe=""),
    "URL, all": lambda secret: "".join(f"%{byte:02X}" for byte in secret),
    "URL, all, lower": lambda secret: "".join(f"%{byte:02x}" for byte in secret),
    "integer": lambda secret: str(int.from_bytes(secret, "big")),
    "integer, little-endian": lambda secret: str(int.from_bytes(secret, "little")),
}
"""Name of a text form → how it writes bytes."""

BYTES: dict[str, Callable[[bytes], bytes]] = {
    "bytes": bytes,
    "bytes, reversed": lambda secret: secret[::-1],
    "characters in UTF-8": lambda secret: secret.decode("latin-1").encode(),
    "characters in UTF-16 LE": lambda secret: secret.decode("latin-1").encode("utf-16-le"),
    "characters in UTF-16 BE": lambda secret: secret.decode("latin-1").encode("utf-16-be"),
}
"""Name of a binary form → how it writes bytes."""

CARRIERS: dict[str, Callable[[str], bytes]] = {
    "": str.encode,
    ", reversed": lambda text: text[::-1].encode(),
    ", UTF-16 LE": lambda text: text.encode("utf-16-le"),
    ", UTF-16 BE": lambda text: text.encode("utf-16-be"),
}
"""What a text form's name is followed by → how its characters become bytes."""


def spellings(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Yields the name of each spelling of a secret with bytes that give it away.

    Args:
        secret: 16 bytes or more, without a pattern: a run of equal bytes would be found everywhere.
    """
    for name, write in BYTES.items():
        yield name, write(secret[:_PIECE])
        yield name, write(secret[-_PIECE:])
    for name, spell in TEXTS.items():
        for piece in _pieces(name, spell(secret)):
            for carrier, carry in CARRIERS.items():
                yield name + carrier, carry(piece)


def _pieces(name: str, text: str) -> set[str]:
    ends = {text[:HEAD], text[-HEAD:]}
    size = 2 * _WINDOW
    return ends | {text[at:at + size] for at in range(0, len(text) - size + 1, size)} if name in ("hex", "hex, upper") else ends
