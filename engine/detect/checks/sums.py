"""Weighted sums: Luhn's, and every check digit that is a sum of products modulo m.

Each place of a number has a table: byte → what that character adds. A character that cannot stand there adds ``_NEVER``, more
than all the others can add together.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.detect.checks.matrix import Check, Codes, Passed, by_length
from engine.detect.checks.spec import Luhn, Weighted

Table = npt.NDArray[np.int32]

_NEVER = 1 << 20
_DIGITS = "0 1 2 3 4 5 6 7 8 9"
_BASE36 = " ".join("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def luhn(spec: Luhn) -> Check:
    """Returns the check of Luhn's sum."""
    plain = _table(_DIGITS, 1)
    doubled = _table(_DIGITS, 2, tens=True)
    written = [int(digit) for digit in reversed(spec.prefix)]

    def check(codes: Codes, length: int) -> Passed:
        unwritten = sum(sum(divmod(digit * 2, 10)) if (length + place) % 2 else digit for place, digit in enumerate(written))
        total = _total(codes, [doubled if (length - place) % 2 == 0 else plain for place in range(length)])
        passed: Passed = (total < _NEVER) & ((total + unwritten) % 10 == 0)
        return passed
    return by_length(check)


def weighted(spec: Weighted) -> Check:
    """Returns the check of a weighted sum."""
    first = _Sum(spec, spec.weights, spec.check)
    second = _Sum(spec, spec.fallback, spec.fallback_check or spec.check) if spec.fallback else None
    longest = first.length

    def check(codes: Codes, length: int) -> Passed:
        missing = longest - length
        if missing and (spec.align == "left" or missing < 0 or length < spec.least):
            return np.zeros(len(codes), np.bool_)
        passed, undecided = first.passed(codes, missing)
        if second is not None:
            passed |= undecided & second.passed(codes, missing)[0]
        return passed
    return by_length(check)


class _Sum:
    """One sum of a specification, with one row of weights."""

    def __init__(self, spec: Weighted, weights: tuple[int, ...], check: str | None) -> None:
        self.at = None if check is None else (len(weights) if spec.at is None else spec.at)
        self.length = max(len(weights), 0 if self.at is None else self.at + 1)
        self.spec = spec
        values = _BASE36 if spec.values == "base36" else spec.values
        padded = (*weights, *[0] * (self.length - len(weights)))
        self.tables = [_table(values if place != self.at else _BASE36, 0 if place == self.at else weight, tens=place in spec.tens,
                              modulus=spec.modulus) for place, weight in enumerate(padded)]
        self.expected = np.frombuffer((check or "").replace(".", "\0").encode(), np.uint8)

    def passed(self, codes: Codes, missing: int) -> tuple[Passed, Passed]:
        """Which candidates pass, and which have a remainder without a check character."""
        total = _total(codes, self.tables[missing:])
        known = total < _NEVER
        remainder = (total + self.spec.start) % self.spec.modulus
        if self.at is None:
            return known & (remainder == self.spec.remainder), ~known
        expected = self.expected[remainder]
        return known & (codes[:, self.at - missing] == expected) & (expected > 0), known & (expected == 0)


def _table(values: str, weight: int, *, tens: bool = False, modulus: int = 10) -> Table:
    table = np.full(256, _NEVER, np.int32)
    for value, characters in enumerate(values.split(" ")):
        product = value * weight
        added = sum(divmod(product, 10)) if tens else product
        table[list(characters.encode())] = added % modulus
    return table


def _total(codes: Codes, tables: list[Table]) -> npt.NDArray[np.int32]:
    columns = np.ascontiguousarray(codes.T)
    total = np.zeros(len(codes), np.int32)
    for column, table in zip(columns, tables, strict=True):
        total += table.take(column)
    return total
