"""Cells that are made to hurt: too long, not text, or built against one step of a scanner.

Each holds, in its middle, an e-mail address that must not survive. Sizes are in characters (or bytes, where it is no text).
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass

PLANTED = " zoe.planted@example.org "
USUAL = 200_000
MEGA = 1_000_000

_HIGH_MARKS = "".join(map(chr, (0x0315, 0x0316, 0x0321, 0x0334, 0x0345, 0x0301)))
"""Marks of falling combining classes: to normalize a run of them is to sort it."""

_RANDOM = 20
Content = str | bytes


@dataclass(frozen=True)
class Poison:
    """One kind of cell.

    Attributes:
        name: What reports call it.
        make: From a size to text, or to bytes that are no text.
        size: Of the cell, if nothing else is asked.
    """

    name: str
    make: Callable[[int], Content]
    size: int = USUAL

    def cell(self, size: int | None = None) -> bytes:
        """Returns the cell's bytes, the planted address in the middle."""
        half = self.make((size or self.size) // 2)
        half = half if isinstance(half, bytes) else half.encode("utf-8", "surrogatepass")
        return half + PLANTED.encode() + half


def _repeated(text: str) -> Callable[[int], Content]:
    return lambda size: text * (size // len(text) + 1)


def _raw(content: bytes) -> Callable[[int], Content]:
    return lambda size: content * (size // len(content) + 1)


def _nested(opening: str, closing: str) -> Callable[[int], Content]:
    return lambda size: opening * (size // 2 // len(opening)) + closing * (size // 2 // len(closing))


def _thue_morse(zero: str, one: str) -> Callable[[int], Content]:
    """The sequence in which polynomial hashes modulo 2^64 collide, whatever their base."""
    return lambda size: "".join(one if place.bit_count() % 2 else zero for place in range(size // len(zero)))


def _fibonacci(size: int) -> Content:
    before, word = "1", "10"
    while len(word) < size:
        before, word = word, word + before
    return word


def _noise(signs: str) -> Callable[[int], Content]:
    return lambda size: "".join(random.Random(size).choices(signs, k=size))  # noqa: S311 - noise


def _marks(size: int) -> Content:
    return "a" + _HIGH_MARKS * (size // len(_HIGH_MARKS))


def _zalgo(size: int) -> Content:
    return ("e" + _HIGH_MARKS * 20) * (size // 121 + 1)


def _entities_in_entities(size: int) -> Content:
    return "&" + "amp;" * (size // 8) + "lt;" + "&#38;#38;#38;64; " * (size // 32)


def _base64(size: int) -> Content:
    return base64.b64encode(random.Random(size).randbytes(size * 3 // 4)).decode()  # noqa: S311 - noise


_ONE_SIGN = {
    "digit": "7", "zero": "0", "letter": "a", "capital": "A", "at sign": "@", "dot": ".", "dash": "-", "space": " ",
    "tab": "\t", "line break": "\n", "opening bracket": "(", "plus": "+", "colon": ":", "slash": "/", "percent": "%",
    "ampersand": "&", "hash": "#", "quote": '"', "backslash": "\\", "underscore": "_", "NUL": "\0",
    "two-byte letter": "é", "dotless i": "ı", "dotted I": "İ", "emoji": "😀", "ideograph": "漢",
    "combining mark": "\u0301", "zero width joiner": "\u200d", "right-to-left override": "\u202e", "isolate": "\u2066",
    "Arabic digit": "٣", "full-width digit": "３", "line separator": "\u2028", "soft hyphen": "\u00ad",
    "ligature that unfolds into 18 signs": "\ufdfa",
}
_REPEATED = {
    "digits and spaces": "1 ", "digits and dashes": "1-", "digits and dots": "1.", "digits and slashes": "1/",
    "digits and colons": "1:", "digits and commas": "1,", "digits and NUL": "1\0", "letters and dots": "a.",
    "letters and at signs": "a@", "words and at signs": "ab @ ", "letters one by one": "j a n e ",
    "spelled addresses": "at dot ", "half addresses": "a@b.", "hosts without end": "www.", "schemes": "http://",
    "IPv6 colons": "::1:", "IPv4 without end": "0.0.0.0.", "CRLF": "\r\n", "half dates": "29/02/",
    "true dates": "2024-02-29 ", "true cards": "4111 1111 1111 1111 ", "cards without space": "4111111111111111",
    "true telephones": "+1 415 555 2671 ", "true addresses": "jane@example.org ", "half IBANs": "DE89 3704 ",
    "true IBANs": "GB82 WEST 1234 5698 7654 32 ", "titles": "Dr. ", "names": "Jane Roe ", "initials": "J. R. ",
    "labels": "Patient: ", "greetings": "Dear ", "streets": "1 A Street ", "ages": "aged 99 ",
    "context words": "ssn card iban ", "percent in percent": "%2525", "broken percent": "%F0%9F",
    "percent at signs": "%40", "numeric entities": "&#x40;", "entities without end": "&#64",
    "joined emoji": "👩\u200d👩\u200d👧\u200d👦", "flags": "🇩🇪", "variation selectors": "1\ufe0f\u20e3",
    "bidirectional": "\u202eabc\u202c\u2067def\u2069", "Hangul parts": "\u1112\u1161\u11ab", "look-alikes": "аbсdеf ",
    "Thai": "สวัสดีครับ", "Arabic": "مرحبا بالعالم ", "escapes": "\\u0040\\n", "quoted JSON": '{\\"a\\":\\"',
    "lines of one digit": "7\n", "spaces in numbers": "12  34\u00a0", "mixed width": "１1２2",
}
_NOT_TEXT = {
    "lone surrogates": b"\xed\xa0\x80", "overlong slashes": b"\xc0\xaf", "beyond Unicode": b"\xf4\x90\x80\x80",
    "bytes FF": b"\xff",
    "cut letters": b"\xe6\xbc", "Latin-1": "Zoë Müller \xdf ".encode("latin-1"), "UTF-16": "Zoe Roe ".encode("utf-16-le"),
    "text and bytes": "Grüße ".encode() + b"\xff",
    "compressed": random.Random(_RANDOM).randbytes(997),  # noqa: S311 - noise
}

BIG: tuple[Poison, ...] = (
    Poison("a megabyte of digits", _noise("0123456789"), MEGA), Poison("a megabyte of line breaks", _repeated("\n"), MEGA),
    Poison("a megabyte of dots and digits", _repeated("1."), MEGA), Poison("a megabyte of marks", _marks, MEGA),
    *(Poison(f"ten megabytes: {name}", _repeated(_ONE_SIGN[name]), 10 * MEGA)
      for name in ("digit", "letter", "at sign", "dot", "dash", "NUL", "emoji")),
    Poison("a hundred megabytes of prose", _repeated("The results were sent to the referring practice. "), 100 * MEGA),
)
SMALL: tuple[Poison, ...] = (
    *(Poison(f"one sign: {name}", _repeated(sign)) for name, sign in _ONE_SIGN.items()),
    *(Poison(f"repeated: {name}", _repeated(text)) for name, text in _REPEATED.items()),
    *(Poison(f"no text: {name}", _raw(content)) for name, content in _NOT_TEXT.items()),
    Poison("nested: round brackets", _nested("(", ")")), Poison("nested: square brackets", _nested("[", "]")),
    Poison("nested: JSON", _nested('{"a":', "}")), Poison("nested: XML", _nested("<a>", "</a>")),
    Poison("nested: entities", _entities_in_entities), Poison("nested: quotes", _nested("“", "”")),
    Poison("hashes: Thue-Morse in digits", _thue_morse("0", "1")),
    Poison("hashes: Thue-Morse in groups", _thue_morse("0-", "1 ")),
    Poison("hashes: Fibonacci", _fibonacci), Poison("marks: unsorted", _marks), Poison("marks: zalgo", _zalgo),
    Poison("noise: hexadecimal", _noise("0123456789abcdef")), Poison("noise: base64", _base64),
    Poison("noise: digits and separators", _noise("0123456789-./: ()+")),
    Poison("noise: ASCII", _noise("".join(map(chr, range(128))))),
    Poison("noise: Unicode", _noise("".join(map(chr, [*range(32, 0x3000), *range(0x1F300, 0x1F700)])))),
)
CELLS = BIG + SMALL
"""Every cell."""
