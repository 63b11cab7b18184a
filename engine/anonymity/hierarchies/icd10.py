"""ICD-10: from a code to its category, block and chapter, by the lists in ``conf/hierarchies/icd10.yaml``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.hierarchies.arrays import Family, joined, parts
from engine.conf import conf_path, read_yaml
from schemas.policy import Hierarchy
from schemas.policy.hierarchy_rules import Icd10

_CODE = r"^(?P<category>[A-Z][0-9A-Z]{2})(?:\.?(?:-|(?P<fourth>[0-9A-Z])[0-9A-Z]{0,3}-?))?[†*+!]?$"
"""A code with or without its dot; a dash for what is left open; the marks of cause (†, +), manifestation (*) and addition (!)."""


class Edition(NamedTuple):
    """An edition's categories with their blocks and chapters, side by side."""

    categories: pa.Array
    blocks: pa.Array
    chapters: pa.Array


@cache
def edition(name: str) -> Edition:
    """Returns the edition ``who`` or ``cm``."""
    written = read_yaml(conf_path("hierarchies/icd10.yaml").read_text(encoding="utf-8"))[name]
    rows = [(category, block, chapter) for chapter, blocks in written.items()
            for block, ranges in blocks.items() for category in _categories(ranges)]
    return Edition(*(pa.array(column, pa.string()) for column in zip(*rows, strict=True)))


def _categories(ranges: str) -> Iterator[str]:
    for one in ranges.split():
        low, _, high = one.partition("-")
        if not high:
            yield low
            continue
        letter = low[0]
        yield from (f"{letter}{number:02}" for number in range(int(low[1:]), int(high[1:]) + 1))


def _labels(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    rule = hierarchy.icd10 or Icd10()
    known, code = edition(rule.edition), parts(pc.utf8_upper(values), _CODE)
    place = pc.index_in(code["category"], value_set=known.categories, skip_nulls=True)
    category = known.categories.take(place)
    fourth = pc.if_else(pc.equal(code["fourth"], ""), "", joined(".", code["fourth"]))
    found = {"subcategory": joined(category, fourth), "category": category,
             "block": known.blocks.take(place), "chapter": known.chapters.take(place)}
    return [found[rule.levels[level - 1]] for level in levels]


ICD10 = Family(lambda hierarchy, _: len((hierarchy.icd10 or Icd10()).levels), _labels)
