"""Numbering plans as automata: what libphonenumber makes of the digits of a number.

``phonenumbers.parse`` strips what is dialled before a number (international prefix, country code, national prefix and carrier
code), each only where what remains is likelier to be a number; then the number is matched against the patterns of its
country's types. Each of these steps is a question about digits that an automaton answers, and so is the whole.

Source: libphonenumber's ``phonenumberutil`` (``parse``, ``_maybe_extract_country_code``,
``_maybe_strip_national_prefix_carrier_code``, ``is_valid_number``) and ``phonenumbermatcher``
(``_is_national_prefix_present_if_required``), in the version that is installed, with its metadata.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.detect.phones.automata import LONGEST, MATCHED, NOTHING, Automaton, Outs, after, beginning, length, product, whole
from engine.detect.phones.expressions import Alternative, alternatives

VALID, MOBILE, FIXED = 1, 2, 4
"""Of a number: it is valid; it can be a mobile line; it can be a fixed line."""

_NEEDS_PREFIX, _GENERAL, _STRIPPED = 8, 16, 32
_LENGTH = 8  # bits to shift: how long the number is
_VERDICT = VALID | MOBILE | FIXED

_TYPES = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")
_LONGEST_NUMBER, _SHORTEST_NUMBER = 17, 2
_WORLD = "001"


@functools.cache
def dialled(region: str, *, of_region: bool = False) -> Automaton:
    """Returns the automaton of numbers dialled in a region, without + and without the international prefix.

    It says ``VALID`` of numbers that libphonenumber's matcher takes for valid, the national prefix included where the number's
    format asks for it. With ``of_region`` it says ``VALID``, ``MOBILE`` and ``FIXED`` as ``is_valid_number_for_region`` and
    ``number_type`` do.
    """
    home = _metadata(region)
    main = _metadata(regions_of_codes()[home.country_code][0])
    verdict = _valid_in(home) if of_region else _valid(home.country_code)
    needed = NOTHING if of_region else _needs_prefix(main)
    number = product([verdict, needed], lambda verdict, needed: verdict | needed * _NEEDS_PREFIX)
    code = str(home.country_code)
    coded = after(Alternative(tuple(1 << int(digit) for digit in code), (False,) * len(code)),
                  _stripped(home, product([_general(home), _parsed(main, verdict)], np.bitwise_or)))
    prefix = _stripped(main, _general(main))
    parts = [length(), _general(home), abroad(region), coded, _parsed(home, number), prefix]
    said = _VERDICT if of_region else VALID
    return product(parts, lambda *outs: _decided(home.general_desc, *outs) & said)


def _decided(general: Any, *outs: Outs) -> Outs:  # noqa: ANN401 - the library's classes carry no types
    size, plain, abroad, coded, number, prefix = outs
    likelier = ((plain & _GENERAL) == 0) & ((coded & _GENERAL) != 0) | _too_long(general, size)
    with_code = ((coded & MATCHED) != 0) & likelier
    lacking = ((number & _NEEDS_PREFIX) != 0) & ((prefix & _STRIPPED) == 0)
    verdict = np.where(with_code, coded, np.where(lacking, 0, number)) & _VERDICT
    return np.where(abroad != 0, 0, verdict)


@functools.cache
def international(country_code: int, region: str | None = None) -> Automaton:
    """Returns the automaton of what follows a country code after + or an international prefix.

    It says ``VALID``, ``MOBILE`` and ``FIXED`` of numbers that are valid anywhere in the country code, or with a region, there.
    """
    main = _metadata(regions_of_codes()[country_code][0], country_code)
    return _parsed(main, _valid(country_code) if region is None else _valid_in(_metadata(region)))


@functools.cache
def abroad(region: str) -> Automaton:
    """Returns the automaton that says how many digits of a number are the region's international prefix.

    None are, it says 0, if a country code cannot follow: none begins with 0.
    """
    prefix = _metadata(region).international_prefix
    code = Automaton(np.array([[0] * 10, [0] + [2] * 9, [2] * 10], np.int32), np.array([0, 1, 1]), 1)
    found = []
    for one in alternatives(prefix) if prefix else ():
        coded = after(one, code)
        found.append(coded._replace(out=coded.out & MATCHED | (coded.out & 1) * len(one.classes)))
    first = _first(found)
    return first._replace(out=first.out & ~MATCHED)


@functools.cache
def regions_of_codes() -> dict[int, tuple[str, ...]]:
    """Returns the regions of each country code, the main one first: ``001`` where it is no country's.

    No code is the beginning of another.
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE  # noqa: PLC0415 - slow to import, and not every scan needs it

    return {code: tuple(regions) for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}


def _metadata(region: str, country_code: int = 0) -> Any:  # noqa: ANN401 - the library's classes carry no types
    from phonenumbers import PhoneMetadata  # noqa: PLC0415 - slow to import, and not every scan needs it

    if region == _WORLD:
        return PhoneMetadata.metadata_for_nongeo_region(country_code)
    return PhoneMetadata.metadata_for_region(region)


def _general(metadata: Any) -> Automaton:  # noqa: ANN401 - the library's classes carry no types
    pattern = whole(metadata.general_desc.national_number_pattern)
    return pattern._replace(out=pattern.out * _GENERAL)


def _too_long(general: Any, size: Outs) -> Any:  # noqa: ANN401 - the library's classes carry no types
    return (size == 0) | (size > general.possible_length[-1]) & ~np.isin(size, general.possible_length_local_only)


def _first(found: list[Automaton]) -> Automaton:
    """Says what the first of several prefixes says that is there; 0 if none is."""
    if not found:
        return NOTHING
    return product(found, lambda *outs: np.select([(out & MATCHED) != 0 for out in outs], outs, 0))


def _stripped(metadata: Any, rest: Automaton) -> Automaton:  # noqa: ANN401 - the library's classes carry no types
    """Says what ``rest`` says of a number without its national prefix and carrier code, and ``_STRIPPED``.

    Where only the whole looks like a number, it stays whole; ``rest`` has to say ``_GENERAL`` of what looks like one.
    """
    prefix = metadata.national_prefix_for_parsing
    if not prefix:
        return rest
    without = _first([after(one, rest) for one in alternatives(prefix, metadata.national_prefix_transform_rule or "")])

    def decide(plain: Outs, stripped: Outs) -> Outs:
        worse = ((plain & _GENERAL) != 0) & ((stripped & _GENERAL) == 0)
        return np.where(((stripped & MATCHED) != 0) & ~worse, stripped & ~MATCHED | _STRIPPED, plain)
    return product([rest, without], decide)


def _parsed(metadata: Any, verdict: Automaton) -> Automaton:  # noqa: ANN401 - the library's classes carry no types
    """Says what ``verdict`` says of a number without its prefix, if what remains is long enough, else of the whole."""
    general = metadata.general_desc
    lengths = np.isin(np.arange(LONGEST + 1), general.possible_length) & ~np.isin(np.arange(LONGEST + 1),
                                                                                general.possible_length_local_only)

    def measured(size: Outs, plain: Outs, verdict: Outs) -> Outs:
        proper = (size >= _SHORTEST_NUMBER) & (size <= _LONGEST_NUMBER)
        return np.where(proper, verdict, 0) | plain | size << _LENGTH

    def decide(plain: Outs, stripped: Outs) -> Outs:
        size = stripped >> _LENGTH
        return np.where(lengths[size] | _too_long(general, size), stripped, plain) & (_VERDICT | _NEEDS_PREFIX)
    number = product([length(), _general(metadata), verdict], measured)
    return product([number, _stripped(metadata, number)], decide)


@functools.cache
def _valid(country_code: int) -> Automaton:
    """``VALID``, ``MOBILE``, ``FIXED``: in the first of a code's regions that a number belongs to, by leading digits or type."""
    regions = [_metadata(region, country_code) for region in regions_of_codes()[country_code]]
    if len(regions) == 1:
        return _valid_in(regions[0])
    leading = [beginning(one.leading_digits) if one.leading_digits is not None else NOTHING for one in regions]

    def decide(*outs: Outs) -> Outs:
        inside, verdicts = outs[:len(regions)], outs[len(regions):]
        belongs = [out if region.leading_digits is not None else verdict
                   for out, verdict, region in zip(inside, verdicts, regions, strict=True)]
        return np.select([one != 0 for one in belongs], verdicts, 0)
    return product([*leading, *map(_valid_in, regions)], decide)


def _valid_in(metadata: Any) -> Automaton:  # noqa: ANN401 - the library's classes carry no types
    """``VALID``, ``MOBILE``, ``FIXED``: numbers that a region's metadata knows."""
    return _valid_of(metadata.id, metadata.country_code)


@functools.cache
def _valid_of(region: str, country_code: int) -> Automaton:
    metadata = _metadata(region, country_code)
    others = [_described(desc) for name in _TYPES if (desc := getattr(metadata, name)) is not None]
    lines = [_described(metadata.fixed_line), _described(metadata.mobile)]
    alike = metadata.same_mobile_and_fixed_line_pattern

    def decide(general: Outs, fixed: Outs, mobile: Outs, *others: Outs) -> Outs:
        other = np.any(np.stack([*others, np.zeros_like(general)]), axis=0)
        line = fixed * (VALID | FIXED) | (fixed if alike else mobile) * (VALID | MOBILE)
        return np.where(general != 0, np.where(other, VALID, line), 0)
    return product([_described(metadata.general_desc), *lines, *others], decide)


def _described(desc: Any) -> Automaton:  # noqa: ANN401 - the library's classes carry no types
    if desc is None or not desc.national_number_pattern:
        return NOTHING
    lengths = tuple(desc.possible_length)
    return _of_lengths(desc.national_number_pattern, lengths)


@functools.cache
def _of_lengths(pattern: str, lengths: tuple[int, ...]) -> Automaton:
    return product([whole(pattern), length()], lambda matched, size: matched * (np.isin(size, lengths) | (not lengths)))


def places(region: str) -> Automaton:
    """Returns the automaton that says between which digits of a valid number its format has gaps: bit i after i digits.

    Numbers are without any prefix.
    """
    return _places(_metadata(region).country_code)


@functools.cache
def _places(country_code: int) -> Automaton:
    patterns = [pattern for _, pattern, _ in _formats(regions_of_codes()[country_code][0])]
    leading = [beginning(lead) for lead, _, _ in _formats(regions_of_codes()[country_code][0])]

    def decide(verdict: Outs, size: Outs, *outs: Outs) -> Outs:
        fits = [(begins & matches) != 0 for begins, matches in zip(outs[:len(leading)], outs[len(leading):], strict=True)]
        gaps = [_gaps(pattern)[size] for pattern in patterns]
        return np.select([verdict == 0, *fits], [np.zeros_like(verdict), *gaps], 0)
    return product([_valid(country_code), length(), *leading, *map(whole, patterns)], decide)


@functools.cache
def _gaps(pattern: str) -> Outs:
    """Returns for each length of a number where its groups end in a format, whose pattern is groups of any digits."""
    found = np.zeros(LONGEST + 1, np.int64)
    for size in range(LONGEST + 1):
        match = re.fullmatch(pattern, "0" * size)
        if match:
            found[size] = sum(1 << match.end(group) for group in range(1, len(match.groups())))
    return found


@functools.cache
def _needs_prefix_of(region: str) -> Automaton:
    formats = [*_formats(region)]
    if not formats:
        return NOTHING
    leading = [beginning(lead) for lead, _, _ in formats]
    wholes = [whole(pattern) for _, pattern, _ in formats]

    def decide(*outs: Outs) -> Outs:
        fits = [(begins & matches) != 0 for begins, matches in zip(outs[:len(formats)], outs[len(formats):], strict=True)]
        return np.select(fits, [np.full_like(outs[0], needed) for _, _, needed in formats], 0)
    return product([*leading, *wholes], decide)


def _formats(region: str) -> Iterator[tuple[str, str, bool]]:
    for one in _metadata(region).number_format:
        rule = one.national_prefix_formatting_rule
        needed = bool(rule) and not one.national_prefix_optional_when_formatting and re.fullmatch(r"\(?\\1\)?", rule) is None
        yield (one.leading_digits_pattern[-1] if one.leading_digits_pattern else "", one.pattern, needed)


def _needs_prefix(metadata: Any) -> Automaton:  # noqa: ANN401 - the library's classes carry no types
    return _needs_prefix_of(metadata.id)
