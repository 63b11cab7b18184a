"""Check digits as automata: ISO 7064, IBAN, Verhoeff, Damm, a number modulo m.

A system is a table: (state, byte) → state. One column of the matrix at a time is folded into the states of all candidates. The
last state is where nothing leads out of; the zeros after a number's end change no state.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from engine.detect.checks.matrix import BLOCK, Check, Codes, Lengths, Passed, by_length
from engine.detect.checks.spec import Iso7064, Modulo

States = npt.NDArray[np.int32]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SYSTEMS = {"mod_11_2": (11, "0123456789X"), "mod_37_2": (37, _ALPHABET + "*"), "mod_97_10": (97, _ALPHABET),
            "mod_11_10": (10, _ALPHABET[:10]), "mod_37_36": (36, _ALPHABET)}

# Damm, H. M. (2004): a totally anti-symmetric quasigroup of order ten
_DAMM = ("0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
         "3674209581", "5869720134", "8945362017", "9438617205", "2581436790")
# Verhoeff, J. (1969): the permutation whose powers stand before the group operation
_VERHOEFF = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def iso7064(spec: Iso7064) -> Check:
    """Returns the check of an ISO/IEC 7064 system. That X or * stand at the end alone is for a structure to say."""
    start, table = _system(spec.system)

    def check(codes: Codes, lengths: Lengths) -> Passed:  # noqa: ARG001 - the zeros after a number's end change nothing
        blocks = (codes[first:first + BLOCK].T for first in range(0, len(codes), BLOCK))
        return np.concatenate([folded(np.roll(block, -spec.rotate, axis=0), start, [table]) == 1 for block in blocks])
    return check


@functools.cache
def _system(name: str) -> tuple[int, States]:
    modulus, alphabet = _SYSTEMS[name]
    hybrid = name in {"mod_11_10", "mod_37_36"}

    def step(state: int, value: int) -> int:
        if hybrid:  # the state 0 stands for the modulus itself
            return ((state or modulus) * 2 % (modulus + 1) + value) % modulus
        if name == "mod_97_10":  # letters are written as two digits
            return (state * (10 if value < 10 else 100) + value) % modulus  # noqa: PLR2004 - the last digit
        return (state * 2 + value) % modulus
    return modulus // 2 if hybrid else 0, automaton(modulus, alphabet, step)


def verhoeff() -> Check:
    """Returns the check of Verhoeff's digit."""
    powers = [list(range(10))]
    for _ in range(7):
        powers.append([_VERHOEFF[value] for value in powers[-1]])
    tables = [automaton(10, _ALPHABET[:10], functools.partial(_verhoeff, power)) for power in powers]

    return by_length(lambda codes, _: folded(codes.T[::-1], 0, tables) == 0)


def _verhoeff(power: list[int], state: int, value: int) -> int:
    return _dihedral(state, power[value])


def _dihedral(left: int, right: int) -> int:
    """Returns the product of two symmetries of the pentagon: 0 to 4 turn it, 5 to 9 mirror it first."""
    if left < 5:  # noqa: PLR2004 - the turns
        return (left + right) % 5 + right // 5 * 5
    return (left - right) % 5 + (0 if right >= 5 else 5)  # noqa: PLR2004 - two mirrorings are a turn


def damm() -> Check:
    """Returns the check of Damm's digit."""
    table = automaton(10, _ALPHABET[:10], lambda state, value: int(_DAMM[state][value]))
    return by_length(lambda codes, _: folded(codes.T, 0, [table]) == 0)


def modulo(spec: Modulo) -> Check:
    """Returns the check of digits that repeat the rest of the number modulo m."""
    needed = max(spec.digits[1], spec.check[1])

    def check(codes: Codes, length: int) -> Passed:
        if length < needed:
            return np.zeros(len(codes), np.bool_)
        digits = (codes >= ord("0")) & (codes <= ord("9"))
        remainder = np.full(len(codes), int(spec.prefix or 0), np.int64)
        for place in range(*spec.digits):
            remainder = (remainder * 10 + (codes[:, place] & 0x0F)) % spec.modulus
        expected = spec.modulus - remainder if spec.complement else remainder
        written = np.zeros(len(codes), np.int64)
        for place in range(*spec.check):
            written = written * 10 + (codes[:, place] & 0x0F)
        passed: Passed = written == expected
        return passed & digits[:, slice(*spec.digits)].all(axis=1) & digits[:, slice(*spec.check)].all(axis=1)
    return by_length(check)


def automaton(states: int, alphabet: str, step: Callable[[int, int], int]) -> States:
    """Returns the table of an automaton, flat: state x 256 + byte → state x 256; ``states`` is the dead state."""
    table = np.full((states + 1, 256), states, np.int32)
    table[:, 0] = np.arange(states + 1)
    for state in range(states):
        for value, character in enumerate(alphabet):
            table[state, ord(character)] = step(state, value)
    return (table * 256).ravel()


def folded(columns: Iterable[Codes], start: int, tables: list[States]) -> npt.NDArray[np.int32]:
    """Returns the state that each candidate ends in; ``tables`` take turns from column to column."""
    state: States | None = None
    for number, column in enumerate(columns):
        if state is None:
            state = np.full(len(column), start * 256, np.int32)
        state = tables[number % len(tables)].take(state + column)
    return np.zeros(0, np.int32) if state is None else state // 256

