"""Telephone numbers: what Presidio's PhoneRecognizer finds, with far fewer calls to libphonenumber.

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

from engine.detect.rules import Claim

_LABEL_LETTERS = "eExXtTnNsSiIoOaAdDóÓоОбБдД\uff45\uff58\uff54\uff4e\uff53\uff49\uff4f\uff41\uff25\uff38\uff34\uff2e"
"""Letters of every extension label that libphonenumber knows (ext, int, anexo, доб, ...), both widths."""

_CUT = regex.compile(rf"\p{{L}}*+(?<=[\p{{L}}--[{_LABEL_LETTERS}]]\p{{L}}*)", regex.V1)
_PART = regex.compile("[\\p{Nd}+(\\[\uff0b\uff08\uff3b#\uff03~\uff5e]")
"""What a number can begin or end with."""

_BLOCKS = re.compile("[0-9]+")
_UNCLEAR = regex.compile("[+\uff0b]|[\\p{Nd}--[0-9]]|(?i:ext|xtn|int|anexo)", regex.V1)
"""A plus, which names the country; digits of other scripts; labels of three letters, which also spell digits."""

_SHORTEST, _LONGEST, _LONGEST_BLOCK = 4, 28, 20
"""Digits of the shortest number of any region; of the longest with all its prefixes; of what the matcher takes as a block."""

_TYPES = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan",
          "voicemail")
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
    found: set[tuple[int, int]] = set()
    sequences = _digit_sequences(piece)
    for region in regions:
        if sequences is None or any(_may_be_number(digits, region) for digits in sequences):
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
            if len(digits) > _LONGEST:
                break
            if len(digits) >= _SHORTEST:
                found.add(digits)
    return sorted(found)


def _may_be_number(digits: str, region: str) -> bool:
    """Whether digits may be a valid number dialled in a region, with its national prefix where its form asks for that."""
    form, dialled, formats = _valid_form(region)
    if form.fullmatch(digits) is None:
        return False
    if dialled.match(digits):
        return True
    for leading, whole, prefix_required in formats:
        if (leading is None or leading.match(digits)) and whole.fullmatch(digits):
            return not prefix_required
    return True


@functools.cache
def _valid_form(region: str) -> tuple[Any, Any, tuple[tuple[Any, Any, bool], ...]]:
    """Returns patterns for the digits of numbers dialled in a region without a plus.

    The first is of all that ``phonenumbers.parse`` can read as a number (international prefix and anything; or country
    code, national prefix and number, the first two optional) that ``is_valid_number`` can accept (by a type's pattern in a
    region of the same country code). The second is of prefixes. The last are the forms of national numbers, in order:
    leading digits, number, and whether the matcher insists on the national prefix.
    """
    import phonenumbers  # noqa: PLC0415 - slow to import, and not every list of recognizers needs it

    regions: Callable[[str], Any] = phonenumbers.PhoneMetadata.metadata_for_region
    home = regions(region)
    others = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[home.country_code]
    numbers = {desc.national_number_pattern for other in others for name in _TYPES
               if (desc := getattr(regions(other), name)) and desc.national_number_pattern}
    transform = home.national_prefix_transform_rule
    national = f"(?:{home.national_prefix_for_parsing or '(?!)'})"
    prefix = "[0-9]{0,6}" if transform else national + "{0,2}"
    number = "|".join(f"(?:{pattern})" for pattern in sorted(numbers))
    # A transform that adds digits: whatever is dialled may be a number.
    form = "[0-9]+" if transform not in {None, r"\1", r"\2"} else \
        f"(?:{home.international_prefix})[0-9]*|(?:{home.country_code})?{prefix}(?:{number})"
    formats = tuple(
        (re.compile(one.leading_digits_pattern[-1]) if one.leading_digits_pattern else None, re.compile(one.pattern),
         bool(one.national_prefix_formatting_rule) and not one.national_prefix_optional_when_formatting
         and re.fullmatch(r"\(?\\1\)?", one.national_prefix_formatting_rule) is None)
        for one in regions(others[0]).number_format)
    return re.compile(form), re.compile(f"{home.international_prefix}|{home.country_code}|{national}"), formats


def _matches(piece: str, region: str, leniency: int) -> set[tuple[int, int]]:
    import phonenumbers  # noqa: PLC0415 - slow to import, and not every list of recognizers needs it

    # The matcher's default gives up silently after 65,535 candidates.
    matcher = phonenumbers.PhoneNumberMatcher(piece, region, leniency=leniency, max_tries=len(piece) + 1)
    return {(match.start, match.end) for match in matcher}
