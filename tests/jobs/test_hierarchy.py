"""``lakeveil hierarchy``: options as a person types them, what is shown, and how it ends."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from jobs.cli import app
from tests.jobs.command import lakeveil


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["hierarchy", *arguments])


@pytest.mark.slow
def test_in_a_process_of_its_own(tmp_path):
    (tmp_path / "h.csv").write_text("a;x\nb;x\nc;y\n")
    shown = lakeveil("hierarchy", "show", "h.csv", "--level", "1", "--json", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["levels"][1]["named"] == [{"label": "x", "values": 2}, {"label": "y", "values": 1}]


@pytest.mark.slow
def test_build_edit_check_and_show(run, tmp_path):
    (tmp_path / "t.csv").write_text("age,sex\n30,f\n31,m\n95,f\n")
    built = run("build", "t.csv", "--column", "age", "--rule", "ages: {bands: [10]}", "-o", "age.csv")
    assert built.exit_code == 0, built.stderr
    assert "as confidential as its source" in built.stdout
    assert built.stdout.endswith("written: age.csv\n")
    edited = run("edit", "age.csv", "--add", "32;[30, 39]", "--rename", "1;90+;old", "--in-place", "--json")
    assert json.loads(edited.stdout)["written"] == "age.csv"
    assert (tmp_path / "age.csv").read_text() == "30;[30, 39];*\n31;[30, 39];*\n95;old;*\n32;[30, 39];*\n"
    (tmp_path / "t.csv").write_text("age,sex\n30,f\n77,m\n")
    checked = run("check", "age.csv", "--table", "t.csv", "--column", "age")
    assert checked.exit_code == 2
    assert "refused: values of the column are not in the hierarchy (1)" in checked.stdout
    assert "77" not in checked.stdout + checked.stderr
    shown = run("show", "age.csv", "--level", "1")
    assert shown.exit_code == 0, shown.stderr
    assert "[30, 39]" in shown.stdout


@pytest.mark.parametrize(("arguments", "code", "said"), [
    (("build", "t.csv", "--column", "name", "--rule", "ip", "-o", "x.csv"), 2, "does not know 2"),
    (("build", "t.csv", "--column", "name", "--quantiles", "4,2", "-o", "x.csv"), 2, "depend on the data"),
    (("build", "none.csv", "--column", "name", "--rule", "ip", "-o", "x.csv"), 3, "no table"),
    (("check", "bad.csv"), 2, "quote is left open"), (("show", "none.csv"), 3, "no such file"),
    (("build", "none.txt", "--rule", "ip", "-o", "x.csv"), 3, "cannot be read"),
    (("edit", "none.csv", "--in-place"), 3, "no such file"),
    (("check", "good.csv", "--column", "name"), 2, "not said whose column"),
    (("check", "t.csv", "--table", "t.csv"), 2, "--column"),
    (("edit", "good.csv", "--in-place", "-o", "x.csv"), 2, "said twice"),
    (("burn", "t.csv"), 2, "build, show, check, edit"), (("edit", "bad.csv"), 2, "not said where")])
def test_errors_have_their_codes_and_show_no_value(arguments, code, said, run, tmp_path):
    (tmp_path / "t.csv").write_text("name\nsecret1\nsecret2\n")
    (tmp_path / "bad.csv").write_text('a;x\nb;"y\n')
    (tmp_path / "good.csv").write_text("a;x\nb;x\n")
    done = run(*arguments)
    assert done.exit_code == code, done.stderr
    assert said in done.stderr
    assert "secret" not in done.stdout + done.stderr
    assert not (tmp_path / "x.csv").exists()
