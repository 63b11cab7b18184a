"""Which values may read otherwise than they are written: a coarse look at every byte."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.detect.kernels import kernel

Bytes = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

CAPITAL, SMALL, DIGIT, HEX, WORD, SPACE, BLANK, UNIT = 1, 2, 4, 8, 16, 32, 64, 128
"""Classes of bytes: SPACE as ``view.reading`` has it, BLANK a space or a tab, UNIT what ``view.spaced`` joins."""

_CODES = {
    CAPITAL: bytes(range(65, 91)), SMALL: bytes(range(97, 123)), DIGIT: b"0123456789", HEX: b"0123456789abcdefABCDEF",
    WORD: bytes((*range(48, 58), *range(65, 91), 95, *range(97, 123), *range(128, 256))),
    SPACE: b" \t\n\v\f\r\x1c\x1d\x1e\x1f", BLANK: b" \t",
    UNIT: bytes((*range(48, 58), *range(65, 91), 95, *range(97, 123), *range(128, 256), *b"@.+()/:-")),
}


def _classes() -> Bytes:
    classes = np.zeros(256, np.uint8)
    for which, codes in _CODES.items():
        classes[list(codes)] |= np.uint8(which)
    return classes


CLASSES = _classes()

_BYTE = np.uint8
_SPACE = np.uint8(32)
"""Also the bit by which capitals differ from small letters."""


@kernel
def suspicious(padded: Bytes, odd: Bytes) -> None:
    """Writes for each byte whether a look at what stands around it may tell of something; without a branch.

    Args:
        padded: Bytes, and at least eight of nothing.
        odd: Receives 1 or 0 for each byte but the last eight.
    """
    odd[0] = 1
    for place in range(1, len(padded) - 8):
        before, byte, after = padded[place - 1], padded[place], padded[place + 1]
        second, third = padded[place + 2] | _SPACE, padded[place + 3] | _SPACE
        first, fourth = after | _SPACE, padded[place + 4]
        gap, gap_after, gap_second = _BYTE(byte - _BYTE(1)) < _SPACE, after <= _SPACE, padded[place + 2] <= _SPACE
        alone = (byte == _BYTE(ord("&"))) | (byte == _BYTE(ord("%"))) | (byte == _BYTE(ord("@"))) | (byte == _BYTE(ord("\n")))
        alone |= (byte == _BYTE(ord("\\"))) & (after == _BYTE(ord("u")))
        opens = (byte == _BYTE(ord("("))) | (byte == _BYTE(ord("<"))) | (byte == _BYTE(ord("["))) | (byte == _BYTE(ord("{")))
        opens &= (first == _BYTE(ord("a"))) | (first == _BYTE(ord("c"))) | (first == _BYTE(0xE3)) | gap_after
        at = (first == _BYTE(ord("a"))) & (second == _BYTE(ord("t")))
        arroba = (first == _BYTE(ord("a"))) & (second == _BYTE(ord("r")))
        chiocciola = (first == _BYTE(ord("c"))) & (second == _BYTE(ord("h"))) & (third == _BYTE(ord("i")))
        spelled = (arroba & ((third == _BYTE(ord("r"))) | (third == _BYTE(ord("o"))))) | chiocciola
        spelled |= (after == _BYTE(0xC3)) & (third == _BYTE(ord("t")))
        spelled |= at & (padded[place + 3] <= _SPACE)
        single = gap_second & ((padded[place + 3] <= _SPACE) | (fourth <= _SPACE) | (padded[place + 3] >= _BYTE(0xC0)))
        single = (single & ~gap_after) | (after >= _BYTE(0xC0))
        ended = (_BYTE(before - _BYTE(ord("0"))) < _BYTE(10)) | (_BYTE(before - _BYTE(ord("A"))) < _BYTE(26))
        ended |= before == _BYTE(ord(")"))
        apart = gap & (gap_after | (_BYTE(after - _BYTE(ord("-"))) < _BYTE(3)) | (after == _BYTE(ord(":"))))
        apart |= ((byte == _BYTE(ord("-"))) | (byte == _BYTE(ord("/")))) & gap_after
        linked = ((byte == _BYTE(ord("-"))) | (byte == _BYTE(ord("_")))) & at & (
            (padded[place + 3] == _BYTE(ord("-"))) | (padded[place + 3] == _BYTE(ord("_"))))
        emphasis = (byte == _BYTE(ord("_"))) & (
            (_BYTE(after - _BYTE(ord("("))) < _BYTE(51)) | (_BYTE(before - _BYTE(ord("0"))) < _BYTE(10)))  # '(' to 'Z'
        zeros = (byte == _BYTE(0)) & (padded[place + 2] == _BYTE(0)) & (before != _BYTE(0)) & (after != _BYTE(0))
        alone |= emphasis | zeros | (byte == _BYTE(0x1B))
        odd[place] = alone | opens | (gap & (spelled | single)) | (ended & apart) | linked


@kernel
def telling(
    padded: Bytes, classes: Bytes, odd: Bytes, eights: Codes, starts: Integers, ends: Integers, found: Flags,
) -> None:
    """Writes for each value whether it may match what ``view.worth`` asks of a value: no value that does is left out.

    Args:
        padded: Values, a NUL after each, and some bytes of nothing.
        classes: ``CLASSES``.
        odd: What ``suspicious`` says, and zeros up to a multiple of eight.
        eights: The same, eight at a time.
        starts: First byte of each value.
        ends: Where its NUL stands.
        found: Receives the flags.
    """
    # long: one look at each byte; the looks share what they have seen of its surroundings
    row, tells = 0, False
    for eight in range(len(eights)):
        if eights[eight] == 0:
            continue
        for place in range(8 * eight, 8 * eight + 8):
            if not odd[place]:
                continue
            while row < len(ends) and ends[row] <= place:
                row += 1
            if row == len(ends) or found[row]:
                continue
            begin, tells = starts[row], False
            byte, after = padded[place], padded[place + 1]
            before = padded[place - 1] if place > begin else np.uint8(0)
            domain = 0  # where a domain has to begin, if something here asks for one
            if byte == ord("@") or byte == ord("\\"):
                tells = True
            elif byte == 0 or byte == ord("\x1b"):
                tells = place >= begin
            elif byte == ord("_") and after != ord("_") and classes[before] & (DIGIT | CAPITAL | SMALL) == 0 and (
                    classes[after] & (DIGIT | CAPITAL) or after == ord("+") or after == ord("(")):  # emphasis begins
                inner, digits, part, wide = place + 1, 0, True, False
                while padded[inner] != 0 and padded[inner] != ord("_") and padded[inner] != ord("\n"):
                    one = padded[inner]
                    part &= classes[one] & DIGIT != 0 or (one >= ord("(") and one <= ord(":")) or one == ord(" ")
                    digits += part and classes[one] & DIGIT != 0
                    wide |= one == ord(" ") or classes[one] & DIGIT != 0
                    inner += 1
                tells = digits > 1 or (wide and padded[inner] == ord("_"))
                if after == ord("A") and (padded[place + 2] | 32) == ord("t") and (
                        padded[place + 3] == ord("_") or padded[place + 3] == ord("-")):
                    domain = place + 4
            elif byte == ord("_") and classes[before] & DIGIT and classes[after] & (DIGIT | CAPITAL | SMALL) == 0:  # it ends
                tells = place - begin > 3 and classes[padded[place - 4]] & DIGIT != 0  # noqa: PLR2004 - four signs
            elif byte == ord("&"):
                tells = after == ord("#") or classes[after] & (CAPITAL | SMALL) != 0
            elif byte == ord("%"):
                tells = classes[after] & HEX != 0 and classes[padded[place + 2]] & HEX != 0
            elif classes[byte] & SPACE:
                second = padded[place + 2]
                if (after | 32) == ord("a") or (after | 32) == ord("c") or after == 0xC3:  # noqa: PLR2004 - first byte of 'ä'
                    third = padded[place + 3]
                    if (second | 32) == ord("t") and classes[third] & SPACE:
                        domain = place + 4
                    elif (second | 32) == ord("r"):  # arroba, arobase
                        tells = (third | 32) == ord("r") or (third | 32) == ord("o")
                    elif (second | 32) == ord("h"):  # chiocciola
                        tells = (third | 32) == ord("i")
                    elif second | 32 == 0xA4:  # noqa: PLR2004 - 'ä', 'Ä'
                        tells = (third | 32) == ord("t")
                if classes[after] & UNIT:  # one character between gaps, and another
                    unit = place + 2
                    while padded[unit] & 0xC0 == 0x80:  # noqa: PLR2004 - the rest of a character
                        unit += 1
                    if classes[padded[unit]] & SPACE:
                        while classes[padded[unit]] & SPACE:
                            unit += 1
                        if classes[padded[unit]] & UNIT:
                            unit += 1
                            while padded[unit] & 0xC0 == 0x80:  # noqa: PLR2004
                                unit += 1
                            tells |= classes[padded[unit]] & SPACE != 0
                if classes[byte] & BLANK and (classes[before] & (DIGIT | CAPITAL) or before == ord(")")):
                    side = place + 1
                    while classes[padded[side]] & BLANK:
                        side += 1
                    sign = padded[side]
                    wide = side > place + 1
                    if sign == ord("-") or sign == ord(".") or sign == ord("/") or sign == ord(":"):
                        wide = True
                        side += 1
                        while classes[padded[side]] & BLANK:
                            side += 1
                    tells |= wide and (classes[padded[side]] & (DIGIT | CAPITAL) != 0 or padded[side] == ord("("))
                elif byte == ord("\n"):
                    last, first = place - 1, place + 1
                    while last > begin and (classes[padded[last]] & BLANK or padded[last] == ord("\r")):
                        last -= 1
                    while classes[padded[first]] & BLANK:
                        first += 1
                    if last >= begin:
                        end, lead = padded[last], padded[first]
                        prior = padded[last - 1] if last > begin else np.uint8(0)
                        left = end == ord("-") or end == ord("_") or (
                            end == ord(":") and (prior == ord(":") or classes[prior] & HEX != 0))
                        signed = end == ord(")") or end == ord("-") or end == ord(".") or end == ord("/") or end == ord(":") or (
                            end == ord("_") or end == ord("+") or end == ord("="))
                        if not left:
                            inner = last - signed
                            left = inner >= begin and classes[padded[inner]] & CAPITAL != 0
                            while not left and inner >= begin and (
                                    classes[padded[inner]] & (CAPITAL | SMALL) or padded[inner] == ord("_")):
                                inner -= 1
                            left |= inner >= begin and classes[padded[inner]] & DIGIT != 0
                        if left:
                            inner = first + (lead == ord("-") or lead == ord(".") or lead == ord("/") or lead == ord("("))
                            tells |= classes[padded[inner]] & CAPITAL != 0 or (
                                (end == ord(":") or end == ord("-")) and classes[lead] & HEX != 0)
                            while classes[padded[inner]] & (CAPITAL | SMALL) or padded[inner] == ord("_"):
                                inner += 1
                            tells |= classes[padded[inner]] & DIGIT != 0
                        if classes[lead] & (DIGIT | CAPITAL | SMALL) and (
                                signed or end == ord("?") or end == ord("&") or end == ord("#") or end == ord("%")):
                            inner = last  # a web address, perhaps, that goes on
                            while inner > begin and not tells and (  # of white space, RE2 has these alone
                                    padded[inner] != ord(" ") and (padded[inner] < ord("\t") or padded[inner] > ord("\r")
                                                                  or padded[inner] == 0x0B)):  # noqa: PLR2004
                                inner -= 1
                                tells |= (padded[inner] == ord("/") and padded[inner + 1] == ord("/")) or (
                                    padded[inner] == ord("w") and padded[inner + 1] == ord("w"))
            elif byte == ord("-") or byte == ord("/") or byte == ord("_"):
                if byte != ord("_") and classes[after] & BLANK and (classes[before] & (DIGIT | CAPITAL) or before == ord(")")):
                    side = place + 1
                    while classes[padded[side]] & BLANK:
                        side += 1
                    tells = classes[padded[side]] & (DIGIT | CAPITAL) != 0 or padded[side] == ord("(")
                elif byte != ord("/") and (after | 32) == ord("a") and (padded[place + 2] | 32) == ord("t") and (
                        padded[place + 3] == ord("_") or padded[place + 3] == ord("-")):
                    domain = place + 4
            else:  # a bracket that opens
                inner = place + 1 + (classes[after] & SPACE != 0)
                one, other = padded[inner] | 32, padded[inner + 1] | 32
                if one == ord("a") or one == ord("c") or one == 0xE3:  # noqa: PLR2004 - first byte of 'ä'
                    tells = one == 0xE3 or (one == ord("a") and other == ord("r")) or (one == ord("c") and other == ord("h"))  # noqa: PLR2004
                    if one == ord("a"):
                        inner += 1 + (other == ord("t"))
                        inner += classes[padded[inner]] & SPACE != 0
                        closing = padded[inner]
                        if closing == ord("]") or closing == ord(")") or closing == ord("}") or closing == ord(">"):
                            domain = inner + 1
            if domain and not tells:
                while classes[padded[domain]] & SPACE:
                    domain += 1
                if classes[padded[domain]] & WORD:
                    while classes[padded[domain]] & WORD or padded[domain] == ord("-"):
                        tells |= padded[domain] == ord("-") or padded[domain] == ord("_")
                        domain += 1
                    dotted, dot = domain, padded[domain]
                    while classes[padded[dotted]] & SPACE:
                        dotted += 1
                    sign, second = padded[dotted], padded[dotted + 1]
                    tells |= sign == ord("[") or sign == ord("(") or sign == ord("{") or sign == ord("<")
                    if dot == ord("."):
                        while padded[dotted + 1] == ord(" "):
                            dotted += 1
                        follows = padded[dotted + 1]
                        tells |= classes[second] & WORD != 0 or follows == ord("\n") or follows == ord("\r")
                    elif dotted > domain:
                        tells |= sign == ord(".") or ((sign | 32) == ord("d") and (second | 32) == ord("o")) or (
                            (sign | 32) == ord("p") and ((second | 32) == ord("o") or (second | 32) == ord("u")))
            found[row] = tells
