"""The demo lake: same seed, same rows; the truth points at what stands there; identifiers are of the form they claim."""

import datetime as dt
from collections import Counter

import phonenumbers
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from engine.demo import Planted, generate
from engine.demo.lake import IDENTIFYING, tables_of
from engine.errors import InputError


@pytest.fixture(scope="module")
def lake():
    return tables_of(7, 400)


@pytest.mark.slow
def test_same_seed_same_rows(lake):
    tables, planted = lake
    again, truth = tables_of(7, 400)
    assert all(tables[name].equals(again[name]) for name in tables)
    assert planted.table.equals(truth.table)
    assert not tables["patients"].equals(tables_of(8, 400)[0]["patients"])


def test_writes_delta_tables_and_the_truth(tmp_path):
    truth = generate(tmp_path, patients=80)
    assert truth.rows == {"patients": 80, "encounters": 120, "notes": 30}
    for name, rows in truth.rows.items():
        assert DeltaTable(str(tmp_path / "lake" / name)).get_add_actions().num_rows >= 1
        assert DeltaTable(str(tmp_path / "lake" / name)).count() == rows
    assert Planted.read(tmp_path).counts() == truth.planted


def test_default_size_is_what_the_demo_promises():
    assert 8000 + 8000 * 3 // 2 + 8000 * 3 // 8 >= 20_000


def test_refuses_to_write_over_a_lake(tmp_path):
    generate(tmp_path, patients=8)
    with pytest.raises(InputError, match="a lake already"):
        generate(tmp_path, patients=8)


@pytest.mark.parametrize("patients", [0, 11_001])
def test_refuses_sizes_it_has_no_numbers_for(tmp_path, patients):
    with pytest.raises(InputError, match="cannot invent"):
        generate(tmp_path, patients=patients)
    with pytest.raises(TableNotFoundError):
        DeltaTable(str(tmp_path / "lake" / "patients"))


def test_planted_spans_are_where_the_truth_says(lake):
    tables, planted = lake
    texts = dict(zip(tables["notes"]["note_id"].to_pylist(), tables["notes"]["text"].to_pylist(), strict=True))
    spans = [row for row in planted.table.to_pylist() if row["column"] == "text"]
    assert len(spans) > 5 * len(texts)
    assert all(texts[row["row_id"]][row["start"]:row["end"]] == row["value"] for row in spans)


def test_truth_of_structured_columns_is_complete(lake):
    tables, planted = lake
    noted = Counter((row["table"], row["column"]) for row in planted.table.to_pylist() if row["start"] is None)
    for table, columns in IDENTIFYING.items():
        for path in columns:
            column, _, inner = path.partition(".")
            cells = tables[table][column].to_pylist()
            held = sum(cell is not None and (not inner or cell[inner] is not None) for cell in cells)
            assert noted[table, path] == held > 0


@pytest.mark.slow
def test_every_planted_type_stands_in_notes_in_several_forms():
    _, planted = tables_of(7, 2000)
    kinds = {row["entity_type"] for row in planted.table.to_pylist() if row["column"] == "text"}
    assert kinds == {"PERSON", "PHONE_NUMBER", "EMAIL_ADDRESS", "STREET_ADDRESS", "LOCATION", "MEDICAL_RECORD_NUMBER", "US_SSN",
                     "INSURANCE_NUMBER", "AGE", "DATE_OF_BIRTH", "DATE_TIME", "URL", "IP_ADDRESS"}
    ages = [row["value"] for row in planted.table.to_pylist() if row["entity_type"] == "AGE"]
    assert min(int(age.split("-")[0]) for age in ages) >= 90


def test_identifiers_are_distinct_and_well_formed(lake):
    people = lake[0]["patients"]
    for name in ("patient_id", "mrn", "phone", "email", "ssn", "insurance_no", "portal_ip"):
        cells = [cell for cell in people[name].to_pylist() if cell is not None]
        assert len(set(cells)) == len(cells)
    for ssn in people["ssn"].drop_null().to_pylist():
        area, group, serial = map(int, ssn.split("-"))
        assert 1 <= area <= 899
        assert area != 666
        assert 1 <= group <= 99
        assert 1 <= serial <= 9999
    for phone in people["phone"].drop_null().to_pylist():
        parsed = phonenumbers.parse(phone, "US")
        assert phonenumbers.is_valid_number(parsed)
        assert 5550100 <= parsed.national_number % 10_000_000 <= 5550199


@pytest.mark.slow
def test_there_is_something_to_learn():
    people = tables_of(7, 2000)[0]["patients"].to_pandas()
    today = dt.date(2025, 6, 30)
    age = people["birth_date"].map(lambda born: (today - born).days / 365.25)
    by = people.assign(age=age).groupby("diagnosis")
    assert by["age"].mean()["S72 Femur fracture"] > by["age"].mean()["J45 Asthma"] + 15
    assert by["annual_cost"].mean()["C50 Breast cancer"] > 5 * by["annual_cost"].mean()["I10 Hypertension"]
    assert set(people.loc[people["diagnosis"] == "O80 Delivery", "sex"].dropna()) == {"female"}
    assert people["bmi"].isna().mean() == pytest.approx(0.06, abs=0.02)


@pytest.mark.slow
def test_no_birthday_is_shared_by_many():
    people = tables_of(7, 8000)[0]["patients"]
    births = Counter(people["birth_date"].to_pylist())
    assert max(births.values()) < 10
    assert dt.date(1927, 6, 1) < min(births) < max(births) < dt.date(2007, 7, 3)


def test_nested_columns_and_repeated_subjects(lake):
    tables, _ = lake
    assert tables["patients"].schema.field("contact").type.num_fields == 3
    assert str(tables["patients"].schema.field("allergies").type).startswith("list")
    assert max(Counter(tables["encounters"]["patient_id"].to_pylist()).values()) > 2
