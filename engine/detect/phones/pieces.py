"""What Presidio's PhoneRecognizer finds, text by text, with far fewer calls to libphonenumber.

libphonenumber's matcher looks at a candidate (digits, punctuation, an extension), one character before it and a few
after it. So a text is cut where no candidate can run on, at every word with a letter that no extension label has, and
equal pieces are looked at once. A piece is tried with a region only if some of its digits have the form of a number that is
valid there: dates, ids and amounts mostly have not.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

import regex

from engine.detect.phones import plans
from engine.detect.phones.automata import LONGEST
from engine.detect.plugins.rules import Claim

_LABEL_LETTERS = "eExXtTnNsSiIoOaAdDóÓоОбБдД\uff45\uff58\uff54\uff4e\uff53\uff49\uff4f\uff41\uff25\uff38\uff34\uff2e"
"""Letters of every extension label that libphonenumber knows (ext, int, anexo, доб, ...), both widths."""

_CUT = regex.compile(rf"\p{{L}}*+(?<=[\p{{L}}--[{_LABEL_LETTERS}]]\p{{L}}*)", regex.V1)
_PART = regex.compile("[\\p{Nd}+(\\[\uff0b\uff08\uff3b#\uff03~\uff5e]")
"""What a number can begin or end with."""

_BLOCKS = re.compile("[0-9]+")
_UNCLEAR = regex.compile("[+\uff0b]|[\\p{Nd}--[0-9]]|(?i:ext|xtn|int|anexo)", regex.V1)
"""A plus, which names the country; digits of other scripts; labels of three letters, which also spell digits."""

_SHORTEST, _LONGEST_BLOCK = 4, 20
"""Digits of the shortest number of any region; of what the matcher takes as a block."""

_REMEMBERED = 1 << 15


def search(recognizer: Any) -> Callable[[str], Iterator[Claim]]:  # noqa: ANN401 - Presidio's classes carry no types
    """Returns the search that stands for one of Presidio's PhoneRecognizers."""
    regions, leniency, score = tuple(recognizer.supported_regions), recognizer.leniency, recognizer.SCORE

    def find(text: str) -> Iterator[Claim]:
        for first, piece in pieces(text):
            for start, end in numbers(piece, regions, leniency):
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
def numbers(piece: str, regions: tuple[str, ...], leniency: int) -> tuple[tuple[int, int], ...]:
    """Returns where libphonenumber's matcher finds numbers in a piece, for any of the regions: first character, end."""
    found: set[tuple[int, int]] = set()
    sequences = _digit_sequences(piece) if leniency else None
    for region in regions:
        if sequences is None or any(plans.dialled(region).said(one) or plans.abroad(region).said(one) for one in sequences):
            found |= _matches(piece, region, leniency)
            if any(_covers(span, piece) for span in found):
                break  # whatever the other regions find lies inside
    return tuple(sorted(found))


def _covers(span: tuple[int, int], piece: str) -> bool:
    return _PART.search(piece, 0, span[0]) is None and _PART.search(piece, span[1]) is None


def _digit_sequences(piece: str) -> list[str] | None:
    """Returns the digits of every row of adjacent blocks: one of them is every number's. None if it is not so clear."""
    blocks = _BLOCKS.findall(piece)
    if _UNCLEAR.search(piece) or any(len(block) > _LONGEST_BLOCK for block in blocks):
        return None
    found: set[str] = set()
    for first in range(len(blocks)):
        digits = ""
        for block in blocks[first:]:
            digits += block
            if len(digits) > LONGEST:
                break
            if len(digits) >= _SHORTEST:
                found.add(digits)
    return sorted(found)


def _matches(piece: str, region: str, leniency: int) -> set[tuple[int, int]]:
    import phonenumbers  # noqa: PLC0415 - slow to import, and not every list of recognizers needs it

    # The matcher's default gives up silently after 65,535 candidates.
    matcher = phonenumbers.PhoneNumberMatcher(piece, region, leniency=leniency, max_tries=len(piece) + 1)
    return {(match.start, match.end) for match in matcher}
