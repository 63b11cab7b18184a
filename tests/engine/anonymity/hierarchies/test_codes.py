"""Codes: IP addresses against the standard library, geohashes against their definition, ICD-10 and postal codes against facts."""

from __future__ import annotations

import ipaddress
import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.hierarchies import ancestors, generalize_level
from engine.anonymity.hierarchies.icd10 import edition
from engine.errors import PolicyError
from schemas.policy import Hierarchy
from schemas.policy.hierarchy_rules import Networks

IP, ICD = Hierarchy.model_validate("ip"), Hierarchy.model_validate("icd10")
CM = Hierarchy.model_validate({"icd10": {"edition": "cm"}})
BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"
CHAPTERS = {
    "I": "A00-B99", "II": "C00-D48", "III": "D50-D89", "IV": "E00-E90", "V": "F00-F99", "VI": "G00-G99", "VII": "H00-H59",
    "VIII": "H60-H95", "IX": "I00-I99", "X": "J00-J99", "XI": "K00-K93", "XII": "L00-L99", "XIII": "M00-M99", "XIV": "N00-N99",
    "XV": "O00-O99", "XVI": "P00-P96", "XVII": "Q00-Q99", "XVIII": "R00-R99", "XIX": "S00-T98", "XX": "V01-Y98",
    "XXI": "Z00-Z99", "XXII": "U00-U99"}


def chain(value: str | int, hierarchy: Hierarchy) -> list[str]:
    return [labels[0].as_py() for labels in ancestors(pa.array([value]), hierarchy)[:-1]]


@pytest.mark.slow
@given(st.lists(st.ip_addresses(), min_size=1, max_size=8),
       st.sampled_from([((24, 16, 8), (64, 48, 32)), ((31,), (127,)), ((9,), (1,))]))
def test_networks_are_those_of_the_standard_library(addresses, lengths) -> None:
    rule = Hierarchy(ip=Networks(v4=lengths[0], v6=lengths[1]))
    for index, (four, six) in enumerate(zip(*lengths, strict=True), start=1):
        found = generalize_level(pa.array([str(a) for a in addresses]), rule, index).to_pylist()
        for address, label in zip(addresses, found, strict=True):
            mapped = getattr(address, "ipv4_mapped", None) or address
            assert label == str(ipaddress.ip_network(f"{mapped}/{four if mapped.version == 4 else six}", strict=False))


@pytest.mark.parametrize(("written", "label"), [
    (" 10.1.2.3 ", "10.1.2.0/24"), ("::FFFF:10.1.2.3", "10.1.2.0/24"), ("0:0:0:0:0:ffff:a01:203", "10.1.2.0/24"),
    ("2001:DB8::1", "2001:db8::/64"), ("fe80::1%eth0", "fe80::/64"),
    *((no, "*") for no in ("10.1.2", "10.1.2.256", "10.01.2.3", "10.1.2.0/24", "::g", "", "localhost", "١.1.1.1", "1:80"))])
def test_forms_of_addresses(written, label) -> None:
    assert generalize_level(pa.array([written]), IP, 1).to_pylist() == [label]


def geohash(latitude: float, longitude: float, signs: int) -> str:
    """Bits of longitude and latitude by turns, each saying in which half of what is left the point lies; five make a sign."""
    ends, bits = [[-180.0, 180.0], [-90.0, 90.0]], []
    for turn in range(5 * signs):
        pair, point = ends[turn % 2], (longitude, latitude)[turn % 2]
        middle = sum(pair) / 2
        bits.append(int(point >= middle))
        pair[1 - bits[-1]] = middle
    return "".join(BASE32[int("".join(map(str, bits[at:at + 5])), 2)] for at in range(0, 5 * signs, 5))


@given(st.floats(-90, 89.999), st.floats(-180, 179.999))
def test_geohashes_name_the_cells_around_a_point(latitude, longitude) -> None:
    fine = geohash(latitude, longitude, 9)
    assert chain(fine, Hierarchy(geohash=[7, 5, 2])) == [geohash(latitude, longitude, n) for n in (7, 5, 2)]


def test_a_published_geohash_and_what_is_none() -> None:
    assert geohash(57.64911, 10.40744, 11) == "u4pruydqqvj"  # the example of Wikipedia's article on geohash
    found = generalize_level(pa.array(["U4PRUYDQQVJ", "u4p", "u4a", "", "u 4", None]), Hierarchy(geohash=[4]), 1)
    assert found.to_pylist() == ["u4pr", "u4p", "*", "*", "*", None]


@pytest.mark.parametrize(("code", "expected"), [
    ("J45.0", ["J45", "J40-J47", "chapter X (J00-J99)"]), ("i21", ["I21", "I20-I25", "chapter IX (I00-I99)"]),
    ("E119", ["E11", "E10-E14", "chapter IV (E00-E90)"]), (" F32.1 ", ["F32", "F30-F39", "chapter V (F00-F99)"]),
    ("C50.9", ["C50", "C50-C50", "chapter II (C00-D48)"]), ("O80", ["O80", "O80-O84", "chapter XV (O00-O99)"]),
    ("S72.0", ["S72", "S70-S79", "chapter XIX (S00-T98)"]), ("U07.1", ["U07", "U00-U49", "chapter XXII (U00-U99)"]),
    ("Y04", ["Y04", "X85-Y09", "chapter XX (V01-Y98)"]), ("D50.-", ["D50", "D50-D53", "chapter III (D50-D89)"]),
    ("A17.0†", ["A17", "A15-A19", "chapter I (A00-B99)"]), ("G01*", ["G01", "G00-G09", "chapter VI (G00-G99)"])])
def test_codes_of_the_world_health_organization(code, expected) -> None:
    assert chain(code, ICD) == expected


@pytest.mark.parametrize(("code", "expected"), [
    ("S52.521A", ["S52", "S50-S59", "chapter 19 (S00-T88)"]), ("C4A.9", ["C4A", "C43-C44", "chapter 2 (C00-D49)"]),
    ("E08.9", ["E08", "E08-E13", "chapter 4 (E00-E89)"]), ("O9A.1", ["O9A", "O94-O9A", "chapter 15 (O00-O9A)"]),
    ("QA0.0101", ["QA0", "QA0", "chapter 17 (Q00-QA0)"])])
def test_codes_of_the_clinical_modification(code, expected) -> None:
    assert chain(code, CM) == expected


def test_codes_that_are_none_fail_closed() -> None:
    none = ["A10", "I84", "A90", "J45.", "J4", "45", "", "J45.01234", "J45 0", "asthma", "J40-J47", "C4A", "Ј45"]
    assert generalize_level(pa.array(none), ICD, 1).to_pylist() == ["*"] * len(none)
    with pytest.raises(PolicyError, match="does not know 1 of the column's 2"):
        ancestors(pa.array(["J45", "A10"]), ICD)


@pytest.mark.parametrize("name", ["who", "cm"])
def test_categories_lie_in_their_blocks_and_chapters(name) -> None:
    found = edition(name)
    categories, blocks, chapters = (column.to_pylist() for column in found)
    assert len(set(categories)) == len(categories) > 1900
    order = list(dict.fromkeys(blocks))
    ends = [block for block, after in zip(blocks, [*blocks[1:], ""], strict=True) if block != after]
    assert ends == order, "a block stands once"
    for category, block, chapter in zip(categories, blocks, chapters, strict=True):
        low, _, high = block.partition("-")
        first, last = re.search(r"\((\w{3})-(\w{3})\)", chapter).groups()
        inside = low <= category <= (high or low) or category in ("C4A", "M1A", "Z3A")  # kept beside C43, M10 and Z36
        assert inside
        assert first <= category <= last


def test_chapters_are_the_published_ones() -> None:
    chapters = list(dict.fromkeys(edition("who").chapters.to_pylist()))
    assert chapters == [f"chapter {number} ({codes})" for number, codes in CHAPTERS.items()]
    assert len(set(edition("cm").chapters.to_pylist())) == 22


@pytest.mark.parametrize(("code", "country", "expected"), [
    ("60601", "us", ["606**", "6****"]), ("60601-1234", "us", ["606**", "6****"]), (501, "us", ["005**", "0****"]),
    ("SW1A 1AA", "gb", ["SW1A 1", "SW1A", "SW"]), ("m11ae", "gb", ["M1 1", "M1", "M"]),
    ("B33 8TH", "gb", ["B33 8", "B33", "B"]),
    ("CR2 6XH", "gb", ["CR2 6", "CR2", "CR"]), ("DN551PT", "gb", ["DN55 1", "DN55", "DN"]),
    ("EC1A", "gb", ["EC1A", "EC1A", "EC"]),
    ("K1A 0B1", "ca", ["K1A", "K"]), ("h0h0h0", "ca", ["H0H", "H"]), ("V6B", "ca", ["V6B", "V"])])
def test_postal_codes(code, country, expected) -> None:
    assert chain(code, Hierarchy(postal=country)) == expected


@pytest.mark.parametrize(("country", "none"), [
    ("us", ["6060", "606011", "6060A", "60601-12", "", "٦٠٦٠١"]), ("gb", ["SW", "SW1A 1A", "1AA", "SW1A 1CK"]),
    ("ca", ["D1A 0B1", "K1D", "K1A 0B", "123"])])
def test_postal_codes_of_no_form_fail_closed(country, none) -> None:
    assert generalize_level(pa.array(none), Hierarchy(postal=country), 1).to_pylist() == ["*"] * len(none)


def test_three_digits_need_more_than_twenty_thousand_people() -> None:
    counted = {"606": 2_700_000, "036": 20_000, "692": 4_000, "893": 20_001}
    rule = Hierarchy.model_validate({"postal": {"country": "us", "populations": counted}})
    codes = pa.array(["60601", "03601", "69201", "89301", "10001", None])
    assert generalize_level(codes, rule, 1).to_pylist() == ["606**", "000**", "000**", "893**", "*", None]
    assert generalize_level(codes, rule, 2).to_pylist() == ["6****", "000**", "000**", "8****", "*", None]
    with pytest.raises(PolicyError, match="does not know 1 of"):
        ancestors(codes, rule)  # nobody counted 100
    lower = Hierarchy.model_validate({"postal": {"country": "us", "populations": counted, "more_than": 3_999}})
    assert generalize_level(codes, lower, 1).to_pylist()[:4] == ["606**", "036**", "692**", "893**"]


def test_its_own_labels_can_be_coarsened_further() -> None:
    """After operator generalize, say, which lets nothing finer through."""
    first = pa.array(["606**", "000**", None])
    for rule in (Hierarchy(postal="us"), Hierarchy(postal={"country": "us", "populations": {"606": 30_000}})):
        assert generalize_level(first, rule, 1).equals(first)
        assert generalize_level(first, rule, 2).to_pylist() == ["6****", "000**", None]


@given(st.lists(st.text("ab1é*", max_size=6), min_size=1, max_size=8))
def test_prefixes_and_chunks(texts) -> None:
    values = pa.array(texts)
    assert generalize_level(values, Hierarchy(prefix=[3, 1]), 1).to_pylist() == [t if len(t) < 3 else t[:3] + "*" for t in texts]
    for side in ("right", "left"):
        for level in (1, 2, 3):
            n = 2 * level
            stars = [(t, "*" * min(n, len(t))) for t in texts]
            hidden = [t[:max(len(t) - n, 0)] + star if side == "right" else star + t[n:] for t, star in stars]
            assert generalize_level(values, Hierarchy(mask={"side": side, "chunk": 2}), level).to_pylist() == hidden
