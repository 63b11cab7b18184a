"""Runs of tokens looked up in a table of pictures, each as far as any picture goes; and phrases before what was found."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.detect.kernels import kernel

Bytes = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Gaps = npt.NDArray[np.uint32]
Integers = npt.NDArray[np.int64]


class Table(NamedTuple):
    """Runs of tokens by hash, and the pictures that have them; several may have one run, and differ in what stands beside it.

    Attributes:
        hashes: Ascending.
        at: For each hash, the place of its first picture in ``picture``, and one more after the last.
        picture: Numbers of pictures.
        whole: For each place of a filter of hashes' first bits, whether a run has it.
        opening: The same for runs that go on, a row for each number of tokens less one.
    """

    hashes: Codes
    at: Integers
    picture: Integers
    whole: Flags
    opening: Flags


class Masks(NamedTuple):
    """What each picture asks for beyond the run's hash.

    Attributes:
        size: Tokens to be compared with the masks; 0 where the hash says all.
        digits: Bits of the signs of each token that are digits, (pictures, tokens).
        letters: The same for letters.
        lead: The sign that stands before the first token, 0 for any.
        trail: The sign after the last.
    """

    size: Integers
    digits: Codes
    letters: Codes
    lead: Bytes
    trail: Bytes


@kernel
def runs(
    buffer: Bytes, start: Integers, end: Integers, seen: Codes, gap: Gaps, codes: Codes, firsts: Integers,
    constants: Codes, table: Table, masks: Masks, out: Integers,
) -> int:
    """Writes every run of tokens that has a picture (``engine.detect.first.shapes``).

    Args:
        buffer: Bytes.
        start: First byte of each token.
        end: After its last byte.
        seen: Bits of its letters.
        gap: Between each token and the next, 0 where no run goes on.
        codes: What each token's hash is made of.
        firsts: The tokens with which runs may begin.
        constants: What a token's code, a gap, and a hash that goes on are multiplied with; what a hash is shifted by to a filter.
        table: The pictures' runs.
        masks: What else they ask for.
        out: Receives first byte, end and picture of each, (3, room).

    Returns:
        How many there are; only as many as there is room for are written.
    """
    # long: a call for each run would cost more than the run
    token, between, step, shift = constants
    count, room = 0, out.shape[1]
    for first in firsts:
        last, here = first, codes[first] * token
        for more in range(len(table.opening)):
            low = len(table.hashes)
            if table.whole[here >> shift]:
                low = np.searchsorted(table.hashes, here)
            if low < len(table.hashes) and table.hashes[low] == here:
                for place in range(table.at[low], table.at[low + 1]):
                    picture = table.picture[place]
                    fits = True
                    for one in range(masks.size[picture]):
                        letters = masks.letters[picture, one]
                        if seen[first + one] & masks.digits[picture, one] or seen[first + one] & letters != letters:
                            fits = False
                            break
                    lead, trail = masks.lead[picture], masks.trail[picture]
                    begin, stop = start[first], end[last]
                    if lead:
                        begin -= 1
                        fits = fits and begin >= 0 and buffer[begin] == lead
                    if trail:
                        fits = fits and stop < len(buffer) and buffer[stop] == trail
                        stop += 1
                    if fits:
                        if count < room:
                            out[0, count], out[1, count], out[2, count] = begin, stop, picture
                        count += 1
            if gap[last] == 0 or not table.opening[more, here >> shift]:
                break
            here = (here + np.uint64(gap[last]) * between) * step + codes[last + 1] * token
            last += 1
    return count


@kernel
def spoken(
    folded: Bytes, start: Integers, form: Integers, first: Integers, last: Integers,
    end: Integers, phrase: Integers, value_start: Integers, value_end: Integers, speaks: Flags, words: int, out: Integers,
) -> int:
    """Writes every candidate with every phrase among the words before it that speaks of its form.

    Args:
        folded: Bytes; whatever is greater than a space makes words.
        start: First byte of each candidate.
        form: Its form.
        first: The first phrase that is near it.
        last: After the last.
        end: After the last byte of each phrase.
        phrase: Which it is.
        value_start: First byte of the value that it stands in.
        value_end: After that value's last byte.
        speaks: Whether a phrase speaks of a form.
        words: How many words may begin between them, less one.
        out: Receives candidate and index of the phrase among all that are said, (2, room).

    Returns:
        How many there are; only as many as there is room for are written.
    """
    count, room = 0, out.shape[1]
    for row in range(len(start)):
        for at in range(first[row], last[row]):
            if not speaks[phrase[at], form[row]] or value_start[at] > start[row] or value_end[at] < start[row]:
                continue
            begun, inside = 0, folded[end[at]] > 32  # noqa: PLR2004 - the space
            for place in range(end[at] + 1, start[row]):
                word = folded[place] > 32  # noqa: PLR2004 - the space
                begun += word and not inside
                inside = word
            if begun < words:
                if count < room:
                    out[0, count], out[1, count] = row, at
                count += 1
    return count
