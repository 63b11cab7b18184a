"""Every type is found by its example: in a cell of its own, and amid prose, where windows are cut."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.detect.scanner import Scanner

PROSE = ("The committee met in the long room above the library and spoke for some hours of what the winter had done to the old "
         "bridge, to the road beside it and to the patience of those who have to cross it on their way to work. ")
MOST = 0.8
"""Share of an example that a claim of another type has to cover."""


@pytest.fixture(scope="module")
def types():
    return [one for one in Scanner.default().config.types() if one.when != "column"]


def missed(types, texts: list[str], begins: list[int]) -> list[str]:
    """The types whose example no claim covers. Of two types that say the same of a number, the better one claims it."""
    covered = [False] * len(texts)
    table = Scanner.default().find(pa.array(texts, pa.string()))
    columns = (table[name].to_pylist() for name in ("row", "start", "end", "entity_type"))
    for row, start, end, kind in zip(*columns, strict=True):
        size = len(types[row].example)
        share = (min(end, begins[row] + size) - max(start, begins[row])) / size
        covered[row] |= share >= MOST or (share > 0 and kind == types[row].reported)
    return [one.type for one, there in zip(types, covered, strict=True) if not there]


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [("", ""), (PROSE * 5, " " + PROSE * 5), ("-" * 300 + "\n", "\n" + "=" * 300)],
                         ids=["alone", "amid prose", "between rules"])
def test_every_example(types, before, after):
    openings = [f"{before}{one.context[0] if one.context else ''} " for one in types]
    texts = [f"{opening}{one.example}{after}" for opening, one in zip(openings, types, strict=True)]
    assert not missed(types, texts, list(map(len, openings)))


def test_telephone_numbers_are_no_dates():
    table = Scanner.default().find(pa.array(["téléphone 01 53 01 82 00", "call 01 53 01 82 00 today", "电话 131 2345 6789"]))
    assert table["entity_type"].to_pylist() == ["PHONE_NUMBER"] * 3
