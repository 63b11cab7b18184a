"""The search for planted values, against the obvious one; in every kind of file that a run writes."""

import gzip
import html
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from hypothesis import given
from hypothesis import strategies as st

from engine.demo.leaks import leaks
from engine.demo.truth import SCHEMA, Planted, specific

VALUES = {"PERSON": "Zoë O'Brien", "US_SSN": "219-09-9999", "EMAIL_ADDRESS": "ada@example.org", "DATE_OF_BIRTH": "1956-06-25"}


def truth(values):
    rows = [{"table": "t", "row_id": "1", "column": "c", "entity_type": kind, "value": value} for kind, value in values]
    return Planted(pa.Table.from_pylist(rows, schema=SCHEMA))


PLANTED = truth(VALUES.items())


@pytest.mark.parametrize("kind", VALUES)
def test_finds_each_kind_in_plain_json_and_html(tmp_path, kind):
    value = VALUES[kind]
    for name, text in {"plain.log": f"x {value}.", "log.json": json.dumps({"v": value}), "upper.txt": value.upper(),
                       "page.html": f"<p>{html.escape(value)}</p>"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert leaks([tmp_path / name], PLANTED).found == {kind: 1}, name


def test_finds_values_in_compressed_files(tmp_path):
    (tmp_path / "events.gz").write_bytes(gzip.compress(b"before ada@example.org after"))
    with pa.CompressedOutputStream(str(tmp_path / "events.zstd"), "zstd") as stream:
        stream.write(b"219-09-9999")
    assert leaks([tmp_path], PLANTED).found == {"EMAIL_ADDRESS": 1, "US_SSN": 1}


def test_finds_values_in_parquet_nested_dates_and_statistics(tmp_path):
    table = pa.table({
        "nested": [{"inner": ["nothing", "Zoë O'Brien"]}, None],
        "born": pa.array([None, "1956-06-25"]).cast(pa.date32()),
    })
    write_deltalake(str(tmp_path / "t"), table)
    found = leaks([tmp_path / "t"], PLANTED)
    assert found.found == {"PERSON": 1, "DATE_OF_BIRTH": 1}
    assert any(place.endswith(".json") for place in found.places), "the Delta log keeps minimum and maximum"


def test_counts_only_what_stands_alone(tmp_path):
    (tmp_path / "a").write_text("1219-09-9999 219-09-99990 ada@example.orgs xada@example.org 1956-06-251", encoding="utf-8")
    assert leaks([tmp_path], PLANTED).total == 0


def test_finds_a_value_across_the_border_of_two_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.demo.leaks.CHUNK", 64)
    (tmp_path / "a").write_text("." * 58 + " ada@example.org " + "." * 90, encoding="utf-8")
    assert leaks([tmp_path], PLANTED).found == {"EMAIL_ADDRESS": 1}


def test_an_absent_path_is_not_a_clean_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        leaks([tmp_path / "nowhere"], PLANTED)


def test_reports_counts_and_never_values(tmp_path):
    (tmp_path / "a").write_text(" ".join(VALUES.values()), encoding="utf-8")
    found = leaks([tmp_path], PLANTED)
    assert found.searched == dict.fromkeys(VALUES, 1)
    assert found.total == 4
    assert not any(value in repr(found) for value in VALUES.values())


WORDS = st.text(alphabet="ab1-@ ", min_size=5, max_size=9).filter(lambda word: word == word.strip() and word.strip("-@ "))


@given(values=st.lists(WORDS, min_size=1, max_size=8, unique=True), text=st.text(alphabet="ab1-@ \n", max_size=120))
def test_agrees_with_the_obvious_search(tmp_path_factory, values, text):
    path = tmp_path_factory.mktemp("leaks") / "a"
    path.write_text(text, encoding="utf-8")
    found = leaks([path], truth([("URL", value) for value in values])).found.get("URL", 0)
    edge = {True: r"(?<![A-Za-z0-9])", False: ""}, {True: r"(?![A-Za-z0-9])", False: ""}
    obvious = sum(bool(re.search(edge[0][v[0].isalnum()] + re.escape(v) + edge[1][v[-1].isalnum()], text)) for v in values)
    assert found == obvious


@pytest.mark.parametrize(("kind", "value", "counts"), [
    ("PERSON", "Mary Graves", True), ("PERSON", "Graves", False), ("PERSON", "M. G.", False), ("PERSON", "J. Love", False),
    ("US_SSN", "219-09-9999", True), ("LOCATION", "Alderbrook", False), ("AGE", "93", False), ("DATE_TIME", "2025-01-01", False),
    ("DATE_OF_BIRTH", "1956-06-25", True),
])
def test_what_points_at_a_person(kind, value, counts):
    assert specific(kind, value) is counts


def test_parquet_that_pretends_is_an_error(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"not parquet")
    with pytest.raises(pa.ArrowInvalid):
        leaks([tmp_path], PLANTED)


def test_parquet_of_a_clean_table_is_clean(tmp_path):
    pq.write_table(pa.table({"text": ["[PERSON] came", None], "n": [1, 2]}), tmp_path / "a.parquet")
    found = leaks([tmp_path], PLANTED)
    assert (found.files, found.total, found.places) == (1, 0, {})
