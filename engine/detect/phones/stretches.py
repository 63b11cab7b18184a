"""Where telephone numbers may stand: groups of digits with a number's punctuation between them, and what leads up to them.

A *group* is a run of digits. A *stretch* is groups that are joined by gaps of punctuation. A *candidate* is some groups of a
stretch, side by side, and the signs before the first of them that belong to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.detect import kernels
from engine.detect.block import Block, Bytes, Flags, Integers
from engine.detect.kernels import grouping
from engine.detect.kernels.cutting import CLASSES
from engine.detect.phones import gaps

PAD = 16
"""Bytes of nothing on either side of the buffer that is looked at, so that what stands beside a candidate can be asked for."""

_MOST, _NOTHING_NEAR = 255, 1 << 62
_LEADS = np.isin(np.arange(16), [gaps.code(sign) for sign in "([+"])


Tried = tuple[tuple[int, bool], ...]
"""Ways to split: a kind of gap, and whether the part behind it runs to the end."""


class Groups(NamedTuple):
    """Groups of a block: all that stand in a stretch with enough digits.

    Attributes:
        data: The block's bytes, ``PAD`` of nothing before and after them. Places below are places in it.
        buffer: The same as an array.
        digits: The values of the digits of all groups at least, 0 to 9, and ``PAD`` zeros.
        places: Where those digits stand in the block.
        first: Which digit each group begins with.
        stop: The digit after its last.
        size: How many digits it has, at most 255.
        end: After its last byte.
        code: The code of the gap after each group; 0 where its stretch ends.
        facts: What the gap is.
    """

    data: bytes
    buffer: Bytes
    places: Integers
    digits: Bytes
    first: Integers
    stop: Integers
    size: Bytes
    end: Integers
    code: gaps.Codes
    facts: gaps.Facts

    def start(self, groups: Integers) -> Integers:
        """Returns the first byte of some of the groups."""
        return self.places.take(self.first.take(groups)) + PAD


class Candidates(NamedTuple):
    """Groups that may be a number.

    Attributes:
        first: The first group.
        last: The last group.
        begin: The first byte, in the padded buffer.
        lead: The code of the signs between there and the first digit.
        row: Whose part it is, whatever the one who asks counts.
    """

    first: Integers
    last: Integers
    begin: Integers
    lead: gaps.Codes
    row: Integers

    def at(self, rows: Integers | Flags) -> Candidates:
        """Returns some of the candidates."""
        first, last, begin, lead, row = self
        return Candidates(first[rows], last[rows], begin[rows], lead[rows], row[rows])


def joined(some: Sequence[Candidates]) -> Candidates:
    """Returns all candidates of several."""
    return Candidates(*(np.concatenate(columns) for columns in zip(*some, strict=True)))


def groups(block: Block, least: int) -> Groups | None:
    """Returns the groups of all stretches with at least so many digits; None if there is none."""
    cut = _by_kernel(block, least) if kernels.worth(len(block.data)) else _by_arrays(block, least)
    if cut is None:
        return None
    places, first, stop, between = cut
    end = places.take(stop - 1) + 1 + PAD
    data = b"".join([bytes(PAD), block.data, bytes(PAD)])
    buffer = np.frombuffer(data, np.uint8)
    digits = np.zeros(len(places) + PAD, np.uint8)
    np.subtract(block.buffer.take(places), np.uint8(ord("0")), out=digits[:len(places)])
    code = (gaps.numbers().take(buffer.take(end)) * (between > 0)).astype(np.uint16)
    wide = (between > 1).nonzero()[0]
    code[wide] = gaps.codes(buffer, end.take(wide), between.take(wide))
    size = np.minimum(stop - first, _MOST).astype(np.uint8)
    return Groups(data, buffer, places, digits, first, stop, size, end, code, gaps.facts().take(code))


Cut = tuple[Integers, Integers, Integers, Integers]
"""Places of digits; of each group its first digit, the one after its last, and the bytes up to the next of its stretch, or 0."""


def _by_kernel(block: Block, least: int) -> Cut | None:
    numbers = block.numbers
    places, first, between = (np.empty(size, np.int64) for size in (len(block.data), len(numbers), len(numbers)))
    count, many = grouping.groups(block.padded, CLASSES, numbers, gaps.numbers() < gaps.PLUS, gaps.REACH, least, places, first,
                                  between)
    first = first[:many].copy()
    return (places[:count].copy(), first, np.append(first[1:], count), between[:many].copy()) if many else None


def _by_arrays(block: Block, least: int) -> Cut | None:
    places = block.digits
    if len(places) < least:
        return None
    apart = np.append(places[1:] - places[:-1], _NOTHING_NEAR)
    stop = (apart != 1).nonzero()[0] + 1
    between = apart.take(stop - 1) - 1
    joins = (between <= gaps.REACH) & (gaps.numbers().take(block.buffer.take(places.take(stop - 1) + 1)) < gaps.PLUS)
    between = between * joins
    kept = _in_long(~joins, stop, least)
    return (places, np.append(0, stop[:-1]).take(kept), stop.take(kept), between.take(kept)) if len(kept) else None


def _in_long(cut: Flags, stop: Integers, least: int) -> Integers:
    """Returns the groups between two cuts that have so many digits together."""
    ends = cut.nonzero()[0]
    upto = np.append(0, stop.take(ends))
    long = (upto[1:] - upto[:-1] >= least).nonzero()[0]
    begins, ends = np.append(-1, ends).take(long) + 1, ends.take(long) + 1
    sizes = ends - begins
    kept: Integers = np.arange(sizes.sum()) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)
    return kept


def stretches(found: Groups, least: int) -> Candidates:
    """Returns all stretches with at least so many digits, each with its lead."""
    last = (found.facts & np.uint32(gaps.JOINS) == 0).nonzero()[0]
    first = np.append(0, last[:-1] + 1)
    enough = (found.stop[last] - found.first[first] >= least).nonzero()[0]
    first, last = first[enough], last[enough]
    size, lead = leads(found.buffer, found.start(first))
    return Candidates(first, last, found.start(first) - size, lead, np.arange(len(first)))


def leads(buffer: Bytes, places: Integers) -> tuple[Integers, gaps.Codes]:
    """Returns how many signs before each group belong to a number that begins there, and their code.

    They begin with the farthest of the brackets and pluses among the four signs before the group, if there is one.
    """
    size, lead = np.zeros(len(places), np.int64), np.zeros(len(places), np.uint16)
    known = gaps.numbers()
    nearest = known.take(buffer.take(places - 1))
    rows = (nearest <= gaps.PLUS).nonzero()[0]
    rows = rows[_LEADS.take(nearest.take(rows)) | (known.take(buffer.take(places.take(rows) - 2)) <= gaps.PLUS)]
    if len(rows):
        signs = known[buffer[places[rows] - np.arange(1, gaps.REACH + 1)[:, None]]]
        inside = np.logical_and.accumulate(signs <= gaps.PLUS) & _LEADS[signs]
        farthest = np.where(inside.any(axis=0), gaps.REACH - inside[::-1].argmax(axis=0), 0)
        code = np.zeros(len(rows), np.uint16)
        for distance, sign in enumerate(signs, 1):
            code = np.where(distance <= farthest, code << np.uint16(4) | sign, code)
        size[rows], lead[rows] = farthest, code
    return size, lead


def digits_of(found: Groups, rows: Candidates) -> Integers:
    """Returns how many digits candidates have."""
    return found.stop[rows.last] - found.first[rows.first]


def parts(found: Groups, rows: Candidates, least: int, tried: Tried = gaps.TRIED) -> tuple[Candidates, Integers]:
    """Returns the parts that candidates are split into, by one sort of gap after the other, with at least so many digits.

    The parts of one candidate stand in the order in which they are tried; ``row`` tells whose part each is: the place among
    ``rows``.

    Args:
        found: The groups.
        rows: The candidates.
        least: Digits of the shortest part.
        tried: How they are split.

    Returns:
        The parts, and by which of the ways each was made.
    """
    some = ((rows.last > rows.first) & (digits_of(found, rows) > least)).nonzero()[0]
    sizes = rows.last[some] - rows.first[some]
    ends = np.cumsum(sizes)
    gap = np.arange(ends[-1] if len(ends) else 0) + np.repeat(rows.first[some] - (ends - sizes), sizes)
    splits = found.facts.take(gap) & np.uint32(gaps.SPLITS)
    cut = splits.nonzero()[0]
    gap, splits, whose = gap.take(cut), splits.take(cut), np.repeat(some, sizes).take(cut)
    every, present = [rows.at(some[:0])], int(np.bitwise_or.reduce(splits, initial=0))
    ways = [some[:0]]
    for way, (kind, to_end) in enumerate(tried):
        if present >> kind & 1:
            cut = (splits & np.uint32(1 << kind)).nonzero()[0]
            every.append(_parts(found, rows, (kind, to_end), gap[cut], whose[cut], least=least))
            ways.append(np.full(len(every[-1].row), way))
    found_parts = joined(every)
    order = np.argsort(found_parts.row, kind="stable")
    return found_parts.at(order), np.concatenate(ways)[order]


def _parts(found: Groups, rows: Candidates, way: tuple[int, bool], cut: Integers, whose: Integers, *, least: int) -> Candidates:
    """Returns the parts of one way; ``cut`` are the groups after which there is a split, in order."""
    kind, to_end = way
    heads = np.ones(len(cut), np.bool_)
    heads[1:] = whose[1:] != whose[:-1]
    upto = rows.last[whose]
    if not to_end:
        upto[:-1] = np.where(heads[1:], upto[:-1], cut[1:])
    front = (heads & (found.stop[cut] - found.first[rows.first[whose]] >= least)).nonzero()[0]
    back = (found.stop[upto] - found.first[cut + 1] >= least).nonzero()[0]
    after, head = cut[back], whose[front]
    offset = gaps.offsets(found.facts[after], kind)
    return Candidates(
        np.concatenate([rows.first[head], after + 1]), np.concatenate([cut[front], upto[back]]),
        np.concatenate([rows.begin[head], found.end[after] + offset]),
        np.concatenate([rows.lead[head], found.code[after] >> (4 * offset).astype(np.uint16)]),
        np.concatenate([head, whose[back]]))
