"""A proposed policy: minimal, honest about what is missing, and loadable once a person has filled it in."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.detector import Detector
from engine.errors import InputError, PolicyError
from engine.plan import compile_plan
from engine.plan.policy import Policy
from engine.propose import Wanted, propose_policy, write_policy
from engine.road import open_backend, scan_target
from engine.scanned import columns_of
from schemas.findings import ColumnFindings, EntityFinding, ScanReport
from schemas.policy.json_schema import policy_schema

SCHEMA = policy_schema()


def column(path, role, kind="string", *, of=None, **more):
    known = {"cells": 100, "nulls": 2, "distinct": 50, "scanned": 100, "confidence": 0.9, "column": of or path}
    return ColumnFindings.model_validate({"path": path, "type": kind, "role": role, **known, **more})


def person():
    return EntityFinding(entity_type="PERSON", cells=98, share=0.98, findings=98, score_mean=0.85, score_max=0.85)


FOUND = ScanReport(table="lake/patients", format="delta", rows=100, columns=(
    column("patient_id", "direct", "int64", distinct=100),
    column("full_name", "direct", entities=(person(),), evidence=("98% of cells hold PERSON",), category="identity"),
    column("birth_date", "quasi", "date32[day]", category="date"),
    column("postal_code", "quasi", category="location", mean_length=5.0),
    column("age", "quasi", "int32"),
    column("diagnosis", "sensitive", category="health", distinct=12),
    column("note", "text", category="free text", mean_length=400.0),
    column("ward", "insensitive", distinct=4),
    column("contact", "insensitive", "struct"),
    column("contact.name", "direct", of="contact", entities=(person(),)),
    column("contact.since", "insensitive", "int32", of="contact"),
))


def proposed(found=FOUND, subject=None, needs=(), *, keep_text=False, **options):
    return propose_policy(found, Wanted("research", subject, needs, keep_text=keep_text), **options)


def filled(text: str) -> str:
    """What a person does to a proposal: a word behind every key that is marked."""
    return re.sub(r"^(\s*(?:why|legal_basis|retention):)  # fill in.*$", r"\1 because", text, flags=re.MULTILINE)


def test_only_what_the_purpose_needs_stays_and_never_a_name():
    written = yaml.safe_load(proposed(needs=("age", "ward", "full_name"), subject="patient_id"))
    assert {name for name, c in written["columns"].items() if c.get("operator") != "drop"} == {"patient_id", "age", "ward"}
    assert "l" not in written["guarantees"]
    with pytest.raises(PolicyError, match="wards"):
        proposed(needs=("wards",))


def test_a_blank_purpose_is_refused():
    with pytest.raises(PolicyError, match="blank"):
        propose_policy(FOUND, Wanted(" "))


def test_measurements_get_no_l_diversity():
    found = ScanReport(table="t", format="delta", rows=9, columns=(
        column("age", "quasi", "int32"), column("bmi", "sensitive", "double", distinct=90), column("illness", "sensitive")))
    assert yaml.safe_load(proposed(found))["guarantees"]["l"]["column"] == "illness"


def test_what_nobody_asked_for_is_dropped():
    columns = yaml.safe_load(proposed())["columns"]
    assert {name for name, c in columns.items() if c.get("operator") == "drop"} == {
        "patient_id", "full_name", "note", "ward", "contact"}
    assert columns["contact"]["role"] == "direct"  # the most identifying of its fields
    assert columns["birth_date"]["hierarchy"] == {"dates": ["month", "year", "decade"]}
    assert columns["postal_code"]["hierarchy"] == {"mask": "right"}
    assert "hierarchy" not in columns["age"]


def test_missing_reasons_are_named_one_by_one(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(proposed())
    with pytest.raises(PolicyError) as refusal:
        Policy.load(path)
    for place in ("legal_basis", "retention", "columns.birth_date", "columns.postal_code", "columns.age", "columns.diagnosis"):
        assert f"- {place}: " in refusal.value.where
    assert "columns.full_name" not in refusal.value.where


def test_filled_in_it_loads(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(filled(proposed(subject="patient_id", keep_text=True)))
    policy = Policy.load(path)
    assert policy.source.subject == "patient_id"
    assert policy.columns["patient_id"].effective_operator.name == "token"
    assert policy.columns["note"].effective_operator.redact.known == ("patient_id", "full_name")
    assert policy.guarantees.k == 10
    assert policy.guarantees.l[0].column == "diagnosis"
    assert policy.purpose == "research"
    jsonschema.validate(yaml.safe_load(path.read_text()), SCHEMA, cls=jsonschema.Draft202012Validator)


def test_an_editor_marks_exactly_what_is_missing():
    errors = jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(proposed()))
    reasons = {f"columns.{name}.why" for name in ("birth_date", "postal_code", "age", "diagnosis")}
    assert {".".join(map(str, e.absolute_path)) for e in errors} == {"legal_basis", "retention", *reasons}


def test_evidence_stands_in_comments():
    text = proposed()
    assert ("  # string, 50 distinct, 2 null; PERSON in 98% of cells (score 0.85)\n"
            "  # 98% of cells hold PERSON\n  full_name: {role: direct, operator: drop}\n") in text
    assert "# contact.name: string" in text


def test_a_subject_that_is_not_there_is_refused():
    with pytest.raises(PolicyError, match="patient_idd") as refusal:
        proposed(subject="patient_idd")
    assert "patient_id" in refusal.value.next


def test_dotted_names_are_not_taken_for_nested_ones():
    found = FOUND.model_copy(update={"columns": (column("a.b", "quasi"), column("a.c", "direct"))})
    assert [c.name for c in columns_of(found)] == ["a.b", "a.c"]


def test_fields_stand_with_their_column_wherever_the_report_lists_them():
    found = FOUND.model_copy(update={"columns": (
        column("a", "insensitive", "struct"), column("a.b", "quasi"), column("a.b", "direct", of="a"),
        column("doc", "text"), column("n", "insensitive"), column("doc$.key", "direct", of="doc"))})
    assert [(c.name, c.role, len(c.parts)) for c in columns_of(found)] == [
        ("a", "direct", 2), ("a.b", "quasi", 1), ("doc", "direct", 2), ("n", "insensitive", 1)]
    with pytest.raises(InputError, match="earlier version"):
        columns_of(FOUND.model_copy(update={"columns": (column("a", "quasi").model_copy(update={"column": ""}),)}))


def test_what_holds_fields_stays_only_whole_and_only_if_nothing_in_it_identifies():
    roles = ("quasi", "insensitive", "sensitive", "text")
    parts = [[column(one, one, "struct" if one != "text" else "string"), column(f"{one}$.x", one, of=one)] for one in roles]
    found = FOUND.model_copy(update={"columns": (column("n", "insensitive"), *itertools.chain.from_iterable(parts))})
    asked = yaml.safe_load(proposed(found, needs=("n", *roles)))["columns"]
    kept = {name for name, c in asked.items() if c.get("operator") != "drop"}
    assert kept == {"n", "insensitive", "sensitive", "text"}
    unasked = yaml.safe_load(proposed(found))["columns"]
    assert {c.get("operator") for c in unasked.values()} == {"drop"}
    assert "lay them out as columns of their own" in proposed(found)
    with pytest.raises(PolicyError, match="several fields"):
        proposed(found, subject="sensitive")


def test_names_that_are_data_are_refused():
    masked = column("*1", "insensitive", masked=True)
    with pytest.raises(InputError, match=r"identifies somebody: \*1") as refusal:
        proposed(FOUND.model_copy(update={"columns": (masked, column("n", "quasi"))}))
    assert "rename" in refusal.value.next
    inside = (column("a", "insensitive", "struct"), column("a.*2", "direct", of="a", masked=True))
    assert list(yaml.safe_load(proposed(FOUND.model_copy(update={"columns": inside})))["columns"]) == ["a"]


@pytest.mark.slow
def test_a_policy_from_a_scan_of_nested_columns_plans(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    notes = [json.dumps({"key": f"user{n}@example.org", "at": {f"u{n}@example.org": n}}) for n in range(40)]
    table = pa.table({
        "city": ["Berlin", "Paris"] * 20, "doc": notes, "addr": [{"town": "Berlin"}] * 40, "phones": [["+49 30 901820"]] * 40,
        "tags": pa.array([[("mail", "x@example.org")]] * 40, pa.map_(pa.string(), pa.string())), "addr.town": ["Ulm"] * 40})
    pq.write_table(table, "t.parquet")
    scan_target("t.parquet", open_backend("local"), out=Path("scan.json"))
    write_policy("t.parquet", Path("p.yaml"), Wanted("research"), from_scan=Path("scan.json"))
    policy = Policy.parse(yaml.safe_load(filled(Path("p.yaml").read_text())))
    assert list(policy.columns) == table.schema.names
    compile_plan(policy, open_backend("local").measure(policy))


def test_findings_of_another_table_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = FOUND.model_copy(update={"table": "t.csv", "format": "csv", "columns": (column("a", "quasi"), column("b", "quasi"))})
    Path("scan.json").write_text(found.model_dump_json())
    Path("t.csv").write_text("a,b\n1,2\n")
    Path("u.csv").write_text("a,b\n1,2\n")
    write_policy(str(tmp_path / "t.csv"), Path("p.yaml"), Wanted("x"), from_scan=Path("scan.json"))  # the same, called otherwise
    with pytest.raises(InputError, match=r"of another table: t\.csv"):
        write_policy("u.csv", Path("q.yaml"), Wanted("x"), from_scan=Path("scan.json"))
    Path("t.csv").write_text("a,c\n1,2\n")
    with pytest.raises(InputError, match=r"1 of these are not in it \(b\), and 1 of its own"):
        write_policy("t.csv", Path("q.yaml"), Wanted("x"), from_scan=Path("scan.json"))


def test_without_quasi_identifiers_nothing_is_promised_of_them(tmp_path):
    found = FOUND.model_copy(update={"columns": (column("diagnosis", "sensitive"),)})
    assert "guarantees" not in yaml.safe_load(proposed(found))
    path = tmp_path / "policy.yaml"
    path.write_text(filled(proposed(found)))
    assert Policy.load(path).of_role("sensitive") == ("diagnosis",)


texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)
names = texts.filter(lambda name: not name.startswith("__lakeveil_"))
roles = st.sampled_from(["direct", "quasi", "sensitive", "text", "insensitive"])
tables = st.lists(st.tuples(names, roles), min_size=1, max_size=6, unique_by=lambda pair: pair[0].casefold())


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(tables, texts.filter(str.strip), st.booleans())
def test_any_names_survive_the_way_through_yaml(columns, purpose, keep_text):
    found = FOUND.model_copy(update={"columns": tuple(column(name, role) for name, role in columns)})
    text = propose_policy(found, Wanted(purpose, keep_text=keep_text))
    read = yaml.safe_load(text)
    assert list(read["columns"]) == [name for name, _ in columns]
    assert read["purpose"] == purpose
    assert Policy.parse(yaml.safe_load(filled(text))).name == "patients"


def test_written_beside_its_schema_and_never_over_a_file(tmp_path):
    scan = tmp_path / "scan.json"
    scan.write_text(FOUND.model_dump_json())
    out = tmp_path / "policy.yaml"
    written = write_policy("lake/patients", out, Wanted("research"), from_scan=scan)
    assert written.fill == ("legal_basis", "retention", "columns.birth_date.why", "columns.postal_code.why",
                            "columns.age.why", "columns.diagnosis.why")
    reference = re.match(r"# yaml-language-server: \$schema=(.*)", out.read_text())[1]
    assert json.loads((out.parent / reference).read_text()) == SCHEMA
    with pytest.raises(InputError, match="already"):
        write_policy("lake/patients", out, Wanted("research"), from_scan=scan)


def test_findings_that_are_none_are_refused(tmp_path):
    scan = tmp_path / "scan.json"
    scan.write_text('{"table": "Jane"}')
    with pytest.raises(InputError) as refusal:
        write_policy("t", tmp_path / "p.yaml", Wanted("x"), from_scan=scan)
    assert "Jane" not in str(refusal.value)
    with pytest.raises(InputError, match="there is no"):
        write_policy("t", tmp_path / "p.yaml", Wanted("x"), from_scan=Path("absent.json"))


@pytest.mark.slow
def test_what_is_looked_for_comes_from_a_list_and_the_policy_names_it(tmp_path):
    badges = [f"B-{number:04d}" for number in range(30)]
    pq.write_table(pa.table({"code": badges, "n": range(30)}), tmp_path / "t.parquet")
    (tmp_path / "lists").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "lists" / "badge.yaml").write_text(
        "version: 1\npatterns: [{name: badge, type: BADGE, regex: '\\bB-\\d{4}\\b', score: 0.9}]\n")
    listed, out = tmp_path / "lists" / "list.yaml", tmp_path / "out" / "policy.yaml"
    listed.write_text("version: 1\nnames: 'off'\nplugins: [badge.yaml]\n")
    write_policy(str(tmp_path / "t.parquet"), out, Wanted("research"), recognizers=listed)
    assert "BADGE in 100% of cells" in out.read_text()
    assert yaml.safe_load(out.read_text())["recognizers"] == "../lists/list.yaml"
    jsonschema.validate(yaml.safe_load(filled(out.read_text())), SCHEMA, cls=jsonschema.Draft202012Validator)
    out.write_text(filled(out.read_text()))
    assert Policy.load(out).detector == Detector.load(listed)
    with pytest.raises(InputError, match="recognizers"):
        write_policy(str(tmp_path / "t.parquet"), tmp_path / "p.yaml", Wanted("research"), recognizers=tmp_path / "nowhere.yaml")
