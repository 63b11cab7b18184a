"""Scanning tables: reports, roles with their evidence, nested paths, and that cutting a table in parts changes nothing."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter

import pyarrow as pa
import pytest
from faker import Faker
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.columns.classify import classify
from engine.detect.distinct import SKETCH
from engine.detect.tables.count import tally_batch
from engine.detect.tables.sampling import Rows
from engine.detect.tables.scan import Table, report_of, scan_batches
from engine.detect.tables.tally import TALLY, ColumnTally, merged

ROWS = 60


def hospital() -> pa.Table:
    fake, draw = Faker("en_US"), random.Random(1)  # noqa: S311 - made-up people
    fake.seed_instance(1)
    rows = [{
        "patient_id": f"P{number:06d}", "full_name": fake.name(), "first": fake.first_name(), "surname": fake.last_name(),
        "email": fake.email(), "home_phone": f"(415) 555-{number:04d}", "ssn": fake.ssn(),
        "birth_date": dt.date(1950, 1, 1) + dt.timedelta(days=draw.randrange(20000)), "sex": draw.choice("MF"),
        "postal_code": fake.postcode(), "city": fake.city(), "race": draw.choice(["White", "Black", "Asian"]),
        "occupation": fake.job(),
        "marital_status": draw.choice(["single", "married"]), "diagnosis": draw.choice(["I10", "E11.9"]),
        "salary": draw.randrange(20000, 99999), "religion": draw.choice(["a", "b"]),
        "status": draw.choice(["open", "closed"]),
        "note": f"Patient {fake.name()} seen by Dr. {fake.last_name()} on {fake.date()}. "
                f"{fake.sentence(12)} MRN {draw.randrange(10**6, 10**7)}.",
        "product_name": draw.choice(["bed", "chair"]), "reading": draw.random(), "code": fake.email(),
        "ward_comment": fake.name(),
        "encounter_id": number, "admitted": f"2024-01-{1 + number % 28:02d}", "nothing": None,
        "address": None if number == 3 else {"street": f"{number + 1} Old Mill Road", "city": fake.city()},
        "phones": [f"(212) 555-{number:04d}"] * (number % 3), "tags": [("mail", fake.email())],
        "payload": json.dumps({"user": {"email": fake.email()}, "plan": draw.choice(["free", "pro"])}),
    } for number in range(ROWS)]
    table = pa.Table.from_pylist([{key: value for key, value in row.items() if key != "tags"} for row in rows])
    table = table.set_column(table.schema.get_field_index("nothing"), "nothing", pa.nulls(ROWS, pa.string()))
    return table.append_column("tags", pa.array([row["tags"] for row in rows], pa.map_(pa.string(), pa.string())))


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return hospital()


@pytest.fixture(scope="module")
def report(table):
    return scan_batches(table.schema, table.to_batches(), table="hospital", format="parquet", version=None, rows=ROWS)


def column(report, path):
    return next(one for one in report.columns if one.path == path)


@pytest.mark.parametrize(("path", "role", "category"), [
    ("patient_id", "direct", "identity"), ("full_name", "direct", "identity"), ("first", "direct", "identity"),
    ("surname", "direct", "identity"), ("email", "direct", "contact"), ("home_phone", "direct", "contact"),
    ("ssn", "direct", "identity"), ("birth_date", "quasi", "date"), ("sex", "quasi", "demographic"),
    ("postal_code", "quasi", "location"), ("city", "quasi", "location"), ("race", "quasi", "demographic"),
    ("occupation", "quasi", "demographic"), ("marital_status", "quasi", "demographic"), ("diagnosis", "sensitive", "health"),
    ("salary", "sensitive", "financial"), ("religion", "sensitive", "demographic"), ("status", "insensitive", "other"),
    ("note", "text", "free text"), ("product_name", "insensitive", "other"), ("reading", "insensitive", "other"),
    ("code", "direct", "contact"),  # misleading: addresses, whatever the name
    ("ward_comment", "direct", "identity"),  # misleading: names, not comments
    ("encounter_id", "direct", "identity"), ("admitted", "quasi", "date"), ("nothing", "insensitive", "other"),
    ("address", "direct", "location"), ("address.street", "direct", "location"), ("address.city", "quasi", "location"),
    ("phones", "direct", "contact"), ("phones[]", "direct", "contact"), ("tags", "direct", "contact"),
    ("tags.key", "insensitive", "other"), ("tags.value", "direct", "contact"),
    ("payload", "direct", "contact"), ("payload$.user.email", "direct", "contact"), ("payload$.plan", "insensitive", "other"),
])
def test_roles(report, path, role, category):
    found = column(report, path)
    assert (found.role, found.category) == (role, category), found
    assert found.evidence
    assert 0 < found.confidence < 1


def test_counts(report):
    email = column(report, "email")
    assert (email.cells, email.nulls, email.distinct, email.scanned, email.type) == (ROWS, 0, ROWS, ROWS, "string")
    entity = next(one for one in email.entities if one.entity_type == "EMAIL_ADDRESS")
    assert (entity.cells, entity.share, entity.findings) == (ROWS, 1, ROWS)
    assert entity.recognizers == ("pattern + structure",)
    assert (column(report, "nothing").nulls, column(report, "nothing").distinct) == (ROWS, 0)
    assert (column(report, "address").nulls, column(report, "address.city").nulls) == (1, 1)
    assert column(report, "phones[]").cells == sum(number % 3 for number in range(ROWS))
    assert column(report, "reading").type == "double"


@pytest.mark.slow
def test_a_report_holds_no_value(table, report):
    written = report.model_dump_json() + json.dumps(tally_batch(table.to_batches()[0]).to_pylist(), default=str)
    for name in ("patient_id", "full_name", "email", "ssn", "note", "code"):
        assert not [value for value in table[name].to_pylist() if value in written]


def without_time(report):
    return report.model_copy(update={"seconds": 0.0})


@pytest.mark.slow
def test_cuts_and_order_do_not_matter(table):
    small = table.select(["patient_id", "email", "note", "phones", "address", "tags", "nothing", "city", "payload"])
    known = Table("t", small.schema, "csv", None, ROWS)

    def reported(tallies):
        return report_of(known, merged(tallies), Rows("all", ROWS, 0))

    whole = reported([tally_batch(small.combine_chunks().to_batches()[0])])
    for size in (17, 59):
        parts = [tally_batch(batch) for batch in small.to_batches(max_chunksize=size)]
        first, *rest = parts
        random.Random(size).shuffle(rest)  # noqa: S311 - any order
        assert reported([first, *rest]) == whole
        assert reported([pa.Table.from_batches(parts)]) == whole


@pytest.mark.slow
def test_storage_variants_give_the_same_report(table):
    plain = table.select(["city", "email"])
    variants = [plain.cast(pa.schema([("city", kind), ("email", kind)]))
                for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()))]

    def scanned(one):
        return without_time(scan_batches(one.schema, one.to_batches(), table="t", format="delta", version=3, rows=ROWS))

    assert all(scanned(one) == scanned(plain) for one in variants)


def test_empty_table_and_progress(table):
    heard = []
    empty = scan_batches(table.schema, [], table="t", format="csv", version=None, rows=0)
    assert [one.cells for one in empty.columns] == [0] * len(empty.columns)
    assert {one.path for one in empty.columns} >= {"address.street", "phones[]", "tags.value"}
    city = table.select(["city"])
    scan_batches(city.schema, city.to_batches(max_chunksize=30), table="t", format="csv", version=None, rows=ROWS,
                 progress=lambda what, share: heard.append((what, share)))
    assert heard == [("scan", 1.0)]  # small batches are counted together


@pytest.mark.slow
def test_sample(table):
    sampled = scan_batches(table.schema, table.to_batches(max_chunksize=17), table="t", format="csv", version=None, rows=ROWS,
                           sample=20)
    assert (column(sampled, "city").cells, column(sampled, "city").scanned) == (ROWS, 20)
    assert (sampled.sampling.mode, sampled.sampling.rows) == ("sample", 20)


@pytest.mark.slow
def test_distinct_counts_are_exact_when_few_and_close_when_many():
    few, many = [str(n % 500) for n in range(5000)], [str(n) for n in range(40_000)]
    for values, low, high in ((few, 500, 500), (many, 36_000, 44_000)):
        batches = [pa.record_batch({"a": values[start::4]}) for start in range(4)]
        tally = merged(tally_batch(batch) for batch in batches)["a", "a"]
        assert low <= tally.distinct <= high
        assert len(tally.sketch) <= SKETCH
        assert list(tally.sketch) == sorted(set(tally.sketch))


counted = st.integers(0, 1000)
tallies = st.builds(
    lambda measures, sketch, **counts: ColumnTally(
        "a", "string", "a", **counts, measures=Counter(measures), sketch=tuple(sorted(sketch))),
    measures=st.dictionaries(st.sampled_from(["look:word", "measured", "wordy"]), counted),
    sketch=st.sets(st.integers(0, 2**64 - 1), max_size=5), cells=counted, nulls=counted, rows=counted, length=counted,
        bytes=counted,
    found=counted, unread=counted, shortest=st.integers(-1, 50), longest=counted)


@pytest.mark.slow
@settings(max_examples=25)
@given(tallies, tallies, tallies)
def test_merging_is_associative_and_survives_rows(one, two, three):
    def rows(*given):
        return [pa.RecordBatch.from_pylist(tally.written(), schema=TALLY) for tally in given]

    left = merged([*rows(*merged(rows(one, two)).values()), *rows(three)])
    right = merged([*rows(one), *rows(*merged(rows(two, three)).values())])
    assert left == right == merged(rows(three, one, two))


@given(st.sampled_from(["id", "name", "note", "zip", "x", "email", "product name"]), tallies)
def test_every_column_gets_a_role(path, tally):
    tally.path, tally.nulls = path, min(tally.nulls, tally.cells)
    proposal = classify(tally)
    assert proposal.evidence
    assert 0 < proposal.confidence <= 1
