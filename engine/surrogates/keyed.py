"""Draws that are functions of a key, a scope, a purpose and a value: HMAC-SHA-256 (RFC 2104).

Where many are drawn at once, SHAKE-256 (FIPS 202) makes them of one such digest.

Who holds the key can test guesses; who does not sees that equal values stay equal within a scope.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Drawn = TypeVar("Drawn")

ATTEMPTS = 32
"""How often something is drawn again that came out as the original."""

_WORD = 4  # bytes of one draw
_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ß": "ss"})


class Keyed:
    """All draws under one key and within one scope. Equal arguments give equal draws.

    Args:
        key: The subkey, 32 bytes.
        scope: What the draws hold for, say a subject; other scopes draw otherwise.
    """

    def __init__(self, key: bytes, scope: bytes = b"") -> None:
        self._key = key
        self._scope = scope

    def __repr__(self) -> str:
        return "Keyed(hidden)"

    def draws(self, purpose: str, value: str, attempt: int = 0) -> Iterator[int]:
        """Yields 32-bit numbers without end: HMAC in counter mode. A remainder modulo n is biased by at most n / 2^32."""
        message, counter = self._message(purpose, value, attempt), 0
        while True:
            block = hmac.digest(self._key, message + counter.to_bytes(4, "big"), "sha256")
            for place in range(0, len(block), _WORD):
                yield int.from_bytes(block[place:place + _WORD], "big")
            counter += 1

    def below(self, bound: int, purpose: str, value: str, attempt: int = 0) -> int:
        """Returns a number from 0 to ``bound`` - 1."""
        return next(self.draws(purpose, value, attempt)) % bound

    def choice(self, some: Sequence[Drawn], purpose: str, value: str, attempt: int = 0) -> Drawn:
        """Returns one of ``some``, which must not be empty and must have an order that stays."""
        return some[self.below(len(some), purpose, value, attempt)]

    def stream(self, purpose: str, value: str, count: int, attempt: int = 0) -> bytes:
        """Returns ``count`` bytes."""
        return hashlib.shake_256(hmac.digest(self._key, self._message(purpose, value, attempt), "sha256")).digest(count)

    def digest(self, purpose: str, value: str) -> bytes:
        """Returns 32 bytes."""
        draws = self.draws(purpose, value)
        return b"".join(next(draws).to_bytes(_WORD, "big") for _ in range(32 // _WORD))

    def _message(self, purpose: str, value: str, attempt: int) -> bytes:
        data = value.encode("utf-8", "surrogatepass")
        return b"%b%b%b%b" % (self._begins(purpose), len(data).to_bytes(4, "big"), data, _numbered(attempt))

    def _begins(self, purpose: str) -> bytes:
        return _sized(self._scope) + _sized(purpose.encode())


@functools.lru_cache(maxsize=4096)
def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


@functools.lru_cache(maxsize=256)
def _numbered(attempt: int) -> bytes:
    return _sized(str(attempt).encode())


def differing(original: str, drawn: Callable[[int], str | None]) -> str | None:
    """Returns the first draw that does not say what the original says, by ``sign``; None where none is found.

    Args:
        original: What must not come out.
        drawn: Attempt, from 0, to what is drawn at it; None where nothing can be drawn at all.
    """
    for attempt in range(ATTEMPTS):
        found = drawn(attempt)
        if found is None:
            return None
        if sign(found) != sign(original):
            return found
    return None


def sign(text: str) -> str:
    """Returns what is told apart in a text: its letters and digits, whatever their case, width and accents."""
    folded = fold(text)
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))


def fold(text: str) -> str:
    """Returns a text in lower case, without accents, compatibility forms made plain."""
    if text.isascii():
        return text.lower()
    bare = (c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", "".join(bare)).casefold().translate(_UNDECOMPOSED)
