"""Telephone numbers: what Presidio's PhoneRecognizer finds, with far fewer calls to libphonenumber.

libphonenumber's matcher looks at a candidate (digits, punctuation, an extension), one character before it and a few
after it. So a text is cut where no candidate can run on, at every word with a letter that no extension label has, and
equal pieces are looked at once. A piece with too few digits for a region is not tried with it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import regex

from engine.detect.rules import Claim

_LABEL_LETTERS = "eExXtTnNsSiIoOaAdDóÓоОбБдД\uff45\uff58\uff54\uff4e\uff53\uff49\uff4f\uff41\uff25\uff38\uff34\uff2e"
"""Letters of every extension label that libphonenumber knows (ext, extension, int, anexo, доб, ...), both widths."""

_CUT = regex.compile(rf"\p{{L}}*+(?<=[\p{{L}}--[{_LABEL_LETTERS}]]\p{{L}}*)", regex.V1)
_DIGIT = regex.compile(r"\p{Nd}")
_PART = regex.compile("[\\p{Nd}+(\\[\uff0b\uff08\uff3b#\uff03~\uff5e]")
"""What a number can begin or end with."""

_PLUS = regex.compile("[+\uff0b]")
_SHORTEST_ABROAD = 7
"""Digits of the shortest number dialled with an international prefix but no plus: 2 + 1 + 4."""

_REMEMBERED = 1 << 15


def search(recognizer: Any) -> Callable[[str], Iterator[Claim]]:  # noqa: ANN401 - Presidio's classes carry no types
    """Returns the search that stands for one of Presidio's PhoneRecognizers."""
    regions, leniency, score = tuple(recognizer.supported_regions), recognizer.leniency, recognizer.SCORE

    def find(text: str) -> Iterator[Claim]:
        for first, piece in pieces(text):
            for start, end in _numbers(piece, regions, leniency):
                yield first + start, first + end, score

    return find


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cuts a text into pieces that may hold a number: first character's place, piece.

    A piece keeps the one letter that touches it on either side, if any: a number does not touch a letter.
    """
    begin = 0
    cuts = [match.span() for match in _CUT.finditer(text) if match.group()]
    for start, end in [*cuts, (len(text), len(text))]:
        first, last = max(0, begin - 1), min(len(text), start + 1)
        piece = text[first:last]
        if first < begin and len(piece) > 1 and piece[1].isspace():
            first, piece = first + 1, piece[1:]
        if start < last and len(piece) > 1 and piece[-2].isspace():
            piece = piece[:-1]
        stripped = piece.strip()
        if stripped:
            yield first + len(piece) - len(piece.lstrip()), stripped
        begin = end


@functools.lru_cache(maxsize=_REMEMBERED)
def _numbers(piece: str, regions: tuple[str, ...], leniency: int) -> tuple[tuple[int, int], ...]:
    digits = len(_DIGIT.findall(piece))
    abroad = _PLUS.search(piece) is not None
    found: set[tuple[int, int]] = set()
    for region in regions:
        if abroad or digits >= _shortest(region):
            found |= _matches(piece, region, leniency)
            if any(_covers(span, piece) for span in found):
                break  # whatever the other regions find lies inside
    return tuple(sorted(found))


def _covers(span: tuple[int, int], piece: str) -> bool:
    return _PART.search(piece, 0, span[0]) is None and _PART.search(piece, span[1]) is None


@functools.cache
def _shortest(region: str) -> int:
    """Digits of the shortest number that can be valid when dialled in a region without a plus."""
    import phonenumbers  # noqa: PLC0415 - slow to import, and not every list of recognizers needs it

    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    return min(_SHORTEST_ABROAD, *metadata.general_desc.possible_length)


def _matches(piece: str, region: str, leniency: int) -> set[tuple[int, int]]:
    import phonenumbers  # noqa: PLC0415 - slow to import, and not every list of recognizers needs it

    # The matcher's default gives up silently after 65,535 candidates.
    matcher = phonenumbers.PhoneNumberMatcher(piece, region, leniency=leniency, max_tries=len(piece) + 1)
    return {(match.start, match.end) for match in matcher}
