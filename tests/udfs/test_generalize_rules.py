"""generalize along each rule: the slow, obvious version, cell by cell."""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.generalize import generalize

pytestmark = pytest.mark.slow
Cells = list[Any]


def each(cells: Cells, says: Any) -> Cells:
    return [None if cell is None else says(cell) for cell in cells]


def generalized(cells: Cells, type_: pa.DataType, hierarchy: dict[str, Any], level: int) -> Cells:
    found = generalize(pa.array(cells, type_), hierarchy=hierarchy, level=level)
    assert found.type == pa.string()
    return found.to_pylist()


@given(st.lists(st.none() | st.integers(-20, 200)), st.integers(1, 4))
def test_ages(cells: Cells, level: int) -> None:
    def says(age: int) -> str:
        if not 0 <= age <= 130:
            return "*"
        if age >= 90 or level == 4:
            return "*" if level == 4 else "90+"
        width = (2, 6, 18)[level - 1]
        low = age // width * width
        return f"[{low}, {low + width - 1}]"

    assert generalized(cells, pa.int16(), {"ages": {"bands": [2, 6, 18]}}, level) == each(cells, says)


@given(st.lists(st.none() | st.decimals(-99, 99, places=2)), st.integers(1, 3))
def test_edges(cells: Cells, level: int) -> None:
    edges = [["-5", "0.25", "18"], ["0.25"], []][level - 1]

    def says(number: Decimal) -> str:
        below = [edge for edge in edges if Decimal(edge) <= number]
        above = [edge for edge in edges if Decimal(edge) > number]
        if not edges:
            return "*"
        return f"< {above[0]}" if not below else f"≥ {below[-1]}" if not above else f"[{below[-1]}, {above[0]})"

    written = {"edges": [[-5, 0.25, 18], [0.25]]}
    assert generalized(cells, pa.decimal128(6, 2), written, level) == each(cells, says)
    assert generalized(each(cells, float), pa.float64(), written, level) == each(cells, says)


@given(st.lists(st.none() | st.integers(-400, 400)), st.sampled_from([("latitude", 90), ("longitude", 180)]), st.integers(1, 2))
def test_cells_of_degrees(cells: Cells, rule: tuple[str, int], level: int) -> None:
    name, most = rule
    width = (5, 45)[level - 1]

    def says(quarters: int) -> str:
        degrees = quarters / 4
        if abs(degrees) > most:
            return "*"
        if degrees == most:
            return f"[{most - width}, {most}]" if name == "latitude" else f"[{-most}, {width - most})"
        low = math.floor(degrees / width) * width
        return f"[{low}, {low + width}{']' if (name, low + width) == ('latitude', 90) else ')'}"

    degrees = each(cells, lambda quarters: quarters / 4)
    assert generalized(degrees, pa.float64(), {name: [5, 45]}, level) == each(cells, says)


@given(st.lists(st.none() | st.ip_addresses().map(str) | st.sampled_from(["", "1.2.3", "::x"])),
       st.integers(1, 3))
def test_networks(cells: Cells, level: int) -> None:
    def says(text: str) -> str:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return "*"
        address = getattr(address, "ipv4_mapped", None) or address
        length = {4: (20, 12), 6: (56, 40)}[address.version]
        return "*" if level == 3 else str(ipaddress.ip_network(f"{address}/{length[level - 1]}", strict=False))

    assert generalized(cells, pa.string(), {"ip": {"v4": [20, 12], "v6": [56, 40]}}, level) == each(cells, says)


@given(st.lists(st.none() | st.integers(0, 99_999).map(lambda n: f"{n:05}") | st.sampled_from(["1234", "12345-678", "x"])),
       st.integers(1, 3))
def test_zip_codes(cells: Cells, level: int) -> None:
    people = {f"{n:03}": n * 100 for n in range(1000)}

    def says(text: str) -> str:
        if len(text) != 5 or not text.isdigit() or level == 3:
            return "*"
        if people[text[:3]] <= 20_000:
            return "000**"
        return f"{text[:3]}**" if level == 1 else f"{text[0]}****"

    assert generalized(cells, pa.string(), {"postal": {"country": "us", "populations": people}}, level) == each(cells, says)


AREAS, INWARD = st.from_regex(r"[A-Z]{1,2}", fullmatch=True), st.from_regex(r"[0-9][ABDEFGHJLN][PQRSTUWXYZ]", fullmatch=True)
DISTRICTS = st.from_regex(r"[0-9]|[0-9][0-9]|[0-9][A-Z]", fullmatch=True)


@given(st.lists(st.tuples(AREAS, DISTRICTS, INWARD)), st.sampled_from(["", " "]), st.booleans(), st.integers(1, 4))
def test_postcodes(parts: list[tuple[str, str, str]], between: str, small: bool, level: int) -> None:  # noqa: FBT001 - a drawn value
    written = [f"{area}{district}{between}{inward}" for area, district, inward in parts]
    expected = [(f"{area}{district} {inward[0]}", f"{area}{district}", area, "*")[level - 1]
                for area, district, inward in parts]
    cells = each(written, str.lower) if small else written
    assert generalized(cells, pa.string(), {"postal": "gb"}, level) == expected


@given(st.lists(st.none() | st.sampled_from(["low", "mid", "high", "top", "?"])), st.integers(1, 3))
def test_orders(cells: Cells, level: int) -> None:
    groups = {"low": "low to mid", "mid": "low to mid", "high": "high to top", "top": "high to top", "?": "*"}
    written = {"order": {"values": ["low", "mid", "high", "top"], "groups": [2]}}
    assert generalized(cells, pa.string(), written, level) == each(cells, lambda cell: groups[cell] if level == 1 else "*")


@given(st.lists(st.none() | st.dates(dt.date(1, 1, 4), dt.date(9999, 12, 28))), st.integers(1, 3))
def test_weeks(cells: Cells, level: int) -> None:
    def says(day: dt.date) -> str:
        year, week, _ = day.isocalendar()
        return (day.isoformat(), f"{year:04}-W{week:02}", "*")[level - 1]

    assert generalized(cells, pa.date32(), {"dates": ["day", "week"]}, level) == each(cells, says)


@given(st.lists(st.none() | st.text("0bz", min_size=1, max_size=8) | st.sampled_from(["a", "", "0 "])), st.integers(1, 3))
def test_geohashes(cells: Cells, level: int) -> None:
    def says(text: str) -> str:
        sound = set(text.strip()) <= set("0bz") and text.strip()
        return text.strip()[:(5, 2)[level - 1]] if sound and level < 3 else "*"

    assert generalized(cells, pa.string(), {"geohash": [5, 2]}, level) == each(cells, says)


LETTERS = {"A": "I", "B": "I", "C": "II", "E": "IV", "F": "V", "G": "VI", "I": "IX", "J": "X", "K": "XI", "L": "XII", "M": "XIII",
           "N": "XIV", "O": "XV", "P": "XVI", "Q": "XVII", "R": "XVIII", "S": "XIX", "T": "XIX", "V": "XX", "W": "XX", "X": "XX",
           "Y": "XX", "Z": "XXI"}
"""Letters of ICD-10 that belong to one chapter each: all but D, H and U."""


@given(st.lists(st.tuples(st.sampled_from(sorted(LETTERS)), st.integers(0, 999)).map(
    lambda pair: f"{pair[0]}{pair[1] // 10:02}.{pair[1] % 10}")))
def test_chapters_follow_from_the_letter(cells: Cells) -> None:
    found = generalized(cells, pa.string(), {"icd10": {"levels": ["category", "chapter"]}}, 2)
    known = generalized(cells, pa.string(), {"icd10": {"levels": ["category", "chapter"]}}, 1)
    for cell, chapter, category in zip(cells, found, known, strict=True):
        assert category in (cell[:3], "*")
        assert chapter == "*" if category == "*" else chapter.startswith(f"chapter {LETTERS[cell[0]]} (")


@pytest.mark.parametrize("hierarchy", [{"ages": {}}, {"edges": [[1]]}, {"latitude": [1]}, {"postal": "us"}], ids=str)
def test_integers_of_all_widths_read_alike(hierarchy: dict[str, Any]) -> None:
    cells = [0, 5, 89, 90, 127, None]
    expected = generalized(cells, pa.int64(), hierarchy, 1)
    for type_ in (pa.int8(), pa.uint8(), pa.int16(), pa.uint32(), pa.uint64(), pa.dictionary(pa.int8(), pa.int32())):
        values = pa.array(cells, pa.int32()).dictionary_encode() if pa.types.is_dictionary(type_) else pa.array(cells, type_)
        assert generalize(values, hierarchy=hierarchy, level=1).to_pylist() == expected
