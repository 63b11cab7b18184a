"""What bad input gets: one test for each row of the documented list, through the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from deltalake import DeltaTable, write_deltalake
from typer.testing import CliRunner

from jobs.cli import app

ROOT = Path(__file__).resolve().parents[2]
PLANTED = "Zanzibar-Quixote"


def rows(n=40):
    return pa.table({
        "person": [f"p{i:03d}" for i in range(n)],
        "age": [20 + i % 10 for i in range(n)],
        "town": [("Ulm", "Bonn", PLANTED)[i % 3] for i in range(n)],
        "illness": [("flu", "cold")[i % 2] for i in range(n)],
    })


def policy():
    return {
        "apiVersion": "lakeveil/v1", "name": "towns", "purpose": "test", "legal_basis": "none", "retention": "none",
        "source": {"table": "lake/towns"},
        "columns": {
            "person": {"role": "direct", "why": "joins", "operator": {"token": {"domain": "person", "key": "env:TEST_KEY"}}},
            "age": {"role": "quasi", "why": "explains"},
            "town": {"role": "quasi", "why": "explains"},
            "illness": {"role": "sensitive", "why": "outcome"},
        },
        "guarantees": {"k": 3},
        "release": {"path": "releases/towns"},
    }


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEST_KEY", "5a" * 32)
    write_deltalake("lake/towns", rows())
    return tmp_path


def run(written, *arguments):
    Path("policy.yaml").write_text(yaml.safe_dump(written, sort_keys=False))
    return CliRunner().invoke(app, ["anonymize", "policy.yaml", "--backend", "local", *arguments])


def refused(result, exit_code, *said):
    """Clear error, documented exit code, nothing published or left behind, no data value in the message."""
    output = result.output + (result.stderr if result.stderr_bytes else "")
    assert result.exit_code == exit_code, output
    for words in said:
        assert words in output, output
    assert "next:" in output
    assert PLANTED not in output
    assert "Traceback" not in output
    assert not list(Path("releases").glob("*"))


def changed(**columns):
    return policy() | {"columns": policy()["columns"] | columns}


def test_good_input_is_released(lake):
    assert run(policy()).exit_code == 0
    assert Path("releases/towns/_delta_log").is_dir()
    assert Path("releases/towns.receipt.json").is_file()


def test_unknown_policy_key(lake):
    refused(run(policy() | {"retension": "x"}), 2, "retension", "did you mean 'retention'?")


def test_role_missing_for_a_column(lake):
    refused(run(changed(age={"why": "explains"})), 2, "columns.age.role")


def test_new_column_in_the_table(lake):
    write_deltalake("lake/towns", rows().append_column("iban", [["x"] * 40]), mode="append", schema_mode="merge")
    refused(run(policy()), 3, "'iban'")


def test_missing_key(lake, monkeypatch):
    monkeypatch.delenv("TEST_KEY")
    refused(run(policy()), 4, "TEST_KEY")


def test_unreachable_table(lake):
    refused(run(policy() | {"source": {"table": "lake/nowhere"}}), 3, "lake/nowhere")


def test_not_a_delta_table(lake):
    Path("lake/plain").mkdir()
    pq.write_table(rows(), "lake/plain/part.parquet")
    refused(run(policy() | {"source": {"table": "lake/plain", "format": "delta"}}), 3, "lake/plain", "Delta")


def test_a_file_is_not_a_delta_table(lake):
    pq.write_table(rows(), "lake/plain.parquet")
    refused(run(policy() | {"source": {"table": "lake/plain.parquet", "format": "delta"}}), 3, "no _delta_log")


def test_corrupt_parquet(lake):
    next(Path("lake/towns").glob("*.parquet")).write_bytes(b"PAR1" + PLANTED.encode() * 9 + b"PAR1")
    refused(run(policy()), 3)


def test_corrupt_parquet_file(lake):
    Path("lake/broken.parquet").write_bytes(PLANTED.encode() * 9)
    refused(run(policy() | {"source": {"table": "lake/broken.parquet"}}), 3, "lake/broken.parquet")


def test_empty_table(lake):
    write_deltalake("lake/empty", rows(0))
    refused(run(policy() | {"source": {"table": "lake/empty"}}), 3, "empty")


def test_values_are_claimed_of_a_column_of_nulls(lake):
    table = rows()
    write_deltalake("lake/nulls", table.set_column(3, "illness", pa.nulls(len(table), pa.int64())))
    claimed = {"source": {"table": "lake/nulls"}, "guarantees": {"k": 3, "l": {"column": "illness", "distinct": 2}}}
    refused(run(policy() | claimed), 3, "'illness' holds nothing but nulls", "guarantees.l")


def test_rows_without_a_subject_where_people_are_counted(lake):
    people = [None if i % 4 else f"p{i:03d}" for i in range(40)]
    write_deltalake("lake/some", rows().set_column(0, "person", pa.array(people)))
    counted = {"source": {"table": "lake/some", "subject": "person"},
               "guarantees": {"k": 3, "subjects": {"column": "person", "least": 2}}}
    refused(run(policy() | counted), 3, "30 of 40 rows are about nobody: column 'person'", "lake/some")


def test_k_larger_than_the_table(lake):
    refused(run(policy() | {"guarantees": {"k": 41}}), 5, "41", "40")


def test_unsatisfiable_guarantees(lake):
    refused(run(policy() | {"guarantees": {"k": 3, "l": {"column": "illness", "distinct": 3}}}), 5, "illness")


@pytest.mark.parametrize("names", [["person", "age", "AGE", "illness"], ["person", "age", "age", "illness"]])
def test_duplicate_and_case_colliding_columns(lake, names):
    pq.write_table(rows().rename_columns(names), "lake/twice.parquet")
    refused(run(policy() | {"source": {"table": "lake/twice.parquet"}}), 3, "columns 2 and 3", "rename")


def test_columns_that_collide_in_a_csv_header(lake):
    Path("lake/twice.csv").write_text("person,age,Age\n" + "a,1,2\n" * 9)
    refused(run(policy() | {"source": {"table": "lake/twice.csv"}}), 3, "columns 2 and 3", "only in case")


def test_columns_called_alike_in_a_csv_header(lake):
    Path("lake/twice.csv").write_text("person,age,age\n" + "a,1,2\n" * 9)
    refused(run(policy() | {"source": {"table": "lake/twice.csv"}}), 3, "columns 2 and 3", "rename")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["home.town", "the 'town'", 'the "town"', "the`town"])
def test_dots_and_quotes_in_names_work_where_delta_can_hold_them(lake, name):
    pq.write_table(rows().rename_columns(["person", "age", name, "illness"]), "lake/odd.parquet")
    written = policy() | {"source": {"table": "lake/odd.parquet"}}
    written["columns"] = {name if c == "town" else c: v for c, v in policy()["columns"].items()}
    if " " in name:
        refused(run(written), 2, "rename:")
        written["columns"][name] = written["columns"][name] | {"rename": "town"}
    assert run(written).exit_code == 0


def test_output_path_that_exists(lake):
    Path("elsewhere").mkdir()
    Path("elsewhere/mine.txt").write_text("mine")
    refused(run(policy() | {"release": {"path": "elsewhere"}}), 3, "elsewhere")
    assert Path("elsewhere/mine.txt").read_text() == "mine"


@pytest.mark.parametrize("path", ["lake/towns", "lake/towns/sub", "lake/./towns/"])
def test_release_in_its_source(lake, path):
    refused(run(policy() | {"release": {"path": path}}), 2, "release.path lies in the source table")


def test_release_around_its_source(lake):
    refused(run(policy() | {"release": {"path": "lake"}}), 2, "holds the source table")


def test_subject_that_is_no_column(lake):
    written = policy() | {"source": {"table": "lake/towns", "subject": "persona"}, "synthesis": {"epsilon": 1.0, "delta": 1e-3}}
    refused(run(written), 2, "'persona'")


def test_mask_that_hides_next_to_nothing(lake):
    refused(run(changed(person={"role": "direct", "why": "x", "operator": {"mask": {"keep_left": 100}}})), 2, "hides too little")


def test_quasi_identifier_that_is_to_be_kept(lake):
    refused(run(changed(age={"role": "quasi", "why": "x", "operator": "keep"})), 2, "columns.age", "generalized, not kept")


WARDS = "version: 1\npatterns: [{name: wards, type: WARD_NAME, deny_list: [Ulm], score: 0.9}]\n"


def redacting(**redact):
    return changed(town={"role": "text", "why": "explains", "operator": {"redact": redact}})


@pytest.mark.parametrize(("redact", "said"), [
    ({"entities": ["PERSON", "EMAIL_ADRESS"]},
     ("'EMAIL_ADRESS'", "columns.town.operator.redact.entities", "did you mean 'EMAIL_ADDRESS'?")),
    ({"entities": ["PERSN"]}, ("'PERSN'", "did you mean 'PERSON'?", "LOCATION")),
    ({"style": {"PRESON": "drop"}}, ("'PRESON'", "columns.town.operator.redact.style", "did you mean 'PERSON'?")),
    ({"style": {"PERSON": "surogate"}, "key": "env:TEST_KEY"}, ("did you mean 'surrogate'?",)),
])
def test_misspelt_entity_types(lake, redact, said):
    refused(run(redacting(**redact)), 2, *said)


@pytest.mark.slow
def test_entity_types_of_plug_ins_are_types(lake):
    Path("own").mkdir()
    Path("own/wards.yaml").write_text(WARDS)
    Path("own/list.yaml").write_text("version: 1\nnames: 'off'\nplugins: [wards.yaml]\n")
    listed = {"recognizers": "own/list.yaml"}
    refused(run(redacting(entities=["WARD_NAMES"]) | listed), 2, "did you mean 'WARD_NAME'?", "entity-types.md", "WARD_NAME\n")
    refused(run(redacting(entities=["PERSON"]) | listed), 2, "nothing finds an entity type 'PERSON'")
    assert run(redacting(entities=["WARD_NAME"], style={"KNOWN": "drop", "default": "placeholder"}) | listed).exit_code == 0
    assert "[WARD_NAME]" in DeltaTable("releases/towns").to_pyarrow_table()["town"].to_pylist()


@pytest.mark.parametrize(("listed", "code", "said"), [
    ("leave_out: [US_SSM]", 2, ("'US_SSM'", "list.yaml", "did you mean 'US_SSN'?")),
    ("regions: [ux]", 2, ("'ux'", "allowed:", "did you mean")), ("regimes: [hippa]", 2, ("did you mean 'hipaa'?", "gdpr")),
    ("name: all", 2, ("'name'", "did you mean 'names'?")), ("plugins: [wards.yaml]", 3, ("wards.yaml", "check the path")),
    ("plugins: [list.yaml]", 2, ("describes no plug-ins",)),
])
def test_lists_of_recognizers_that_are_refused(lake, listed, code, said):
    Path("list.yaml").write_text(f"version: 1\n{listed}\n")
    refused(run(redacting() | {"recognizers": "list.yaml"}), code, *said)
    done = CliRunner().invoke(app, ["scan", "lake/towns", "--backend", "local", "--recognizers", "list.yaml"])
    refused(done, code, *said)


def test_a_list_of_recognizers_that_is_not_there(lake):
    refused(run(redacting() | {"recognizers": "nowhere.yaml"}), 3, "nowhere.yaml")
    done = CliRunner().invoke(app, ["scan", "lake/towns", "--backend", "local", "--recognizers", "nowhere.yaml"])
    refused(done, 3, "nowhere.yaml")


def without(environment, code, *arguments):
    command = [sys.executable, "-c", f"import sys; {code}; from jobs.cli import app; app()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120,
                          env={**os.environ, "PYTHONPATH": str(ROOT), **environment})


@pytest.mark.slow
def test_java_missing(lake):
    Path("policy.yaml").write_text(yaml.safe_dump(policy()))
    nowhere = {"JAVA_HOME": "/nonexistent", "PATH": "/nonexistent"}
    result = without(nowhere, "pass", "anonymize", "policy.yaml", "--backend", "spark")
    assert result.returncode == 4, result.stderr
    assert "Java" in result.stderr
    assert "next:" in result.stderr
    assert not Path("releases").exists()


@pytest.mark.slow
def test_ray_not_installed(lake):
    written = policy() | {"source": {"table": "lake/towns", "subject": "person"},
                          "synthesis": {"epsilon": 1.0, "delta": 1e-3, "records": 40, "batch": 8}}
    Path("policy.yaml").write_text(yaml.safe_dump(written))
    result = without({}, "sys.modules['ray'] = None", "run", "policy.yaml", "--backend", "local")
    assert result.returncode == 4, result.stderr
    assert "lakeveil[synth]" in result.stderr
    assert not Path("releases").exists()
    assert run(written).exit_code == 0
    result = without({}, "sys.modules['ray'] = None", "synthesize", "policy.yaml")
    assert result.returncode == 4, result.stderr
    assert not Path("releases/towns.synthetic").exists()
