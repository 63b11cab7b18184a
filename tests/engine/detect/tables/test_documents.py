"""Documents in texts: what they hold comes out under paths without data, whatever their form."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.scanner import Scanner
from engine.detect.tables.count import tally_batch
from engine.detect.tables.documents import LARGEST, open_documents
from engine.detect.tables.keys import without_data
from engine.detect.tables.pairs import LONGEST, reads_like_schema
from engine.detect.tables.tally import merged


def opened(*texts, weights=None):
    return open_documents("c", pa.array(texts, pa.string()), np.array(weights or [1] * len(texts)))


def held(*texts):
    return {leaf.path: leaf.array.to_pylist() for leaf in opened(*texts).leaves}


def test_paths():
    text = json.dumps({"user": {"email": "j@example.com", "age": 5}, "items": [{"sku": "a"}, {"sku": "b"}], "ok": True,
        "none": None})
    assert held(text, "[1, [2]]", "no document") == {
        "c$.user.email": ["j@example.com"], "c$.user.age": ["5"], "c$.items[].sku": ["a", "b"], "c$.ok": ["true"],
        "c$[]": ["1"], "c$[][]": ["2"]}


scalars = st.one_of(st.text(max_size=5), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.none())
documents = st.recursive(scalars, lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["name", "tags", "zip code", "x", "4711", "jane@example.com"]),
        inner)),
    max_leaves=8)  # fmt: skip


def slowly(value, path="c$"):
    if isinstance(value, dict):
        for key, inner in value.items():
            if not reads_like_schema(key):
                yield f"{path}.key", key
            yield from slowly(inner, f"{path}.{key if reads_like_schema(key) else 'value'}")
    elif isinstance(value, list):
        for inner in value:
            yield from slowly(inner, f"{path}[]")
    elif value is not None:
        yield path, json.dumps(value) if not isinstance(value, str) else value


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(st.lists(documents.filter(lambda value: isinstance(value, dict | list)), min_size=1, max_size=4, unique_by=json.dumps))
def test_everything_comes_out(values):
    found = sorted((path, text) for path, texts in held(*map(json.dumps, values)).items() for text in texts)
    assert found == sorted(pair for value in values for pair in slowly(value))


def test_what_equal_keys_hide_comes_out():
    assert held('{"a": "hidden@example.com", "a": "x"}') == {"c$.a": ["hidden@example.com", "x"]}


@pytest.mark.parametrize("text", ["{bad", "[1,", '{"a": }', "[" * 100_000 + "]" * 100_000, '{"n": ' + "9" * 5000 + "}",
    '{"a":"\\ud800"}'])
def test_bad_documents_do_no_harm(text):
    found = opened(text)
    assert len(found.parsed) + len(found.invalid) == 1
    for leaf in found.leaves:
        leaf.array.validate(full=True)


def test_long_documents_are_left_as_texts():
    found = opened(json.dumps({"a": "x" * LARGEST}), "{}")
    assert (found.large, found.parsed) == ([0], [1])


def test_weights_and_rows():
    (leaf,) = opened('{"a": ["x", "y"]}', '{"b": 1}', weights=[3, 4]).leaves[:1]
    assert (leaf.path, leaf.weights.tolist(), leaf.rows) == ("c$.a[]", [3, 3], 3)


def test_documents_in_documents():
    text = "x@example.com"
    for _ in range(6):
        text = json.dumps({"inner": text})
    batch = pa.record_batch({"c": [text]})
    found = merged([tally_batch(batch, Scanner.default())])
    deepest = found["c", "c$.inner$.inner$.inner"]
    assert "EMAIL_ADDRESS" in deepest.entities  # scanned as a text, where it is not opened any more


@pytest.mark.parametrize(("key", "schema"), [
    ("email", True), ("first_name", True), ("@type", True), ("geo.lat", True), ("line1", True), ("ip4", True), ("Zip Code", True),
    ("jane@example.com", False), ("4711", False), ("user123456", False), ("Maria", False), ("Anna-Lena", False),
        ("x" * 60, False),
    ("name", True), ("(415) 555-2671", False), ("", False), ("ключ", False), ("Owens", False), ("Mary Smith", False),
    ("Brown", True), ("UserId", True)])
def test_keys_that_read_like_a_schema(key, schema):
    assert reads_like_schema(key) is schema


def counted(documents):
    return merged([tally_batch(pa.record_batch({"c": [json.dumps(one) for one in documents]}), Scanner.default())])


@pytest.mark.slow
def test_objects_that_are_maps_show_no_key():
    people = [f"{first}_{last}" for first in ("ann", "bea", "cyd", "dee", "eve") for last in ("roe", "poe", "coe", "moe", "loe")]
    tallies = counted([{"seen": {person: {"mail": f"{person}@example.com"}}} for person in people])
    found = without_data(tallies, Scanner.default())
    assert {path for _, path in found} == {"c", "c$.seen.key", "c$.seen.value.mail"}
    assert found["c", "c$.seen.value.mail"].entities["EMAIL_ADDRESS"].cells == len(people)
    assert found["c", "c$.seen.key"].distinct == len(people)


@pytest.mark.slow
def test_objects_with_very_many_keys_are_maps():
    wide = [{f"k{chr(97 + a)}{chr(97 + b)}": 1 for a in range(9) for b in range(9)}] * 3
    assert {path for _, path in without_data(counted(wide), Scanner.default())} == {"c", "c$.key", "c$.value"}


def test_objects_of_a_schema_stay():
    fields = dict.fromkeys(("name", "mail", "phone", "street", "city", "state", "country", "note", "plan"), "x")
    assert len(without_data(counted([fields | {"id": number} for number in range(30)]), Scanner.default())) == 11


def test_the_same_in_any_cut():
    texts = [json.dumps({"a": {"b": number % 3}, "c": [number]}) for number in range(20)] + ["{bad", "plain text"]
    whole, *parts = (tally_batch(pa.record_batch({"c": some}), Scanner.default()) for some in (texts, texts[:7], texts[7:]))
    whole, parts = merged([whole]), merged(parts)
    assert whole == parts


@pytest.mark.parametrize("keys", [
    ("Smith", "Brown", "Young", "Baker"), ("Rossi", "Weber", "Brown", "Smith", "total"), ("Brown", "Novak", "Rossi")])
def test_names_of_people_that_are_words_are_no_path_among_others_of_people(keys):
    found = without_data(counted([{keys[number % len(keys)]: 1, keys[(number + 1) % len(keys)]: 2} for number in range(12)]),
                         Scanner.default())
    assert {path for _, path in found} == {"c", "c$.key", "c$.value"}
    assert found["c", "c$.key"].distinct == len(keys)


@pytest.mark.parametrize("keys", [
    ("Brown", "Green"), ("Price", "Page", "Day", "Total", "Item"), ("brown", "young", "baker"), ("BROWN", "YOUNG", "BAKER"),
    ("North", "South", "East", "West"), ("Brown", "Red", "Blue", "Green", "4711")])
def test_words_that_could_be_names_stay_among_others(keys):
    found = {path for _, path in without_data(counted([dict.fromkeys(keys, 1)] * 3), Scanner.default())}
    assert found >= {f"c$.{key}" for key in keys if key != "4711"}


def test_no_path_is_longer_than_a_line_and_what_lies_below_is_looked_at():
    nested, listed = "deep@example.org", "list@example.org"
    for _ in range(300):
        nested, listed = {"a": nested}, [listed]
    found = counted([{"in": nested, "at": listed, "keys": nested | {"key@example.org": 1}}])
    assert max(len(path) for _, path in found) <= LONGEST + 2 + len("c$.in")
    assert {name for tally in found.values() for name in tally.entities} == {"EMAIL_ADDRESS"}
    assert sum(tally.entities["EMAIL_ADDRESS"].findings for tally in found.values() if tally.entities) == 4
