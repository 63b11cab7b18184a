"""International bank account numbers: ISO 13616 with the structures of SWIFT's registry, as python-stdnum ships them."""

from __future__ import annotations

import functools
import re
from itertools import product

import numpy as np
import numpy.typing as npt

from engine.detect.checks.folds import iso7064
from engine.detect.checks.matrix import Check, Codes, Lengths, Passed
from engine.detect.checks.spec import Iso7064

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = "0123456789"
_CLASSES = {"n": _DIGITS, "a": _LETTERS, "c": _DIGITS + _LETTERS}


def iban() -> Check:
    """Returns the check of an IBAN: check digits, then the length and the characters that its country registered."""
    remainder = iso7064(Iso7064(kind="iso7064", system="mod_97_10", rotate=4))

    def check(codes: Codes, lengths: Lengths) -> Passed:
        passed: Passed = remainder(codes, lengths) & (lengths > 4)  # noqa: PLR2004 - country and check digits
        rows = np.flatnonzero(passed)
        if not len(rows):
            return passed
        countries = codes[rows, 0].astype(np.int64) * 256 + codes[rows, 1]
        for country in np.unique(countries):
            of_country = rows[countries == country]
            passed[of_country] = _structured(codes[of_country], lengths[of_country], chr(country // 256) + chr(country % 256))
        return passed
    return check


def _structured(codes: Codes, lengths: Lengths, country: str) -> Passed:
    allowed = _structures().get(country, ())
    if not allowed or len(allowed) > codes.shape[1]:
        return np.zeros(len(codes), np.bool_)
    passed: Passed = lengths == len(allowed)
    for place, table in enumerate(allowed):
        passed &= table[codes[:, place]]
    return passed


@functools.cache
def _structures() -> dict[str, tuple[npt.NDArray[np.bool_], ...]]:
    from stdnum import numdb  # noqa: PLC0415 - its tables are read when an IBAN is first seen

    tables = {}
    for name, characters in _CLASSES.items():
        tables[name] = np.zeros(256, np.bool_)
        tables[name][list(characters.encode())] = True
    registry = numdb.get("iban")
    found = {}
    for country in map("".join, product(_LETTERS, _LETTERS)):
        properties = registry.info(country)[0][1]
        if properties:
            runs = re.findall(r"([0-9]+)!([nac])", "2!a2!n" + properties["bban"])
            found[country] = tuple(tables[name] for count, name in runs for _ in range(int(count)))
    return found
