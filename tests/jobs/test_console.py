"""Exit codes, errors and JSON of the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from engine import errors
from engine.errors import InputError, LakeveilError
from engine.lake.scan import Standing
from jobs._console import Console, entry
from jobs.cli import app

ROOT = Path(__file__).parents[2]
VALUE = "Jane Q. Public"
ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, LakeveilError)]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda k: k.__name__)
@pytest.mark.parametrize("as_json", [False, True])
def test_every_typed_error_ends_with_its_code(kind, as_json, capsys):
    with pytest.raises(typer.Exit) as end, Console(as_json):
        raise kind("it broke", where="there", next="do this")
    out, err = capsys.readouterr()
    assert end.value.exit_code == kind.exit_code
    assert err == "it broke\n  where: there\n  next: do this\n"
    if as_json:
        parts = {"what": "it broke", "where": "there", "next": "do this"}
        assert json.loads(out) == {"error": kind.code, "exit_code": kind.exit_code, **parts}
    else:
        assert out == ""


def test_exit_codes_tell_kinds_apart_and_are_documented():
    codes = {kind.exit_code for kind in ERRORS}
    assert codes == {1, 2, 3, 4, 5, 6, 11}
    documented = (ROOT / "docs" / "exit-codes.md").read_text()
    for kind in ERRORS:
        assert f"| {kind.exit_code} | `{kind.code}` |" in documented


@pytest.mark.parametrize("as_json", [False, True])
def test_a_defect_shows_no_value(as_json, capsys, monkeypatch):
    monkeypatch.delenv("LAKEVEIL_DEBUG", raising=False)
    with pytest.raises(typer.Exit) as end, Console(as_json):
        raise KeyError(VALUE)
    out, err = capsys.readouterr()
    assert end.value.exit_code == 1
    assert VALUE not in out + err
    assert "KeyError" in err
    assert "test_console.py, line" in err


def test_a_defect_shows_its_traceback_when_asked(capsys, monkeypatch):
    monkeypatch.setenv("LAKEVEIL_DEBUG", "1")
    with pytest.raises(typer.Exit), Console(as_json=False):
        raise KeyError("asked for")
    assert "asked for" in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [False, True])
def test_an_interrupt_ends_with_its_code_and_says_what_is_left(as_json, capsys):
    with pytest.raises(typer.Exit) as end, Console(as_json):
        raise KeyboardInterrupt
    out, err = capsys.readouterr()
    assert end.value.exit_code == 130
    assert "leaves no release" in err
    assert not as_json or json.loads(out)["error"] == "interrupted"
    console = Console(as_json)
    console.standing(Standing("lake", 2, 0))
    with pytest.raises(typer.Exit), console:
        raise KeyboardInterrupt
    assert "goes on from there" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError(), InputError("what", next="then")], ids=repr)
def test_what_the_work_said_of_its_end_is_shown(error, capsys):
    error.add_note("what was reserved stays spent")
    with pytest.raises(typer.Exit), Console(as_json=True):
        raise error
    out, err = capsys.readouterr()
    assert err.rstrip().endswith("; what was reserved stays spent")
    assert json.loads(out)["next"].endswith("; what was reserved stays spent")


def test_exit_passes_through():
    with pytest.raises(typer.Exit) as end, Console(as_json=False):
        raise typer.Exit(4)
    assert end.value.exit_code == 4


def test_progress_off_a_terminal_is_one_line_for_each_new_thing(capsys):
    with Console(as_json=False) as console:
        for share in (0.0, 0.1, 0.2):
            console.progress("read", share)
        console.progress("write", 0.5)
        console.show({"a": 1}, "result [PERSON]")
    out, err = capsys.readouterr()
    assert err == "read\nwrite\n"
    assert out == "result [PERSON]\n"


def test_json_is_one_document_on_stdout(capsys):
    with Console(as_json=True) as console:
        console.progress("read", 0.5)
        console.show({"name": "Zoë"}, "text")
    out, err = capsys.readouterr()
    assert json.loads(out) == {"name": "Zoë"}
    assert err == "read\n"


def test_an_entry_point_returns_on_success_and_exits_otherwise(monkeypatch):
    """Databricks counts SystemExit(0) of a wheel task as a failure."""
    def job(code: int) -> None:
        raise typer.Exit(code)

    monkeypatch.setattr(sys, "argv", ["job", "0"])
    assert entry(job)() is None
    monkeypatch.setattr(sys, "argv", ["job", "5"])
    with pytest.raises(SystemExit) as end:
        entry(job)()
    assert end.value.code == 5


@pytest.mark.slow
def test_help_is_quick_and_loads_nothing_heavy():
    code = ("import sys, jobs.cli\ntry:\n  jobs.cli.app(['--help'])\nexcept SystemExit: pass\n"
            "print([m for m in ('pyspark','ray','torch','pandas','pyarrow','numpy','pydantic') if m in sys.modules])")
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Exit codes" in done.stdout
    assert time.perf_counter() - began < 5  # under 1 s on an idle machine


def test_version():
    assert CliRunner().invoke(app, ["--version"]).stdout.startswith("lakeveil ")


USAGE = [["plan"], ["nonsense"], ["scan", "t.csv", "--sample", "0"], ["init", "t.csv"]]


@pytest.mark.slow
@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_usage_errors_exit_2(arguments):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert done.stdout == ""


@pytest.mark.parametrize("job", ["plan", "anonymize", "utility", "synthesize", "evaluate", "report", "run"])
def test_a_policy_that_is_not_there_exits_2(job, tmp_path):
    done = CliRunner().invoke(app, [job, str(tmp_path / "absent.yaml"), "--json"])
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"] == "policy"
    assert "lakeveil init" in done.stderr


@pytest.mark.slow
def test_every_job_is_a_script():
    for path in sorted((ROOT / "jobs").glob("[a-z]*.py")):
        done = subprocess.run([sys.executable, str(path), "--help"], cwd=ROOT, capture_output=True, text=True, check=False,
                              timeout=60, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"})
        assert done.returncode == 0, path
        assert "Usage" in done.stdout


@pytest.mark.slow
def test_progress_on_a_terminal_is_a_bar_that_goes_away():
    code = ("from jobs._console import Console\n"
            "with Console(as_json=False) as console:\n"
            "    console.progress('read the table', 0.5)\n"
            "    console.show({}, 'the result')\n")
    ours, theirs = os.openpty()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, check=True, timeout=60,
                          env={**os.environ, "TERM": "xterm", "COLUMNS": "100"})
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.stdout == b"the result\n"
    assert "read the table" in shown
    assert "\x1b[2K" in shown  # the line is cleared


def test_a_defect_in_a_library_names_our_line(capsys):
    with pytest.raises(typer.Exit), Console(as_json=True) as console:
        console.show(object())
    assert "jobs/_console.py, line" in capsys.readouterr().err.replace(os.sep, "/")
