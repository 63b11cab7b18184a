import json
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from engine.anonymity.cube import Cube
from engine.errors import GuaranteeNotMet, InputError, PolicyError
from engine.plan import Measurement, Policy, compile_plan
from engine.plan.fingerprint import fingerprint
from engine.plan.rules import preparation
from engine.plan.stages import Apply, Check, Gather, Project, Read, Recode, Write
from schemas.policy import Column
from schemas.reserved import COUNT, KNOWN

SCHEMA = pa.schema([
    ("patient_id", pa.string()), ("full_name", pa.string()), ("seen", pa.date32()), ("age", pa.int64()), ("city", pa.string()),
    ("diagnosis", pa.string()), ("note", pa.string()), ("flag", pa.bool_()),
])


def policy(**changes):
    written = {
        "apiVersion": "lakeveil/v1", "name": "claims", "purpose": "research", "legal_basis": "b", "retention": "r",
        "source": {"table": "lake/claims", "subject": "patient_id",
                   "lookups": {"patients": {"table": "lake/patients", "subject": "id"}}},
        "columns": {
            "patient_id": {"role": "direct", "why": "joins", "operator": {"token": {"domain": "patient", "key": "env:KEY"}}},
            "full_name": {"role": "direct"},
            "seen": {"role": "insensitive", "why": "season", "operator": {"date_shift": {"key": "env:KEY"}}},
            "age": {"role": "quasi", "why": "explains outcome"},
            "city": {"role": "quasi", "why": "explains outcome", "rename": "town"},
            "diagnosis": {"role": "sensitive", "why": "outcome"},
            "note": {"role": "text", "why": "symptoms", "operator": {"redact": {"known": ["full_name", "patients.phone"]}}},
            "flag": {"role": "insensitive", "operator": "drop"},
        },
        "guarantees": {"k": 2, "l": {"column": "diagnosis", "distinct": 2}},
        "release": {"path": "releases/claims"},
    }
    return Policy.parse(written | changes)


def cube():
    rows = [(age, city, d, 1) for age in (20, 30, 40, 50) for city in ("A", "B") for d in ("x", "y")]
    columns = list(zip(*rows, strict=True))
    table = pa.table(dict(zip(("age", "city", "diagnosis", COUNT), map(list, columns), strict=True)))
    return Cube(table, ("age", "city"), ("diagnosis",))


def measurement(**changes):
    base = Measurement(schema=SCHEMA, rows=16, format="delta", version=3, cube=cube(),
                       lookup_schemas={"patients": pa.schema([("id", pa.string()), ("phone", pa.string())])})
    return replace(base, **changes)


def test_stages_come_in_the_order_that_keeps_what_later_ones_read():
    plan = compile_plan(policy(), measurement())
    kinds = [type(stage) for stage in plan.stages]
    assert kinds == [Read, Gather, Apply, Apply, Apply, Recode, Project, Write, Check]
    assert [stage.column for stage in plan.stages if isinstance(stage, Apply)] == ["note", "seen", "patient_id"]


def test_only_what_is_needed_is_read():
    assert compile_plan(policy(), measurement()).stage(Read).columns == (
        "patient_id", "full_name", "seen", "age", "city", "diagnosis", "note")


def test_what_a_row_knows_comes_from_itself_and_from_lookups():
    gather = compile_plan(policy(), measurement()).stage(Gather)
    assert gather.output == KNOWN
    assert [(k.column, k.table, k.subject) for k in gather.known] == [("full_name", None, None), ("phone", "lake/patients", "id")]


def test_release_has_new_names_and_types():
    project = compile_plan(policy(), measurement()).stage(Project)
    assert project.schema == pa.schema([
        ("patient_id", pa.string()), ("seen", pa.date32()), ("age", pa.string()), ("town", pa.string()),
        ("diagnosis", pa.string()), ("note", pa.string())])
    assert compile_plan(policy(), measurement()).stage(Check) == Check(("age", "town"), ("diagnosis",), ("note",))


def test_fingerprint_is_a_function_of_policy_and_measurement():
    assert compile_plan(policy(), measurement()).fingerprint == compile_plan(policy(), measurement()).fingerprint
    shuffled = measurement(cube=replace(cube(), table=cube().table.take(list(reversed(range(16))))))
    assert compile_plan(policy(), shuffled).fingerprint == compile_plan(policy(), measurement()).fingerprint
    assert compile_plan(policy(), measurement(version=4)).fingerprint != compile_plan(policy(), measurement()).fingerprint
    other = policy(guarantees={"k": 4})
    assert compile_plan(other, measurement()).fingerprint != compile_plan(policy(), measurement()).fingerprint


def test_explanation_names_each_stage_and_holds_no_data_value():
    text = compile_plan(policy(), measurement()).explain()
    for said in ("k = 2", "env:KEY", "full_name, flag", "lake/patients: phone", "Write a staging table beside releases/claims"):
        assert said in text
    assert "20" not in text.replace("20:", "").split("Generalize")[1].split("Write")[0]


def test_one_level_for_each_column_is_another_plan_and_is_told():
    tree, other = (compile_plan(policy(recoding={"model": model}), measurement()) for model in ("tree", "full-domain"))
    assert (tree.stage(Recode).tree.kind, other.stage(Recode).tree.kind) == ("tree", "full-domain")
    assert tree.fingerprint == compile_plan(policy(), measurement()).fingerprint != other.fingerprint
    text = other.explain()
    for said in ("together: 8 classes", "every value of a column at the same level", "age   as it is", "city  as it is",
                 "no other levels that keep the promises lose less"):
        assert said in text
    coarse = compile_plan(policy(recoding={"model": "full-domain"}, guarantees={"k": 4}), measurement()).explain()
    assert "city  *" in coarse
    with pytest.raises(PolicyError, match="full-domain"):
        policy(recoding={"model": "full_domain"})


def test_the_plan_shows_every_subkey_of_a_redaction_and_no_key():
    written = policy()
    note = written.columns["note"].model_dump(exclude_none=True)
    note["operator"] = {"redact": {"style": "surrogate", "key": "env:KEY", "known": ["full_name"]}}
    changed = policy(columns={**{name: one.model_dump(exclude_none=True) for name, one in written.columns.items()}, "note": note})
    plan = compile_plan(changed, measurement())
    text = plan.explain()
    for said in ("note: redact: invented values", "reads patient_id", "derived for lakeveil/v1/surrogate"):
        assert said in text
    assert text.count("derived for lakeveil/v1/date_shift") == 2
    assert plan.fingerprint != compile_plan(policy(), measurement()).fingerprint
    assert next(apply.call.key.handle for apply in plan.stages if isinstance(apply, Apply)) == "env:KEY"


@pytest.mark.parametrize(("schema", "error", "said"), [
    (SCHEMA.append(pa.field("ssn", pa.string())), InputError, "'ssn'"),
    (SCHEMA.remove(0), InputError, "'patient_id', which the table does not have"),
    (SCHEMA.append(pa.field("AGE", pa.int64())), InputError, "differ only in case"),
    (SCHEMA.append(pa.field("age", pa.int64())), InputError, "stand twice"),
    (SCHEMA.set(2, pa.field("seen", pa.string())), PolicyError, "seen"),
])
def test_tables_that_are_not_what_the_policy_describes(schema, error, said):
    with pytest.raises(error, match=said):
        compile_plan(policy(), measurement(schema=schema))


def test_missing_column_suggests_the_nearest():
    renamed = SCHEMA.set(5, pa.field("diagnoses", pa.string()))
    with pytest.raises(InputError, match="'diagnoses'"):
        compile_plan(policy(), measurement(schema=renamed))


def test_lookup_without_the_column():
    with pytest.raises(InputError, match="lookup table 'patients' has no column 'phone'"):
        compile_plan(policy(), measurement(lookup_schemas={"patients": pa.schema([("id", pa.string())])}))


def test_lookup_whose_subject_is_of_another_type():
    unlike = pa.schema([("id", pa.int64()), ("phone", pa.string())])
    with pytest.raises(InputError, match="the subject is string in the source and int64 in lookup table 'patients'"):
        compile_plan(policy(), measurement(lookup_schemas={"patients": unlike}))


def test_empty_table():
    with pytest.raises(InputError, match="empty"):
        compile_plan(policy(), measurement(rows=0, cube=None))


@pytest.mark.parametrize(("name", "where", "said"), [
    ("diagnosis", "guarantees.l", "no class has several values"), ("patient_id", "source.subject", "no row is about anybody"),
    ("flag", "columns.flag.operator", "there is nothing to add noise to")])
def test_what_needs_values_is_refused_of_a_column_of_nulls(name, where, said):
    noise = {"flag": {"role": "insensitive", "why": "x", "operator": {"noise": {"scale": 1, "key": "env:KEY"}}}}
    found = policy()
    found = found.model_copy(update={"columns": {**found.columns, **{n: Column.model_validate(c) for n, c in noise.items()}}})
    schema = SCHEMA.set(7, pa.field("flag", pa.int64()))
    with pytest.raises(InputError, match=f"'{name}' holds nothing but nulls: {said}") as caught:
        compile_plan(found, measurement(schema=schema, nulls={"city": 3, name: 16}))
    assert caught.value.where == where


def test_other_columns_of_nulls_are_released():
    assert compile_plan(policy(), measurement(nulls={"age": 15, "city": 16, "note": 16})) == compile_plan(policy(), measurement())


PEOPLE = {"k": 2, "subjects": {"column": "patient_id", "least": 2}}


def with_people():
    table = cube().table.append_column("patient_id", pa.array([f"p{n}" for n in range(16)]))
    return Cube(table, ("age", "city"), ("patient_id", "diagnosis"))


def test_rows_about_nobody_are_refused_where_people_are_counted():
    nulls = {"patient_id": 3, "age": 0}
    with pytest.raises(InputError, match="3 of 16 rows are about nobody: column 'patient_id' is null there") as caught:
        compile_plan(policy(guarantees=PEOPLE), measurement(cube=with_people(), nulls=nulls))
    assert (caught.value.where, caught.value.allowed) == ("lake/claims", "a subject in every row")
    assert compile_plan(policy(guarantees=PEOPLE), measurement(cube=with_people(), nulls={"patient_id": 0})).stage(Recode)
    assert compile_plan(policy(), measurement(nulls=nulls)).stage(Recode)  # nobody counts people


def test_people_are_not_told_apart_by_numbers_that_may_be_no_number():
    unlike = {"patients": pa.schema([("id", pa.float64()), ("phone", pa.string())])}
    schema = SCHEMA.set(0, pa.field("patient_id", pa.float64()))
    with pytest.raises(PolicyError, match="'patient_id' of type double tells no people apart"):
        compile_plan(policy(guarantees=PEOPLE), measurement(schema=schema, lookup_schemas=unlike))


def test_names_that_delta_cannot_hold_need_another():
    columns = json.loads(policy().model_dump_json(by_alias=True, exclude_none=True))["columns"]
    columns["a b"] = {"role": "insensitive", "why": "w"}
    schema = SCHEMA.append(pa.field("a b", pa.string()))
    with pytest.raises(PolicyError, match="rename: a_b"):
        compile_plan(policy(columns=columns), measurement(schema=schema))
    columns["a b"]["rename"] = "a_b"
    assert "a_b" in compile_plan(policy(columns=columns), measurement(schema=schema)).stage(Project).schema.names


def test_guarantee_that_no_generalization_meets():
    with pytest.raises(GuaranteeNotMet):
        compile_plan(policy(guarantees={"k": 17}), measurement())


def test_preparation_is_only_of_the_cube_columns():
    columns = json.loads(policy().model_dump_json(by_alias=True, exclude_none=True))["columns"]
    columns["age"]["operator"] = {"bucket": {"width": 10}}
    assert [apply.column for apply in preparation(policy(columns=columns), SCHEMA)] == ["age"]


def blurred(*per, **changes):
    columns = json.loads(policy().model_dump_json(by_alias=True, exclude_none=True))["columns"]
    noise = {"scale": 1, "key": "env:KEY", "per": list(per)}
    return policy(columns={**columns, "cost": {"role": "insensitive", "why": "outcome", "operator": {"noise": noise}}, **changes})


def test_noise_reads_other_columns_before_their_own_operators_run():
    plan = compile_plan(blurred("seen"), measurement(schema=SCHEMA.append(pa.field("cost", pa.int64()))))
    assert [stage.column for stage in plan.stages if isinstance(stage, Apply)] == ["note", "cost", "seen", "patient_id"]
    assert "cost" in plan.stage(Read).columns


@pytest.mark.parametrize(("per", "why"), [("nowhere", "does not list"), ("cost", "itself blurred"), ("note", "text")])
def test_noise_differs_by_columns_that_tell_rows_apart(per, why):
    with pytest.raises(PolicyError, match=why):
        blurred(per)


def test_noise_does_not_differ_by_what_is_nested():
    schema = SCHEMA.append(pa.field("cost", pa.int64())).append(pa.field("tags", pa.list_(pa.string())))
    with pytest.raises(PolicyError, match="cannot differ by column 'tags'"):
        compile_plan(blurred("tags", tags={"role": "insensitive", "operator": "drop"}), measurement(schema=schema))


def test_a_date_is_never_a_number_in_the_fingerprint():
    with pytest.raises(TypeError):
        fingerprint(date(2020, 1, 1))
