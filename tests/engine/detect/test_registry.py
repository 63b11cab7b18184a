"""The registry of entity types: what it holds, and what it refuses."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.checks import compiled, matrix
from engine.detect.first.pictures import PER_FORMAT, SEPARATORS, compact, expression, pictures
from engine.detect.registry import PRIVACY, TELLING, Registry, _page
from engine.errors import PolicyError
from tests.engine.detect.chances import DIGITS, measured, passes, random_like

ROOT = Path(__file__).parents[3]
REGISTRY = Registry.default()
CHECKED = [one for one in REGISTRY.types if one.check]
CHECKSUMS = {"luhn", "weighted", "iso7064", "verhoeff", "damm", "modulo", "iban", "base58check", "ripple", "bech32", "stellar",
             "github"}

# Types whose law leaves some digits outside the sum, or gives an even weight modulo ten (11 modulo eleven): why alterations pass
WEAK = {
    "AU_ACN": "even weights", "AU_MEDICARE": "issue number", "BR_CNH": "second check digit", "BR_HEALTH_CARD": "a weight of 11",
    "DE_FUEHRERSCHEIN": "number of the copy", "DE_IK": "class", "DE_LANR": "field of medicine, weight 4",
    "GT_DPI": "municipality",
    "HU_PERSONAL_ID": "two rows of weights", "ID_CARD_MRZ": "check digit over both lines",
    "JP_DRIVER_LICENSE": "number of the copy",
    "KZ_BIN": "a weight of 11", "KZ_IIN": "a weight of 11", "LU_NATIONAL_ID": "second check digit", "PH_TIN": "branch",
    "PT_SOCIAL_SECURITY": "weights of 2 and 5", "SV_DUI": "even weights", "TH_TNIN": "a weight of 11",
    "TW_NATIONAL_ID": "even weights",
    "UDI_GS1": "other elements", "ZW_NATIONAL_ID": "district of origin",
    "UY_CI": "even weights", "DE_ID_CARD": "number without its check digit",
}


def kinds(check):
    inner = getattr(check, "of", ())
    return {check.kind}.union(*(kinds(one) for one in (inner if isinstance(inner, tuple) else (inner,))))


def shape(text):
    """The picture of a text, with X for digits and letters alike."""
    return re.sub("[0-9A-Z]", "X", text)


def test_as_many_types_as_promised():
    countries = {one.country for one in REGISTRY.types} - {"any", "eu"}
    assert len(REGISTRY.types) >= 570
    assert len(countries) >= 130
    assert len(CHECKED) >= 0.88 * len(REGISTRY.types)
    assert sum(one.chance < TELLING for one in REGISTRY.types) >= 0.75 * len(REGISTRY.types)
    assert {one.category for one in REGISTRY.types} == {
        "identity", "contact", "location", "date", "health", "financial", "credential", "online", "demographic"}


def test_what_the_issue_names_is_there():
    for name in ("PASSPORT_MRZ", "US_DRIVER_LICENSE", "VIN", "IBAN_CODE", "CREDIT_CARD", "PHONE_NUMBER", "STREET_ADDRESS",
                 "US_ZIP_CODE",
                 "COORDINATES", "IMEI", "MAC_ADDRESS", "IP_ADDRESS", "ETHEREUM_ADDRESS", "GITHUB_TOKEN", "PRIVATE_KEY",
                 "MEDICAL_RECORD_NUMBER", "DATE_OF_BIRTH", "AGE"):
        assert REGISTRY[name].type == name


def test_every_type_that_presidio_finds_by_pattern_is_there():
    folder = Path(importlib.util.find_spec("presidio_analyzer").submodule_search_locations[0]) / "predefined_recognizers"
    files = [*folder.glob("generic/*.py"), *folder.glob("country_specific/*/*.py")]
    named = {name for file in files for name in re.findall(r'supported_entity(?:: str)? ?= ?"([A-Z_]+)"', file.read_text())}
    assert len(named) > 70
    assert named - {one.type for one in REGISTRY.types} == set()


@pytest.mark.slow
def test_every_example_has_its_format_and_passes_its_check():
    for one in REGISTRY.types:
        flags = re.IGNORECASE if one.ignore_case else 0
        assert re.fullmatch(one.regex(), one.example, flags), one.type
        if one.check:
            claimed = re.sub(one.label, "", one.example, count=1, flags=flags) if one.label else one.example
            assert passes(one, [claimed]).all(), one.type
        if not one.pattern:
            shapes = {shape(picture.replace("9", "0").replace("A", "Z")) for picture in one.pictures()}
            assert shape(one.example.upper()) in shapes, one.type


@pytest.mark.slow
def test_digits_that_are_mistyped_fail():
    passed = altered = 0
    for one in CHECKED:
        if kinds(one.check).isdisjoint(CHECKSUMS):
            continue
        text = one.example if one.pattern else compact(one.example)
        others = [text[:place] + digit + text[place + 1:] for place, old in enumerate(text) if old.isdigit()
                  for digit in DIGITS if digit != old]
        share = compiled(one.check)(*matrix(others)).mean() if others else 0.0
        assert share <= (0.55 if one.type in WEAK else 0.05), one.type
        passed, altered = passed + share * len(others), altered + len(others)
    assert altered > 13_000
    assert passed <= 0.05 * altered


@pytest.mark.slow
def test_chance_says_how_much_a_check_lets_through():
    """Random candidates of every format: some fail, and no more pass than the type says. ``chances`` prints them."""
    for name, share, size in measured():
        chance = REGISTRY[name].check.chance
        assert share <= chance + 4 * np.sqrt(chance * (1 - chance) / size) + 0.02, name
        assert share < 1, name


@pytest.mark.slow
def test_most_checks_let_less_than_half_through():
    shares = [share for _, share, _ in measured()]
    shaped = sum(not one.pattern for one in REGISTRY.types)
    assert sum(share < TELLING for share in shares) >= 0.80 * shaped
    assert sum(share >= 0.9 for share in shares) <= 16


def test_a_passed_check_raises_the_score_by_what_it_proves():
    card = REGISTRY["CREDIT_CARD"]
    assert card.check.chance == pytest.approx(0.03)
    assert card.verified_score == pytest.approx(0.5 / (0.5 + 0.5 * 0.03))
    assert REGISTRY["IBAN_CODE"].verified_score > 0.99
    assert REGISTRY["CARD_PIN"].verified_score == REGISTRY["CARD_PIN"].score
    assert all(one.score <= one.verified_score <= 1 for one in REGISTRY.types)


def test_digits_alone_count_always_only_if_few_random_ones_would():
    """A column of row numbers has a hundred thousand cells a megabyte. Cards are the exception that everybody expects."""
    for one in REGISTRY.types:
        if one.when == "always" and any(set(picture) == {"9"} for written in one.formats for picture in pictures(written)):
            assert one.check.chance <= (0.04 if one.type == "CREDIT_CARD" else 1e-4), one.type


def test_context_words_are_told_apart():
    """Context is looked for in any case, in the plural too, and with punctuation as space: no two may then be the same."""
    words = {word for one in REGISTRY.types for word in one.context}
    folded = {}
    for word in sorted(words):
        plain = " ".join(re.sub(r"[^0-9a-z\x80-\U0010ffff]", " ", word.lower()).split())
        assert folded.setdefault(plain, word) == word
    assert [plain for plain in folded if len(plain) > 2 and plain[-1] != "s" and f"{plain}s" in folded] == []


def test_patterns_are_what_both_engines_read():
    for one in REGISTRY.types:
        if one.pattern:
            pc.match_substring_regex(pa.array([""]), one.pattern, ignore_case=one.ignore_case)
            classes = re.findall(r"\[(?:[^\]\\]|\\.)+\]", one.pattern)
            assert all(written.isascii() for written in classes), one.type
            assert not re.search(r"\(\?(?:<?[=!]|P)|\\[1-9]", one.pattern), one.type


def test_selection():
    assert {one.country for one in REGISTRY.select(regions=["de", "uk"]).types} == {"de", "gb", "any"}
    assert REGISTRY.select(regions=["DE", "UK"], regimes=["HIPAA"]) == REGISTRY.select(regions=["de", "uk"], regimes=["hipaa"])
    cards = REGISTRY.select(regions=[], regimes=["pci"])
    assert {"CREDIT_CARD", "CARD_SECURITY_CODE", "CARD_TRACK_2"} <= {one.type for one in cards.types}
    assert "US_SSN" not in {one.type for one in cards.types}
    safe_harbor = REGISTRY.select(regions=["us"], regimes=["hipaa"])
    assert {one.type for one in safe_harbor.types} == {
        one.type for one in REGISTRY.types if one.safe_harbor and one.country in {"us", "any"}}


def test_safe_harbor_has_a_type_for_all_that_patterns_can_find():
    """45 CFR 164.514(b)(2)(i): names (A) are found otherwise; biometrics (P) and photographs (Q) are not in text."""
    found = REGISTRY.safe_harbor()
    assert set(found) == set("BCDEFGHIJKLMNOR")
    assert "US_SSN" in found["G"]
    assert "VIN" in found["L"]
    assert {"DATE_OF_BIRTH", "AGE"} <= set(found["C"])


def test_every_type_lists_its_regimes_on_the_page():
    rows = {row.split("`")[1]: row for row in _page(REGISTRY).splitlines() if row.startswith("| `")}
    assert set(rows) == {one.type for one in REGISTRY.types}
    for one in REGISTRY.types:
        listed = {law.split()[0] for law in re.split(r"(?<!\\)\|", rows[one.type])[7].strip().split(", ")}
        assert (listed - {"privacy"}) | (PRIVACY if "privacy" in listed else set()) == one.laws


def test_pictures_of_all_types():
    found = REGISTRY.pictures()
    assert "US_SSN" in found["999-99-9999"]
    assert {name for names in found.values() for name in names} == {one.type for one in REGISTRY.types if not one.pattern}
    assert all("9" in picture and not set(picture) - set("9AX") - set(SEPARATORS) for picture in found)


def test_page_is_current():
    assert (ROOT / "docs" / "entity-types.md").read_text(encoding="utf-8") == _page(REGISTRY), "python -m engine.detect.registry"


@pytest.mark.slow
def test_default_needs_no_library_of_numbers():
    script = ("import sys; from engine.detect.registry import Registry; Registry.default(); "
              "sys.exit(any(name in sys.modules for name in ('stdnum', 'phonenumbers', 'presidio_analyzer')))")
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


FORMATS = st.lists(st.tuples(st.sampled_from("9AX-/ ."), st.integers(1, 3), st.integers(0, 1)), min_size=1, max_size=5)


@given(FORMATS, st.randoms(use_true_random=False))
def test_pictures_are_what_a_format_matches(pieces, rng):
    written = "9" + "".join(letter if letter in SEPARATORS else f"{letter}{{{least},{least + more}}}"
                            for letter, least, more in pieces)
    lengths = [1 if letter in SEPARATORS else more + 1 for letter, _, more in pieces]
    found = pictures(written)
    assert len(set(found)) <= np.prod(lengths) <= PER_FORMAT
    for picture in found:
        text = random_like(picture, rng)
        assert re.fullmatch(expression(written), text)
        assert compact(text) == re.sub("[^0-9A-Z]", "", text)
    shortest, longest = len(found[0]), len(found[-1])
    assert not re.fullmatch(expression(written), "0" * (longest + 1))
    assert shortest <= longest


def test_pictures_in_full():
    assert pictures("9{2,3}-A{1,2}") == ("99-A", "99-AA", "999-A", "999-AA")
    assert pictures("(99) X") == ("(99) X",)


@pytest.mark.parametrize(("written", "says"), [
    ("9{70}B", "not a format"), ("99é", "not a format"), ("9{a}", "not a format"), ("", "not a format"), ("9{1,99}",
                                                                                                          "99 pictures"),
    ("9{3,1}", "0 pictures"), ("9{1,9}A{1,9}", "81 pictures"), ("AX-A", "needs a digit"),
])
def test_formats_that_are_refused(written, says):
    with pytest.raises(PolicyError, match=says):
        pictures(written)


ENTRY = {"type": "X_ID", "title": "'An identifier'", "category": "identity", "formats": "['999']", "score": "0.5",
         "context": "[id]",
         "source": "'its law'", "example": "'123'"}


def written(**changes):
    entry = {key: value for key, value in {**ENTRY, **changes}.items() if value is not None}
    return "version: 1\ntypes:\n  - {" + ", ".join(f"{key}: {value}" for key, value in entry.items()) + "}\n"


def test_an_entry_is_read():
    one = Registry.parse({"own.yaml": written(check="[{kind: luhn}, {kind: structure, regex: '[1-9].*'}]")})["X_ID"]
    assert (one.when, one.country, one.check.kind) == ("context", "any", "all")


@pytest.mark.parametrize(("changes", "says"), [
    ({"contxt": "[id]"}, "did you mean 'context'"), ({"formats": "['99B']"}, "not a format"), ({"pattern": "'x'"},
                                                                                               "formats or a pattern"),
    ({"formats": None}, "formats or a pattern"), ({"context": None}, "never count"), ({"score": "2"}, "score"),
    ({"country": "Germany"}, "country"), ({"category": "secret"}, "category"), ({"check": "{kind: lun}"}, "check"),
    ({"check": "{kind: weighted, weights: [1, 2], modulus: 11, check: '012'}"}, "one character for each remainder"),
    ({"check": "{kind: weighted, weights: [1, 2], modulus: 3, fallback: [1, 2]}"}, "fallback"),
    ({"regimes": "[hippa]"}, "regimes"), ({"type": "lower"}, "type"),
    ({"formats": "['9{1,60}', 'A{1,60}9', '9-9{1,60}', '9/9{1,60}', '9.9{1,60}']"}, "300 pictures"),
])
def test_entries_that_are_refused(changes, says):
    with pytest.raises(PolicyError, match=says) as caught:
        Registry.parse({"own.yaml": written(**changes)})
    assert "own.yaml" in caught.value.where or caught.value.where.startswith(("format", "X_ID"))


def test_other_refusals():
    with pytest.raises(PolicyError, match="not YAML"):
        Registry.parse({"own.yaml": "types: ["})
    with pytest.raises(PolicyError, match="defined twice"):
        Registry.parse({"own.yaml": written(), "other.yaml": written()})
    with pytest.raises(PolicyError, match="did you mean 'US_SSN'"):
        REGISTRY["US_SNN"]
    with pytest.raises(PolicyError, match="region"):
        REGISTRY.select(regions=["england"])
    with pytest.raises(PolicyError, match="did you mean 'hipaa'"):
        REGISTRY.select(regimes=["hippa"])
