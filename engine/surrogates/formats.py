"""What has a format and nothing else: letters become letters, digits digits, all else stays.

Check digits are made valid again.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import NamedTuple

from engine.surrogates.keyed import Keyed, differing, sign

_LOWER, _UPPER, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
_RANGES = ((0x3041, 0x3097), (0x30A1, 0x30FB), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xAC00, 0xD7A4))
"""Hiragana, Katakana, Han and Hangul: scripts of many letters, drawn from whole; others from the 64 code points around."""
_TEST_CARDS = {"34": "378282", "37": "371449", "36": "361485", "38": "385200", "30": "305693", "35": "353011", "62": "620000",
               "50": "501999", "4": "411111", "5": "555555", "2": "222300", "6": "601111"}
"""Beginnings of the numbers that card networks and processors publish for tests, by how the number begins."""
_FEWEST_CARD_DIGITS = 12
_IBAN_ATTEMPTS = 4000  # national check digits inside an IBAN let one in 10 to 100 through


class Luhn(NamedTuple):
    """Which digits a Luhn sum is taken of (ISO/IEC 7812-1, annex B).

    Attributes:
        prefix: Digits that count, and are not written: 80840 before an NPI.
        last: How many digits count, from the end; all by default.
    """

    prefix: str = ""
    last: int = 0

    def holds(self, digits: str) -> bool:
        """Whether the sum over a number's digits is right."""
        return bool(digits) and _luhn(self.prefix + digits[-self.last:]) == 0

    def mended(self, text: str) -> str:
        """Returns a text with its last digit such that the sum is right."""
        digits = _digits(text)
        right = (int(digits[-1]) - _luhn(self.prefix + digits[-self.last:])) % 10
        place = max(place for place, c in enumerate(text) if c.isdecimal())
        zero = ord(text[place]) - unicodedata.decimal(text[place])
        return text[:place] + chr(zero + right) + text[place + 1:]


def keep_format(text: str, keyed: Keyed, *, luhn: Luhn | None = None) -> str | None:
    """Returns ``text`` with every letter and digit replaced by one of its kind: case, script and separators stay.

    Equal letters and digits map equally, whatever their case and separators. A number that does not begin with a zero still
    does not.

    Args:
        text: Anything.
        keyed: Where draws come from.
        luhn: A sum that holds for ``text`` then holds for the result. None leaves sums alone.

    Returns:
        None where nothing can be replaced, or nothing else can come out.
    """
    text = unicodedata.normalize("NFC", text)
    holding = luhn if luhn is not None and luhn.holds(_digits(text)) else None

    def drawn(attempt: int) -> str:
        made = _kept(text, keyed, attempt)
        return holding.mended(made) if holding else made

    return differing(text, drawn) if sign(text) else None


def card(text: str, keyed: Keyed) -> str | None:
    """Returns a card number of the same length, grouping and network that begins as test numbers do, its Luhn sum right."""
    digits = _digits(text)
    if len(digits) < _FEWEST_CARD_DIGITS:
        return keep_format(text, keyed, luhn=Luhn())
    begins = next((test for mark, test in _TEST_CARDS.items() if digits.startswith(mark)), "411111")

    def drawn(attempt: int) -> str:
        draws = keyed.draws("card", digits, attempt)
        number = begins + "".join(_DIGITS[next(draws) % 10] for _ in range(len(digits) - len(begins)))
        return Luhn().mended(filled(text, number))

    return differing(text, drawn)


def iban(text: str, keyed: Keyed) -> str | None:
    """Returns an IBAN of the same country and grouping that is valid, national check digits included (ISO 13616).

    Where the original is not, the check digits alone are right (mod 97-10).
    """
    compact = "".join(c for c in text if c.isalnum()).upper()
    if not re.fullmatch("[A-Z]{2}[0-9]{2}[A-Z0-9]{4,30}", compact):
        return keep_format(text, keyed)
    first, attempts = None, _IBAN_ATTEMPTS if _valid_iban(compact, nationally=False) else 2
    for attempt in range(attempts):
        number = _with_iban_check(compact[:2], _kept(compact[4:], keyed, attempt))
        if number != compact:
            first = first or number
            if _valid_iban(number):
                return filled(text, number)
    return filled(text, first) if first else None


def social_security(text: str, keyed: Keyed) -> str | None:
    """Returns a US social security number that is nobody's: area 900 to 999, group 00 to 49.

    Source: Social Security Administration, "Social Security Number Randomization" (areas 000, 666 and 900 to 999 are not
    assigned); IRS, instructions for form W-7 (taxpayer numbers have groups from 50 on).
    """
    if len(_digits(text)) != 9:  # noqa: PLR2004 - a whole number
        return keep_format(text, keyed)

    def drawn(attempt: int) -> str:
        digits = _digits(_kept(text, keyed, attempt))
        return filled(text, f"9{digits[1:3]}{int(digits[3]) % 5}{digits[4:]}")

    return differing(text, drawn)


def token(name: str, text: str, keyed: Keyed) -> str:
    """Returns what stands for a value alone: its type, and 80 bits of its digest in base 32 (RFC 4648) without capitals."""
    number = int.from_bytes(keyed.digest("token", sign(text) or text)[:10], "big")
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    return f"{name}_{''.join(letters[number >> 5 * place & 31] for place in range(15, -1, -1))}"


def filled(layout: str, signs: str) -> str:
    """Returns ``layout`` with its letters and digits replaced by ``signs``, in their case; what has no place is left out."""
    rest = iter(signs)
    return "".join(_cased(next(rest, ""), c) if c.isalnum() else c for c in layout)


@functools.lru_cache(maxsize=4096)
def peers(character: str) -> str:
    """Returns what a character may become; nothing where it stays."""
    if character.isascii():
        return next((some for some in (_LOWER, _UPPER, _DIGITS) if character in some), "")
    code = ord(character)
    if character.isdecimal():
        return "".join(chr(code - unicodedata.decimal(character) + digit) for digit in range(10))
    kind = unicodedata.category(character)
    if kind[0] not in "LMN":
        return ""
    low, high = next(((low, high) for low, high in _RANGES if low <= code < high), (code & ~63, (code | 63) + 1))
    some = "".join(chr(other) for other in range(low, high) if unicodedata.category(chr(other)) == kind)
    return some if len(some) > 1 else _UPPER if character.isupper() else _LOWER


def _kept(text: str, keyed: Keyed, attempt: int) -> str:
    draws = keyed.draws("format", sign(text), attempt)
    made, begun = [], False
    for character in text:
        some = peers(character)
        if character.isdecimal():
            some = some if begun or not unicodedata.decimal(character) else some[1:]
            begun = True
        made.append(some[next(draws) % len(some)] if some else character)
    return "".join(made)


def _cased(one: str, like: str) -> str:
    return one.lower() if like.islower() else one


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())


def _luhn(digits: str) -> int:
    """Returns the Luhn sum modulo 10; 0 is right."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10  # noqa: PLR2004 - the digits' sum


def _with_iban_check(country: str, account: str) -> str:
    number = "".join(str(int(c, 36)) for c in f"{account}{country}00")
    return f"{country}{98 - int(number) % 97:02d}{account}"


def _valid_iban(number: str, *, nationally: bool = True) -> bool:
    from stdnum import iban as checked  # noqa: PLC0415 - its tables are read when an IBAN is first seen

    return bool(checked.is_valid(number, check_country=nationally))
