"""Names of columns that are data are shown nowhere, and other names are left as they are."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.detect.config import RecognizerConfig
from engine.detect.scanner import Scanner
from engine.detect.tables.count import tally_batch
from engine.detect.tables.metadata import TableMetadata
from engine.detect.tables.naming import ROW, alike, quoted
from engine.detect.tables.sampling import Rows
from engine.detect.tables.scan import Table, report_of
from engine.detect.tables.tally import merged

SCHEMA_WORDS = ("customer_id", "BASE_SAL_AMT", "DT_NASC", "coste_total", "mac_address", "ua_string", "Max", "Grace", "Page",
                "Georgia", "Jordan", "sales_2024", "2024-01-02", "geo.city", "first_name", "Geburtsdatum", "iban_accredito",
                "Name of patient", "Max price", "max_price", "Lineitem price", "std_dev", "first name", "sales_price")


def scanned(table, stored="parquet", metadata=None, scanner=None):
    known = Table("t", table.schema, stored, None, table.num_rows, metadata or TableMetadata())
    counted = merged(tally_batch(batch, scanner) for batch in table.to_batches())
    return report_of(known, counted, Rows("all", table.num_rows, 0), scanner=scanner)


def shown(*names, **how):
    return [column.path for column in scanned(pa.table({name: [1, 2] for name in names}), **how).columns]


@pytest.mark.parametrize("name", SCHEMA_WORDS)
def test_words_of_schemas_stay(name):
    assert shown(name) == [name]


@pytest.mark.parametrize(("name", "masked"), [
    ("jane.doe@example.com", "*2"), ("Cindy", "*2"), ("Anna Weber", "*2"), ("anna_weber", "*2"), ("Smith, John", "*2"),
    ("Michelle Long", "*2"), ("robert_price", "*2"), ("RobertPrice", "*2"), ("Max Anders", "*2"), ("Courtney Villegas", "*2"),
    ("hours of jane.doe@example.com", "hours of *2"), ("4111111111111111", "*2"), ("+49 30 901820", "*2")])
def test_what_identifies_is_masked_with_the_line_where_it_stands(name, masked):
    assert shown("n", name, "m") == ["n", masked, "m"]


@pytest.mark.slow
def test_what_ships_is_looked_for_in_names_whatever_is_looked_for_in_cells():
    scanner = Scanner(RecognizerConfig.default().model_copy(update={"names": "off"}))
    assert shown("Cindy", scanner=scanner) == ["*1"]


def test_no_word_of_a_report_holds_a_name_that_is_masked():
    person = "jane.doe@example.com"
    table = pa.table({"n": [1], person: [{person: "x", "plain": "y"}]})
    said = {person: {"steward": "Bob Weber"}, f"{person}.{person}": {"pii": "true"}, f"{person}.absent": {"steward": "Bob Weber"}}
    report = scanned(table, metadata=TableMetadata(
        comments={person: "ask b@example.com"}, column_tags=said, partitions=(person,), properties={"for b@example.com": person}))
    assert [(c.path, c.column, c.masked) for c in report.columns] == [
        ("n", "n", False), ("*2", "*2", True), ("*2.*2", "*2", True), ("*2.plain", "*2", True)]
    assert "jane" not in report.model_dump_json()
    assert {one.place for one in report.metadata} >= {"comment of column '*2'", "property 'for *'", "tags of column '*'"}


def test_a_header_that_is_a_row_shows_no_name():
    table = pa.table({"Cindy": ["Anna", "Jonas", "Maria", "Peter"] * 9, "Walters": ["Klein", "Weber"] * 18, "7": [1] * 36})
    report = scanned(table, "csv")
    assert [column.path for column in report.columns] == ["*1", "*2", "*3"]
    assert all(ROW in column.evidence for column in report.columns)
    assert [column.path for column in scanned(table).columns] == ["*1", "Walters", "7"]  # other formats have names of their own
    assert shown("Cindy", "Walters", stored="csv") == ["*1", "Walters"]  # a table of hours, say: the cells are no names


def test_names_in_errors():
    assert quoted(["b"], ["a", "b"]) == "'b'"
    assert alike("emial", ["email", "b"]) == "did you mean 'email'?"
    assert alike("jane.doe", ["jane.doe@example.com", "jane.do"]) == ""
    assert quoted(["1967-06-29", "0"], ["0", "Ryan Gallagher", "1967-06-29"]) == "*3, *1"
