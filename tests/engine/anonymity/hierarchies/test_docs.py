"""docs/hierarchies.md says what is so: each example of a rule, and each option of the command."""

from __future__ import annotations

import re
import shlex
import subprocess
import textwrap
from pathlib import Path

import jsonschema
import pyarrow as pa
import pytest
import yaml
from deltalake import write_deltalake
from typer.main import get_command
from typer.testing import CliRunner

from engine.anonymity.hierarchies import ancestors
from engine.backends.text_tables import inferred
from engine.demo.lake import tables_of
from engine.showcase import write_policy
from jobs.cli import app
from schemas.policy import Column, Hierarchy
from schemas.policy.json_schema import policy_schema

TEXT = (Path(__file__).parents[4] / "docs" / "hierarchies.md").read_text(encoding="utf-8")
SCHEMA = policy_schema()
EXAMPLES = re.findall(r"^\| `(.+?)` \| (.*?) \| (.+) \|$", TEXT, re.MULTILINE)


def test_every_kind_has_an_example() -> None:
    shown = {Hierarchy.model_validate(yaml.safe_load(rule)).kind for rule, _, _ in EXAMPLES[1:]}
    assert shown == set(Hierarchy.model_fields) - {"table"}, "table is what a file becomes"


@pytest.mark.parametrize(("rule", "value", "levels"), [example for example in EXAMPLES if example[1] and " · " in example[2]])
def test_examples(rule, value, levels) -> None:
    hierarchy = Hierarchy.model_validate(yaml.safe_load(rule))
    texts = pa.chunked_array([pa.array([value])])
    values = inferred(texts) if {"numbers", "dates and timestamps"} & set(hierarchy.takes) and not hierarchy.listed else texts
    found = [labels[0].as_py() for labels in ancestors(values, hierarchy)]
    assert found == levels.split(" · ")


@pytest.mark.parametrize("rule", [rule for rule, _, _ in EXAMPLES[1:]])
def test_editors_accept_the_examples(rule) -> None:
    record = {"$ref": "#/$defs/Hierarchy", "$defs": SCHEMA["$defs"]}
    jsonschema.Draft202012Validator(record).validate(yaml.safe_load(rule))
    for wrong in ("decades", {"ages": {}, "ip": {}}, {}, None, 5):
        assert not jsonschema.Draft202012Validator(record).is_valid(wrong)


def test_columns_of_the_example_are_columns() -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    for column in yaml.safe_load(textwrap.dedent(block)).values():
        Column.model_validate(column)


@pytest.mark.slow
def test_commands_run_on_what_the_demo_leaves(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, table in tables_of(7, 200)[0].items():
        write_deltalake(f"lake/{name}", table)
    write_policy("demo-patients.yaml", tmp_path)
    (block,) = re.findall(r"^```bash\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        if line.startswith("lakeveil "):
            done = CliRunner().invoke(app, shlex.split(line)[1:])
            assert done.exit_code == 0, f"{line}: {done.stderr}"
        else:
            subprocess.run(["/bin/sh", "-c", line], check=True)
    assert Path("new.csv").read_text().endswith("101;[100, 104];100+;*\n102;[100, 104];100+;*\n")


def test_commands_have_the_options_that_are_shown() -> None:
    options = {name for parameter in get_command(app).commands["hierarchy"].params for name in parameter.opts}
    commands = [shlex.split(line) for line in TEXT.splitlines() if line.startswith("lakeveil ")]
    assert len(commands) >= 8
    for command in commands:
        assert {word for word in command if word.startswith("--")} <= options
