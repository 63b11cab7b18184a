"""Runs of tokens looked up in a table of hashes, each as far as any picture goes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.detect.kernels import kernel

Codes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Gaps = npt.NDArray[np.uint32]
Integers = npt.NDArray[np.int64]


@kernel
def runs(
    codes: Codes, gap: Gaps, firsts: Integers, token: np.uint64, between: np.uint64, step: np.uint64, shift: np.uint64,
    hashes: Codes, whole: Flags, opening: Flags, out_first: Integers, out_more: Integers, out_at: Integers,
) -> int:
    """Writes every run of tokens whose hash is in a table (``engine.detect.shapes``).

    Args:
        codes: Of each token.
        gap: Between each token and the next, 0 where no run goes on.
        firsts: The tokens with which runs may begin.
        token: What a token's code is multiplied with.
        between: What a gap is multiplied with.
        step: What a run's hash is multiplied with, when it goes on.
        shift: What a hash is shifted by to a place in the filters.
        hashes: The table, ascending.
        whole: For each place of the filter, whether a run of the table has it.
        opening: The same for runs that go on, a row for each number of tokens less one.
        out_first: Receives the run's first token.
        out_more: Receives how many tokens follow.
        out_at: Receives the run's place in the table.

    Returns:
        How many there are; only as many as there is room for are written.
    """
    count, room = 0, len(out_first)
    for first in firsts:
        last, here = first, codes[first] * token
        for more in range(len(opening)):
            if whole[here >> shift]:
                low, high = 0, len(hashes)
                while low < high:
                    middle = (low + high) // 2
                    if hashes[middle] < here:
                        low = middle + 1
                    else:
                        high = middle
                if low < len(hashes) and hashes[low] == here:
                    if count < room:
                        out_first[count], out_more[count], out_at[count] = first, more, low
                    count += 1
            if gap[last] == 0 or not opening[more, here >> shift]:
                break
            here = (here + np.uint64(gap[last]) * between) * step + codes[last + 1] * token
            last += 1
    return count
