"""Every rule makes a tree of whatever it knows, says the same of a value whatever stands beside it, and fails closed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.anonymity.hierarchies import ancestors, as_text, generalize_level, height, level, paths
from engine.errors import PolicyError
from schemas.policy import Hierarchy

DAY = dt.datetime(2020, 1, 1)  # noqa: DTZ001 - naive on purpose
NUMBERS = {
    "int": (pa.int64(), st.integers(-200, 200)), "byte": (pa.int8(), st.integers(-128, 127)),
    "float": (pa.float64(), st.floats(-200, 200)), "single": (pa.float32(), st.floats(-200, 200, width=32)),
    "decimal": (pa.decimal128(7, 3), st.decimals(-200, 200, places=3)), "unsigned": (pa.uint64(), st.integers(0, 2**64 - 1)),
    "half": (pa.float16(), st.floats(-200, 200, width=16).map(np.float16)),
    "long": (pa.decimal256(50, 3), st.decimals(-200, 200, places=3)),
    "wide": (pa.int64(), st.integers(-2**63, 2**63 - 1)), "huge": (pa.float64(), st.floats(allow_nan=True)),
}
STAMPS = (pa.timestamp("ms"), st.integers(-10**9, 10**9).map(lambda s: DAY + dt.timedelta(seconds=s)))
TEXTS = (pa.string(), st.text("a1*é ", max_size=6))
ZIPS = st.integers(0, 99_999).map(lambda n: f"{n:05}-{n % 10_000:04}" if n % 3 else f"{n:05}")
COUNTS = {f"{n:03}": 20_000 + n % 3 for n in range(1000)}

CASES = {
    "hours": (*STAMPS, {"dates": ["hour", "day", "month", "quarter", "year", "decade", "century"]}),
    "weeks": (*STAMPS, {"dates": ["day", "week"]}), "weekdays": (*STAMPS, {"dates": ["hour", "weekday"]}),
    "days": (pa.date32(), st.dates(), {"dates": ["day", "year", "century"]}),
    "mask": (*TEXTS, {"mask": "right"}), "chunks": (*TEXTS, {"mask": {"side": "left", "chunk": 2}}),
    "prefix": (*TEXTS, {"prefix": [4, 3, 1]}), "digits": (pa.int32(), st.integers(-9999, 9999), {"prefix": [2, 1]}),
    "geohash": (pa.string(), st.text("0123bzZ", min_size=1, max_size=7), {"geohash": [5, 3, 2]}),
    "us": (pa.string(), ZIPS, {"postal": "us"}),
    "safe harbor": (pa.string(), ZIPS, {"postal": {"country": "us", "populations": COUNTS}}),
    "gb": (pa.string(), st.from_regex(r"(M|SW|e)[1-9][0-9A-Z]? ?([0-9][AB]{2})?", fullmatch=True), {"postal": "gb"}),
    "ca": (pa.string(), st.from_regex(r"[KM][0-9][ABC]( ?[0-9][ABC][0-9])?", fullmatch=True), {"postal": "ca"}),
    "ip": (pa.string(), st.ip_addresses().map(str), "ip"),
    "icd10": (pa.string(), st.from_regex(r"[A-Z][0-9]{2}(\.[0-9]{1,2})?", fullmatch=True),
              {"icd10": {"levels": ["subcategory", "category", "block", "chapter"]}}),
    "order": (pa.string(), st.sampled_from("abcdefg"), {"order": {"values": list("abcdefg"), "groups": [2, 2]}}),
    **{f"widths of {kind}": (*NUMBERS[kind], {"widths": [0.1, 0.5, 100]}) for kind in NUMBERS},
    **{f"whole widths of {kind}": (*NUMBERS[kind], {"widths": [5, 1000]}) for kind in NUMBERS},
    **{f"edges of {kind}": (*NUMBERS[kind], {"edges": [[-5, 0.3, 20, 127], [0.3, 20]]}) for kind in NUMBERS},
    **{f"ages of {kind}": (*NUMBERS[kind], {"ages": {"bands": [1, 4, 20], "top": 90}}) for kind in NUMBERS},
    **{f"latitudes of {kind}": (*NUMBERS[kind], {"latitude": [0.25, 1, 30]}) for kind in NUMBERS},
    **{f"longitudes of {kind}": (*NUMBERS[kind], {"longitude": [0.25, 1, 45]}) for kind in NUMBERS},
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@settings(max_examples=12)
@given(data=st.data())
def test_rules_make_trees_and_look_at_each_value_alone(case, data) -> None:
    type_, strategy, written = CASES[case]
    hierarchy = Hierarchy.model_validate(written)
    cells = data.draw(st.lists(st.none() | strategy, max_size=8))
    values = pa.array([Decimal(cell) if pa.types.is_decimal(type_) and cell is not None else cell for cell in cells], type_)
    top = height(values, hierarchy)
    found = [level(values, hierarchy, index) for index in range(1, top + 1)]
    assert len({labels.null_count for labels in found}) == 1, "known at every level or at none"

    known = found[0].is_valid()
    for below, above in pairwise([as_text(values).filter(known), *(labels.filter(known) for labels in found[:-1])]):
        parents = Counter(label for label, _ in set(zip(below.to_pylist(), above.to_pylist(), strict=True)))
        assert all(number == 1 for number in parents.values())
    if known.to_pylist() == values.is_valid().to_pylist():
        assert [labels.to_pylist() for labels in ancestors(values, hierarchy)[:-1]] == [lab.to_pylist() for lab in found[:-1]]
    else:
        with pytest.raises(PolicyError, match="does not know"):
            ancestors(values, hierarchy)

    index = data.draw(st.integers(1, top + 1))
    whole = generalize_level(values, hierarchy, index).to_pylist()
    alone = [generalize_level(values[at:at + 1].dictionary_encode(), written if isinstance(written, dict) else {written: {}},
                              index).to_pylist()[0] for at in range(len(values))]
    assert whole == alone
    assert [label for label, cell in zip(whole, values.to_pylist(), strict=True) if cell is None and label is not None] == []
    unknown = {label for label, fine in zip(whole, found[0].to_pylist(), strict=True) if fine is None and label is not None}
    assert unknown <= {"*"}


@pytest.mark.parametrize("written", [written for _, _, written in CASES.values()][:16], ids=list(CASES)[:16])
def test_records_are_read_again_as_they_were_dumped(written) -> None:
    hierarchy = Hierarchy.model_validate(written)
    assert Hierarchy.model_validate_json(hierarchy.model_dump_json()) == hierarchy
    assert Hierarchy.model_validate(hierarchy.model_dump(mode="json", exclude_none=True)) == hierarchy


def test_layouts_of_strings_do_not_matter() -> None:
    values = pa.array(["K1A 0B1", None, "H3Z"])
    expected = generalize_level(values, Hierarchy(postal="ca"), 1)
    for type_ in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())):
        assert generalize_level(values.cast(type_), Hierarchy(postal="ca"), 1).equals(expected)
    assert generalize_level(pa.chunked_array([values[:1], values[1:]]), Hierarchy(postal="ca"), 1).equals(expected)


@pytest.mark.parametrize("written", ["ages", "ip", "icd10", {"postal": "us"}, {"edges": [[1]]}, {"latitude": [1]},
                                     {"geohash": [1]}, {"prefix": [1]}, {"order": {"values": ["a", "b", "c"], "groups": [2]}}])
def test_nothing_and_only_nulls(written) -> None:
    hierarchy = Hierarchy.model_validate(written)
    nothing = [labels.to_pylist() for labels in ancestors(pa.nulls(2), hierarchy)]
    assert nothing == [[None, None]] * height(pa.nulls(2), hierarchy)
    assert generalize_level(pa.nulls(2), hierarchy, 1) == pa.nulls(2, pa.string())
    empty = pa.array([], pa.int64() if "numbers" in hierarchy.takes else pa.string())
    assert all(len(labels) == 0 for labels in ancestors(empty, hierarchy))


@pytest.mark.parametrize(("values", "written"), [
    (pa.array(["1"]), "ages"), (pa.array([1]), "ip"), (pa.array([1]), "icd10"), (pa.array([1.5]), {"postal": "us"}),
    (pa.array([True]), {"edges": [[1]]}), (pa.array(["1"]), {"latitude": [1]}), (pa.array([1]), {"geohash": [1]}),
    (pa.array([1.0]), {"prefix": [1]}), (pa.array([b"x"]), {"order": {"values": ["a", "b", "c"], "groups": [2]}}),
    (pa.array([dt.date(2020, 1, 1)]), {"widths": [1]}),
])
def test_wrong_types_are_refused_with_what_fits(values, written) -> None:
    hierarchy = Hierarchy.model_validate(written)
    for call in (lambda: ancestors(values, hierarchy), lambda: generalize_level(values, hierarchy, 1)):
        with pytest.raises(PolicyError, match=f"by {hierarchy.kind} does not fit a column of type") as caught:
            call()
        assert caught.value.allowed


def test_a_file_that_was_not_read_is_named() -> None:
    for written, word in (({"file": "x.csv"}, "file was not read"), (
            {"postal": {"country": "us", "populations": "x.csv"}}, "populations was not read")):
        with pytest.raises(PolicyError, match=word):
            ancestors(pa.array(["12345"]), Hierarchy.model_validate(written))


def test_only_lists_have_paths() -> None:
    assert paths(Hierarchy.model_validate("ages")) == []
    assert paths(Hierarchy(order={"values": [1, 2.5, "x"], "groups": [2]})) == [
        ("1", "1 to 2.5", "*"), ("2.5", "1 to 2.5", "*"), ("x", "x", "*")]
