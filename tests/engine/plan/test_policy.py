import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import PolicyError
from engine.plan.policy import Policy


def written(**changes):
    base = {
        "apiVersion": "lakeveil/v1", "name": "claims", "purpose": "research", "legal_basis": "gdpr-6-1-e", "retention": "2 years",
        "source": {"table": "lake/claims", "subject": "patient_id"},
        "columns": {
            "patient_id": {"role": "direct", "why": "joins", "operator": {"token": {"domain": "patient", "key": "env:KEY"}}},
            "full_name": {"role": "direct"},
            "age": {"role": "quasi", "why": "explains outcome"},
            "diagnosis": {"role": "sensitive", "why": "the outcome"},
            "note": {"role": "text", "why": "symptoms", "operator": {"redact": {"known": ["full_name"]}}},
        },
        "guarantees": {"k": 5, "l": {"column": "diagnosis", "distinct": 2}, "suppression": "2%"},
        "release": {"path": "releases/claims"},
    }
    return base | changes


def refused(policy) -> str:
    with pytest.raises(PolicyError) as caught:
        Policy.parse(policy)
    assert caught.value.exit_code == 2
    return str(caught.value)


def with_column(name, column):
    return written(columns=written()["columns"] | {name: column})


def test_defaults_follow_the_role():
    policy = Policy.parse(written())
    assert policy.columns["full_name"].dropped
    assert policy.columns["age"].effective_operator is None
    assert policy.columns["diagnosis"].effective_operator.name == "keep"
    assert policy.columns["note"].effective_operator.name == "redact"
    assert policy.guarantees.suppression == pytest.approx(0.02)
    assert policy.guarantees.l[0].distinct == 2


@pytest.mark.parametrize(("typo", "meant"), [("purpos", "purpose"), ("colums", "columns"), ("garantees", "guarantees")])
def test_unknown_key_suggests_the_nearest(typo, meant):
    message = refused(written() | {typo: "x"})
    assert f"{typo}: unknown key; did you mean {meant!r}?" in message


def test_unknown_key_deep_in_a_column_suggests_the_nearest():
    column = {"role": "direct", "why": "joins", "operator": {"token": {"domian": "p", "domain": "p", "key": "env:K"}}}
    assert "did you mean 'domain'?" in refused(with_column("patient_id", column))


@pytest.mark.parametrize(("style", "said"), [
    ("surogate", "did you mean 'surrogate'?"), ({"PERSON": "hsh"}, "did you mean 'hash'?"),
    ("nothing", "allowed: placeholder, surrogate, keep_format, hash, drop"),
    ({"Person": "drop"}, "neither 'default' nor an entity type"),
    ("hash", "style hash makes up values under a key: give key"),
])
def test_styles_are_named_and_keyed_as_they_should(style, said):
    column = {"role": "text", "why": "x", "operator": {"redact": {"style": style}}}
    assert said in refused(with_column("note", column))


def test_a_scope_of_subjects_needs_a_subject():
    operator = {"redact": {"style": "hash", "key": "env:K", "scope": "subject"}}
    changed = with_column("note", {"role": "text", "why": "x", "operator": operator})
    assert "give source.subject" in refused(changed | {"source": {"table": "lake/claims"}})


def test_role_missing_names_the_column():
    assert "columns.age.role: missing" in refused(with_column("age", {"why": "x"}))


def test_kept_without_a_reason_is_refused():
    message = refused(with_column("age", {"role": "quasi"}))
    assert "kept without a reason" in message
    assert "why" in message


@pytest.mark.parametrize("column", [
    {"role": "direct", "operator": "keep", "why": "x"},
    {"role": "text", "operator": "keep", "why": "x"},
    {"role": "sensitive", "hierarchy": {"mask": "right"}, "why": "x"},
    {"role": "quasi", "hierarchy": {"dates": ["decade", "year"]}, "why": "x"},
    {"role": "quasi", "hierarchy": {"widths": [5, 12]}, "why": "x"},
    {"role": "quasi", "hierarchy": {}, "why": "x"},
    {"role": "quasi", "operator": {"mask": {}, "drop": {}}, "why": "x"},
    {"role": "sensitive", "domain": {"min": 3, "max": 1}, "why": "x"},
])
def test_contradictions_in_a_column_are_refused(column):
    assert "columns.extra" in refused(with_column("extra", column))


@pytest.mark.parametrize("key", ["hunter2-hunter2-hunter2-hunter2!", "vault:x", "env:", "aGVsbG8="])
def test_a_secret_is_not_a_handle_and_is_not_echoed(key):
    column = {"role": "direct", "why": "joins", "operator": {"token": {"domain": "p", "key": key}}}
    message = refused(with_column("patient_id", column))
    assert "handle" in message
    assert key == "env:" or key not in message


@pytest.mark.parametrize(("change", "said"), [
    ({"guarantees": {"k": 5, "l": {"column": "age", "distinct": 2}}}, "guarantees.l names column 'age'"),
    ({"guarantees": {}}, "need guarantees.k"),
    ({"guarantees": {"k": 1}}, "guarantees.k"),
    ({"source": {"table": "t", "subject": "nobody"}}, "source.subject names column 'nobody'"),
    ({"synthesis": {"epsilon": 0, "delta": 1e-6}}, "synthesis.epsilon"),
    ({"synthesis": {"epsilon": 1, "delta": 1e-6}, "source": {"table": "t"}}, "synthesis.unit subject needs source.subject"),
    ({"evaluation": {"target": "full_name"}}, "evaluation.target"),
    ({"apiVersion": "lakeveil/v9"}, "apiVersion"),
])
def test_parts_that_contradict_each_other_are_refused(change, said):
    assert said in refused(written() | change)


def test_known_must_point_somewhere():
    column = {"role": "text", "why": "x", "operator": {"redact": {"known": ["patients.full_name"]}}}
    assert "known names 'patients.full_name'" in refused(with_column("note", column))


def test_columns_that_differ_only_in_case_are_refused():
    assert "differ only in case" in refused(with_column("AGE", {"role": "direct"}))


def test_reserved_names_are_refused():
    assert "Lakeveil's own" in refused(with_column("__lakeveil_count", {"role": "direct"}))


@pytest.mark.parametrize(("text", "said"), [
    ("a: [1", "not valid YAML"), ("- 1", "not a mapping"), ("name: a\nname: b", "stands twice"),
    ("a: !!python/object:os.x {}", "YAML"),
])
def test_files_that_are_no_policy(tmp_path, text, said):
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(PolicyError, match=said):
        Policy.load(path)


def test_absent_file(tmp_path):
    with pytest.raises(PolicyError, match="no such policy"):
        Policy.load(tmp_path / "none.yaml")


def test_hierarchy_file_is_read_into_the_policy(tmp_path):
    (tmp_path / "age.csv").write_text("30;30-39;*\n31;30-39;*\n")
    path = tmp_path / "p.yaml"
    path.write_text(textwrap.dedent("""
        apiVersion: lakeveil/v1
        name: a
        purpose: p
        legal_basis: b
        retention: r
        source: {table: t}
        columns: {age: {role: quasi, why: w, hierarchy: {file: age.csv}}}
        guarantees: {k: 2}
        release: {path: out}
    """))
    policy = Policy.load(path)
    assert policy.columns["age"].hierarchy.table == (("30", "30-39", "*"), ("31", "30-39", "*"))
    (tmp_path / "age.csv").write_text("30;3x;*\n31;3x;*\n")
    assert Policy.load(path).fingerprint != policy.fingerprint
    (tmp_path / "age.csv").unlink()
    with pytest.raises(PolicyError, match="hierarchy's file is missing"):
        Policy.load(path)


@given(st.permutations(list(written())))
def test_fingerprint_ignores_the_order_of_keys_but_not_of_columns_meaning(order):
    shuffled = {key: written()[key] for key in order}
    assert Policy.parse(shuffled).fingerprint == Policy.parse(written()).fingerprint
    assert Policy.parse(shuffled | {"purpose": "other"}).fingerprint != Policy.parse(written()).fingerprint


def test_whose_groups_are_compared_makes_no_other_release():
    column = {"role": "quasi", "why": "w"}
    plain, protected = (Policy.parse(with_column("age", {**column, **more})) for more in ({}, {"protected": True}))
    assert protected.columns["age"].protected
    assert protected.fingerprint == plain.fingerprint
    assert Policy.parse(with_column("age", {**column, "weight": 2})).fingerprint != plain.fingerprint


def test_widths_nest_in_decimal_not_in_binary():
    column = {"role": "quasi", "why": "w", "hierarchy": {"widths": [0.1, 1, 10]}}
    assert Policy.parse(with_column("age", column)).columns["age"].hierarchy.widths == (0.1, 1, 10)
