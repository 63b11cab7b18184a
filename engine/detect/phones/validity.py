"""Whether candidates are valid numbers of a region: the check of types of telephone numbers (``kind: phone``)."""

from __future__ import annotations

import functools

import numpy as np

from engine.detect.block import Bytes, Integers
from engine.detect.checks.matrix import Check, Codes, Lengths, Passed, by_distinct
from engine.detect.phones import plans
from engine.detect.phones.automata import LONGEST, Outs
from engine.detect.phones.numbers import Walk, world

_LINES = {"any": plans.VALID, "mobile": plans.MOBILE, "fixed": plans.FIXED}
_SIGNS = np.isin(np.arange(256), np.frombuffer(b"\0+-./ ()[]0123456789", np.uint8))


def valid(codes: Codes, lengths: Lengths, region: str | None = None, line: str = "any") -> Passed:
    """Returns which candidates are valid numbers, as ``phonenumbers.is_valid_number_for_region`` says of what ``parse`` reads.

    Args:
        codes: (n, width): ASCII codes, zeros after a candidate's end.
        lengths: (n,): characters of each.
        region: Where they are dialled and have to be valid (ISO 3166-1). Without it they need a plus and a country code, and are
            valid anywhere.
        line: ``any``, ``mobile`` or ``fixed``.
    """
    digit, plus = (codes >= ord("0")) & (codes <= ord("9")), codes == ord("+")
    size, begin = digit.sum(axis=1), digit.argmax(axis=1)
    coded = plus.any(axis=1)
    clear = _SIGNS[codes].all(axis=1) & (plus.sum(axis=1) <= 1) & ~(coded & (plus.argmax(axis=1) > begin))
    digits = np.append(codes[digit] - np.uint8(ord("0")), np.zeros(LONGEST, np.uint8))
    first = np.cumsum(size) - size
    said = np.zeros(len(codes), np.int64)
    rows = (clear & coded).nonzero()[0]
    said[rows] = world(region).said(digits, first[rows], size[rows])
    if region is not None:
        rows = (clear & ~coded).nonzero()[0]
        said[rows] = _walk(region).said(digits, first[rows], size[rows])
        rows = (clear & (~coded | (world().code(digits, first) < 0))).nonzero()[0]  # a plus that no code follows is dropped
        said[rows] |= _from_abroad(region, digits, first[rows], size[rows])
    passed: Passed = said & _LINES[line] != 0
    rows = (~clear & (size > 0)).nonzero()[0]
    passed[rows] = _asked(region, line)(codes[rows], lengths[rows])
    return passed


def _from_abroad(region: str, digits: Bytes, first: Integers, size: Integers) -> Outs:
    """Returns what is said of numbers behind the region's international prefix."""
    prefix = _prefix(region).said(digits, first, np.minimum(size, LONGEST))
    return world(region).said(digits, first + prefix, (size - prefix) * (prefix > 0))


@functools.cache
def _walk(region: str) -> Walk:
    return Walk.of(plans.dialled(region, of_region=True))


@functools.cache
def _prefix(region: str) -> Walk:
    return Walk.of(plans.abroad(region))


@functools.cache
def _asked(region: str | None, line: str) -> Check:
    """Returns the check that asks libphonenumber, for candidates with signs that are no punctuation of numbers."""
    from phonenumbers import (  # noqa: PLC0415 - its metadata takes a while to import
        NumberParseException,
        PhoneNumberType,
        is_valid_number,
        is_valid_number_for_region,
        number_type,
        parse,
    )

    both = PhoneNumberType.FIXED_LINE_OR_MOBILE
    lines = {"mobile": {PhoneNumberType.MOBILE, both}, "fixed": {PhoneNumberType.FIXED_LINE, both}}.get(line)

    def passes(text: str) -> bool:
        try:
            number = parse(text, region)
        except NumberParseException:
            return False
        known = is_valid_number_for_region(number, region) if region else is_valid_number(number)
        return bool(known) and (lines is None or number_type(number) in lines)
    return by_distinct(passes)
