"""Checks of candidates, vectorized: what a number proves about itself.

A check takes an (n, width) matrix of ASCII codes, zeros after each candidate's end, and the n lengths; it says which pass.
The families of check digits are numpy (``sums``, ``folds``, ``iban``, ``dates``), numbering plans automata
(``engine.detect.phones``) and regular expressions RE2 over Arrow; what only python-stdnum knows is asked once for each distinct
candidate. Nothing here raises for what a candidate
holds, logs it or keeps it.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.checks import addresses, dates, domains, encoded, entropy, folds, iban, listed, sums
from engine.detect.checks.matrix import Check, Codes, Lengths, Passed, by_distinct, matrix, strings
from engine.detect.checks.spec import All, Either, Encoded, Part, Phone, Spec, Stdnum, Structure, TopLevel
from engine.errors import PolicyError

__all__ = ["Check", "Codes", "Lengths", "Passed", "Spec", "compiled", "matrix", "strings"]


@functools.cache
def compiled(spec: Spec) -> Check:
    """Returns the check that a specification asks for.

    Raises:
        PolicyError: If it names a module of python-stdnum that does not exist, or a regular expression that RE2 cannot read.
    """
    check = _BUILDERS[spec.kind](spec)

    def guarded(codes: Codes, lengths: Lengths) -> Passed:
        return check(codes, lengths) & (lengths > 0) if codes.size else np.zeros(len(codes), np.bool_)
    return guarded


def _structure(spec: Structure) -> Check:
    try:
        return _whole(spec.regex)
    except pa.ArrowInvalid as error:
        raise PolicyError("RE2 cannot read this regular expression", where=f"check: structure, {spec.regex}",
                          next="write it without lookaround and backreferences") from error


def _whole(regex: str) -> Check:
    whole = rf"\A(?:{regex})\z"
    pc.match_substring_regex(pa.array([""]), whole)  # of no string it compiles nothing

    def check(codes: Codes, lengths: Lengths) -> Passed:
        return np.asarray(pc.match_substring_regex(strings(codes, lengths), whole).to_numpy(zero_copy_only=False), np.bool_)
    return check


def _stdnum(spec: Stdnum) -> Check:
    try:
        module = importlib.import_module(f"stdnum.{spec.module}")
    except ImportError as error:
        raise PolicyError("python-stdnum has no such module", where=f"check: stdnum, {spec.module}",
                          next="look into its documentation for the module's name") from error
    return by_distinct(functools.partial(_valid, module.is_valid))


def _valid(is_valid: Callable[[str], Any], text: str) -> bool:
    try:
        return bool(is_valid(text))
    except Exception:  # noqa: BLE001 - some modules trip over what their format does not foresee; that is no number of theirs
        return False


def _phone(spec: Phone) -> Check:
    from engine.detect.phones.validity import valid  # noqa: PLC0415 - it checks candidates as this package does, and imports it

    return lambda codes, lengths: valid(codes, lengths, spec.region, spec.line)


def _encoded(spec: Encoded) -> Check:
    return by_distinct(encoded.KINDS[spec.kind])


def _part(spec: Part) -> Check:
    inner = compiled(spec.of)

    def check(codes: Codes, lengths: Lengths) -> Passed:
        ends = np.minimum(lengths, codes.shape[1] if spec.end is None else spec.end)
        inside = np.arange(codes.shape[1]) < ends[:, None]
        return inner((codes * inside)[:, spec.start:spec.end], np.maximum(ends - spec.start, 0))
    return check


def _all(spec: All) -> Check:
    checks = [compiled(one) for one in spec.of]

    def check(codes: Codes, lengths: Lengths) -> Passed:
        passed = checks[0](codes, lengths)
        for other in checks[1:]:  # each sees what is left
            rows = np.flatnonzero(passed)
            passed[rows] = other(codes[rows], lengths[rows])
        return passed
    return check


def _either(spec: Either) -> Check:
    checks = [compiled(one) for one in spec.of]

    def check(codes: Codes, lengths: Lengths) -> Passed:
        passed = checks[0](codes, lengths)
        for other in checks[1:]:  # each sees what has not passed yet
            rows = np.flatnonzero(~passed)
            passed[rows] = other(codes[rows], lengths[rows])
        return passed
    return check


def _top_level(_: TopLevel) -> Check:
    def check(codes: Codes, lengths: Lengths) -> Passed:
        known = domains.top_level_domains()  # not every scan meets one
        last = pc.extract_regex(strings(codes, lengths), r"^(?:[A-Za-z]+://)?[^/?#]*?\.(?P<last>[^./?#:@]+)\.?(?:[:/?#]|$)").field("last")
        return np.asarray(pc.is_in(pc.ascii_lower(last), known).to_numpy(zero_copy_only=False), np.bool_)
    return check


_BUILDERS: dict[str, Callable[[Any], Check]] = {
    "luhn": sums.luhn, "weighted": sums.weighted, "iso7064": folds.iso7064, "verhoeff": lambda _: folds.verhoeff(),
    "damm": lambda _: folds.damm(), "modulo": folds.modulo, "iban": lambda _: iban.iban(), "date": dates.date,
    "structure": _structure, "stdnum": _stdnum, "listed": listed.listed, "phone": _phone, "top_level": _top_level,
    "part": _part, "all": _all, "any": _either,
    "ip": lambda _: _whole(addresses.ADDRESS), "entropy": lambda _: entropy.mixed, **dict.fromkeys(encoded.KINDS, _encoded)}
