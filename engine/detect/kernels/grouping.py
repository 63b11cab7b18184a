"""Groups of digits with signs between them, as telephone numbers are written."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.detect.kernels import kernel
from engine.detect.kernels.cutting import DIGIT

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@kernel
def groups(
    padded: Bytes, classes: Bytes, numbers: Integers, joins: Flags, reach: int, least: int,
    places: Integers, first: Integers, gap: Integers,
) -> tuple[int, int]:
    """Writes the digits and groups of all stretches with at least ``least`` digits.

    Args:
        padded: Bytes, some of nothing after them.
        classes: ``CLASSES``.
        numbers: First digits of all runs of digits.
        joins: For each byte whether a gap may begin with it.
        reach: Bytes of the widest gap.
        least: Digits of the shortest stretch.
        places: Receives the place of each digit, as many as there may be.
        first: Receives for each group the number of its first digit, as many as there are numbers.
        gap: Receives the bytes between each group and the next of its stretch; 0 after the last.

    Returns:
        How many digits, how many groups.
    """
    digit, group, begun, digits_before = 0, 0, 0, 0
    for row in range(len(numbers)):
        place = numbers[row]
        first[group] = digit
        while classes[padded[place]] == DIGIT:
            places[digit] = place
            digit += 1
            place += 1
        between = numbers[row + 1] - place if row + 1 < len(numbers) else 0
        joined = 0 < between <= reach and joins[padded[place]]
        gap[group] = between if joined else 0
        group += 1
        if not joined:
            if digit - digits_before < least:
                digit, group = digits_before, begun
            digits_before, begun = digit, group
    return digit, group
