"""Poison cells: none gets through, none harms its neighbours, none ends the process."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.detect.scanner import FINDINGS, Scanner
from tests.benchmarks.detect.poison import BIG, CELLS, PLANTED, SMALL
from tests.benchmarks.detect.poison_worker import AFTER, BEFORE, between
from tests.benchmarks.detect.poisoned import LEAST, SAFE, outcomes_of
from udfs.redact_text import UNSCANNABLE, redact_text

SIZE = 300


def is_text(cell):
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_there_are_enough_and_each_is_another():
    assert len({one.name for one in CELLS}) == len(CELLS) >= 2 * LEAST
    assert len({one.cell(SIZE) for one in SMALL}) == len(SMALL)
    assert sum(not is_text(one.cell(SIZE)) for one in CELLS) >= 8


def test_small_ones_in_one_batch():
    cells = [one.cell(SIZE) for one in CELLS]
    alternating = [part for cell in cells for part in (BEFORE.encode(), cell)]
    plain = redact_text(pa.array([BEFORE])).to_pylist()[0]
    redacted = redact_text(pa.array(alternating, pa.binary()).view(pa.string())).to_pylist()
    assert redacted[::2] == [plain] * len(cells)
    assert plain != BEFORE
    wrong = [one.name for one, text in zip(CELLS, redacted[1::2], strict=True) if PLANTED.strip() in text]
    assert wrong == []
    for cell, text in zip(cells, redacted[1::2], strict=True):
        if not is_text(cell):
            assert text == UNSCANNABLE


def test_small_ones_that_are_text_are_looked_at():
    """Nothing is quarantined that needs not be, and what is told lies inside its cell."""
    cells = [cell.decode() for cell in (one.cell(SIZE) for one in CELLS) if is_text(cell)]
    found = Scanner.default().find(pa.array(cells))
    assert found.schema == FINDINGS
    by_cell = [set() for _ in cells]
    for row, start, end, kind in zip(*(found[name].to_pylist() for name in ("row", "start", "end", "entity_type")), strict=True):
        assert 0 <= start < end <= len(cells[row])
        by_cell[row].add(kind)
    assert all("EMAIL_ADDRESS" in kinds for kinds in by_cell)
    assert not any("UNSCANNABLE" in kinds for kinds in by_cell)


@pytest.mark.parametrize("content", [b"\xff", b"\xed\xa0\x80", b"ok \xc3"])
def test_a_cell_that_is_no_text_costs_no_neighbour(content):
    before, middle, after = redact_text(between(content)).to_pylist()
    assert middle == UNSCANNABLE
    assert (before, after) == tuple(redact_text(pa.array([BEFORE, AFTER])).to_pylist())


@pytest.mark.slow
def test_big_ones_in_a_process_of_their_own():
    outcomes = list(outcomes_of(300, 0, len(BIG)))
    assert len(outcomes) == len(BIG)
    assert {one["name"]: one["fate"] for one in outcomes if one["fate"] not in SAFE} == {}
