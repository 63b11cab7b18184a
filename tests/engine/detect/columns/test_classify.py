"""Evidence adds up: what the data shows outweighs a wrong name, a right name outweighs weak data, and each says why."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import random
import uuid

import pyarrow as pa
import pytest
from faker import Faker

from engine.detect.tables.scan import scan_batches

ROWS = 60
DRAW = random.Random(3)  # noqa: S311 - made-up data
FAKE = Faker("en_US")
FAKE.seed_instance(3)


def each(one):
    return [one() for _ in range(ROWS)]


def scanned(**columns):
    table = pa.table({name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()})
    report = scan_batches(table.schema, table.to_batches(), table="t", format="parquet", version=None, rows=ROWS)
    return {column.path: column for column in report.columns}


MISLEADING = [
    ("comment", each(FAKE.name), "direct", "identity"),
    ("product", each(FAKE.email), "direct", "contact"),
    ("status", [f"+1 415 555 {DRAW.randrange(10**4):04d}" for _ in range(ROWS)], "direct", "contact"),
    ("ref", each(FAKE.iban), "direct", "financial"),
    ("email", DRAW.choices(["open", "closed", "shipped"], k=ROWS), "insensitive", "other"),
    ("first_name", each(DRAW.random), "insensitive", "other"),
    ("ssn", DRAW.choices([True, False], k=ROWS), "insensitive", "other"),
    ("birth_date", DRAW.choices(["A", "B", "C"], k=ROWS), "insensitive", "other"),
    ("ingested_at", [dt.date(1930, 1, 1) + dt.timedelta(days=DRAW.randrange(25_000)) for _ in range(ROWS)], "quasi", "date"),
    ("iban", DRAW.choices(["Berlin", "Hamburg", "Köln", "Mainz", "Essen", "Dresden"], k=ROWS), "quasi", "location"),
    ("phone", DRAW.choices(["I10", "E11.9", "J45.909", "K21.9"], k=ROWS), "sensitive", "health"),
    ("amount", each(lambda: FAKE.sentence(14)), "text", "free text"),
    ("city", each(FAKE.first_name), "direct", "identity"),
    ("email", each(lambda: str(uuid.UUID(int=DRAW.getrandbits(128), version=4))), "direct", "identity"),
    ("quantity", each(lambda: hashlib.sha256(DRAW.randbytes(4)).hexdigest()), "direct", "identity"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "values", "role", "category"), MISLEADING, ids=lambda one: one if isinstance(one, str) else "")
def test_data_beats_a_wrong_name(name, values, role, category):
    found = scanned(**{name: values})[name]
    assert (found.role, found.category) == (role, category), found.evidence


NAMED = [
    ("mobile", [f"{DRAW.randrange(10**9, 10**10)}" for _ in range(ROWS)], "direct", "contact"),
    ("ticket_code", [f"{DRAW.randrange(10**9, 10**10)}" for _ in range(ROWS)], "direct", "identity"),
    ("batch_id", DRAW.choices(["B1", "B2"], k=ROWS), "insensitive", "other"),
    ("updated_at", [dt.datetime(2025, 1, 1, 2, tzinfo=dt.UTC)] * ROWS, "insensitive", "other"),
    ("card_type", DRAW.choices(["visa", "amex"], k=ROWS), "insensitive", "other"),
    ("hiv_positive", DRAW.choices([True, False], k=ROWS), "sensitive", "health"),
    ("latitude", each(lambda: round(DRAW.uniform(40, 50), 6)), "quasi", "location"),
    ("photo", each(lambda: base64.b64encode(b"\x89PNG\r\n\x1a\n" + DRAW.randbytes(90)).decode()), "direct", "identity"),
    ("blob", each(lambda: base64.b64encode(DRAW.randbytes(90)).decode()), "text", "free text"),
    ("raw", pa.array([b"\x00\x01" + DRAW.randbytes(9) for _ in range(ROWS)]), "text", "free text"),

]


FEW = [
    ("ssn", ["ok", "fail", "ok"] * 20, "insensitive", "other"),
    ("ssn", ["XXXXX"] * 60, "direct", "identity"),  # a mask, perhaps
    ("ssn", ["XXX-XX-1234", "XXX-XX-9876"] * 30, "direct", "identity"),
    ("username", ["ann", "bob"] * 30, "direct", "identity"),
    ("mark", ["x"] * 60, "insensitive", "other"),
    ("sex", ["f"] * 60, "quasi", "demographic"),
    ("mark", ["m", "f"] * 30, "quasi", "demographic"),
    ("krankenkasse", ["Barmer", "TK", "DAK"] * 20, "quasi", "demographic"),
    ("health_insurer", ["Acme Health", "Blue Plan"] * 30, "quasi", "demographic"),
]


@pytest.mark.parametrize(("name", "values", "role", "category"), FEW)
def test_few_values_under_a_name(name, values, role, category):
    found = scanned(**{name: values})[name]
    assert found.role == role, found.evidence
    assert found.category == category or name == "username"


def test_of_what_is_not_counted_nothing_is_said_to_repeat():
    found = scanned(raw=pa.array([b"\x00\x01" + bytes([number]) for number in range(60)]))["raw"]
    assert (found.distinct, [one for one in found.evidence if "different" in one]) == (0, [])


@pytest.mark.parametrize(("name", "values", "role", "category"), NAMED, ids=lambda one: one if isinstance(one, str) else "")
def test_a_name_beats_weak_data(name, values, role, category):
    found = scanned(**{name: values})[name]
    assert (found.role, found.category) == (role, category), found.evidence


def test_what_the_other_columns_say():
    weights = each(lambda: round(DRAW.uniform(45, 120), 1))
    assert scanned(weight=weights, sku=DRAW.choices(["A", "B"], k=ROWS))["weight"].role == "insensitive"
    assert scanned(weight=weights, diagnosis=DRAW.choices(["I10", "E11.9"], k=ROWS))["weight"].category == "health"
    strange = ["Xqzptl", "Vrumbk"] * (ROWS // 2)
    assert any("beside another column of names" in says for says in scanned(
        a=[f"{FAKE.last_name()}" if place % 3 else strange[place] for place in range(ROWS)],
            b=each(FAKE.first_name))["a"].evidence)


@pytest.mark.slow
def test_a_trace_of_personal_data_makes_a_text():
    remarks = ["shipped"] * (ROWS - 2) + ["call jane.roe@example.com when it is there", "paid"]
    assert scanned(remark_code=remarks)["remark_code"].role == "text"
    numbers = [f"{DRAW.randrange(1, 800):03}-{DRAW.randrange(1, 99):02}-{DRAW.randrange(1, 9999):04}" for _ in range(ROWS // 30)]
    calls = [f"+44 20 7946 0{DRAW.randrange(100, 999)}" for _ in range(ROWS // 30)]
    filled = ROWS - ROWS // 30
    found = scanned(misc=["n/a"] * filled + numbers, status=["open"] * filled + calls,
                    value=[str(place % 7) for place in range(filled)] + numbers)
    assert [found[name].role for name in ("misc", "status", "value")] == ["text"] * 3


def test_a_form_that_turns_up_among_codes_shows_nothing():
    codes = each(lambda: f"{DRAW.randrange(10**8, 10**9)}")
    assert scanned(part_code=codes)["part_code"].role != "text"


def test_reasons_add_up_and_hold_no_value():
    emails = each(FAKE.email)
    found = scanned(contact=emails)["contact"]
    assert [abs(one.weight) for one in found.reasons] == sorted((abs(one.weight) for one in found.reasons), reverse=True)
    assert {one.source for one in found.reasons} >= {"findings"}
    written = found.model_dump_json()
    assert not [value for value in emails if value in written]
    assert found.evidence == tuple(one.says for one in found.reasons)


def test_documents_count_as_what_they_hold():
    texts = each(lambda: json.dumps({"user": {"mail": FAKE.email()}, "n": DRAW.randrange(9)}))
    mixed = texts[:20] + ["no document"] * 40
    found = scanned(payload=texts, mixed=mixed)
    assert (found["payload"].role, found["payload"].category) == ("direct", "contact")
    assert found["mixed"].role == "direct"
    assert found["payload$.n"].role == "insensitive"


@pytest.mark.slow
def test_order_of_columns_does_not_matter():
    columns = {name: values for name, values, *_ in MISLEADING[:8]}
    forward, backward = scanned(**columns), scanned(**dict(reversed(columns.items())))
    assert forward == backward


@pytest.mark.parametrize("values", [
    ["536-22-1234", "n/a"] * 50, ["+49 30 901820", "none", "none"] * 40, ["jane@example.org", "x", "y"] * 40,
    ["all fine"] * 4999 + ["4111111111111111 paid"],
], ids=["half", "a third", "few values", "one of 5,000"])
def test_what_holds_identifiers_is_never_insensitive(values):
    found = scanned(s2=values)["s2"]
    assert found.role in {"text", "direct"}
    assert not any("nothing personal" in one for one in found.evidence)
